"""Messages of data links that rules have not looked at yet: of each aircraft one in each round, in the order of their arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from skyspy.alerts.rounds import AlertRound
from skyspy.datalink.message import Message

MAX_WAITING = 5000
"""Messages that wait; of more, the earliest are left out."""
MAX_TRIES = 10
"""Rounds in which a message is looked at, where not all could be looked at in one."""


class WaitingMessages:
    """The messages that wait. `left_out` counts those that were not looked at, because too many waited."""

    def __init__(self) -> None:
        self.left_out = 0
        self._waiting: list[tuple[Message, int]] = []
        self._taken: dict[str, tuple[Message, int]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, messages: Iterable[Message]) -> None:
        """Have these wait, the earliest first."""
        self._waiting += [(message, 1) for message in messages]
        surplus = len(self._waiting) - MAX_WAITING
        if surplus > 0:
            self.left_out += surplus
            del self._waiting[:surplus]

    def of_round(self, look: AlertRound, *, wanted: bool) -> tuple[dict[str, Message], list[Message]]:
        """The messages of this round, as `take` gives them. Not `wanted`: no rule asks for any, and none waits."""
        if not wanted:
            self.clear()
            return {}, []
        self.add(look.messages)
        return self.take(look.aircraft.keys())

    def take(self, listed: Collection[str]) -> tuple[dict[str, Message], list[Message]]:
        """The next message of each aircraft that is listed, by hex; and those of no such aircraft."""
        taken: dict[str, tuple[Message, int]] = {}
        others: list[Message] = []
        later: list[tuple[Message, int]] = []
        for one in self._waiting:
            hex_ = aircraft_of(one[0])
            if hex_ is None or hex_ not in listed:
                others.append(one[0])
            elif hex_ in taken:
                later.append(one)
            else:
                taken[hex_] = one
        self._waiting, self._taken = later, taken
        return {hex_: message for hex_, (message, _) in taken.items()}, others

    def put_back(self, hexes: Iterable[str]) -> None:
        """Not all of these aircraft could be looked at: their messages are looked at again in the next round."""
        again = [self._taken[hex_] for hex_ in hexes if hex_ in self._taken]
        self._waiting[:0] = [(message, tries + 1) for message, tries in again if tries < MAX_TRIES]

    def clear(self) -> None:
        """No rule asks for messages."""
        self._waiting, self._taken = [], {}


def aircraft_of(message: Message) -> str | None:
    """The hex of the aircraft of a message."""
    return message.matched or message.hex
