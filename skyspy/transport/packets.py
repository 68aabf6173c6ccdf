"""Infrastructure: Socket.IO packets, validated as they are decoded.

Invariants: decoding never raises, and a decoded packet needs no further checks. An event is a list that begins with a
short name that is not reserved; namespaces and acknowledgement numbers are bounded; binary is not accepted. An invalid
packet becomes an event named REFUSED that carries the reason, so that its namespace can answer it. No sockets, no
settings.
"""

from __future__ import annotations

import re
from typing import Any

from socketio import packet

from skyspy import wirejson

REFUSED = "refused packet"
"""The event that stands for an invalid packet; the payload is `{code, message}`."""

RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})
"""Names of the protocol's own events: sent by a client they would reach handlers that do not expect client data."""

MAX_NAME, MAX_NAMESPACE, MAX_ID_DIGITS = 64, 64, 15
ALREADY_CONNECTED = {"message": "Already connected to this namespace", "data": {"code": "already_connected"}}
"""The answer to a second CONNECT to the same namespace."""
NOT_AN_OBJECT = ["not an object"]
"""The credentials of a CONNECT that carries anything but an object: truthy, and never a valid token."""

_HEAD = re.compile(
    r"(?P<type>[0-6])(?:(?P<attachments>[0-9]{1,10})-)?"
    r"(?P<namespace>/[^,]*,?)?(?P<id>[0-9]*)(?P<data>.*)\Z",
    re.DOTALL | re.ASCII,
)


class _BadPacket(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Packet(packet.Packet):  # type: ignore[misc]
    """Socket.IO packets as SkySpy speaks them: text only."""

    # Binary is never sent, so payloads need no search for bytes.
    uses_binary_events = False
    json = wirejson
    namespace: str | None
    id: int | None
    data: Any

    def __init__(self, packet_type: int = packet.EVENT, data: Any = None, *more: Any, **named: Any) -> None:
        if packet_type == packet.CONNECT_ERROR and not isinstance(data, dict):
            # The library refuses a second CONNECT itself, with a bare text. Every other refusal is ours, and an object.
            data = ALREADY_CONNECTED
        super().__init__(packet_type, data, *more, **named)

    def encode(self) -> str | wirejson.Parts:
        """The packet's text; in parts where its data has a value that was encoded before."""
        head = str(self.packet_type)
        if self.namespace is not None and self.namespace != "/":
            head += f"{self.namespace},"
        if self.id is not None:
            head += str(self.id)
        if self.data is None:
            return head
        data = wirejson.dump_parts(self.data)
        return data.after(head.encode()) if isinstance(data, wirejson.Parts) else head + data.decode("utf-8")

    def decode(self, encoded_packet: object) -> int:
        """Fill this packet from what a client sent. Always 0: no attachments ever follow."""
        self.namespace = None
        self.id = None
        try:
            self._read(encoded_packet)
        except _BadPacket as bad:
            self.packet_type = packet.EVENT
            self.data = [REFUSED, {"code": bad.code, "message": bad.message}]
        return 0

    def _read(self, encoded: object) -> None:
        head = _HEAD.match(encoded) if isinstance(encoded, str) else None
        if head is None:
            raise _BadPacket("bad_packet", "not a Socket.IO packet")
        kind = int(head["type"])
        binary = kind in (packet.BINARY_EVENT, packet.BINARY_ACK)
        namespace = (head["namespace"] or "/").rstrip(",").partition("?")[0]
        if len(namespace) > MAX_NAMESPACE:
            raise _BadPacket("bad_packet", f"a namespace has at most {MAX_NAMESPACE} characters")
        self.namespace = namespace
        if len(head["id"]) > MAX_ID_DIGITS:
            raise _BadPacket("bad_packet", f"an acknowledgement number has at most {MAX_ID_DIGITS} digits")
        if head["id"] and kind != packet.CONNECT:
            self.id = int(head["id"])
        if binary:
            raise _BadPacket("binary_refused", "binary is not accepted here")
        if head["attachments"] is not None or kind == packet.CONNECT_ERROR:
            raise _BadPacket("bad_packet", "not a packet a client sends")
        self.packet_type = kind
        # Credentials may be a bare number, which the pattern reads as an acknowledgement number.
        text = head["id"] + head["data"] if kind == packet.CONNECT else head["data"]
        self.data = _DATA[kind](_parsed(text))


_MISSING = object()


def _parsed(text: str) -> object:
    if not text:
        return None
    try:
        return wirejson.loads(text)
    except ValueError:
        # RecursionError cannot happen: the codec has its own depth limit and raises ValueError.
        return _MISSING


def _credentials(data: object) -> object:
    return data if data is None or isinstance(data, dict) else NOT_AN_OBJECT


def _event(data: object) -> list[Any]:
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise _BadPacket("bad_packet", "an event is a list that begins with its name")
    name = data[0]
    if not 0 < len(name) <= MAX_NAME:
        raise _BadPacket("bad_packet", f"an event's name has 1 to {MAX_NAME} characters")
    if name in RESERVED or name == REFUSED:
        raise _BadPacket("reserved_event", "this event name is reserved")
    return data


def _nothing(_data: object) -> None:
    return None


def _no_answer(_data: object) -> list[Any]:
    # The server requests no acknowledgements, so the data of one is dropped.
    return []


_DATA = {packet.CONNECT: _credentials, packet.DISCONNECT: _nothing, packet.EVENT: _event, packet.ACK: _no_answer}
