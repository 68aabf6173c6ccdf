"""Turns one aircraft record of the readsb family (readsb, dump1090-fa, skyaware978) into Observations.

Invariants:
- A missing key means unknown; an invalid value counts as missing.
- Names and values of other programs are mapped to readsb's by the tables here and nowhere else.
- Fields that a record lists under `mlat` or `tisb` become a separate Observation, so that each field has the rank of
  its actual source.
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
"""readsb's field name by the name that another program uses."""

LISTED: dict[str, str] = {**RENAMED, "callsign": "flight", "alt_gnss": "alt_geom"}
"""readsb's field name by the name under which the lists `mlat` and `tisb` may have it."""

ADSB_ONLY = frozenset({
    "lat", "lon", "gs", "track", "category", "version", "emergency", "nic", "rc", "nic_baro", "nac_p", "nac_v", "sil", "sil_type", "gva",
    "sda", "geom_rate", "alt_geom", "nav_modes",
})  # fmt: skip
"""Fields that an aircraft does not send in replies to interrogations. Of a record without a type, part of which is relayed or
computed, the rest is ADS-B if it has one of these, else plain Mode S."""

DIALECT_978 = "uat_version"
"""A key that only skyaware978 writes; not all of its records have it."""

REWORDED: dict[tuple[str, str], str] = {
    ("emergency", "medical"): "lifeguard",
    # dump978 has no value for minimum fuel and writes the first one of its list instead.
    ("emergency", "invalid"): "minfuel",
    ("sil_type", "per_hour"): "perhour",
    ("sil_type", "per_sample"): "persample",
    ("nav_modes", "autopliot"): "autopilot",
}
"""readsb's value by field name and the value that another program uses."""

_TISB = ("tisb_icao", "tisb_other")
"""readsb's type of TIS-B with an ICAO address, and without."""

MAX_MESSAGES = 2**31
"""A lifetime message counter above this is not believed."""


def age_seconds(value: object) -> float | None:
    """An age in seconds, or None if it is not a number; a negative age counts as 0."""
    age = number(value)
    return None if age is None else max(age, 0.0)


def message_count(raw: Mapping[str, object]) -> int | None:
    """The record's lifetime message counter, or None if it is missing or out of range."""
    value = raw.get("messages")
    return value if type(value) is int and 0 <= value <= MAX_MESSAGES else None


def messages_since(before: int | None, after: int | None) -> int:
    """The increase of a message counter. A counter that decreased was restarted at 0; an unknown one counts as 1."""
    if after is None:
        return 1
    return after if before is None or after < before else after - before


def fields_of(raw: Mapping[str, object], skyaware978: bool) -> dict[str, Value]:
    """The clean fields of a record, with readsb's names and values.

    skyaware978 writes the pressure altitude into `alt_geom`; for its records (`skyaware978`), `alt_geom` is dropped
    unless it differs from `alt_baro`.
    """
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
    """The Observations of a record, one per source of its fields. Modifies `fields`.

    `at` and `pos_at` are steady seconds. The first Observation carries `messages`, the others 0: they are part of the
    same reception.
    """
    last = fields.get("lastPosition")
    if isinstance(last, dict) and (age := number(last.get("seen_pos"))) is not None:
        # Its age is counted from the document's time, as `seen` is; an Observation's from the reception.
        fields["lastPosition"] = {**last, "seen_pos": round(max(age - (age_seconds(raw.get("seen")) or 0.0), 0.0), 1)}
    kind = raw.get("type")
    is_known = isinstance(kind, str) and kind in SOURCES
    source = str(kind) if is_known else "adsb_other" if address[0] == "~" else "adsb_icao"
    others = []
    for key, of in (("mlat", "mlat"), ("tisb", source if source.startswith("tisb") else _TISB[address[0] == "~"])):
        names = raw.get(key)
        if isinstance(names, list) and names and (part := _pop_fields(fields, names)):
            others.append(Observation(address, at, of, part, pos_at if "lat" in part else None, 0))
    if others:
        source = _source_of_rest(source, others[-1].source, is_known, fields)
        if others[-1].source == source:
            # TIS-B is its only source; skyaware978 lists only its position.
            fields.update(others.pop().fields)
    return [Observation(address, at, source, fields, pos_at if "lat" in fields else None, messages), *others]


def _source_of_rest(source: str, listed: str, is_known: bool, fields: Mapping[str, Value]) -> str:
    """The source of those fields of a record that are in none of its lists. `source`: the record's type, or the assumed one if it
    is not known; `listed`: the source of a list."""
    if source == "mlat":
        # What multilateration did not provide came by plain Mode S.
        return "mode_s"
    if (is_known and source != "tisb_icao") or not ADSB_ONLY.isdisjoint(fields):
        return source
    # Without an ICAO address there is no Mode S.
    return "mode_s" if source in ("adsb_icao", "tisb_icao") else listed


def _pop_fields(fields: dict[str, Value], names: list[object]) -> dict[str, Value]:
    """Remove the named fields from `fields` and return them in this order; a position is removed with all of its fields."""
    wanted = [LISTED.get(name, name) for name in names if isinstance(name, str)]
    if "lat" in wanted or "lon" in wanted:
        wanted += POSITION
    return {name: fields.pop(name) for name in wanted if name in fields}
