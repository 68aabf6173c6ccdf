"""Who is connected: the sessions of this process, and those of every process of the installation."""
