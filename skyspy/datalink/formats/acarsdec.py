"""acarsdec: one flat object for each block that it hears on VHF. Its `end` is true where the block ends in ETB, so that more
blocks follow, and is left out where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from skyspy.datalink.formats.acars import LONGEST_FLIGHT, downlink_of
from skyspy.datalink.formats.fields import (
    LONGEST_APP,
    LONGEST_STATION,
    acknowledgement,
    character,
    content,
    decibels,
    decoded,
    flag,
    flight_times,
    label,
    mapping,
    megahertz,
    tail,
    wall_seconds,
    whole,
    word,
)
from skyspy.datalink.formats.result import Dated, Result, Verdict
from skyspy.datalink.message import ACARS, Block

TIMES: Mapping[str, str] = MappingProxyType(
    {
        "origin": "depa",
        "destination": "dsta",
        "out": "gtout",
        "off": "wloff",
        "on": "wlin",
        "in_": "gtin",
        "eta": "eta",
    }
)
"""acarsdec's names of what it reads about the flight, by ours; vdlm2dec has the same."""

SQUITTER = "SQ"
"""The label by which a ground station makes itself known: it has no block id and no aircraft."""
_JOINED = "complete"
"""acarsdec's `assstat` where libacars has joined several blocks: the text is the whole message."""


def read(raw: Mapping[str, Any], dated: Dated) -> Result:
    """The Block of an object of acarsdec."""
    fields = flat_fields(raw)
    if fields["label"] is None:
        return Verdict.BAD if "label" in raw else Verdict.SKIPPED
    time = wall_seconds(raw.get("timestamp"))
    return Block(at=dated(time), link=ACARS, time=time, app=_app(raw, "acarsdec"), **fields)


def flat_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Block that acarsdec and vdlm2dec write in the same names."""
    block_id, name = character(raw.get("block_id")), label(raw.get("label"))
    return {
        "station": word(raw.get("station_id"), LONGEST_STATION),
        "freq": megahertz(raw.get("freq")),
        "level": decibels(raw.get("level")),
        "noise": decibels(raw.get("noise")),
        "errors": whole(raw.get("error")),
        "downlink": False if name == SQUITTER else downlink_of(block_id),
        "tail": tail(raw.get("tail")),
        "flight": word(raw.get("flight"), LONGEST_FLIGHT),
        "mode": character(raw.get("mode")),
        "label": name,
        "sublabel": word(raw.get("sublabel"), 2),
        "mfi": word(raw.get("mfi"), 2),
        "block_id": block_id,
        "ack": acknowledgement(raw.get("ack")),
        "msgno": word(raw.get("msgno"), 4),
        "more": flag(raw.get("end")) is True,
        "assembled": raw.get("assstat") == _JOINED,
        "text": content(raw.get("text")),
        "times": flight_times(raw, TIMES),
        "libacars": decoded(raw.get("libacars")),
    }


def _app(raw: Mapping[str, Any], default: str) -> str:
    return word(mapping(raw.get("app")).get("name"), LONGEST_APP) or default
