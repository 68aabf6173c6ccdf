"""Decoder for readsb's JSON port: one aircraft object per line.

A line may end in a comma, and lines of a single bracket are ignored. A record may go on over several lines (readsb breaks those
with `ownOp`): it ends with a line that ends in a brace and completes it, or is given up, line by line, when another one begins.
A line that is not part of a record counts as bad.
"""

from __future__ import annotations

from skyspy.aircraft import Observation, clean_hex
from skyspy.decode.base import Context, Counters, DecodeError, number
from skyspy.decode.lenient_json import parse
from skyspy.decode.lines import MAX_LINE_BYTES, LineSplitter
from skyspy.decode.readsb import DIALECT_978, age_seconds, fields_of, message_count, messages_since, observations

MAX_ADDRESSES = 20_000
"""Addresses whose message counters are kept; the one not heard for longest is dropped first."""

MAX_ATTEMPTS = 4
"""How often it is tried whether a record is complete: at each line that ends in a brace."""


class JsonLines:
    """Decoder for streams of readsb's `--net-json-port`."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._context = context
        self._lines = LineSplitter()
        self._begun: list[bytes] = []
        self._begun_bytes = self._attempts = 0
        """The lines so far of a record that is not complete, their size, and how often it was tried whether it is."""
        self._last_counts: dict[str, int | None] = {}

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """Decode the records that these bytes complete. Never raises."""
        lines, dropped = self._lines.feed(data)
        self.counters.bad += dropped
        result: list[Observation] = []
        for line in lines:
            text = line.strip()
            if text and (self._begun or text.rstrip(b",") not in (b"", b"[", b"]")):
                result += self._line(text, now)
        return result

    def _line(self, text: bytes, now: float) -> list[Observation]:
        """The Observations of the record that this line completes."""
        if text.startswith(b"{"):
            self._give_up()
        elif not self._begun:
            self.counters.bad += 1
            return []
        self._begun.append(text)
        self._begun_bytes += len(text)
        if text.endswith((b"}", b"},")):
            self._attempts += 1
            try:
                raw = parse(b" ".join(self._begun).rstrip(b","))
            except DecodeError:
                # The end of a nested object: the rest of the record may follow.
                pass
            else:
                self._begun.clear()
                return self._record(raw, now)
        if self._attempts >= MAX_ATTEMPTS or self._begun_bytes > MAX_LINE_BYTES:
            self._give_up()
        return []

    def _give_up(self) -> None:
        """Count the lines of a record that was not completed."""
        self.counters.bad += len(self._begun)
        self._begun.clear()
        self._begun_bytes = self._attempts = 0

    def _record(self, raw: object, now: float) -> list[Observation]:
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
