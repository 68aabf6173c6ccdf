"""Interfaces: an aircraft in readsb's format, for existing tools. READSB is the form in which the sky encodes its aircraft for them.

Pure. readsb's names and shapes exactly: hex in lower case, the callsign padded to eight characters, `mlat` and `tisb`
lists, `r_dst` and `r_dir`; none of SkySpy's own fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.aircraft import FIELDS
from skyspy.sky.listing import Form
from skyspy.tracker import relayed_fields

MILITARY_BIT, PIA_BIT, LADD_BIT = 1, 4, 8

_KEPT = ("type", *(name for name in FIELDS if name != "rssi"), "seen_pos")
_LAST = ("messages", "seen", "rssi")


def to_readsb(aircraft: Mapping[str, Any], relayed: Mapping[str, list[str]]) -> dict[str, Any]:
    """One aircraft as readsb's aircraft.json has it; `relayed`: the names for its lists `mlat` and `tisb`."""
    result: dict[str, Any] = {"hex": aircraft["hex"].lower()}
    for name in _KEPT:
        if name in aircraft:
            result[name] = aircraft[name]
    if "flight" in result:
        result["flight"] = result["flight"].ljust(8)
    if aircraft.get("military"):
        result["dbFlags"] = result.get("dbFlags", 0) | MILITARY_BIT
    if "distance_nm" in aircraft:
        result["r_dst"], result["r_dir"] = aircraft["distance_nm"], aircraft["bearing"]
    result["mlat"], result["tisb"] = relayed["mlat"], relayed["tisb"]
    for name in _LAST:
        if name in aircraft:
            result[name] = aircraft[name]
    return result


READSB = Form("readsb", lambda whole, aircraft: to_readsb(whole, relayed_fields(aircraft)))
