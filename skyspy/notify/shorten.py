"""Texts within the limit of one destination. Each destination shortens its own text, and no other's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skyspy import wirejson
from skyspy.clock import iso
from skyspy.notify.destination import Message

MARK = "…"
MAX_TITLE = 200


def shortened(text: str, most: int) -> str:
    """At most `most` characters of the text; what was cut ends after a word where one is near, and with `…`."""
    if len(text) <= most:
        return text
    if most <= len(MARK):
        return MARK[:most]
    return _ended_after_a_word(text[: most - len(MARK)])


def shortened_bytes(text: str, most: int) -> str:
    """The same, in bytes of UTF-8."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= most:
        return text
    room = most - len(MARK.encode())
    # Of the bytes that fit, a character that is cut is dropped.
    return _ended_after_a_word(raw[:room].decode("utf-8", "ignore")) if room >= 0 else ""


def _ended_after_a_word(cut: str) -> str:
    blank = cut.rfind(" ", len(cut) * 3 // 4)
    return (cut if blank < 0 else cut[:blank]).rstrip() + MARK


def within(message: Message, most_characters: int | None) -> Message:
    """The message with its text within the destination's own limit, in characters; None is no limit."""
    title = shortened(message.title, MAX_TITLE)
    return replace(
        message, title=title, body=message.body if most_characters is None else shortened(message.body, most_characters)
    )


def payload(message: Message, most_bytes: int) -> bytes:
    """The message as JSON for programs, within so many bytes (1 KiB at least):
    {"id", "type", "timestamp", "data": {…, "title", "text"}}. Where it is too long the text is shortened first; where that is not enough
    `data` has only its id, its names and its text, and "shortened": true."""
    whole = _encoded(message, dict(message.data), message.body)
    if len(whole) <= most_bytes:
        return whole
    data: dict[str, Any] = {**message.data, "shortened": True}
    for kept in (data, {name: data[name] for name in _NEEDED if name in data}):
        bare = _encoded(message, kept, "")
        # A character of the text may take six bytes in JSON.
        for share in (1, 2, 6):
            text = shortened_bytes(message.body, max(0, most_bytes - len(bare)) // share)
            made = _encoded(message, kept, text)
            if text and len(made) <= most_bytes:
                return made
    return _encoded(message, {"shortened": True}, "")


_NEEDED = ("id", "rule_id", "hex", "callsign", "count", "shortened")


def _encoded(message: Message, data: dict[str, Any], text: str) -> bytes:
    document = {
        "id": message.id,
        "type": message.type,
        "timestamp": iso(message.at),
        "data": {**data, "title": message.title, "text": text},
    }
    return wirejson.dump_bytes(document)
