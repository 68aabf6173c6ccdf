"""What aircraft do, derived from how they move: landed, departed, entered and left an airport, circling, loitering, flying back and
forth. Pure: time is an argument. A value that is missing derives nothing."""
