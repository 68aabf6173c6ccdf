"""dumpvdl2: `vdl2` holds one frame of VDL Mode 2, `avlc` in it the link layer, `acars` in that the ACARS block, or `xid` what the two ends
tell each other. Most frames have no ACARS block; an XID of an aircraft may tell where it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.datalink.formats.acars import AIRCRAFT, block_fields, from_whom, is_damaged
from skyspy.datalink.formats.fields import (
    LONGEST_APP,
    LONGEST_STATION,
    NOTHING,
    decibels,
    flight_times,
    icao,
    mapping,
    megahertz,
    position,
    split_seconds,
    station_address,
    whole,
    word,
)
from skyspy.datalink.formats.result import Dated, Result, Verdict
from skyspy.datalink.message import VDL2, Block, DatalinkPosition

_AIRBORNE: dict[object, bool] = {"Airborne": False, "On ground": True}


def read(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of dumpvdl2."""
    frame = mapping(raw.get("vdl2"))
    avlc, acars = mapping(frame.get("avlc")), None
    if not frame or ("acars" in avlc and is_damaged(acars := mapping(avlc["acars"]))):
        return Verdict.BAD
    source, target = mapping(avlc.get("src")), mapping(avlc.get("dst"))
    from_aircraft = from_whom(source, target)
    aircraft, ground = (source, target) if from_aircraft else (target, source)
    where, times = _xid(avlc) if from_aircraft else (None, NOTHING)
    fields: dict[str, Any] = {"label": None} if acars is None else block_fields(acars)
    time = split_seconds(frame.get("t"))
    return Block(
        at=dated(time),
        link=VDL2,
        time=time,
        station=word(frame.get("station"), LONGEST_STATION),
        app=word(mapping(frame.get("app")).get("name"), LONGEST_APP) or "dumpvdl2",
        freq=megahertz(frame.get("freq")),
        level=decibels(frame.get("sig_level")),
        noise=decibels(frame.get("noise_level")),
        errors=_errors(frame),
        hex=icao(aircraft.get("addr")) if aircraft.get("type") == AIRCRAFT else None,
        ground=station_address(ground.get("addr"), 6) if ground.get("type") != AIRCRAFT else None,
        on_ground=_AIRBORNE.get(_text(source.get("status"))) if from_aircraft else None,
        position=where,
        times=times,
        **(fields if from_aircraft is None else {**fields, "downlink": from_aircraft}),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _errors(frame: Mapping[str, Any]) -> int | None:
    """Corrected errors: bits of the header, and octets of the rest."""
    counts = [whole(frame.get(name)) for name in ("hdr_bits_fixed", "octets_corrected_by_fec")]
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


def _xid(avlc: Mapping[str, Any]) -> tuple[DatalinkPosition | None, Mapping[str, str]]:
    """Where an XID says the aircraft is (to a tenth of a degree and a thousand feet), and where it flies to."""
    parameters = mapping(avlc.get("xid")).get("vdl_params")
    named = {
        name: row.get("value")
        for row in (parameters if isinstance(parameters, list) else ())
        if isinstance(row, dict) and isinstance(name := row.get("name"), str)
    }
    location = mapping(named.get("ac_location"))
    place = mapping(location.get("loc"))
    where = position(place.get("lat"), place.get("lon"), "xid", location.get("alt"))
    return where, flight_times(named, {"destination": "dst_airport"})
