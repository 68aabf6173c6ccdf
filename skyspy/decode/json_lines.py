"""Decode: readsb's JSON port, one aircraft object per line.

Law: a line is a record by itself; it may come in pieces, end in a comma, or stand between brackets. A line that
is no record is counted and forgotten.
"""

from __future__ import annotations

from skyspy.aircraft import Observation, clean_hex
from skyspy.decode.base import Context, Counters, DecodeError, number
from skyspy.decode.lines import Lines
from skyspy.decode.loose import parse
from skyspy.decode.readsb import DIALECT_978, count, fields_of, moved, observations, seconds

MAX_KNOWN = 20_000
"""How many addresses' message counters are remembered; the one not heard for longest goes first."""


class JsonLines:
    """Decoder of `--net-json-port` streams."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._context = context
        self._lines = Lines()
        self._counts: dict[str, int | None] = {}

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """The records these bytes complete. Never raises."""
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
        messages = count(raw)
        more = max(1, moved(self._counts.pop(address, None), messages))
        self._counts[address] = messages
        if len(self._counts) > MAX_KNOWN:
            del self._counts[next(iter(self._counts))]
        base = self._context.arrived(number(raw.get("now")), now)
        seen, seen_pos = seconds(raw.get("seen")) or 0.0, seconds(raw.get("seen_pos"))
        pos_at = None if seen_pos is None else base - seen_pos
        return observations(raw, address, fields_of(raw, DIALECT_978 in raw), base - seen, pos_at, more)
