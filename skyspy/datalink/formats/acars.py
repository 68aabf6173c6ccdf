"""The fields of one ACARS block, in the names of libacars, as dumpvdl2, dumphfdl, JAERO and iridium-toolkit write them, and what
the formats have in common.

Facts that are easily mistaken: the block id tells the direction (a digit: from the aircraft, a letter: to it); `more` is true
where the block ends in ETB; a message number is three characters and a sequence letter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from skyspy.datalink.formats.fields import acknowledgement, character, content, decoded, flag, label, tail, word

LONGEST_FLIGHT = 8
AIRCRAFT = "Aircraft"
"""How dumpvdl2 and dumphfdl call the type of an end of the link that is an aircraft; JAERO's name begins so."""
_HEADER = re.compile(r"([A-Z]\d\d[A-P])([A-Z0-9]{2}[0-9]{3}[0-9A-Z])")
"""What stands before the text of a downlink: the message number with its letter, the flight with four characters for its number."""


def downlink_of(block_id: str | None) -> bool | None:
    """Whether the aircraft sent the block of this id; None without one."""
    return None if block_id is None else block_id.isdecimal()


def from_whom(source: Mapping[str, Any], target: Mapping[str, Any]) -> bool | None:
    """Whether the aircraft sent a frame with these two ends; None where neither end is an aircraft."""
    for end, is_source in ((source, True), (target, False)):
        kind = end.get("type")
        if isinstance(kind, str) and kind.startswith(AIRCRAFT):
            return is_source
    return None


def is_damaged(raw: Mapping[str, Any]) -> bool:
    """Whether the decoder could not read the block, or found its checksum wrong."""
    return flag(raw.get("err")) is True or flag(raw.get("crc_ok")) is False


def block_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Block, from an object in libacars' names."""
    number, letter = word(raw.get("msg_num"), 3), word(raw.get("msg_num_seq"), 1)
    block_id = character(raw.get("blk_id"))
    return {
        "downlink": downlink_of(block_id),
        "tail": tail(raw.get("reg")),
        "flight": word(raw.get("flight"), LONGEST_FLIGHT),
        "mode": character(raw.get("mode")),
        "label": label(raw.get("label")),
        "sublabel": word(raw.get("sublabel"), 2),
        "mfi": word(raw.get("mfi"), 2),
        "block_id": block_id,
        "ack": acknowledgement(raw.get("ack")),
        # Versions of libacars before 2.0 write both parts as one.
        "msgno": number + (letter or "") if number is not None else word(raw.get("msg_no"), 4),
        "more": flag(raw.get("more")),
        "text": content(raw.get("msg_text")),
        "libacars": decoded({name: value for name, value in raw.items() if isinstance(value, dict)}),
    }


def with_header_read(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a Block with the header of a downlink taken from the beginning of its text, for decoders that leave it there."""
    if fields["downlink"] and fields["msgno"] is None and (found := _HEADER.match(fields["text"])):
        number, flight = found.groups()
        fields |= {"msgno": number, "flight": fields["flight"] or flight, "text": fields["text"][found.end() :]}
    return fields
