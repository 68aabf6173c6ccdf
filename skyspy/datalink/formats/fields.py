"""Reads single fields of a decoder's JSON object. A value of another type or outside its range is None; nothing raises.

Texts come from the air: control characters, overrides of the writing direction, lone surrogates and NUL never get in, because a
database, a terminal or a JSON encoder that meets them later fails or obeys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from types import MappingProxyType
from typing import Any

from skyspy.datalink.message import DatalinkPosition

NOTHING: Mapping[str, Any] = MappingProxyType({})

MAX_DEPTH = 32
"""Levels of an object that a decoder made of a text; libacars makes about 15. A JSON encoder gives up at some 250."""
_KEPT_CONTROLS = frozenset("\t\n\r")
_MAX_INT = 2**53
_HEX = re.compile(r"[0-9A-Fa-f]{6}\Z")
_AIRPORT = re.compile(r"[A-Z]{4}\Z")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d\Z")
_NO_AIRCRAFT = frozenset({"000000", "FFFFFF"})
"""Nobody, and everybody: the address to which a ground station sends what all aircraft shall hear."""
_EARLIEST_S, _LATEST_S = 946_684_800.0, 4_102_444_800.0
"""The years 2000 to 2100 in wall seconds."""
_MHZ, _KHZ, _HZ = (1.0, 2000.0), (2000.0, 1e6), (1e6, 1e11)
"""Which unit a frequency has is told by its size: no decoder hears below 2 MHz, or above 2000 MHz."""
LONGEST_STATION, LONGEST_APP = 64, 32


def mapping(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object; else an empty one."""
    return value if isinstance(value, dict) else NOTHING


def number(value: object) -> float | None:
    """A finite number, also one in a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) else None


def whole(value: object) -> int | None:
    """A whole number from 0 to 2**53."""
    found = number(value)
    return int(found) if found is not None and 0 <= found <= _MAX_INT and found == int(found) else None


def flag(value: object) -> bool | None:
    """A JSON truth value, or a whole number that stands for one."""
    if isinstance(value, bool):
        return value
    found = whole(value)
    return None if found is None else found != 0


def content(value: object) -> str:
    """A text of several lines without what is never shown; "" for what is no text."""
    if not isinstance(value, str):
        return ""
    return value if value.isprintable() else "".join(c for c in value if c.isprintable() or c in _KEPT_CONTROLS)


def word(value: object, longest: int) -> str | None:
    """A text of one line without blanks at its ends; None for an empty or longer one."""
    if not isinstance(value, str):
        return None
    found = value.strip() if value.isprintable() else "".join(c for c in value if c.isprintable()).strip()
    return found if 0 < len(found) <= longest else None


def character(value: object) -> str | None:
    """One visible character, as a text or as its number."""
    code = whole(value) if not isinstance(value, str) else None
    return word(chr(code) if code is not None and code < 128 else value, 1)


def tail(value: object) -> str | None:
    """A registration without the dots before it; a dash in it stays as the decoder wrote it."""
    found = word(value, 10)
    return None if found is None else found.lstrip(".").strip() or None


def label(value: object) -> str | None:
    """A label: two characters. The second one of `_d` is a DEL on the air, which some decoders leave."""
    if isinstance(value, str):
        value = value.replace("\x7f", "d")
    found = word(value, 2)
    return found if found is not None and len(found) == 2 else None


def acknowledgement(value: object) -> str | None:
    """The block that is acknowledged; None where none is: decoders write false, `!` or the character NAK."""
    found = character(value)
    return None if found == "!" else found


def icao(value: object) -> str | None:
    """An aircraft's ICAO address as six upper-case digits, from such digits or from its number (vdlm2dec writes it in decimal)."""
    if isinstance(value, str) and _HEX.match(value.strip()):
        found = value.strip().upper()
    else:
        address = whole(value)
        if address is None or address > 0xFFFFFF:
            return None
        found = f"{address:06X}"
    return None if found in _NO_AIRCRAFT else found


def station_address(value: object, digits: int) -> str | None:
    """A ground station's address: so many digits for a number, a text as it is written."""
    if isinstance(value, str):
        found = word(value, 12)
        return None if found is None else found.upper()
    address = whole(value)
    return None if not address or address >= 16**digits else f"{address:0{digits}X}"


def megahertz(value: object) -> float | None:
    """A frequency in MHz, from MHz, kHz or Hz."""
    found = number(value)
    if found is None:
        return None
    for (low, high), factor in ((_MHZ, 1.0), (_KHZ, 1e3), (_HZ, 1e6)):
        if low <= found < high:
            return round(found / factor, 6)
    return None


def decibels(value: object) -> float | None:
    """A level in dB with one decimal."""
    found = number(value)
    return round(found, 1) if found is not None and -300.0 <= found <= 300.0 else None


def wall_seconds(value: object) -> float | None:
    """A time in wall seconds."""
    found = number(value)
    return found if found is not None and _EARLIEST_S <= found < _LATEST_S else None


def split_seconds(value: object) -> float | None:
    """A time in wall seconds from an object {sec, usec}."""
    parts = mapping(value)
    seconds, micros = number(parts.get("sec")), number(parts.get("usec"))
    if seconds is None:
        return None
    return wall_seconds(seconds + (micros / 1e6 if micros is not None and 0 <= micros < 1e6 else 0.0))


def position(lat: object, lon: object, source: str, altitude: object = None, at: float | None = None) -> DatalinkPosition | None:
    """A position in degrees, its altitude in feet; None outside the ranges, and for 0, 0, which stands for none."""
    north, east, feet = number(lat), number(lon), number(altitude)
    if north is None or east is None or not -90 <= north <= 90 or not -180 <= east <= 180 or (north == 0 and east == 0):
        return None
    return DatalinkPosition(north, east, feet if feet is not None and -2000 <= feet <= 126_750 else None, source, at)


def flight_times(raw: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, str]:
    """The times and airports of a flight: `names` has the decoder's name of each by ours. What is no airport (four letters) or no
    time (0000 to 2359) is left out."""
    found: dict[str, str] = {}
    for ours, theirs in names.items():
        text = word(raw.get(theirs), 4)
        form = _AIRPORT if ours in ("origin", "destination") else _CLOCK
        if text is not None and form.match(text):
            found[ours] = text
    return found or NOTHING


def decoded(value: object) -> Mapping[str, Any] | None:
    """What a decoder made of a text, as JSON values that can be written again; None where there is nothing, or where it is nested
    deeper than MAX_DEPTH."""
    if not isinstance(value, dict) or not value:
        return None
    try:
        return {content(name): _plain(inner, 1) for name, inner in value.items()}
    except RecursionError:
        return None


def _plain(value: object, depth: int) -> object:
    if depth > MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        return {content(name): _plain(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, depth + 1) for inner in value]
    if isinstance(value, str):
        return content(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _MAX_INT else None
    return value if isinstance(value, float) and isfinite(value) else None
