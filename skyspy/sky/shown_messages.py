"""Application: a datalink message as clients see it: on the wire, over HTTP and in files. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from skyspy import wirejson
from skyspy.clock import iso
from skyspy.datalink.message import LINKS, Message, Station
from skyspy.sky.audience import Payload

SNAPSHOT_MESSAGES = 50
"""Messages of a snapshot, at most."""
SNAPSHOT_BYTES = 240 * 1024
"""Bytes of a snapshot's messages as JSON, at most: with what is around them a snapshot stays below 256 KiB."""


def kind_of_receiver(name: str) -> str:
    """The public part of the name under which a receiver is stored: its scheme, without host and port."""
    return name.partition("-")[0]


def shown(message: Message, *, exact: bool, receiver_name: Callable[[str], str] = kind_of_receiver) -> Payload:
    """The message as it is sent; what is not known is left out.

    `exact`: the client may know where the receiver stands; others get no `stations`, whose names may tell. `receiver_name` gives the name
    by which the client knows a receiver, of the name under which it is stored. Times are ISO 8601, `freq` is in MHz, `altitude` in feet or
    the word ground.
    """
    first = message.stations[0] if message.stations else None
    sent: Payload = {
        "id": message.id,
        "timestamp": iso(message.time),
        "link": message.link,
        "link_name": LINKS.get(message.link),
        "label": message.label,
        "label_name": message.label_name,
        "sublabel": message.sublabel,
        "hex": message.matched or message.hex,
        "tail": message.tail,
        "flight": message.flight,
        "callsign": message.callsign,
        "matched": message.matched is not None,
        "ground": message.ground,
        "downlink": message.downlink,
        "mode": message.mode,
        "msgno": message.msgno,
        "blocks": list(message.blocks) or None,
        "complete": message.complete,
        "text": message.text or None,
        "origin": message.origin or None,
        "destination": message.destination or None,
        "out": message.out or None,
        "off": message.off or None,
        "on": message.on or None,
        "in": message.in_ or None,
        "eta": message.eta or None,
        **_position(message),
        "on_ground": message.on_ground,
        "libacars": None if message.libacars is None else dict(message.libacars),
        "app": message.app,
        "errors": message.errors,
        "station_count": len(message.stations),
        "stations": [_station(one, receiver_name) for one in message.stations] if exact else None,
        "freq": None if first is None else first.freq,
        "demo": message.demo or None,
    }
    return _known(sent)


def snapshot(
    messages: Iterable[Message], *, exact: bool, receiver_name: Callable[[str], str] = kind_of_receiver
) -> list[Payload]:
    """The first of these messages, as many as a snapshot holds. The arguments are those of `shown`; the newest message comes first."""
    found: list[Payload] = []
    left = SNAPSHOT_BYTES
    for message in messages:
        one = shown(message, exact=exact, receiver_name=receiver_name)
        left -= len(wirejson.dump_bytes(one)) + 1
        if left < 0 or len(found) == SNAPSHOT_MESSAGES:
            break
        found.append(one)
    return found


def _position(message: Message) -> Payload:
    place = message.position
    if place is None:
        return {}
    return {"lat": place.lat, "lon": place.lon, "altitude": place.altitude, "position_source": place.source}


def _station(station: Station, receiver_name: Callable[[str], str]) -> Payload:
    return _known(
        {
            "station": station.name,
            "receiver": None if station.receiver is None else receiver_name(station.receiver),
            "freq": station.freq,
            "level": station.level,
            "timestamp": iso(station.time),
        }
    )


def _known(values: Payload) -> Payload:
    return {name: value for name, value in values.items() if value is not None}
