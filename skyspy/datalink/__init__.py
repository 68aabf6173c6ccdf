"""Domain (pure): messages of data links: ACARS over VHF, VDL2, HFDL, Inmarsat and Iridium.

A decoder makes Blocks of what one station received. From the blocks of all stations, `assembly.py` makes Messages: each once, whole, with
its stations. Invariants: no clock, no I/O; times are arguments.
"""
