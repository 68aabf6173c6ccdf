"""A message while its blocks and stations are collected. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from skyspy.datalink.message import Block, Message, Station

MAX_STATIONS = 64
"""Stations that are named of one message."""
CLOCKS_S = 60.0
"""A station's clock is believed where it differs from ours by no more."""

StationKey = tuple[str | None, str | None]


@dataclass(slots=True, eq=False)
class Draft:
    """What is known of one message. `blocks`: its blocks in their order. `whole`: the block of a decoder that has joined them itself. `stations`: who
    heard any of them, the first one first. `message`: as it was made, None until then. `at`, `wall`: when the first block was received, in steady and wall
    seconds."""

    at: float
    wall: float
    blocks: list[Block] = field(default_factory=list)
    whole: Block | None = None
    complete: bool = True
    stations: dict[StationKey, Station] = field(default_factory=dict)
    message: Message | None = None

    def hear(self, block: Block, now: float, wall: float) -> bool:
        """Note who heard this block, and how well. Whether that is new: a station more, or one that heard it better. `now`, `wall`: seconds."""
        key = (block.station, block.receiver)
        before = self.stations.get(key)
        if before is None:
            if len(self.stations) >= MAX_STATIONS:
                return False
            self.stations[key] = Station(*key, block.freq, block.level, received(block, now, wall))
            return True
        if block.level is None or (before.level is not None and block.level <= before.level):
            return False
        self.stations[key] = replace(before, level=block.level)
        return True

    @property
    def sources(self) -> list[Block]:
        """The blocks that say something, in their order."""
        return self.blocks if self.whole is None else [*self.blocks, self.whole]

    @property
    def text(self) -> str:
        """The text of all blocks."""
        return "".join(block.text for block in self.blocks) if self.whole is None else self.whole.text

    def first(self, name: str) -> Any:
        """What the first block says that says anything about this field of Block; None: none does."""
        return first_of(getattr(block, name) for block in self.sources)

    def last(self, name: str) -> Any:
        """What the last block says that says anything about this field of Block; None: none does."""
        return first_of(getattr(block, name) for block in reversed(self.sources))


def first_of(values: Iterable[Any]) -> Any:
    """The first value that is not None; None where there is none."""
    return next((value for value in values if value is not None), None)


def received(block: Block, now: float, wall: float) -> float:
    """When a station received a block, in wall seconds: by its own clock where that can be right, else by ours."""
    ours = wall - max(0.0, now - block.at)
    return block.time if block.time is not None and abs(block.time - ours) <= CLOCKS_S else ours
