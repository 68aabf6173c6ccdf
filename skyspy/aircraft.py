"""The fields of an aircraft, their validation, and the Observation record.

Decoders make Observations and the tracker merges them. Field names are readsb's. No clock, no I/O: times are arguments.

Invariant: every field of an aircraft object has a row in FIELDS with its type, unit and range; `clean` rejects values
that do not fit. A field is an int where readsb prints whole numbers: typed clients refuse `261.0` there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import lru_cache
from math import isfinite

from skyspy.timeline import Timeline

Scalar = int | float | str | bool
Value = Scalar | tuple[str, ...] | dict[str, Scalar]
"""The types of a clean field value. A dict is never modified."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an aircraft object.

    `kind` is int, float, text, words (a list of texts), altitude (feet or the text "ground") or object (names and plain values).
    `low` and `high` bound a number, `max_length` a text; `words` are the allowed texts (empty: any). Floats are rounded to
    `decimals`.
    """

    name: str
    kind: str
    unit: str
    description: str
    low: float = 0.0
    high: float = 0.0
    decimals: int = 1
    words: frozenset[str] = frozenset()
    max_length: int = 0


def _numbers(kind: str, unit: str, *rows: tuple[str, float, float, int, str]) -> tuple[Field, ...]:
    return tuple(Field(name, kind, unit, description, low, high, decimals) for name, low, high, decimals, description in rows)


EMERGENCIES = frozenset({"none", "general", "lifeguard", "minfuel", "nordo", "unlawful", "downed", "reserved"})
NAV_MODES = frozenset({"autopilot", "vnav", "althold", "approach", "lnav", "tcas"})
SIL_TYPES = frozenset({"unknown", "perhour", "persample"})

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("flight", "text", "", "Callsign as sent, without blanks at its ends", max_length=8),
        Field("r", "text", "", "Registration", max_length=16),
        Field("t", "text", "", "ICAO type designator", max_length=8),
        Field("desc", "text", "", "Type in words", max_length=64),
        Field("ownOp", "text", "", "Owner or operator", max_length=64),
        Field("year", "text", "", "Year of manufacture", max_length=4),
        *_numbers("int", "", ("dbFlags", 0, 15, 0, "Bits: 1 military, 2 interesting, 4 PIA, 8 LADD")),
        Field("category", "text", "", "ADS-B emitter category, A0 to D7", max_length=2),
        Field("alt_baro", "altitude", "ft", "Barometric altitude, or the word ground", -2000, 126750),
        *_numbers("int", "ft", ("alt_geom", -2000, 126750, 0, "Geometric altitude above WGS84")),
        *_numbers(
            "int",
            "ft/min",
            ("baro_rate", -65000, 65000, 0, "Rate of change of barometric altitude"),
            ("geom_rate", -65000, 65000, 0, "Rate of change of geometric altitude"),
        ),
        *_numbers(
            "float",
            "kt",
            ("gs", 0, 4096, 1, "Ground speed"),
        ),
        *_numbers(
            "int",
            "kt",
            ("ias", 0, 2048, 0, "Indicated airspeed"),
            ("tas", 0, 4096, 0, "True airspeed"),
            ("ws", 0, 512, 0, "Wind speed"),
        ),
        *_numbers("float", "", ("mach", 0, 8, 3, "Mach number")),
        *_numbers(
            "float",
            "deg",
            ("track", 0, 360, 2, "True track over ground"),
            ("roll", -90, 90, 2, "Roll, negative is left wing down"),
            ("mag_heading", 0, 360, 2, "Magnetic heading"),
            ("true_heading", 0, 360, 2, "True heading"),
            ("nav_heading", 0, 360, 2, "Selected heading"),
        ),
        *_numbers(
            "int",
            "deg",
            ("calc_track", 0, 360, 0, "Track computed from positions"),
            ("wd", 0, 360, 0, "Wind direction"),
        ),
        *_numbers("float", "deg/s", ("track_rate", -40, 40, 2, "Rate of change of track")),
        *_numbers(
            "int",
            "C",
            ("oat", -120, 80, 0, "Outer air temperature"),
            ("tat", -120, 120, 0, "Total air temperature"),
        ),
        Field("squawk", "text", "", "Mode A code, four octal digits", max_length=4),
        Field("emergency", "text", "", "Emergency or priority status", words=EMERGENCIES, max_length=12),
        *_numbers(
            "int",
            "",
            ("alert", 0, 1, 0, "Flight status alert bit"),
            ("spi", 0, 1, 0, "Special position identification"),
        ),
        Field("acas_ra", "object", "", "Resolution advisory of ACAS (TCAS): readsb's object", max_length=128),
        *_numbers("float", "hPa", ("nav_qnh", 700, 1200, 1, "Altimeter setting")),
        *_numbers(
            "int",
            "ft",
            ("nav_altitude_mcp", -2000, 126750, 0, "Altitude selected on the mode control panel"),
            ("nav_altitude_fms", -2000, 126750, 0, "Altitude selected by the flight management system"),
        ),
        Field("nav_modes", "words", "", "Engaged automation modes", words=NAV_MODES),
        *_numbers(
            "float",
            "deg",
            ("lat", -90, 90, 6, "Latitude, north positive"),
            ("lon", -180, 180, 6, "Longitude, east positive"),
        ),
        *_numbers(
            "int",
            "",
            ("nic", 0, 15, 0, "Navigation integrity category"),
            ("rc", 0, 100000, 0, "Radius of containment, metres"),
            ("version", 0, 7, 0, "ADS-B version"),
            ("nic_baro", 0, 1, 0, "Barometric altitude integrity"),
            ("nac_p", 0, 15, 0, "Navigation accuracy, position"),
            ("nac_v", 0, 7, 0, "Navigation accuracy, velocity"),
            ("sil", 0, 3, 0, "Source integrity level"),
            ("gva", 0, 3, 0, "Geometric vertical accuracy"),
            ("sda", 0, 3, 0, "System design assurance"),
        ),
        Field(
            "lastPosition",
            "object",
            "",
            "Where it is without a position now, its last one: lat, lon, nic, rc and seen_pos, its age in seconds",
        ),
        *_numbers(
            "float",
            "deg",
            ("rr_lat", -90, 90, 1, "Rough latitude of those who hear it, where it has no position"),
            ("rr_lon", -180, 180, 1, "Rough longitude of those who hear it, where it has no position"),
        ),
        *_numbers("float", "s", ("gpsOkBefore", 0, 2**33, 1, "When it last had GPS, where it lost it: Unix time")),
        Field("sil_type", "text", "", "What the SIL probability is counted per", words=SIL_TYPES, max_length=12),
        *_numbers("float", "dBFS", ("rssi", -60, 0, 1, "Signal strength of recent messages")),
    )
}

MAX_GROUND_FT = 16_000
"""No airport is as high: an aircraft above this altitude is not on the ground, whatever it says."""

POSITION = ("lat", "lon", "nic", "rc")
"""Fields that are accepted only together with the position that they belong to."""

WITHOUT_POSITION = ("lastPosition", "rr_lat", "rr_lon")
"""Fields that an aircraft has only while it has no position."""

SOURCES: dict[str, int] = {
    "adsb_icao": 0,
    "adsb_icao_nt": 0,
    "adsb_other": 0,
    "adsr_icao": 1,
    "adsr_other": 1,
    "tisb_icao": 2,
    "tisb_other": 2,
    "tisb_trackfile": 2,
    "adsc": 3,
    "mlat": 4,
    "other": 5,
    "mode_s": 5,
    "unknown": 6,
}
"""Rank by readsb's message `type`; 0 is the best. While a field from a better source is fresh, a worse source does not
replace it."""


class Record:
    """Base class of the records that decoders make and receivers pass on: data of one source at one moment.

    Each kind is a frozen slotted dataclass. `at`: reception time in steady seconds (see clock.py); `messages`: the number of
    messages it stands for.
    """

    __slots__ = ()

    at: float
    messages: int


@dataclass(frozen=True, slots=True)
class Observation(Record):
    """Data of one aircraft that one receiver heard at one moment.

    `hex`: upper case, with a leading `~` if it is not an ICAO address. `at`: reception time in steady seconds (see clock.py).
    `fields`: clean values by name. `pos_at`: reception time of the position, if it differs. `messages`: how many it stands for.
    `pace`, `timeline`: of a recording, how many times faster it is played, and its clock. `receiver`: who said it, or None.
    """

    hex: str
    at: float
    source: str
    fields: Mapping[str, Value]
    pos_at: float | None = None
    messages: int = 1
    pace: float = 1.0
    timeline: Timeline | None = None
    receiver: object = dataclass_field(default=None, compare=False, repr=False)


_HEX = re.compile(r"~?[0-9A-F]{6}\Z")
_SQUAWK = re.compile(r"[0-7]{4}\Z")
_CATEGORY = re.compile(r"[A-D][0-7]\Z")
_CALLSIGN = re.compile(r"[^0-9A-Z ]")
_MAX_CACHED_TEXTS = 8192
"""Size of the cache of clean texts per field: the same callsigns are received every second."""

Cleaner = Callable[[object], Value | None]


def clean_hex(value: object) -> str | None:
    """An address in upper case, with its `~` if it has one; None if it is not an address."""
    if not isinstance(value, str):
        return None
    text = value.strip().upper()
    return text if _HEX.match(text) and text != "000000" else None


def clean(name: str, value: object) -> Value | None:
    """The value converted to the type, range and precision of its row in FIELDS, or None if that is not possible.

    Never raises. Numbers in text are converted, and long texts are cut; NaN, infinities and wrong types give None.
    """
    cleaner = _CLEANERS.get(name)
    return None if cleaner is None else cleaner(value)


def clean_fields(raw: Mapping[str, object]) -> dict[str, Value]:
    """The clean fields of `raw`; unknown fields, invalid values and a lat without lon (or the reverse) are dropped."""
    result: dict[str, Value] = {}
    find = _CLEANERS.get
    for name, value in raw.items():
        if value is not None and (cleaner := find(name)) is not None and (kept := cleaner(value)) is not None:
            result[name] = kept
    if ("lat" in result) != ("lon" in result):
        for name in POSITION:
            result.pop(name, None)
    return result


def _number(field: Field, value: object) -> float | None:
    """The value as a finite number within the field's bounds, or None; booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) and field.low <= number <= field.high else None


# These functions run for every field of every aircraft of every receiver about once a second. So each field has a
# function of its own with its bounds bound and a fast path for the usual type.


def _int_cleaner(field: Field) -> Cleaner:
    low, high = field.low, field.high

    def clean_int(value: object) -> Value | None:
        if type(value) is int:
            return value if low <= value <= high else None
        number = _number(field, value)
        return None if number is None else round(number)

    return clean_int


def _float_cleaner(field: Field) -> Cleaner:
    low, high, decimals = field.low, field.high, field.decimals

    def clean_float(value: object) -> Value | None:
        if type(value) is float:
            # NaN and the infinities fail this comparison.
            return round(value, decimals) if low <= value <= high else None
        number = _number(field, value)
        return None if number is None else round(number, decimals)

    return clean_float


def _altitude_cleaner(field: Field) -> Cleaner:
    feet = _int_cleaner(field)

    def clean_altitude(value: object) -> Value | None:
        return "ground" if value == "ground" else feet(value)

    return clean_altitude


def _words_cleaner(field: Field) -> Cleaner:
    allowed = field.words

    def clean_words(value: object) -> Value | None:
        if not isinstance(value, list | tuple):
            return None
        return tuple(dict.fromkeys([word for word in value if isinstance(word, str) and word in allowed]))

    return clean_words


def _printable(text: str) -> str:
    """The text without control characters, bidirectional overrides and lone surrogates."""
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())


def _text_cleaner(field: Field) -> Cleaner:
    words, max_length, name = field.words, field.max_length, field.name
    pattern = {"squawk": _SQUAWK, "category": _CATEGORY}.get(name)

    def tidy(value: str) -> str | None:
        if pattern is not None:
            text = value.strip().upper()
            return text if pattern.match(text) else None
        text = _CALLSIGN.sub("", value.upper()).strip() if name == "flight" else _printable(value.strip())
        text = text[:max_length].rstrip()
        return None if not text or (words and text not in words) else text

    cached = lru_cache(maxsize=_MAX_CACHED_TEXTS)(tidy)

    def clean_text(value: object) -> Value | None:
        if not isinstance(value, str):
            return None
        # Long texts are not cached, which bounds the memory of the cache.
        return cached(value) if len(value) <= 64 else tidy(value)

    return clean_text


MAX_OBJECT_ENTRIES = 32
"""Entries of an object field; those beyond are dropped."""


def _object_cleaner(field: Field) -> Cleaner:
    max_length = field.max_length

    def plain(value: object) -> Scalar | None:
        if isinstance(value, str):
            return _printable(value)[:max_length]
        if isinstance(value, bool | int):
            return value if abs(value) < 2**53 else None
        return value if isinstance(value, float) and isfinite(value) else None

    def clean_object(value: object) -> Value | None:
        """Only plain values under short names are kept; without any there is no object."""
        if not isinstance(value, dict):
            return None
        entries = list(value.items())[:MAX_OBJECT_ENTRIES]
        found = {
            _printable(name): kept
            for name, entry in entries
            if isinstance(name, str) and len(name) <= 32 and (kept := plain(entry)) is not None
        }
        return found or None

    return clean_object


def _clean_last_position(value: object) -> Value | None:
    """A position with what is known of its quality and age; None without latitude and longitude."""
    if not isinstance(value, dict):
        return None
    found = {name: kept for name in POSITION if (kept := clean(name, value.get(name))) is not None}
    if "lat" not in found or "lon" not in found:
        return None
    age = _number(Field("seen_pos", "float", "s", "", 0, 2**31), value.get("seen_pos"))
    return found if age is None else {**found, "seen_pos": round(age, 1)}  # type: ignore[dict-item, return-value]


_KINDS: dict[str, Callable[[Field], Cleaner]] = {
    "int": _int_cleaner,
    "float": _float_cleaner,
    "altitude": _altitude_cleaner,
    "words": _words_cleaner,
    "text": _text_cleaner,
    "object": _object_cleaner,
}

_CLEANERS: dict[str, Cleaner] = {name: _KINDS[field.kind](field) for name, field in FIELDS.items()}
_CLEANERS["lastPosition"] = _clean_last_position
