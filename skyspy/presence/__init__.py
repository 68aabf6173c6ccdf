"""Infrastructure: the connected sessions: those of this process, and those of every process of the installation."""
