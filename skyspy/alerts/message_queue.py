"""The data link messages that rules are to look at: of each aircraft one in a round, and none in the round after. Pure.

So the conditions of a rule are about one message, and a rule that matches two messages has two matches. A message of which something could not be looked at stays
for the next round. The aircraft of a message may not be listed, because nothing else of it is received: it is then one of which the message alone is known, for the
rounds in which it has one.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Mapping

from skyspy.aircraft_state import AircraftState
from skyspy.datalink.labels import SQUITTER
from skyspy.datalink.matching import callsign_of
from skyspy.datalink.message import Message
from skyspy.registration.n_number import address_of

MAX_EACH = 20
"""Messages of one aircraft that wait."""
MAX_ALL = 2000


class MessageQueue:
    """`current`: the message of this round, by the hex of its aircraft. `senders`: those of aircraft that are not listed, by hex. `left_out`: messages that were not
    looked at, because too many waited."""

    def __init__(self) -> None:
        self.current: Mapping[str, Message] = {}
        self.senders: Mapping[str, AircraftState] = {}
        self.left_out = 0
        self._waiting: dict[str, deque[Message]] = {}
        self._count = 0
        self._kept: set[str] = set()

    def __len__(self) -> int:
        return self._count

    def clear(self) -> None:
        """Forget every message: no rule asks for one."""
        self.current, self.senders, self._waiting, self._count, self._kept = {}, {}, {}, 0, set()

    def take(self, messages: Iterable[Message], listed: Collection[str]) -> None:
        """Begin a round with these new messages. Of aircraft that were listed (by hex) and are not any more they are dropped, and so is what no aircraft has sent or
        was sent."""
        senders = dict(self.senders)
        for message in messages:
            if message.matched is not None:
                self._add(message.matched, message)
            elif (sender := sender_of(message)) is not None:
                senders[sender.hex] = sender
                self._add(sender.hex, message)
        before = self.current
        listed = {*listed, *senders}
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
        self.senders = {hex_: one for hex_, one in senders.items() if hex_ in current or hex_ in self._waiting}

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


def sender_of(message: Message) -> AircraftState | None:
    """The aircraft at one end of the link, as far as the message says; None: there is none. Without an address it has one that begins with `~` and follows from its
    registration or its flight."""
    name = message.tail or message.flight
    if message.label == SQUITTER or not (message.hex or name):
        return None
    address = address_of((message.tail or "").upper())
    if message.hex:
        hex_ = message.hex
    elif address is not None:
        hex_ = f"{address:06X}"
    else:
        hex_ = "~" + hashlib.blake2b(str(name).encode("utf-8", "backslashreplace"), digest_size=3).hexdigest().upper()
    at, position = message.receiver_time, message.position
    state = AircraftState(
        hex_, at, flight=callsign_of(message.flight) or message.flight, r=message.tail, on_ground=message.on_ground
    )
    return state if position is None else state._replace(lat=position.lat, lon=position.lon, pos_at=at)
