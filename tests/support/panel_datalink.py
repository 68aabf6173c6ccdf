"""Datalink messages as the panel's pages are shown them, in the history of a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import create_engine

from skyspy.config import HISTORY_FILE
from skyspy.datalink.message import Message, Station
from skyspy.store.history import acars
from tests.support.acars import a_message

AT = 1_764_203_575.25
"""When the first report was received: 2025-11-27T00:32:55.250Z."""
HOSTILE = '\'"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\u202e'


def a_report(number: int = 0, **more: Any) -> Message:
    """The message with this number, received so many seconds after AT: a position report that the decoder of the browser knows."""
    at = more.get("time", AT + number)
    values: dict[str, Any] = {
        "id": f"message-{number}",
        "time": at,
        "label": "44",
        "label_name": "Position report",
        "matched": None,
        "callsign": None,
        "msgno": None,
        "blocks": (),
        "text": "00POS02,N38171W077507,319,KJFK,KUZA,1021,0703,0953,",
        "stations": (Station("ROOF-1", "acars+udp-0.0.0.0:5550", 131.725, -12.3, at),),
    }
    return a_message(number, **values | more)


def plant(instance: Path, *messages: Message) -> None:
    """Write messages into the history file of an instance folder, beside a server that may run."""
    engine = create_engine(f"sqlite:///{instance / HISTORY_FILE}")
    with engine.begin() as connection:
        acars.write_messages(connection, messages)
    engine.dispose()
