"""Receivers: one greenlet each connects, reads, decodes and backs off; manager.Receivers holds those of one sky.

Invariants: whatever a receiver sends or fails to send ends in counters, a state and one line of text, never in a dead greenlet
or a blocked hub. These modules depend on decoders and on a sink for records, not on trackers, settings or clients. They wait
with gevent's own calls, so they also work in a process that is not monkey-patched, such as the command line.
"""
