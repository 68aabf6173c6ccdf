"""Decoder for readsb's JSON port: one aircraft object per line.

A line may end in a comma, and lines of a single bracket are ignored. A line that is not a record counts as bad.
"""

from __future__ import annotations

from skyspy.aircraft import Observation, clean_hex
from skyspy.decode.base import Context, Counters, DecodeError, number
from skyspy.decode.lenient_json import parse
from skyspy.decode.lines import LineSplitter
from skyspy.decode.readsb import DIALECT_978, age_seconds, fields_of, message_count, messages_since, observations

MAX_ADDRESSES = 20_000
"""Addresses whose message counters are kept; the one not heard for longest is dropped first."""


class JsonLines:
    """Decoder for streams of readsb's `--net-json-port`."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._context = context
        self._lines = LineSplitter()
        self._last_counts: dict[str, int | None] = {}

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """Decode the records that these bytes complete. Never raises."""
        lines, dropped = self._lines.feed(data)
        self.counters.bad += dropped
        result: list[Observation] = []
        for line in lines:
            text = line.strip().rstrip(b",")
            if text not in (b"", b"[", b"]"):
                result += self._record(text, now)
        return result

    def _record(self, text: bytes, now: float) -> list[Observation]:
        try:
            raw = parse(text)
        except DecodeError:
            raw = None
        address = clean_hex(raw.get("hex")) if isinstance(raw, dict) else None
        if address is None or not isinstance(raw, dict):
            self.counters.bad += 1
            return []
        self.counters.messages += 1
        messages = message_count(raw)
        more = max(1, messages_since(self._last_counts.pop(address, None), messages))
        self._last_counts[address] = messages
        if len(self._last_counts) > MAX_ADDRESSES:
            del self._last_counts[next(iter(self._last_counts))]
        base = self._context.arrival_time(number(raw.get("now")), now)
        seen, seen_pos = age_seconds(raw.get("seen")) or 0.0, age_seconds(raw.get("seen_pos"))
        pos_at = None if seen_pos is None else base - seen_pos
        return observations(raw, address, fields_of(raw, DIALECT_978 in raw), base - seen, pos_at, more)
