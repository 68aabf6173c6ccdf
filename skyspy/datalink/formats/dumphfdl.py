"""dumphfdl: `hfdl` holds one PDU of HF Data Link: an `lpdu` of an aircraft or to one, in it a `hfnpdu` with a position and a flight, or
with an ACARS block; or an `spdu`, by which a ground station makes itself known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.datalink.formats.acars import AIRCRAFT, LONGEST_FLIGHT, block_fields, from_whom, is_damaged
from skyspy.datalink.formats.fields import (
    LONGEST_APP,
    LONGEST_STATION,
    decibels,
    flag,
    icao,
    mapping,
    megahertz,
    position,
    split_seconds,
    whole,
    word,
)
from skyspy.datalink.formats.result import Dated, Result, Verdict
from skyspy.datalink.message import HFDL, Block

_DAY_S = 86_400
_AHEAD_S = 120.0
"""By how much an aircraft's clock may be ahead of the station's."""


def read(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of dumphfdl."""
    frame = mapping(raw.get("hfdl"))
    pdu = mapping(frame.get("lpdu")) or mapping(frame.get("spdu")) or mapping(frame.get("mpdu"))
    inner, acars = mapping(pdu.get("hfnpdu")), None
    if (
        not pdu
        or flag(pdu.get("err"))
        or flag(inner.get("err"))
        or ("acars" in inner and is_damaged(acars := mapping(inner["acars"])))
    ):
        return Verdict.BAD
    source, target = mapping(pdu.get("src")), mapping(pdu.get("dst"))
    from_aircraft = from_whom(source, target)
    aircraft, ground = (source, target) if from_aircraft else (target, source)
    fields: dict[str, Any] = {"label": None, "flight": None} if acars is None else block_fields(acars)
    fields["flight"] = fields["flight"] or word(inner.get("flight_id"), LONGEST_FLIGHT)
    time = split_seconds(frame.get("t"))
    place = mapping(inner.get("pos")) if from_aircraft else {}
    measured = _time_of_day(mapping(inner.get("utc_time")) or mapping(inner.get("time")), time)
    return Block(
        at=dated(time),
        link=HFDL,
        time=time,
        station=word(frame.get("station"), LONGEST_STATION),
        app=word(mapping(frame.get("app")).get("name"), LONGEST_APP) or "dumphfdl",
        freq=megahertz(frame.get("freq")),
        level=decibels(frame.get("sig_level")),
        noise=decibels(frame.get("noise_level")),
        hex=_address(pdu, aircraft),
        ground=_ground(ground),
        position=position(place.get("lat"), place.get("lon"), "hfdl", None, measured),
        **(fields if from_aircraft is None else {**fields, "downlink": from_aircraft}),
    )


def _address(pdu: Mapping[str, Any], aircraft: Mapping[str, Any]) -> str | None:
    """The aircraft's address. In a log-on the PDU tells it; later frames have a number that dumphfdl resolves, if it heard the log-on."""
    return icao(mapping(pdu.get("ac_info")).get("icao")) or icao(mapping(aircraft.get("ac_info")).get("icao"))


def _ground(ground: Mapping[str, Any]) -> str | None:
    """The ground station's name, or its number; an aircraft is none."""
    if not ground or ground.get("type") == AIRCRAFT:
        return None
    identity = whole(ground.get("id"))
    return word(ground.get("name"), LONGEST_STATION) or (None if identity is None else str(identity))


def _time_of_day(clock: Mapping[str, Any], received: float | None) -> float | None:
    """The wall seconds of a time of day: the last one before the reception; None without either."""
    hour, minute, second = (whole(clock.get(name)) for name in ("hour", "min", "sec"))
    if received is None or hour is None or minute is None or second is None or hour > 23 or minute > 59 or second > 59:
        return None
    at = received // _DAY_S * _DAY_S + hour * 3600 + minute * 60 + second
    return at - _DAY_S if at > received + _AHEAD_S else at
