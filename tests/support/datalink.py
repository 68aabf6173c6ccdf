"""Blocks and messages of data links as a test writes them down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skyspy.datalink.message import Block, DatalinkPosition, Message, Station

WALL = 1_700_000_000.0
"""2023-11-14T22:13:20Z."""


def a_block(text: str = "HELLO", **fields: Any) -> Block:
    """A downlink of G-ABCD that the station HOME heard."""
    given = {"at": 1000.0, "link": "acars", "station": "HOME", "tail": "G-ABCD", "label": "H1", "downlink": True, "freq": 131.55}
    return Block(**{**given, "text": text, **fields})


def a_message(number: int = 0, **fields: Any) -> Message:
    """The message of that number, received so many seconds after WALL by the station HOME at the receiver `acars+udp-roof-5550`."""
    time = WALL + number
    message = Message(
        id=f"m-{number:04d}",
        time=time,
        link="acars",
        label="H1",
        hex="4CA87C",
        tail="EI-ABC",
        downlink=True,
        text=f"MESSAGE {number}",
        stations=(Station("HOME", "acars+udp-roof-5550", 131.55, -12.5, time),),
    )
    return replace(message, **fields)


def at_place(lat: float, lon: float, source: str = "adsc", **more: Any) -> DatalinkPosition:
    return DatalinkPosition(lat, lon, source=source, **more)
