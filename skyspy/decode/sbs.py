"""Decoder for SBS (BaseStation): comma-separated lines.

Short lines and blank lines are normal. Dates in lines have no time zone and are ignored: a line is dated by its arrival. The
results of mlat-client are dated by the time between their two dates, which the computation took. Position 0,0 counts as no position, because many programs write it for "none".
"""

from __future__ import annotations

import re

from skyspy.aircraft import MAX_GROUND_FT, Observation, Value, clean, clean_fields, clean_hex
from skyspy.decode.base import MAX_LAG_S, Context, Counters
from skyspy.decode.lines import LineSplitter
from skyspy.safety.emergency import SQUAWKS

MAX_LINE_LENGTH = 400
"""Longest line in characters; a complete one has about 150."""

_KIND, _TYPE, _ADDRESS, _GENERATED, _LOGGED, _CALLSIGN, _ALTITUDE, _SPEED, _TRACK, _LAT, _LON, _RATE, _SQUAWK = (
    0, 1, 4, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17,
)  # fmt: skip
_ALERT, _EMERGENCY, _SPI, _GROUND, _COLUMNS = 18, 19, 20, 21, 22

SOURCES: dict[str, str] = {
    **dict.fromkeys("1234", "adsb_icao"),  # identification, surface, airborne, velocity: extended squitters
    **dict.fromkeys("5678", "mode_s"),  # altitude, squawk, air to air, all-call: replies to interrogations
}
"""readsb's source by MSG type."""

OTHER_RECORDS = frozenset({"SEL", "ID", "AIR", "STA", "CLK"})
"""Record types of BaseStation other than MSG. Only ID carries aircraft data (the callsign)."""

_SURFACE = "2"
_MLAT = "MLAT"
"""First column of mlat-client's extended results: then come the number of receivers, an empty column and the error in metres."""
_FLAGS: dict[str, int] = {"-1": 1, "1": 1, "0": 0, "true": 1, "false": 0}
_GROUND_WORDS = frozenset({"ground", "gnd"})
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d(?:\.\d+)?)\Z")
_PADDING = ' \t"\ufeff'
"""What may stand around a value: blanks, quotes, and a byte order mark before the first."""
_DAY_S = 86_400.0


class Sbs:
    """Decoder for SBS streams."""

    def __init__(self, _context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._lines = LineSplitter()

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """Decode the lines that these bytes complete. Never raises."""
        lines, dropped = self._lines.feed(data)
        self.counters.bad += dropped
        result: list[Observation] = []
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            observation = self._line(text, now) if text else None
            if observation is not None:
                self.counters.messages += 1
                result.append(observation)
        return result

    def _line(self, text: str, now: float) -> Observation | None:
        row = [column.strip(_PADDING) for column in text.split(",", _COLUMNS)] if len(text) <= MAX_LINE_LENGTH else [""]
        kind = row[_KIND].upper()
        if kind in OTHER_RECORDS:
            return self._record(kind, row, now)
        address = clean_hex(row[_ADDRESS]) if kind in ("MSG", _MLAT) and len(row) > _ADDRESS else None
        if address is None or row[_TYPE] not in SOURCES:
            self.counters.bad += 1
            return None
        row += [""] * (_COLUMNS - len(row))
        source = SOURCES[row[_TYPE]]
        if kind == _MLAT or (_is_mlat(row) and not address.startswith("~")):
            # MLAT servers write the number of receivers and the error estimate into these columns.
            if kind != _MLAT:
                row[_ALERT] = row[_EMERGENCY] = ""
            source = "mlat"
            now -= _delay_s(row)
        elif address.startswith("~"):
            source = "adsb_other"
        return Observation(address, now, source, _fields(row), receiver=self)

    def _record(self, kind: str, row: list[str], now: float) -> Observation | None:
        address = clean_hex(row[_ADDRESS]) if len(row) > _ADDRESS else None
        fields = clean_fields({"flight": row[_CALLSIGN]}) if kind == "ID" and len(row) > _CALLSIGN else {}
        if address is None or not fields:
            self.counters.skipped += 1
            return None
        return Observation(address, now, "mode_s", fields)


def _is_mlat(row: list[str]) -> bool:
    return row[_ALERT].isdecimal() and row[_ALERT] not in _FLAGS


def _delay_s(row: list[str]) -> float:
    """Seconds from the reception of the signals to the sending of the line; 0 where they are not known."""
    generated, logged = _TIME.match(row[_GENERATED]), _TIME.match(row[_LOGGED])
    if generated is None or logged is None:
        return 0.0
    before, after = (int(t[1]) * 3600 + int(t[2]) * 60 + float(t[3]) for t in (generated, logged))
    delay = (after - before) % _DAY_S
    return delay if delay <= MAX_LAG_S else 0.0


def _is_high(altitude: str) -> bool:
    """Whether this altitude is above all airports: a ground flag beside it is damaged."""
    feet = clean("alt_baro", altitude)
    return isinstance(feet, int) and feet > MAX_GROUND_FT


def _fields(row: list[str]) -> dict[str, Value]:
    altitude, squawk, ground = row[_ALTITUDE], row[_SQUAWK], row[_GROUND]
    raw: dict[str, object] = {
        "flight": row[_CALLSIGN] or None,
        "gs": row[_SPEED] or None,
        "track": row[_TRACK] or None,
        "squawk": squawk.zfill(4) if squawk.isdecimal() else None,
        "alert": _FLAGS.get(row[_ALERT].lower()),
        "spi": _FLAGS.get(row[_SPI].lower()),
    }
    # An H marks geometric altitudes and rates.
    for text, barometric, geometric in ((altitude, "alt_baro", "alt_geom"), (row[_RATE], "baro_rate", "geom_rate")):
        if text[-1:] in ("H", "h"):
            raw[geometric] = text[:-1]
        elif text:
            raw[barometric] = text
    if altitude.lower() in _GROUND_WORDS:
        raw["alt_baro"] = "ground"
    if (_FLAGS.get(ground.lower()) == 1 and not _is_high(altitude)) or (row[_TYPE] == _SURFACE and not ground):
        raw["alt_baro"] = "ground"
    # An emergency squawk implies the flag and is more specific; only without one does the flag add information.
    if _FLAGS.get(row[_EMERGENCY].lower()) == 1 and squawk not in SQUAWKS:
        raw["emergency"] = "general"
    fields = clean_fields(raw)
    place = clean_fields({"lat": row[_LAT], "lon": row[_LON]}) if row[_LAT] and row[_LON] else {}
    if place.get("lat") or place.get("lon"):
        fields.update(place)
    return fields
