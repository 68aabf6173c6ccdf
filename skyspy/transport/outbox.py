"""Infrastructure: the queue of packets to one client.

Invariants: putting never blocks; over a bound the client is closed as slow. For a WebSocket client the waiting
items are whole WebSocket frames. A packet that goes to many clients is framed once: every outbox holds the same
bytes object. What is encoded once for many and sent with words for one (a shared snapshot in an answer) is a frame in
parts, and its large part is the same bytes object too. A polling client's items are Engine.IO packets, which its next
poll encodes as a payload.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Protocol

from gevent.event import Event
from gevent.queue import Empty, JoinableQueue

from skyspy.transport.frames import BINARY, TEXT, frame, frame_head, payload_of_server_frame
from skyspy.wirejson import Parts

MAX_POLL_PACKETS, MAX_POLL_BYTES = 16, 64_000
"""What one poll is answered with; a larger packet comes alone. Clients in Python refuse more than 16 packets."""
MAX_WAITING_PACKETS, MAX_WAITING_BYTES = 8192, 4 * 1024 * 1024
"""Bounds on what is queued for one client. One item may be larger: the bound is checked before it is added."""

MAX_UNREAD_BYTES = 1024 * 1024
"""For a client that has more to read than this no large answer is made."""

_FRAME = "skyspy_frame"
_SMALL = 64
"""Bytes an Engine.IO packet without text counts as: OPEN, PING, NOOP."""


class Frame(bytes):
    """One Engine.IO packet as one WebSocket frame, in the place of the packet in Engine.IO's queue."""

    __slots__ = ()

    def encode(self, b64: bool = False) -> Frame | str:
        """What Engine.IO hands to the transport: the frame itself to a WebSocket, the packet's text (`b64`) to a poll.

        A poll sees a frame only when its session became a WebSocket session while the poll was waking up.
        """
        return payload_of_server_frame(self).decode("utf-8") if b64 else self


class SharedFrame:
    """The frame, of `size` bytes, of an Engine.IO packet whose text is in parts. Iterating gives the parts."""

    __slots__ = ("_frame", "_text", "size")

    def __init__(self, kind: int, text: Parts) -> None:
        self._text = text.after(str(kind).encode())
        self._frame = self._text.after(frame_head(TEXT, self._text.size))
        self.size = self._frame.size

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._frame)

    def encode(self, b64: bool = False) -> SharedFrame | str:
        """As a Frame's."""
        return str(self._text) if b64 else self


def frame_of(packet: Any) -> tuple[Frame | SharedFrame, bool]:
    """The frame of an Engine.IO packet, kept on the packet; and whether it was built just now."""
    kept = packet.__dict__.get(_FRAME)
    if kept is not None:
        return kept, False
    built: Frame | SharedFrame
    if isinstance(packet.data, Parts):
        built = SharedFrame(packet.packet_type, packet.data)
    else:
        encoded = packet.encode()
        built = Frame(frame(TEXT, encoded.encode("utf-8")) if isinstance(encoded, str) else frame(BINARY, encoded))
    packet.__dict__[_FRAME] = built
    return built, True


class OutboxOwner(Protocol):
    """What an outbox needs of the connection it belongs to."""

    @property
    def takes_frames(self) -> bool:
        """Whether the client reads from a WebSocket now."""

    def frame(self, packet: Any) -> Frame | SharedFrame:
        """The packet's frame."""

    def close_slow(self, packets: int, size: int) -> None:
        """Close the connection: so many packets and bytes wait and are not read."""


class Outbox(JoinableQueue[Any]):
    """The queue of one Engine.IO session; the engine puts packets and its writer or a poll gets them.

    `sent` and `sent_bytes` count what the transport has taken since the session began; `unread_bytes` is what waits here and
    what a WebSocket's transport has taken and not sent yet; `stalls` how often it was waited for in vain that a client reads,
    since it last did.
    """

    def __init__(self) -> None:
        super().__init__()
        self.connection: OutboxOwner | None = None
        self.waiting_bytes = 0
        self.sent = 0
        self.sent_bytes = 0
        self._overflowed = False
        self._poll_packets = self._poll_bytes = 0
        self._behind_since: float | None = None
        self._being_sent = 0
        self.stalls = 0
        self._caught_up: Event | None = None

    @property
    def unread_bytes(self) -> int:
        return self.waiting_bytes + self._being_sent

    def wait_until_read(self, seconds: float) -> bool:
        """Wait until at most MAX_UNREAD_BYTES are unread; False where that takes longer, or the session ends."""
        if self.unread_bytes > MAX_UNREAD_BYTES:
            if self._caught_up is None:
                self._caught_up = Event()
            self._caught_up.wait(seconds)
            self.stalls += self.unread_bytes > MAX_UNREAD_BYTES
        return self.unread_bytes <= MAX_UNREAD_BYTES

    def written(self, size: int) -> None:
        """The transport has sent so many bytes of what it has taken."""
        self._being_sent = max(0, self._being_sent - size)
        self._wake_if_read()

    def _wake_if_read(self) -> None:
        if self.unread_bytes <= MAX_UNREAD_BYTES:
            self.stalls = 0
            self._let_go()

    def _let_go(self) -> None:
        if self._caught_up is not None:
            self._caught_up.set()
            self._caught_up = None

    def lag(self) -> float:
        """For how many seconds something has been waiting for the client to read."""
        return 0.0 if self._behind_since is None else max(0.0, time.monotonic() - self._behind_since)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: ARG002 - the base class has these arguments
        """Add a packet, or None for the end of the session."""
        if item is not None:
            if self._overflowed:
                return
            connection = self.connection
            if self.waiting_bytes > MAX_WAITING_BYTES or self.qsize() >= MAX_WAITING_PACKETS:
                self._overflowed = True
                if connection is not None:
                    connection.close_slow(self.qsize(), self.waiting_bytes)
                return
            if connection is not None and connection.takes_frames:
                item = connection.frame(item)
            self.waiting_bytes += _size(item)
            if self._behind_since is None:
                self._behind_since = time.monotonic()
        else:
            self._let_go()
        super().put(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """The oldest item. Engine.IO answers a poll with one item it waits for (`block`) and those it need not wait for:
        to a client that polls, those end (gevent.queue.Empty) where its answer is full."""
        if block:
            # The transport asks again when it has sent all that it took.
            self._poll_packets = self._poll_bytes = self._being_sent = 0
        elif self._poll_is_full():
            raise Empty
        item = super().get(block, timeout)
        if item is not None:
            size = _size(item)
            self._poll_packets += 1
            self._poll_bytes += size
            self.waiting_bytes -= size
            self.sent += 1
            self.sent_bytes += size
            if isinstance(item, Frame | SharedFrame):
                self._being_sent += size
            else:
                self._wake_if_read()
            if self.empty():
                self._behind_since = None
        return item

    def _poll_is_full(self) -> bool:
        if self.connection is None or self.connection.takes_frames or self.empty():
            return False
        following = self.peek(block=False)
        size = 0 if following is None else _size(following)
        return self._poll_packets >= MAX_POLL_PACKETS or self._poll_bytes + size > MAX_POLL_BYTES

    def newest(self) -> list[Any]:
        """The newest packets that one poll is answered with, the oldest of them first. They stay in the queue."""
        found: list[Any] = []
        size = 0
        for item in reversed(self.queue):
            if item is None:
                continue
            size += _size(item)
            if found and (len(found) == MAX_POLL_PACKETS or size > MAX_POLL_BYTES):
                break
            found.insert(0, item)
        return found

    def join(self, timeout: float | None = None) -> bool:  # noqa: ARG002
        """Return at once: Engine.IO would wait here until the client has read everything, which some never do."""
        return True


def _size(item: Any) -> int:
    """Bytes of a frame, or of a packet's text in UTF-8."""
    if isinstance(item, Frame):
        return len(item)
    if isinstance(item, SharedFrame):
        return item.size
    text = item.data
    if isinstance(text, Parts):
        return text.size
    if not isinstance(text, str):
        return _SMALL
    return len(text) if text.isascii() else len(text.encode("utf-8"))
