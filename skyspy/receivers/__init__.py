"""Infrastructure: receivers. One greenlet each connects, reads, decodes and backs off; manager.Receivers keeps them.

Invariants: whatever a receiver sends or fails to send ends in counters, a state and one line of text, never
in a dead greenlet or a busy hub. These modules know decoders and a sink for records; they know
nothing of trackers, settings or clients. They wait with gevent's own calls, so they also work in a
process that is not monkey-patched, such as the command line.
"""
