"""SatDump: messages over Inmarsat. It writes all it hears; only objects whose `msg_name` is ACARS are messages. Single characters are
numbers (`mode`, `tak`, `bi`), in some versions texts. It joins the blocks of a message itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.datalink.formats.acars import LONGEST_FLIGHT, downlink_of, with_header_read
from skyspy.datalink.formats.fields import (
    LONGEST_APP,
    LONGEST_STATION,
    acknowledgement,
    character,
    content,
    decibels,
    decoded,
    flag,
    icao,
    label,
    mapping,
    megahertz,
    station_address,
    tail,
    wall_seconds,
    word,
)
from skyspy.datalink.formats.result import Dated, Result, Verdict
from skyspy.datalink.message import INMARSAT, Block

_ACARS = "ACARS"


def read(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of SatDump."""
    if raw.get("msg_name") != _ACARS:
        return Verdict.SKIPPED
    block_id, name = character(raw.get("bi")), label(raw.get("label"))
    if name is None:
        return Verdict.BAD
    source, unit = mapping(raw.get("source")), mapping(raw.get("signal_unit"))
    fields: dict[str, Any] = {
        "downlink": downlink_of(block_id),
        "tail": tail(raw.get("plane_reg")),
        "flight": word(raw.get("flight"), LONGEST_FLIGHT),
        "mode": character(raw.get("mode")),
        "label": name,
        "block_id": block_id,
        "ack": acknowledgement(raw.get("tak")),
        "msgno": None,
        "more": flag(raw.get("more_to_come")),
        "text": content(raw.get("message")),
        "libacars": decoded(raw.get("libacars")),
    }
    time = wall_seconds(raw.get("timestamp"))
    return Block(
        at=dated(time),
        link=INMARSAT,
        time=time,
        station=word(source.get("station_id"), LONGEST_STATION),
        app=word(mapping(source.get("app")).get("name"), LONGEST_APP) or "SatDump",
        freq=megahertz(raw.get("freq")),
        level=decibels(raw.get("level")),
        hex=icao(unit.get("aes_id")),
        ground=station_address(unit.get("ges_id"), 2),
        **with_header_read(fields),
    )
