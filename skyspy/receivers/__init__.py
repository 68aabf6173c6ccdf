"""Tools: receivers. One greenlet each connects, reads, decodes and backs off; manager.Feeds keeps them.

Law: whatever a receiver sends or fails to send ends in counters, a state and one line of text, never
in a dead greenlet or a busy hub. These rooms know decoders and a sink for observations; they know
nothing of trackers, settings or clients. They wait with gevent's own calls, so they also work in a
process that is not monkey-patched, such as the command line.
"""
