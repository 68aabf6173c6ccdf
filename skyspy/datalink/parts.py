"""Messages of several blocks. Pure.

- A downlink's blocks have one number and the letters A, B, C... in order: `M55A`, `M55B`.
- An uplink's blocks have ascending block ids (Z is followed by A). Ids between them may belong to blocks of other labels to the same aircraft, which are
  other messages.

`more` says whether another block follows. A message is whole when it ends and nothing between its blocks is missing; otherwise it is given up HOLD_S after its last
block, and is not complete. A decoder that joins the blocks itself sends the whole text with the last one. A block that neither begins nor continues a message of several is one by itself, at once.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from skyspy.datalink.draft import Draft
from skyspy.datalink.duplicates import aircraft_of, is_downlink
from skyspy.datalink.message import Block, Message

HOLD_S = 30.0
MAX_LATE_S = 10.0
"""Blocks that belong between two others are not delivered earlier than the first one by more."""
MIN_CONTAINED = 20
"""Characters of blocks whose text is not by chance within that of the last one."""
MAX_OPEN = 1000
"""Messages that wait for their blocks."""
MAX_AGE_S = 300.0
"""How long after its first block a message may take another one: numbers and ids are used again."""
MAX_CHARACTERS = 4_000_000
"""Characters of the texts of blocks that wait."""
MAX_CLOSED = 2000
"""Messages of several blocks that are known after they were made."""
MAX_AIRCRAFT = 5000
"""Aircraft of which the latest uplink block ids are known."""

_NUMBER = re.compile(r"([A-Z0-9]{1,3})([A-Z])\Z")


class Series(NamedTuple):
    """What the blocks of one message have in common. `number`: of a downlink, without its letter; "" for messages whose order is that of block ids."""

    aircraft: str
    link: str
    label: str | None
    downlink: bool | None
    number: str


@dataclass(slots=True, eq=False)
class _Open:
    """A message that waits for blocks. `parts`: its blocks by sequence letter or block id; `places`: the number of each in their order, of ids counted from the
    one before. `last`: steady seconds of the last one, `latest` its letter or id."""

    draft: Draft
    last: float
    latest: str
    parts: dict[str, Block] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    @property
    def order(self) -> list[str]:
        """The letters or ids of its blocks in their order."""
        return sorted(self.parts, key=self.places.__getitem__)

    @property
    def size(self) -> int:
        return sum(len(block.text) for block in self.parts.values())


@dataclass(slots=True)
class _Ids:
    """The label of each block id that an aircraft was sent lately, with the steady seconds of it."""

    labels: dict[str, tuple[str | None, float]] = field(default_factory=dict)

    def has_other(self, block_id: str, label: str | None, since: float) -> bool:
        """Whether the block with this id was heard since then, and is of another label."""
        seen = self.labels.get(block_id)
        return seen is not None and seen[0] != label and seen[1] >= since


class Parts:
    """The messages that wait for blocks, and those of several blocks that were whole lately."""

    def __init__(self) -> None:
        self._open: OrderedDict[Series, _Open] = OrderedDict()
        """The one that got a block last at the end."""
        self._closed: OrderedDict[Series, tuple[Draft, float]] = OrderedDict()
        self._ids: OrderedDict[tuple[str, str], _Ids] = OrderedDict()
        """By aircraft and link, the latest at the end."""
        self._by_ids: dict[tuple[str, str], list[Series]] = {}
        """The series of an aircraft and link that wait for block ids."""
        self._size = 0

    def __len__(self) -> int:
        return len(self._open)

    def late(self, block: Block, now: float) -> Draft | None:
        """The message, made lately, that this block is already a part of."""
        series = series_of(block)
        draft, at = self._closed.get(series, (None, 0.0))
        if draft is None or draft.message is None or not block.text or now - at > HOLD_S:
            return None
        known = series.number or block.assembled or block.block_id in draft.message.blocks
        return draft if known and block.text in draft.message.text else None

    def add(self, block: Block, draft: Draft, now: float) -> tuple[Draft, list[Draft]]:
        """Take a block for which an empty draft was made: the draft to which it belongs, and those that need not wait any longer."""
        series, place = series_of(block), place_of(block)
        if not series.aircraft or (place is None and not block.assembled):
            draft.blocks, draft.complete = [block], block.more is not True
            return draft, [draft]
        if not series.number:
            self._note_id(series, block, now)
        ready = [] if series.number else list(self._explained(series, now))
        if block.assembled:
            return self._whole(series, block, draft, ready, now)
        return self._join(series, place or "", block, draft, ready, now)

    def close(self, sent: Block | Message, draft: Draft, now: float) -> None:
        """Know the message of this series, so that `late` finds it."""
        self._closed[series_of(sent)] = (draft, now)
        self._closed.move_to_end(series_of(sent))
        while len(self._closed) > MAX_CLOSED:
            self._closed.popitem(last=False)

    def tick(self, now: float) -> list[Draft]:
        """Those that have waited long enough, not complete."""
        ready = []
        while self._open and now - next(iter(self._open.values())).last > HOLD_S:
            ready.append(self._give_up(next(iter(self._open)), now))
        while self._closed and now - next(iter(self._closed.values()))[1] > HOLD_S:
            self._closed.popitem(last=False)
        return ready

    # -- one block -------------------------------------------------------------------------------

    def _join(
        self, series: Series, place: str, block: Block, draft: Draft, ready: list[Draft], now: float
    ) -> tuple[Draft, list[Draft]]:
        group = self._open.get(series)
        if group is not None and (_is_after_the_end(series, group, place) or now - group.draft.at > MAX_AGE_S):
            ready.append(self._give_up(series, now))
            group = None
        if _is_alone(series, group, place, block):
            draft.blocks = [block]
            return draft, [*ready, draft]
        if group is None:
            group = self._open[series] = _Open(draft, now, place)
            if not series.number:
                self._by_ids.setdefault(series[:2], []).append(series)
        says_all = _says_all(group, place, block)
        self._put(series, group, place, block, now)
        if says_all:
            group.draft.whole = block
        if says_all or self._is_whole(series, group):
            ready.append(self._finish(series, now))
        while len(self._open) > MAX_OPEN or self._size > MAX_CHARACTERS:
            ready.append(self._give_up(next(iter(self._open)), now))
        return group.draft, ready

    def _put(self, series: Series, group: _Open, place: str, block: Block, now: float) -> None:
        """Put a block into its place. Of two copies that differ the one with fewer corrected errors is kept."""
        before = group.parts.get(place)
        if before is None:
            steps = ord(place) - ord(group.latest) if series.number else _steps(group.latest, place)
            group.places[place] = group.places.get(group.latest, 0) + steps
            group.latest = place
        if before is None or (block.errors is not None and block.errors < (before.errors or 0)):
            group.parts[place] = block
            self._size += len(block.text) - (len(before.text) if before else 0)
        group.last = max(group.last, now)
        self._open.move_to_end(series)

    def _whole(self, series: Series, block: Block, draft: Draft, ready: list[Draft], now: float) -> tuple[Draft, list[Draft]]:
        """A decoder has joined the blocks itself: what waits of them is replaced."""
        if series in self._open:
            draft = self._finish(series, now)
        draft.whole, draft.complete = block, True
        self.close(block, draft, now)
        return draft, [*ready, draft]

    def _explained(self, series: Series, now: float) -> Iterator[Draft]:
        """The messages to the same aircraft that are whole because what was missing in them is of another label."""
        others = [other for other in self._by_ids.get(series[:2], ()) if other != series]
        for other in others:
            if self._is_whole(other, self._open[other]):
                yield self._finish(other, now)

    def _note_id(self, series: Series, block: Block, now: float) -> None:
        ids = self._ids.setdefault(series[:2], _Ids())
        self._ids.move_to_end(series[:2])
        ids.labels = {one: seen for one, seen in ids.labels.items() if now - seen[1] <= 2 * HOLD_S}
        if block.block_id:
            ids.labels[block.block_id] = (block.label, now)
        while len(self._ids) > MAX_AIRCRAFT:
            self._ids.popitem(last=False)

    # -- one message -----------------------------------------------------------------------------

    def _is_whole(self, series: Series, group: _Open) -> bool:
        order = group.order
        if group.parts[order[-1]].more is not False or any(group.parts[place].more is False for place in order[:-1]):
            return False
        if series.number:
            return order == [chr(ord("A") + index) for index in range(len(order))]
        ids, since = self._ids.get(series[:2], _Ids()), group.draft.at - MAX_LATE_S
        return all(
            ids.has_other(between, series.label, since)
            for one, following in pairwise(order)
            for between in _between(one, following)
        )

    def _finish(self, series: Series, now: float) -> Draft:
        """Take a message out of those that wait, with its blocks in their order."""
        group = self._open.pop(series)
        self._size -= group.size
        if not series.number:
            self._by_ids[series[:2]].remove(series)
            if not self._by_ids[series[:2]]:
                del self._by_ids[series[:2]]
        group.draft.blocks = [group.parts[place] for place in group.order]
        self.close(group.draft.blocks[0], group.draft, now)
        return group.draft

    def _give_up(self, series: Series, now: float) -> Draft:
        draft = self._finish(series, now)
        draft.complete = False
        return draft


def series_of(sent: Block | Message) -> Series:
    """What the blocks of this message have in common."""
    match, downlink = _NUMBER.match(sent.msgno or ""), is_downlink(sent)
    number = match.group(1) if match and downlink else ""
    return Series(aircraft_of(sent), sent.link, sent.label, downlink, number)


def place_of(block: Block) -> str | None:
    """The place of a block in its series: the letter of its number, or its id; None: it has none."""
    match = _NUMBER.match(block.msgno or "")
    if match and is_downlink(block):
        return match.group(2)
    return block.block_id if block.block_id and _ring(block.block_id) else None


def _ring(block_id: str) -> str:
    """The ids that follow one another, of which this is one: "": it is none of them."""
    for ring in ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"):
        if len(block_id) == 1 and block_id in ring:
            return ring
    return ""


def _steps(one: str, other: str) -> int:
    """How far the other id is after this one; negative: before it. Half a ring at most."""
    ring = _ring(one)
    if other not in ring:
        return 0
    steps = (ring.index(other) - ring.index(one)) % len(ring)
    return steps if steps <= len(ring) // 2 else steps - len(ring)


def _between(one: str, following: str) -> list[str]:
    """The ids after this one and before the following one."""
    ring = _ring(one)
    return [ring[(ring.index(one) + step) % len(ring)] for step in range(1, _steps(one, following))]


def _is_alone(series: Series, group: _Open | None, place: str, block: Block) -> bool:
    """Whether a block neither begins nor continues a message of several."""
    if group is None:
        return block.more is not True and not (block.more is False and series.number and place != "A")
    return block.more is False and not series.number and all(_steps(place, one) > 0 for one in group.parts)


def _says_all(group: _Open, place: str, block: Block) -> bool:
    """Whether the block that ends a message has the text of the blocks before it, too: a decoder that joins them does not always say so."""
    before = "".join(group.parts[one].text for one in group.order if one != place)
    if block.more is not False or not 0 < len(before) < len(block.text):
        return False
    return block.text.startswith(before) or (len(before) >= MIN_CONTAINED and before in block.text)


def _is_after_the_end(series: Series, group: _Open, place: str) -> bool:
    """Whether a block comes after the one that ends this message, so that it is of another one."""
    ends = [] if series.number else [one for one, block in group.parts.items() if block.more is False]
    return any(_steps(end, place) > 0 for end in ends)
