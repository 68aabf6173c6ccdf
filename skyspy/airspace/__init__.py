"""Domain: airspaces, advisories and NOTAMs: the records, their parsers, and which positions are inside their areas."""
