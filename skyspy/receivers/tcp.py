"""Reading a receiver's TCP stream: connect, read, detect silence.

Invariants: bytes go to Receiver.decode_stream as they come. Silence makes the receiver stale after `stale_s` and ends the
session after `silent_s`, because a dead host behind a router cannot be told from one without traffic.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent import socket

from skyspy.clock import Clock
from skyspy.decode import Decoder
from skyspy.feedurl import FeedUrl
from skyspy.outbound.resolver import Resolver, connect
from skyspy.receivers.receiver import Receiver, ReceiverError
from skyspy.receivers.timing import Timing

READ_BYTES = 64 * 1024


class TcpReader:
    """Reads host:port of the URL; `make` returns a new decoder for each session."""

    up_state = "up"

    def __init__(self, url: FeedUrl, make: Callable[[], Decoder], clock: Clock, timing: Timing, resolver: Resolver) -> None:
        self._url, self._make, self._clock, self._timing, self._resolver = url, make, clock, timing, resolver

    def read(self, receiver: Receiver) -> None:
        """Read one connection until it breaks. Raises OutboundError, OSError."""
        address = f"{self._url.host}:{self._url.port}"
        addresses = self._resolver.addresses(self._url.host, self._url.port, self._timing.connect_s)
        with gevent.Timeout(self._timing.connect_s, ReceiverError(f"no answer from {address} in {self._timing.connect_s:g} s")):
            sock = connect(addresses, self._timing.connect_s)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            receiver.begin_session(self._make())
            self._read_stream(sock, receiver)
        finally:
            sock.close()

    def _read_stream(self, sock: socket.socket, receiver: Receiver) -> None:
        timing = self._timing
        last_data = self._clock.steady()
        while True:
            receiver.check_turn()
            silence = self._clock.steady() - last_data
            wait = (timing.stale_s if silence < timing.stale_s else timing.silent_s) - silence
            sock.settimeout(max(0.02, min(wait, timing.look_s) if self._url.scheme.is_datalink else wait))
            try:
                data = sock.recv(READ_BYTES)
            except TimeoutError:
                silence = self._clock.steady() - last_data
                if silence >= timing.silent_s:
                    raise ReceiverError(f"nothing heard for {timing.silent_s:g} s") from None
                if silence >= timing.stale_s:
                    receiver.mark_stale(f"nothing heard for {timing.stale_s:g} s")
                continue
            if not data:
                raise ReceiverError("the receiver closed the connection")
            receiver.check_turn()
            receiver.decode_stream(data)
            last_data = self._clock.steady()
