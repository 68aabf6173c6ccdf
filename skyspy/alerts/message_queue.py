"""The data link messages that rules are to look at: of each aircraft one in a round, and none in the round after. Pure.

So the conditions of a rule are about one message, and a rule that matches two messages has two matches. A message of which something could not be looked at stays
for the next round.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping

from skyspy.datalink.message import Message

MAX_EACH = 20
"""Messages of one aircraft that wait."""
MAX_ALL = 2000


class MessageQueue:
    """`current`: the message of this round, by the hex of its aircraft. `left_out`: messages that were not looked at, because too many waited."""

    def __init__(self) -> None:
        self.current: Mapping[str, Message] = {}
        self.left_out = 0
        self._waiting: dict[str, deque[Message]] = {}
        self._count = 0
        self._kept: set[str] = set()

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Forget every message: no rule asks for one."""
        self.current, self._waiting, self._count, self._kept = {}, {}, 0, set()

    def take(self, messages: Iterable[Message], listed: Collection[str]) -> None:
        """Begin a round with these new messages. What belongs to no aircraft that is `listed` (by hex) is dropped."""
        for message in messages:
            if message.matched is not None:
                self._add(message.matched, message)
        before = self.current
        current = {hex_: message for hex_, message in before.items() if hex_ in self._kept and hex_ in listed}
        for hex_ in list(self._waiting):
            if hex_ not in listed:
                self._count -= len(self._waiting.pop(hex_))
            elif hex_ not in before:
                waiting = self._waiting[hex_]
                current[hex_] = waiting.popleft()
                self._count -= 1
                if not waiting:
                    del self._waiting[hex_]
        self.current, self._kept = current, set()

    def keep(self, hexes: Iterable[str]) -> None:
        """The messages of these aircraft stay in the next round."""
        self._kept.update(hexes)

    def _add(self, hex_: str, message: Message) -> None:
        waiting = self._waiting.setdefault(hex_, deque())
        if len(waiting) >= MAX_EACH or self._count >= MAX_ALL:
            self.left_out += 1
            if not waiting:
                del self._waiting[hex_]
            return
        waiting.append(message)
        self._count += 1
