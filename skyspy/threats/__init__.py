"""Which aircraft are threats to a driver (Cannonball), why, and how near. Pure: tables of facts, and arithmetic."""
