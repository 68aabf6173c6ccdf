"""Decode: one aircraft record of the readsb family (readsb, dump1090-fa, skyaware978) into Observations.

Law: a missing key is unknown; a value that is not clean is missing. Other programs' words are turned into
readsb's here, in tables, and nowhere else. Fields that a record says came by MLAT or TIS-B become an Observation
of their own, so that each field is ranked by where it really came from.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyspy.aircraft import POSITION, SOURCES, Observation, Value, clean, clean_fields
from skyspy.decode.base import number

RENAMED: dict[str, str] = {
    "uat_version": "version",  # skyaware978
    "altitude": "alt_baro",  # dump1090 before FlightAware's
    "speed": "gs",
    "vert_rate": "baro_rate",
    "wind_speed": "ws",  # dump1090-fa, from meteorological reports
    "wind_dir": "wd",
    "temperature": "oat",
}
"""Names other programs use, and readsb's."""

DIALECT_978 = "uat_version"
"""The key by which a record shows that skyaware978 wrote it; not every one of its records has it."""

REWORDED: dict[tuple[str, str], str] = {
    ("emergency", "medical"): "lifeguard",
    # dump978 has no word for minimum fuel and writes the first of its list instead.
    ("emergency", "invalid"): "minfuel",
    ("sil_type", "per_hour"): "perhour",
    ("sil_type", "per_sample"): "persample",
    ("nav_modes", "autopliot"): "autopilot",
}
"""Words other programs use for a field's value, and readsb's."""

_MOST_MESSAGES = 2**31


def seconds(value: object) -> float | None:
    """An age in seconds, or None; a negative one is none at all."""
    age = number(value)
    return None if age is None else max(age, 0.0)


def count(raw: Mapping[str, object]) -> int | None:
    """The record's lifetime message counter, where it has a sensible one."""
    value = raw.get("messages")
    return value if type(value) is int and 0 <= value <= _MOST_MESSAGES else None


def moved(before: int | None, after: int | None) -> int:
    """How many messages a counter moved by; one that went back started again."""
    if after is None:
        return 1
    return after if before is None or after < before else after - before


def fields_of(raw: Mapping[str, object], skyaware978: bool) -> dict[str, Value]:
    """The clean fields of a record in readsb's names and words, whichever program wrote it; of `skyaware978` it is
    known that it writes the pressure altitude into `alt_geom`, which is dropped unless it differs."""
    if not RENAMED.keys().isdisjoint(raw):
        raw = {**{RENAMED[name]: value for name, value in raw.items() if name in RENAMED}, **raw}
    fields = clean_fields(raw)
    for name in ("emergency", "sil_type"):
        word = raw.get(name)
        if name not in fields and isinstance(word, str) and (ours := REWORDED.get((name, word))):
            fields[name] = ours
    modes = raw.get("nav_modes")
    if isinstance(modes, list) and any(("nav_modes", word) in REWORDED for word in modes if isinstance(word, str)):
        words = [REWORDED.get(("nav_modes", word), word) for word in modes if isinstance(word, str)]
        fields["nav_modes"] = clean("nav_modes", words) or ()
    if skyaware978 and "alt_geom" in fields and fields.get("alt_baro") in (None, "ground", fields["alt_geom"]):
        del fields["alt_geom"]
    return fields


def observations(
    raw: Mapping[str, object], address: str, fields: dict[str, Value], at: float, pos_at: float | None, messages: int
) -> list[Observation]:
    """What a record says, one Observation per source of its fields; `fields` is taken apart.

    The first carries `messages`, the others none: they were part of the same reception.
    """
    kind = raw.get("type")
    source = kind if isinstance(kind, str) and kind in SOURCES else "adsb_other" if address[0] == "~" else "adsb_icao"
    others = []
    for key, of in (("mlat", "mlat"), ("tisb", "tisb_other" if address[0] == "~" else "tisb_icao")):
        names = raw.get(key)
        # A record that came by TIS-B altogether need not be taken apart.
        if (
            isinstance(names, list)
            and names
            and not (key == "tisb" and source.startswith(key))
            and (part := _take(fields, names))
        ):
            others.append(Observation(address, at, of, part, pos_at if "lat" in part else None, 0))
    if source == "mlat" and others:
        # What did not come by multilateration came by plain Mode S.
        source = "mode_s"
    return [Observation(address, at, source, fields, pos_at if "lat" in fields else None, messages), *others]


def _take(fields: dict[str, Value], names: list[object]) -> dict[str, Value]:
    """Take the named fields out of `fields`; a position always goes whole."""
    wanted = {name for name in names if isinstance(name, str)}
    if "lat" in wanted or "lon" in wanted:
        wanted.update(POSITION)
    return {name: fields.pop(name) for name in list(fields) if name in wanted}
