"""When what is done for each aircraft every few seconds is done, so that not all have their turn in the same second. Pure."""

from __future__ import annotations


def next_turn(now: float, every_s: float, phase: float) -> float:
    """The next time after `now` at which it is the turn of one with this `phase` (seconds): at most `every_s` later. Turns of different
    phases stay apart, also after a time in which nothing was received of any."""
    return now + every_s - (now - phase) % every_s
