"""Interfaces: how pages say what a datalink message is. Pure.

Invariants: what was not received is not said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skyspy.datalink.message import LINKS, DatalinkPosition, Message

MAX_SHOWN = 2000
"""Characters of a text in a list; the page of the message has the whole text."""
MAX_JSON = 50_000
POSITION_SOURCES: Mapping[str, str] = {
    "xid": "from the link’s own frames",
    "adsc": "ADS-C report",
    "hfdl": "HFDL",
    "decoder": "from the decoder",
    "text": "read from the text",
}
_TIMES = (
    ("out", "Out of the gate"),
    ("off", "Off the ground"),
    ("on", "On the ground"),
    ("in_", "In the gate"),
    ("eta", "Expected at"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A message in a list. `who`: the best name of its aircraft, "" without one; `others`: its other names; `pick`: the filter by which its
    aircraft's messages are found, None without one; `text`: at most MAX_SHOWN characters; `cut`: whether there is more."""

    message: Message
    who: str
    others: tuple[str, ...]
    pick: Mapping[str, str] | None
    title: str
    direction: str
    text: str
    cut: bool
    decode: Mapping[str, str] | None


def row_of(message: Message) -> Row:
    """The message for a list."""
    names = names_of(message)
    text = message.text[:MAX_SHOWN]
    cut = len(message.text) > MAX_SHOWN
    return Row(
        message=message,
        who=names[0] if names else "",
        others=names[1:],
        pick=pick_of(message),
        title=title_of(message),
        direction=direction_of(message),
        text=text,
        cut=cut,
        # Half a text may be decoded to something that the whole one does not say.
        decode=None if cut else decode_of(message),
    )


def names_of(message: Message) -> tuple[str, ...]:
    """The names of its aircraft, the most telling one first."""
    names = (message.callsign, message.flight, message.tail, message.matched or message.hex)
    return tuple(dict.fromkeys(name for name in names if name))


def pick_of(message: Message) -> Mapping[str, str] | None:
    """The filter that finds the messages of the same aircraft; None where nothing names it."""
    for name, value in (("hex", message.matched or message.hex), ("tail", message.tail), ("flight", message.flight)):
        if value:
            return {name: value}
    return None


def title_of(message: Message) -> str:
    """What kind of message it is, in words."""
    if message.label_name:
        return message.label_name
    return f"Label {message.label}" if message.label else f"{LINKS.get(message.link, message.link)} message"


def direction_of(message: Message) -> str:
    """Who sent it; "" where that is not known."""
    if message.downlink is None:
        return ""
    if message.downlink:
        return "from aircraft"
    return "to aircraft" if names_of(message) else "from the ground"


def decode_of(message: Message) -> Mapping[str, str] | None:
    """What the decoder in the browser is given; None where there is nothing to decode."""
    if not message.text or not message.label:
        return None
    return {"label": message.label, "sublabel": message.sublabel or "", "text": message.text}


def place_of(position: DatalinkPosition) -> str:
    """A position in words: 47.4582°, 8.5555° at 36,000 ft (ADS-C report)."""
    height = position.altitude
    at = "" if height is None else " on the ground" if isinstance(height, str) else f" at {height:,.0f} ft"
    return f"{position.lat:.4f}°, {position.lon:.4f}°{at} ({POSITION_SOURCES.get(position.source, position.source)})"


def times_of(message: Message) -> list[tuple[str, str]]:
    """The times of its flight as (name, HH:MM of UTC)."""
    found = [(title, getattr(message, name)) for name, title in _TIMES]
    return [(title, f"{value[:2]}:{value[2:]}" if len(value) == 4 else value) for title, value in found if value]


def indented(value: Mapping[str, Any]) -> str:
    """An object as JSON for people; at most MAX_JSON characters."""
    text = json.dumps(dict(value), indent=2, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_JSON else f"{text[:MAX_JSON]}\n…"
