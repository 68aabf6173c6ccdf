"""How long the pollers wait for what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Limits and waits, in seconds.

    `connect_s` bounds each attempt to connect, `total_s` a whole try with its redirects. The wait after a failed try doubles from
    `first_wait_s` (or the source's interval, where that is shorter) to the source's `longest_wait_s`. First tries are spread over `spread_s`.
    A document is stale after STALE_INTERVALS of its source, and not before `stale_s`. A poller looks each `look_s` whether a try is due;
    one that stands by looks each `follow_s` for what another process has kept. A person may have a source tried again `again_s` after the
    last try."""

    connect_s: float = 10.0
    total_s: float = 30.0
    first_wait_s: float = 10.0
    spread_s: float = 3.0
    stale_s: float = 30.0
    look_s: float = 1.0
    follow_s: float = 5.0
    again_s: float = 5.0


STALE_INTERVALS = 3.0
"""So many intervals may pass without an answer."""
