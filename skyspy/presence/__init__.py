"""Infrastructure: who is connected."""
