"""Delivery by a signed HTTP POST, after the specification Standard Webhooks 1.0.

`webhook-id` is the same in every try, so that a receiver can tell a repetition; `webhook-timestamp` is the time of the try, in Unix seconds;
`webhook-signature` is `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`, once for each secret in force.

Invariants: one try is one connection, to an address that the guard has judged, and ends within `Timing.total_s` whatever the other side does.
No redirect is followed, no proxy of the environment is used, and of the answer nothing is read but its head.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import gevent
from gevent import socket, ssl

from skyspy import __version__
from skyspy.clock import Clock
from skyspy.notify import guard
from skyspy.notify.destination import Destination, Message, Outcome, Timing
from skyspy.notify.settings import WEB_PORTS, key_of
from skyspy.notify.shorten import payload, within
from skyspy.outbound import OutboundError
from skyspy.outbound.answers import request_path, retry_after, status_text
from skyspy.outbound.http_bounds import BoundedResponse, Bounds
from skyspy.outbound.resolver import Address, Resolver, connect
from skyspy.outbound.tls import context_for, wrapped

MAX_PAYLOAD_BYTES = 64 * 1024
MAX_HEAD_BYTES = 32 * 1024

Dial = Callable[[list[Address], float], socket.socket]
"""Connects to the first of the addresses that takes a connection, within seconds for each (outbound.resolver.connect)."""

_GONE, _OK = 410, range(200, 300)
_REDIRECTS = range(300, 400)


class Response(BoundedResponse):
    """The head of one answer."""

    bounds = Bounds(MAX_HEAD_BYTES, 0)


class Target(NamedTuple):
    """Where a webhook goes. `path` is with its query, as it is sent."""

    scheme: str
    host: str
    port: int
    path: str


class Connection(http.client.HTTPConnection):
    """The standard library's client on a socket that is connected already."""

    response_class = Response

    def __init__(self, target: Target, sock: socket.socket) -> None:
        super().__init__(target.host, target.port)
        self.default_port = WEB_PORTS[target.scheme]
        self.sock = sock
        self.auto_open = 0


class Webhooks:
    """Sends to destinations of the kind `webhook`."""

    def __init__(self, resolver: Resolver, clock: Clock, timing: Timing | None = None, dial: Dial = connect) -> None:
        self._resolver, self._clock, self._dial = resolver, clock, dial
        self._timing = timing or Timing()

    def send(self, destination: Destination, message: Message) -> Outcome:
        """Try once. Raises OutboundError and OSError where no answer came."""
        body = payload(within(message, destination.settings.get("max_characters")), MAX_PAYLOAD_BYTES)
        target = target_of(destination.secrets["url"])
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"SkySpy/{__version__}",
            "Connection": "close",
            **signed_headers(message.id, body, destination.secrets, self._clock.wall()),
        }
        with gevent.Timeout(self._timing.total_s, OutboundError(f"no answer in {self._timing.total_s:g} s")):
            connection = Connection(target, self._connected(target, destination))
            try:
                connection.request("POST", target.path, body, headers)
                return outcome_of(connection.getresponse(), self._clock.wall())
            except http.client.RemoteDisconnected:
                raise OutboundError("the server closed the connection without an answer") from None
            except http.client.HTTPException:
                raise OutboundError("what answers there does not speak HTTP") from None
            finally:
                connection.close()

    def close(self) -> None:
        """End the resolver's threads."""
        self._resolver.close()

    def _connected(self, target: Target, destination: Destination) -> socket.socket:
        seconds = self._timing.connect_s
        context: ssl.SSLContext | None = None
        if target.scheme == "https":
            context = context_for(destination.settings.get("ca"))
        addresses = guard.check(target.host, target.port, self._resolver, seconds, may_private=destination.may_private)
        sock = self._dial(addresses, seconds)
        # The whole try is bounded, not each read.
        sock.settimeout(self._timing.total_s)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock if context is None else wrapped(sock, target.host, context)


def target_of(url: str) -> Target:
    """Where the address of a destination leads. It was checked when it was saved."""
    parts = urlsplit(url)
    return Target(parts.scheme, parts.hostname or "", parts.port or WEB_PORTS[parts.scheme], request_path(parts))


def signed_headers(message_id: str, body: bytes, secrets: Mapping[str, str], now: float) -> dict[str, str]:
    """The headers of Standard Webhooks for these exact bytes, at this wall time: two signatures while a secret is being replaced."""
    in_force = [secrets["secret"]]
    if "former_secret" in secrets and now < float(secrets.get("former_until", 0)):
        in_force.append(secrets["former_secret"])
    signed = b"%s.%d." % (message_id.encode(), int(now)) + body
    signatures = [base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode() for secret in in_force]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def outcome_of(response: http.client.HTTPResponse, now: float) -> Outcome:
    """What an answer means: 2xx is delivered, 410 ends the destination, anything else is tried again."""
    status = response.status
    if status in _OK:
        return Outcome(ok=True, status=status)
    if status in _REDIRECTS:
        return Outcome(ok=False, status=status, reason=f"the server redirects ({status}), and redirects are not followed")
    wait = retry_after(response.headers.get("Retry-After"), now)
    return Outcome(
        ok=False, status=status, reason=f"the server answered {status_text(status)}", is_gone=status == _GONE, retry_after_s=wait
    )
