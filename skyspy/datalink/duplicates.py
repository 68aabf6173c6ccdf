"""Which blocks are another hearing of a block that is known. Pure.

Several stations receive the same block, and one relay may deliver it twice. Two blocks are the same where aircraft, direction, label, number, block id and text are
the same, and the second comes within WINDOW_S of the last hearing and MAX_WINDOW_S of the first. Squitters have only a text.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from skyspy.datalink.draft import Draft
from skyspy.datalink.labels import SQUITTER
from skyspy.datalink.message import Block, Message

WINDOW_S = 8.0
MAX_WINDOW_S = 30.0
MAX_REMEMBERED = 20_000
"""Blocks that are remembered: 500 a second for longer than MAX_WINDOW_S."""
MAX_CHARACTERS = 16_000_000
"""Characters of their texts in all."""


def aircraft_of(sent: Block | Message) -> str:
    """The aircraft at one end of the link: its registration without hyphens, which decoders of all links know, or else its address; "": neither is known."""
    return (sent.tail or sent.hex or "").upper().replace("-", "")


def is_downlink(sent: Block | Message) -> bool | None:
    """Whether the aircraft sent it. Where the decoder does not say so: a number, or a digit as block id, is the aircraft's, a letter the ground's.
    None: not known."""
    if sent.downlink is not None or sent.label == SQUITTER:
        return bool(sent.downlink)
    block_id = sent.block_id if isinstance(sent, Block) else "".join(sent.blocks[:1])
    if sent.msgno or (block_id or "").isdecimal():
        return True
    return False if block_id and block_id.isalpha() else None


def key_of(block: Block) -> bytes:
    """What is the same for all hearings of a block."""
    return _key(block, block.block_id)


def key_of_message(message: Message) -> bytes:
    """The key of the block of a message that consists of one."""
    return _key(message, message.blocks[0] if message.blocks else None)


def _key(sent: Block | Message, block_id: str | None) -> bytes:
    text = " ".join(sent.text.split())
    if sent.label == SQUITTER:
        parts: tuple[object, ...] = (SQUITTER, text)
    else:
        parts = (aircraft_of(sent), is_downlink(sent), sent.label, sent.msgno, block_id, text)
    return hashlib.blake2b(repr(parts).encode("utf-8", "backslashreplace"), digest_size=16).digest()


@dataclass(slots=True)
class _Heard:
    """A block that is known: when it was heard first and last, in steady seconds, and its message."""

    draft: Draft
    first: float
    last: float
    size: int


class Duplicates:
    """The blocks that were heard lately."""

    def __init__(self) -> None:
        self._heard: OrderedDict[bytes, _Heard] = OrderedDict()
        """By key, the one that was heard last at the end."""
        self._size = 0

    def __len__(self) -> int:
        return len(self._heard)

    def find(self, key: bytes, now: float) -> Draft | None:
        """The message of a block that is heard again now (steady seconds); None: it is a new one."""
        one = self._heard.get(key)
        if one is None or now - one.last > WINDOW_S or now - one.first > MAX_WINDOW_S:
            return None
        one.last = max(one.last, now)
        self._heard.move_to_end(key)
        return one.draft

    def remember(self, key: bytes, draft: Draft, size: int, now: float) -> None:
        """Know this block from now on. `size`: characters of its text."""
        self._drop(key)
        self._heard[key] = _Heard(draft, now, now, size)
        self._size += size
        while len(self._heard) > MAX_REMEMBERED or self._size > MAX_CHARACTERS:
            self._drop(next(iter(self._heard)))

    def forget(self, now: float) -> None:
        """Forget what is too old to be heard again."""
        while self._heard and now - next(iter(self._heard.values())).last > WINDOW_S:
            self._drop(next(iter(self._heard)))

    def _drop(self, key: bytes) -> None:
        if (one := self._heard.pop(key, None)) is not None:
            self._size -= one.size
