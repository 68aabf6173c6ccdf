"""JAERO: messages over Inmarsat. Its output "JSONdump" has `isu` with libacars' names, its older output "JSON" names in capitals.

It joins the blocks of a message itself, and says neither whether it did nor whether more follow. It writes a tab after each line break.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.datalink.formats.acars import LONGEST_FLIGHT, block_fields, downlink_of, from_whom, is_damaged, with_header_read
from skyspy.datalink.formats.fields import (
    LONGEST_APP,
    LONGEST_STATION,
    acknowledgement,
    character,
    content,
    flag,
    icao,
    label,
    mapping,
    split_seconds,
    station_address,
    tail,
    wall_seconds,
    word,
)
from skyspy.datalink.formats.result import Dated, Result, Verdict
from skyspy.datalink.message import INMARSAT, Block

_NAME = "JAERO"


def read(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of the output "JSONdump"."""
    unit = mapping(raw.get("isu"))
    acars = mapping(unit["acars"]) if "acars" in unit else None
    if not unit or (acars is not None and is_damaged(acars)):
        return Verdict.BAD
    source, target = mapping(unit.get("src")), mapping(unit.get("dst"))
    from_aircraft = from_whom(source, target)
    aircraft, ground = (source, target) if from_aircraft else (target, source)
    fields: dict[str, Any] = {"label": None}
    if acars is not None:
        fields = block_fields(acars)
        fields["downlink"] = fields["downlink"] if from_aircraft is None else from_aircraft
        fields = _tidy(fields)
    time = split_seconds(raw.get("t"))
    return Block(
        at=dated(time),
        link=INMARSAT,
        time=time,
        station=word(raw.get("station"), LONGEST_STATION),
        app=word(mapping(raw.get("app")).get("name"), LONGEST_APP) or _NAME,
        hex=icao(aircraft.get("addr")),
        ground=station_address(ground.get("addr"), 2),
        **{"downlink": from_aircraft, **fields},
    )


def read_capitals(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of the output "JSON"."""
    block_id = character(raw.get("BI"))
    fields: dict[str, Any] = {
        "downlink": downlink_of(block_id),
        "tail": tail(raw.get("REG")),
        "flight": word(raw.get("FLIGHT"), LONGEST_FLIGHT),
        "mode": character(raw.get("MODE")),
        "label": label(raw.get("LABEL")),
        "block_id": block_id,
        "ack": acknowledgement(raw.get("TAK")),
        "msgno": None,
        "text": content(raw.get("MESSAGE")),
    }
    if flag(raw.get("NONACARS")):
        fields |= {"label": None, "text": ""}
    time = wall_seconds(raw.get("TIME"))
    return Block(
        at=dated(time),
        link=INMARSAT,
        time=time,
        app=_NAME,
        hex=icao(raw.get("AESID")),
        ground=station_address(raw.get("GESID"), 2),
        **_tidy(fields),
    )


def _tidy(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the text as it was sent."""
    fields["text"] = fields["text"].replace("\n\t", "\n")
    return with_header_read(fields)
