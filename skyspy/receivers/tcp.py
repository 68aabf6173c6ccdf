"""Tools: a receiver that pushes a stream: connect out, read, notice silence.

Law: bytes are handed to the receiver as they come; what they mean is the decoder's business. Silence
shows after stale_s and ends the session after silent_s, because a dead host behind a router looks
exactly like a quiet sky.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent import socket

from skyspy.clock import Clock
from skyspy.decode import Decoder
from skyspy.feedurl import FeedUrl
from skyspy.receivers.receiver import Receiver, ReceiverError, Timing

READ_BYTES = 64 * 1024


class TcpReader:
    """Reads host:port of the URL with a decoder from `make`."""

    shows = "up"

    def __init__(self, url: FeedUrl, make: Callable[[], Decoder], clock: Clock, timing: Timing) -> None:
        self._url, self._make, self._clock, self._timing = url, make, clock, timing

    def read(self, receiver: Receiver) -> None:
        """One connection, until it breaks."""
        there = f"{self._url.host}:{self._url.port}"
        with gevent.Timeout(self._timing.connect_s, ReceiverError(f"no answer from {there} in {self._timing.connect_s:g} s")):
            sock = socket.create_connection((self._url.host, self._url.port))
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            receiver.begin(self._make())
            self._pump(sock, receiver)
        finally:
            sock.close()

    def _pump(self, sock: socket.socket, receiver: Receiver) -> None:
        timing = self._timing
        heard = self._clock.steady()
        while True:
            quiet = self._clock.steady() - heard
            sock.settimeout(max(0.02, (timing.stale_s if quiet < timing.stale_s else timing.silent_s) - quiet))
            try:
                data = sock.recv(READ_BYTES)
            except TimeoutError:
                quiet = self._clock.steady() - heard
                if quiet >= timing.silent_s:
                    raise ReceiverError(f"nothing heard for {timing.silent_s:g} s") from None
                if quiet >= timing.stale_s:
                    receiver.stale(f"nothing heard for {timing.stale_s:g} s")
                continue
            if not data:
                raise ReceiverError("the receiver closed the connection")
            receiver.take(data)
            heard = self._clock.steady()
