"""How long a receiver waits for what, and what it counts."""

from __future__ import annotations

from dataclasses import dataclass, replace

from skyspy.feedurl import FeedUrl


@dataclass(frozen=True, slots=True)
class Timing:
    """Limits and waits, in seconds.

    `connect_s` and `request_s` bound a connection attempt and a whole HTTP response. A silent receiver is stale after `stale_s`
    and is reconnected after `silent_s` (receivers without traffic still send a heartbeat each minute). A document's `now` may
    stay the same for `frozen_s`. The wait before a new attempt doubles from `first_wait_s` to `longest_wait_s`, and is
    `first_wait_s` again after a session in which data came for `good_s`. Decoding one piece should take at most `piece_s`.

    Data links can have nothing to say for minutes: `datalink_stale_s` and `datalink_silent_s` are in force for them instead. Whether this
    process may read one is looked at every `look_s`."""

    connect_s: float = 5.0
    request_s: float = 10.0
    stale_s: float = 15.0
    silent_s: float = 75.0
    frozen_s: float = 10.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    good_s: float = 30.0
    piece_s: float = 0.01
    datalink_stale_s: float = 600.0
    datalink_silent_s: float = 3600.0
    look_s: float = 0.5

    def of(self, url: FeedUrl) -> Timing:
        """The timing of the receiver of this URL."""
        if not url.scheme.is_datalink:
            return self
        return replace(self, stale_s=self.datalink_stale_s, silent_s=self.datalink_silent_s)


@dataclass(frozen=True, slots=True)
class ReceiverCounts:
    """Counters since the start. `messages`, `bad` and `skipped` as in decode.base.Counters; `crashes` are unexpected
    exceptions. Of a listener: `datagrams` received, and `lost` ones, which the system dropped because they were not read in time."""

    messages: int
    bad: int
    skipped: int
    bytes: int
    reconnects: int
    crashes: int
    datagrams: int = 0
    lost: int = 0
