"""Floor 4, the locks: who somebody is, and what he may do.

Law: `principal` holds who, `policy` is a pure table of verdicts, `tokens` turns a text into a
principal or says why not. This room knows the store below it and no door above it: no sockets,
no requests, no pages.
"""
