"""Delivery to an MQTT broker: one publication with quality of service 1, which the broker acknowledges.

Each try has a connection of its own, to an address that the guard has judged: a broker that restarted, or closed the connection, costs a try.
paho-mqtt speaks the protocol, MQTT 3.1.1 or 5; its sockets are gevent's, and so is the waiting: other greenlets run meanwhile, whether or not the
process is monkey-patched.

Invariants: one try ends within `Timing.total_s`, and what the broker sends in it is bounded.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Mapping
from typing import Any

import gevent
from gevent import socket, ssl
from gevent.select import select
from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from skyspy.cooperate import Yielder
from skyspy.notify import guard, topics
from skyspy.notify.destination import Destination, Message, Outcome, Timing, broker_of
from skyspy.notify.shorten import payload, within
from skyspy.outbound import OutboundError
from skyspy.outbound.resolver import Resolver, connect
from skyspy.outbound.tls import context_for, tls_error

MAX_PAYLOAD_BYTES, MIN_PAYLOAD_BYTES = 64 * 1024, 1024
MAX_RECEIVED_BYTES = 64 * 1024
"""A broker answers a publication with some ten bytes."""
KEEPALIVE_S = 60
PACKET_BYTES = 64
"""A publication has at most so many bytes besides topic and payload."""

VERSIONS: Mapping[str, MQTTProtocolVersion] = {"3.1.1": MQTTProtocolVersion.MQTTv311, "5": MQTTProtocolVersion.MQTTv5}
_QOS = 1


class Brokers:
    """Sends to destinations of the kind `mqtt`."""

    def __init__(self, resolver: Resolver, timing: Timing | None = None) -> None:
        self._resolver = resolver
        self._timing = timing or Timing()

    def send(self, destination: Destination, message: Message) -> Outcome:
        """Try once. Raises OutboundError and OSError where the broker did not acknowledge it."""
        settings, seconds = destination.settings, self._timing
        host, port = settings["host"], settings["port"]
        with gevent.Timeout(seconds.total_s, OutboundError(f"no answer in {seconds.total_s:g} s")):
            addresses = guard.check(host, port, self._resolver, seconds.connect_s, may_private=destination.may_private)
            client = _Client(destination, connect(addresses, seconds.connect_s))
            try:
                return _Publication(client, destination).send(message)
            except ssl.SSLError as error:
                raise tls_error(error) from None
            except (ValueError, LookupError, TypeError, struct.error):
                # What paho raises of bytes that are no MQTT.
                raise _not_mqtt() from None
            finally:
                client.close()

    def close(self) -> None:
        """End the resolver's threads."""
        self._resolver.close()


class _Client(Client):
    """paho's client on a socket that is connected already. It reads at most MAX_RECEIVED_BYTES."""

    def __init__(self, destination: Destination, sock: socket.socket) -> None:
        settings = destination.settings
        version = VERSIONS[settings["version"]]
        self._own_socket: Any = sock
        self._received = 0
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=f"skyspy-{secrets.token_hex(6)}",
            clean_session=None if version == MQTTProtocolVersion.MQTTv5 else True,
            protocol=version,
        )
        if settings["tls"]:
            self.tls_set_context(context_for(settings.get("ca")))
        if settings.get("username"):
            known = destination.secrets if destination.secrets.get("broker") == broker_of(settings) else {}
            self.username_pw_set(settings["username"], known.get("password"))

    def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._own_socket.close()

    def _create_socket_connection(self) -> Any:
        return self._own_socket

    def _ssl_wrap_socket(self, tcp_sock: Any) -> Any:
        self._own_socket = super()._ssl_wrap_socket(tcp_sock)
        return self._own_socket

    def _sock_recv(self, bufsize: int) -> bytes:
        data = super()._sock_recv(min(bufsize, MAX_RECEIVED_BYTES))
        self._received += len(data)
        if self._received > MAX_RECEIVED_BYTES:
            raise OutboundError(f"the broker sends more than {MAX_RECEIVED_BYTES // 1024} KiB for one message")
        return data


class _Publication:
    """One message that is published over one connection."""

    def __init__(self, client: _Client, destination: Destination) -> None:
        self._client, self._destination = client, destination
        self._connected = self._acknowledged = False
        self._refusal: str | None = None
        self._yielder = Yielder()
        self._packet_bytes = MAX_PAYLOAD_BYTES
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect

    def send(self, message: Message) -> Outcome:
        """Connect, publish, and wait for the broker's acknowledgement. Raises OutboundError, OSError, and what paho raises of bytes that
        are no MQTT."""
        settings = self._destination.settings
        self._client.connect(settings["host"], settings["port"], KEEPALIVE_S)
        while not self._connected:
            self._work()
        topic = topics.fill(settings["topic"], self._destination.owner_id, message.data)
        most = min(MAX_PAYLOAD_BYTES, self._packet_bytes - len(topic.encode()) - PACKET_BYTES)
        if most < MIN_PAYLOAD_BYTES:
            return Outcome(ok=False, reason=f"the broker takes no messages of {MIN_PAYLOAD_BYTES} bytes", is_final=True)
        body = payload(within(message, settings.get("max_characters")), most)
        self._client.publish(topic, body, qos=_QOS, retain=settings["retain"])
        while not self._acknowledged:
            self._work()
        self._client.disconnect()
        return Outcome(ok=True)

    def _work(self) -> None:
        """Wait for the socket and let paho read and write. Raises OutboundError where the broker refused something, or closed."""
        sock: Any = self._client.socket()
        if sock is not None:
            is_pending = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            wanted = [sock] if self._client.want_write() else []
            readable, writable, _ = select([sock], wanted, [], 0 if is_pending else 1.0)
            if writable:
                self._client.loop_write()
            if readable or is_pending:
                self._client.loop_read()
            # Where a broker sends without a pause, `select` does not wait.
            self._yielder.maybe_yield()
        if self._refusal is not None:
            raise OutboundError(self._refusal)
        if self._client.socket() is None:
            raise OutboundError("the broker closed the connection")

    def _on_connect(
        self, _client: Client, _data: Any, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self._refusal = f"the broker refused the connection ({str(reason).lower()})"
            return
        self._connected = True
        stated = getattr(properties, "MaximumPacketSize", None)
        if isinstance(stated, int):
            self._packet_bytes = min(self._packet_bytes, stated)

    def _on_publish(self, _client: Client, _data: Any, _mid: int, reason: ReasonCode, _properties: Properties) -> None:
        if reason.is_failure:
            self._refusal = f"the broker refused the message ({str(reason).lower()})"
        self._acknowledged = True

    def _on_disconnect(
        self, _client: Client, _data: Any, _flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if reason.is_failure and self._refusal is None and not self._acknowledged:
            self._refusal = f"the broker closed the connection ({str(reason).lower()})"


def _not_mqtt() -> OutboundError:
    return OutboundError("what answers there does not speak MQTT")
