"""Listening for datagrams: a decoder of a data link sends one JSON object in each, or one in several.

Invariants: the address of the URL is bound, and no other. Nothing is sent. What arrives is read as long as there is some, with a yield to
other greenlets in between; what waits is bounded by the system's buffer, and what the system dropped because it was full is counted. A
port that is in use is one line for the operator, and is tried again.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from gevent import socket

from skyspy.aircraft import Record
from skyspy.clock import Clock
from skyspy.decode import Decoder
from skyspy.feedurl import FeedUrl
from skyspy.outbound.resolver import Address, Resolver
from skyspy.receivers.receiver import Receiver, ReceiverError
from skyspy.receivers.timing import Timing

MAX_DATAGRAM_BYTES = 64 * 1024
"""A UDP datagram has fewer."""
BUFFER_BYTES = 4 * 1024 * 1024
"""What the system is asked to keep of datagrams that are not read yet; it may allow less (net.core.rmem_max)."""
_SO_RXQ_OVFL = 40
"""Linux: each datagram tells how many were dropped before it. The socket module has no name for it."""
_COUNTER = 4
"""Bytes of that number."""


class DatagramDecoder(Decoder, Protocol):
    """A decoder that also takes datagrams."""

    def datagram(self, data: bytes, peer: Hashable, now: float) -> Sequence[Record]:
        """Decode one datagram that arrived from `peer` at `now` (steady seconds). Never raises."""


class UdpReader:
    """Listens at host:port of the URL; `make` returns a new decoder for each session."""

    up_state = "up"

    def __init__(
        self, url: FeedUrl, make: Callable[[], DatagramDecoder], clock: Clock, timing: Timing, resolver: Resolver
    ) -> None:
        self._url, self._make, self._clock, self._timing, self._resolver = url, make, clock, timing, resolver

    def read(self, receiver: Receiver) -> None:
        """Listen until the socket breaks. Raises OutboundError, OSError, StandBy."""
        [address, *_] = self._resolver.addresses(self._url.host, self._url.port, self._timing.connect_s)
        sock = self._bound(address)
        try:
            decoder = self._make()
            receiver.begin_session(decoder)
            receiver.mark_waiting(f"listening at {self._where}; nothing was heard yet")
            self._listen(sock, receiver, decoder)
        finally:
            sock.close()

    @property
    def _where(self) -> str:
        host = self._url.host
        return f"[{host}]:{self._url.port}" if ":" in host else f"{host}:{self._url.port}"

    def _bound(self, address: Address) -> socket.socket:
        """A socket bound to the address. Raises ReceiverError where that is not possible."""
        family, there = address
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            if sys.platform == "linux":
                with suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, _SO_RXQ_OVFL, 1)
            sock.bind(there)
        except OSError as error:
            sock.close()
            raise ReceiverError(self._why_not_bound(error)) from None
        except BaseException:
            sock.close()
            raise
        return sock

    def _why_not_bound(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return f"port {self._url.port} is in use: another program or another server listens at {self._where}"
        if error.errno == errno.EADDRNOTAVAIL:
            return f"{self._url.host} is no address of this machine: write one of its own, or 0.0.0.0 for all of them"
        if error.errno == errno.EACCES:
            return f"port {self._url.port} may not be opened by this user: choose one above 1023"
        return f"cannot listen at {self._where}: {error.strerror or error}"

    def _listen(self, sock: socket.socket, receiver: Receiver, decoder: DatagramDecoder) -> None:
        timing, drops = self._timing, _Drops()
        sock.settimeout(timing.look_s)
        last_data: float | None = None
        while True:
            receiver.check_turn()
            try:
                data, said, _flags, peer = sock.recvmsg(MAX_DATAGRAM_BYTES, socket.CMSG_SPACE(_COUNTER))
            except TimeoutError:
                if last_data is not None and self._clock.steady() - last_data >= timing.stale_s:
                    receiver.mark_stale(f"nothing heard for {timing.stale_s:g} s")
                continue
            # What arrived while this process was frozen, and another one took over, is not its own.
            receiver.check_turn()
            last_data = self._clock.steady()
            receiver.count_bytes(len(data))
            receiver.datagrams += 1
            receiver.lost += drops.new(said)
            receiver.deliver(decoder.datagram(data, peer, last_data))
            receiver.mark_by_content()
            receiver.yielder.maybe_yield()


class _Drops:
    """How many datagrams the system has dropped, as it says beside each one that is read."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, said: Sequence[tuple[int, int, Any]]) -> int:
        """How many were dropped since the last call."""
        for level, kind, data in said:
            if level == socket.SOL_SOCKET and kind == _SO_RXQ_OVFL and len(data) == _COUNTER:
                total = int.from_bytes(data, sys.byteorder)
                fresh = (total - self._last) & 0xFFFFFFFF
                self._last = total
                return fresh
        return 0
