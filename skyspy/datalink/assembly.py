"""Messages made of blocks: each once, whole, with the stations that heard it. Pure.

What happens to a block: another hearing of a block that is known (`duplicates.py`) adds a station to its message; a part of a longer message
waits for the others (`parts.py`); of what is whole a Message is made, with the name of its label, its times, the live aircraft and the position.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from skyspy.datalink.matching import Match
from skyspy.datalink.message import Block, Message


class Made(NamedTuple):
    """A message. `is_new`: it was made now; False: it was made before, and another station heard it, or a station heard it better."""

    message: Message
    is_new: bool


class Assembler:
    """Makes messages of the blocks of all stations of one sky.

    `find`: the live aircraft of a message, for instance `Matcher.find`; it is asked once for each message, when it is made. It may be another one in each round (`assembler.find = …`).
    """

    def __init__(self, find: Callable[[Message], Match | None] = lambda _: None) -> None:
        self.find = find

    def add(self, block: Block, now_steady: float, wall: float) -> list[Made]:
        """Take a block: the messages that are whole by it, and those that it adds a station to. `now_steady`, `wall`: seconds. A frame without label and text
        makes none."""
        raise NotImplementedError

    def tick(self, now_steady: float, wall: float) -> list[Made]:
        """What was waited for in vain: messages of which a part is missing (`complete` False). At least once a second."""
        raise NotImplementedError

    def restore(self, messages: Iterable[Message], now_steady: float, wall: float) -> None:
        """Know these stored messages, of the last 30 seconds: another hearing of one makes nothing new."""
        raise NotImplementedError
