"""Domain: alert rules. Documents are parsed into rules, and an engine looks at the frozen aircraft of a sky once a second and says which
alerts there are. Pure: time is an argument."""
