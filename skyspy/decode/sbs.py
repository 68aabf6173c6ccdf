"""Decode: SBS (BaseStation), comma-separated lines.

Law: a line says what it has; short ones and blank ones are normal. Its dates carry no time zone and are not
believed: a line was heard when it arrived. Position 0,0 is how many programs write "none".
"""

from __future__ import annotations

from skyspy.aircraft import Observation, Value, clean_fields, clean_hex
from skyspy.decode.base import Context, Counters
from skyspy.decode.lines import Lines
from skyspy.safety.emergency import SQUAWKS

LONGEST = 400
"""Longest line in characters; a whole one has about 150."""

_KIND, _TYPE, _ADDRESS, _CALLSIGN, _ALTITUDE, _SPEED, _TRACK, _LAT, _LON, _RATE, _SQUAWK = 0, 1, 4, 10, 11, 12, 13, 14, 15, 16, 17
_ALERT, _EMERGENCY, _SPI, _GROUND, _COLUMNS = 18, 19, 20, 21, 22

SOURCES: dict[str, str] = {
    **dict.fromkeys("1234", "adsb_icao"),  # identification, surface, airborne, velocity: sent unasked
    **dict.fromkeys("5678", "mode_s"),  # altitude, squawk, air to air, all-call: answers to radars
}
"""MSG type to readsb's source."""

OTHER_RECORDS = frozenset({"SEL", "ID", "AIR", "STA", "CLK"})
"""What BaseStation itself sends besides MSG. Of these only ID tells something of the aircraft: its callsign."""

_SURFACE = "2"
_FLAGS: dict[str, int] = {"-1": 1, "1": 1, "0": 0}


class Sbs:
    """Decoder of SBS streams."""

    def __init__(self, _context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._lines = Lines()

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """The lines these bytes complete, decoded. Never raises."""
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
        row = [column.strip() for column in text.split(",", _COLUMNS)] if len(text) <= LONGEST else [""]
        kind = row[_KIND].upper()
        if kind in OTHER_RECORDS:
            return self._record(kind, row, now)
        address = clean_hex(row[_ADDRESS]) if kind == "MSG" and len(row) > _ADDRESS else None
        if address is None or row[_TYPE] not in SOURCES:
            self.counters.bad += 1
            return None
        row += [""] * (_COLUMNS - len(row))
        source = SOURCES[row[_TYPE]]
        if address.startswith("~"):
            source = "adsb_other"
        elif _is_mlat(row):
            # An MLAT server writes into these columns how many receivers took part, and its error.
            row[_ALERT] = row[_EMERGENCY] = ""
            source = "mlat"
        return Observation(address, now, source, _fields(row))

    def _record(self, kind: str, row: list[str], now: float) -> Observation | None:
        address = clean_hex(row[_ADDRESS]) if len(row) > _ADDRESS else None
        fields = clean_fields({"flight": row[_CALLSIGN]}) if kind == "ID" and len(row) > _CALLSIGN else {}
        if address is None or not fields:
            self.counters.skipped += 1
            return None
        return Observation(address, now, "mode_s", fields)


def _is_mlat(row: list[str]) -> bool:
    return row[_ALERT].isdecimal() and row[_ALERT] not in _FLAGS


def _fields(row: list[str]) -> dict[str, Value]:
    altitude, squawk, ground = row[_ALTITUDE], row[_SQUAWK], row[_GROUND]
    raw: dict[str, object] = {
        "flight": row[_CALLSIGN] or None,
        "gs": row[_SPEED] or None,
        "track": row[_TRACK] or None,
        "baro_rate": row[_RATE] or None,
        "squawk": squawk.zfill(4) if squawk.isdecimal() else None,
        "alert": _FLAGS.get(row[_ALERT]),
        "spi": _FLAGS.get(row[_SPI]),
    }
    if altitude[-1:] in ("H", "h"):
        raw["alt_geom"] = altitude[:-1]
    else:
        raw["alt_baro"] = altitude or None
    if _FLAGS.get(ground) == 1 or (row[_TYPE] == _SURFACE and not ground):
        raw["alt_baro"] = "ground"
    # The flag follows from the squawk where that is an emergency's; only where it is not does it say more.
    if _FLAGS.get(row[_EMERGENCY]) == 1 and squawk not in SQUAWKS:
        raw["emergency"] = "general"
    fields = clean_fields(raw)
    place = clean_fields({"lat": row[_LAT], "lon": row[_LON]}) if row[_LAT] and row[_LON] else {}
    if place.get("lat") or place.get("lon"):
        fields.update(place)
    return fields
