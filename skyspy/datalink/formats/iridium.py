"""iridium-toolkit: messages over Iridium. Its `uplink` is what goes up to the satellite: the aircraft sent it. Its `block_end` is true where
the message ends. Read by libacars, the block has libacars' names, and time and direction stand beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skyspy.clock import from_iso
from skyspy.datalink.formats.acars import LONGEST_FLIGHT, block_fields, downlink_of, is_damaged
from skyspy.datalink.formats.fields import (
    LONGEST_APP,
    LONGEST_STATION,
    acknowledgement,
    character,
    content,
    decibels,
    flag,
    label,
    mapping,
    megahertz,
    tail,
    wall_seconds,
    whole,
    word,
)
from skyspy.datalink.formats.result import Dated, Result, Verdict
from skyspy.datalink.message import IRIDIUM, Block

_FROM_AIRCRAFT: dict[object, bool] = {"uplink": True, "downlink": False}


def read(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of iridium-toolkit."""
    acars = mapping(raw.get("acars"))
    # It drops a block with errors unless it was told to show them.
    if not acars or is_damaged(acars) or whole(acars.get("errors")):
        return Verdict.BAD
    fields = block_fields(acars) if "blk_id" in acars else _own_fields(acars)
    if fields["label"] is None:
        return Verdict.BAD
    direction = acars.get("link_direction", raw.get("link_direction"))
    if isinstance(direction, str) and direction in _FROM_AIRCRAFT:
        fields["downlink"] = _FROM_AIRCRAFT[direction]
    stamp = acars.get("timestamp", raw.get("timestamp"))
    time = wall_seconds(from_iso(stamp) if isinstance(stamp, str) else stamp)
    return Block(
        at=dated(time),
        link=IRIDIUM,
        time=time,
        station=word(mapping(raw.get("source")).get("station_id"), LONGEST_STATION),
        app=word(mapping(raw.get("app")).get("name"), LONGEST_APP) or "iridium-toolkit",
        freq=megahertz(raw.get("freq")),
        level=decibels(raw.get("level")),
        **fields,
    )


def _own_fields(acars: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Block in iridium-toolkit's own names."""
    block_id, is_end = character(acars.get("block_id")), flag(acars.get("block_end"))
    return {
        "downlink": downlink_of(block_id),
        "tail": tail(acars.get("tail")),
        "flight": word(acars.get("flight"), LONGEST_FLIGHT),
        "mode": character(acars.get("mode")),
        "label": label(acars.get("label")),
        "block_id": block_id,
        "ack": acknowledgement(acars.get("ack")),
        "msgno": word(acars.get("message_number"), 4),
        "more": None if is_end is None else not is_end,
        "text": content(acars.get("text")),
    }
