"""Datalink messages in a history, and in that of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from skyspy.config import HISTORY_FILE
from skyspy.datalink.message import ACARS, Message, Station
from skyspy.store.history import acars
from tests.support.world import World

AT = 20_000 * 86_400.0 + 3600.0
"""When the message with the number 0 was received: 2024-10-04T01:00:00Z."""


def a_message(number: int = 0, **more: Any) -> Message:
    """The message with this number, received so many seconds after AT."""
    values: dict[str, Any] = {
        "id": f"message-{number:04}",
        "time": AT + number,
        "link": ACARS,
        "label": "H1",
        "label_name": "Flight management",
        "hex": "4B1805",
        "tail": "HB-JCA",
        "flight": "LX0123",
        "matched": "4B1805",
        "callsign": "SWR123",
        "downlink": True,
        "msgno": "M55A",
        "blocks": ("3",),
        "text": f"REPORT {number} WIND 270/15KT",
        "stations": (Station("ROOF-1", "acars-udp-5550", 131.725, -12.5, AT + number),),
    }
    return Message(**values | more)


def plant(instance: Path, *messages: Message) -> None:
    """Write messages into the history file of an instance folder, beside a server that may run."""
    engine = create_engine(f"sqlite:///{instance / HISTORY_FILE}")
    with engine.begin() as connection:
        acars.write_messages(connection, messages)
    engine.dispose()


def keep(world: World, *messages: Message, sky: str = "live") -> None:
    """Write messages into the history of a sky."""
    world.skyspy.histories[sky].commit_now(acars.write_messages, messages)
