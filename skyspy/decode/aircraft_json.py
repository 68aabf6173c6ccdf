"""Decode: aircraft.json, the snapshot that readsb, dump1090-fa and skyaware978 write about once a second.

Law: one whole document per call. One aircraft per address (where a file holds one twice, the record heard most
recently wins, and of equally old ones the later). A document whose `now` stands still says nothing new; one whose
`now` went back comes from a source that was restarted or set its clock, and counts. An aircraft not heard since the
last document brings no Observation: silence is not news.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from math import inf

from skyspy.aircraft import Observation, clean_hex
from skyspy.decode.base import Context, Counters, DecodeError, number
from skyspy.decode.loose import parse
from skyspy.decode.readsb import DIALECT_978, count, fields_of, moved, observations, seconds

MAX_BYTES = 32 * 1024 * 1024
"""Largest document, unpacked; ten thousand aircraft need about six of these megabytes."""

MAX_RECORDS = 50_000
"""Records of one document that are looked at; more are counted as skipped."""

SAME_S = 0.15
"""`seen` is written to a tenth of a second, so two documents may date one reception this far apart."""

_GZIP = b"\x1f\x8b"
_MILLISECONDS = 1e11
"""No epoch time in seconds is this large; some programs write milliseconds."""


def unpacked(data: bytes) -> bytes:
    """The document itself, out of gzip where it came packed; raises DecodeError."""
    if not data.startswith(_GZIP):
        if len(data) > MAX_BYTES:
            raise DecodeError(f"aircraft.json is larger than {MAX_BYTES} bytes")
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, MAX_BYTES + 1)
    except zlib.error as error:
        raise DecodeError(f"aircraft.json is damaged gzip: {error}") from None
    if len(text) > MAX_BYTES:
        raise DecodeError(f"aircraft.json is larger than {MAX_BYTES} bytes")
    if not unpacker.eof:
        raise DecodeError("aircraft.json is truncated gzip")
    return text


class AircraftJson:
    """Decoder of aircraft.json documents."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._context = context
        self._total: int | None = None
        # Address: when it was last heard (source's clock) and its message counter then.
        self._known: dict[str, tuple[float, int | None]] = {}

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """One document; raises DecodeError when it is none. The state before is then untouched."""
        document = parse(unpacked(data))
        records = document.get("aircraft") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(records, list):
            raise DecodeError("no aircraft list: this is not an aircraft.json")
        source_now = number(document.get("now"))
        if source_now is not None:
            source_now = source_now / 1000.0 if source_now > _MILLISECONDS else source_now
            if source_now == self.source_now:
                return []
            if self.source_now is not None and source_now < self.source_now:
                # Its ages begin anew; its message counters may go on, and show by themselves if they do not.
                self._known = {address: (-inf, messages) for address, (_, messages) in self._known.items()}
        self.source_now = source_now
        result = self._heard(self._latest(records), source_now, self._context.arrived(source_now, now))
        self._count(document, sum(observation.messages for observation in result))
        return result

    def _latest(self, records: list[object]) -> dict[str, tuple[float, Mapping[str, object]]]:
        """Address to age and record, one record per address."""
        latest: dict[str, tuple[float, Mapping[str, object]]] = {}
        for raw in records[:MAX_RECORDS]:
            address = clean_hex(raw.get("hex")) if isinstance(raw, dict) else None
            if address is None or not isinstance(raw, dict):
                self.counters.bad += 1
                continue
            seen = seconds(raw.get("seen")) or 0.0
            other = latest.get(address)
            if other is not None:
                self.counters.skipped += 1
                if other[0] < seen:
                    continue
            latest[address] = (seen, raw)
        self.counters.skipped += max(0, len(records) - MAX_RECORDS)
        return latest

    def _heard(
        self, latest: Mapping[str, tuple[float, Mapping[str, object]]], source_now: float | None, base: float
    ) -> list[Observation]:
        known: dict[str, tuple[float, int | None]] = {}
        result: list[Observation] = []
        skyaware978 = any(DIALECT_978 in raw for _, raw in latest.values())
        for address, (seen, raw) in latest.items():
            heard, messages = (source_now or 0.0) - seen, count(raw)
            before = self._known.get(address)
            if before is not None and source_now is not None and messages == before[1] and heard <= before[0] + SAME_S:
                known[address] = before
                continue
            known[address] = (heard, messages)
            seen_pos = seconds(raw.get("seen_pos"))
            pos_at = None if seen_pos is None else base - seen_pos
            more = max(1, moved(before[1] if before else None, messages))
            result += observations(raw, address, fields_of(raw, skyaware978), base - seen, pos_at, more)
        self._known = known
        return result

    def _count(self, document: Mapping[str, object], observed: int) -> None:
        """Messages as the receiver counts them; its first document counts one per aircraft, not its lifetime."""
        total = count(document)
        if self._total is None or total is None or total < self._total:
            self.counters.messages += len(self._known) if self._total is None else observed
        else:
            self.counters.messages += total - self._total
        self._total = total
