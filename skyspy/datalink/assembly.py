"""Messages made of blocks: each once, whole, with the stations that heard it. Pure.

What happens to a block: another hearing of a block that is known (`duplicates.py`) adds a station to its message; a part of a longer message
waits for the others (`parts.py`); of what is whole a Message is made, with the name of its label, its times, the live aircraft and the position.

Invariants: one message for each transmission, whoever hears it and how often; memory is bounded by the limits of these modules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from skyspy.datalink import ooo, positions
from skyspy.datalink.draft import Draft, first_of
from skyspy.datalink.duplicates import Duplicates, is_downlink, key_of, key_of_message
from skyspy.datalink.labels import SQUITTER, label_name
from skyspy.datalink.matching import Match
from skyspy.datalink.message import Block, DatalinkPosition, Message
from skyspy.datalink.parts import HOLD_S, Parts


class Made(NamedTuple):
    """A message. `is_new`: it was made now; False: it was made before, and another station heard it, or a station heard it better."""

    message: Message
    is_new: bool


class Assembler:
    """Makes messages of the blocks of all stations of one sky.

    `find`: the live aircraft of a message, for instance `Matcher.find`; it is asked when the message is made, and once more where another hearing says more about the
    aircraft. It may be another one in each round (`assembler.find = ...`). `copies`: blocks that were heard again; `incomplete`: messages with a missing part; `empty`: frames without label and
    text.
    """

    def __init__(self, find: Callable[[Message], Match | None] = lambda _: None) -> None:
        self.find = find
        self.copies = self.incomplete = self.empty = 0
        self._duplicates = Duplicates()
        self._parts = Parts()

    @property
    def waiting(self) -> int:
        """Messages that wait for a part."""
        return len(self._parts)

    def add(self, block: Block, now_steady: float, wall: float) -> list[Made]:
        """Take a block: the messages that are whole by it, and those that it adds a station to. `now_steady`, `wall`: seconds. A frame without label and text
        makes none."""
        if not block.label and not block.text:
            self.empty += 1
            return []
        key, at = key_of(block), min(block.at, now_steady)
        known = self._duplicates.find(key, at) or self._parts.late(block, at)
        if known is not None:
            self.copies += 1
            return self._heard_again(known, block, now_steady, wall)
        draft, ready = self._parts.add(block, Draft(at, wall - (now_steady - at)), at)
        draft.hear(block, now_steady, wall)
        self._duplicates.remember(key, draft, len(block.text), at)
        return [self._make(one) for one in ready]

    def tick(self, now_steady: float, wall: float) -> list[Made]:  # noqa: ARG002 - the same arguments as `add`
        """What was waited for in vain: messages of which a part is missing (`complete` False). At least once a second. `now_steady`, `wall`: seconds."""
        self._duplicates.forget(now_steady)
        return [self._make(draft) for draft in self._parts.tick(now_steady)]

    def restore(self, messages: Iterable[Message], now_steady: float, wall: float) -> None:
        """Know these stored messages, of the last 30 seconds: another hearing of one makes nothing new. `now_steady`, `wall`: seconds."""
        for message in messages:
            age = wall - message.time
            if not -HOLD_S <= age <= HOLD_S:
                continue
            at = now_steady - max(0.0, age)
            stations = {(station.name, station.receiver): station for station in message.stations}
            draft = Draft(at, message.time, complete=message.complete, stations=stations, message=message)
            if len(message.blocks) <= 1:
                self._duplicates.remember(key_of_message(message), draft, len(message.text), at)
            self._parts.close(message, draft, at)

    def _heard_again(self, draft: Draft, block: Block, now: float, wall: float) -> list[Made]:
        """Another hearing: a station more or a better level, and what the other decoder did not say."""
        changed = draft.hear(block, now, wall)
        before = draft.message
        if before is None:
            return []
        message = replace(before, hex=before.hex or block.hex, libacars=before.libacars or block.libacars)
        if message != before:
            message, changed = self._matched(message, block.position), True
        if not changed:
            return []
        draft.message = replace(message, stations=tuple(draft.stations.values()))
        return [Made(draft.message, is_new=False)]

    def _make(self, draft: Draft) -> Made:
        self.incomplete += not draft.complete
        draft.message = self._matched(_message_of(draft), draft.last("position"))
        return Made(draft.message, is_new=True)

    def _matched(self, message: Message, sent: DatalinkPosition | None) -> Message:
        """The message with its live aircraft and its position. `sent`: the one that the decoder has read."""
        found = self.find(message)
        changes: dict[str, Any] = {} if found is None else {"matched": found.hex, "callsign": found.callsign}
        if message.downlink is not False and message.label != SQUITTER:
            position = first_of((message.position, sent, positions.of_libacars(message.libacars, message.time)))
            if position is None or not positions.is_place(position.lat, position.lon):
                position = positions.of_text(message.text, None if found is None else found.point)
            changes["position"] = position
        return replace(message, **changes) if changes else message


def _message_of(draft: Draft) -> Message:
    """The message of these blocks, as it was sent."""
    begin, text = draft.sources[0], draft.text
    label, sublabel, downlink = begin.label, draft.first("sublabel"), is_downlink(begin)
    times: dict[str, Any] = {} if downlink is False else ooo.of_text(label, text)
    for block in draft.sources:
        times |= ooo.checked(block.times)
    errors = [block.errors for block in draft.sources if block.errors is not None]
    return Message(
        id=f"{int(draft.wall * 1000)}-{begin.link}-{hashlib.blake2b(key_of(begin), digest_size=4).hexdigest()}",
        time=draft.wall,
        link=begin.link,
        label=label,
        label_name=label_name(label, sublabel),
        sublabel=sublabel,
        mode=draft.first("mode"),
        hex=draft.first("hex"),
        tail=draft.first("tail"),
        flight=draft.first("flight"),
        ground=draft.first("ground"),
        downlink=downlink,
        msgno=begin.msgno,
        blocks=tuple(dict.fromkeys(block.block_id for block in draft.sources if block.block_id)),
        complete=draft.complete,
        text=text,
        on_ground=draft.last("on_ground"),
        **times,
        libacars=draft.last("libacars"),
        app=draft.first("app"),
        errors=sum(errors) if errors else None,
        stations=tuple(draft.stations.values()),
        demo=any(block.demo for block in draft.sources),
        receiver_time=draft.at,
    )
