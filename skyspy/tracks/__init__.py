"""Domain: tracks of aircraft: points, which of them are kept, and their compressed forms for the store and for clients."""
