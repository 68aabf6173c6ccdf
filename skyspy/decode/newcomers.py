"""Which new addresses of a live receiver are believed at once, and which only with their second message.

A receiver, or who sends in its place, can name another address with each message, tens of thousands a second. Each one costs a state
here and an aircraft in the tracker, which are kept for a minute or longer. Real aircraft send several messages a second, and are listed with their
second one in any case, so nothing is lost but the first message of those beyond the limit. readsb likewise shows an address of an
all-call reply only when it was received twice.
"""

from __future__ import annotations

PER_SECOND, BURST = 50.0, 1000.0
"""New addresses that are believed with one message. Around a busy receiver one or two appear in a second; at a start, all do."""

MEMORY_S = 10.0
"""For at least so long, and at most twice as long, an address waits for its second message."""

MAX_WAITING = 32_768
"""Addresses that wait, twice at most. Beyond it the older half is forgotten earlier."""


class Newcomers:
    """Decides for one receiver. Times are steady seconds."""

    def __init__(self) -> None:
        self._left, self._filled_at = BURST, 0.0
        self._waiting: set[str] = set()
        self._waiting_longer: set[str] = set()
        self._rotated_at = 0.0

    def admits(self, address: str, now: float) -> bool:
        """Whether this address, of which nothing is known, is believed."""
        self._left = min(BURST, self._left + max(0.0, now - self._filled_at) * PER_SECOND)
        self._filled_at = now
        if self._left >= 1.0:
            self._left -= 1.0
            return True
        if address in self._waiting or address in self._waiting_longer:
            return True
        if now - self._rotated_at >= MEMORY_S or len(self._waiting) >= MAX_WAITING:
            self._waiting_longer, self._waiting, self._rotated_at = self._waiting, set(), now
        self._waiting.add(address)
        return False
