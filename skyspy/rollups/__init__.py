"""Mathematics of statistics: which positions count, range pictures, and which values count as records. Pure: time is an argument."""
