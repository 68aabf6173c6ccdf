"""Drivers and police aircraft for the tests of `/cannonball`."""

from __future__ import annotations

from typing import Any

import gevent
from gevent.event import Event

from skyspy.geo import Point, destination
from skyspy.sky.streams.cannonball import CannonballStream, Drive
from tests.support.clock import StillClock
from tests.support.peers import Peer, turn
from tests.support.world import World

PATH = "/cannonball"
HERE: Point = (47.4612, 8.5534)
POLICE = "3DD2A0"
"""An address of Germany; the registration that follows from it, D-HAAA, belongs to no series of the police."""


class GatedClock(StillClock):
    """A clock on which who sleeps goes on when a test opens the gate; the time has passed then."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep: list[float] = []
        self._gate = Event()

    def sleep(self, seconds: float) -> None:
        self.asleep.append(seconds)
        self._gate.wait()

    def open(self) -> None:
        self.pass_by(max(self.asleep))
        self.asleep.clear()
        self._gate.set()
        turn()
        self._gate.clear()


def stream_of(world: World, sky: str = "live") -> CannonballStream:
    stream = world.skyspy.skies[sky].streams["cannonball"]
    assert isinstance(stream, CannonballStream)
    return stream


def police_at(world: World, distance: float, bearing: float = 0.0, hex_: str = POLICE, sky: str = "live", **fields: Any) -> None:
    """Let a sky hear a police helicopter so far from HERE, and look at its threats."""
    lat, lon = destination(HERE, bearing, distance)
    known = {"flight": "EDL12", "lat": lat, "lon": lon, "alt_baro": 2500, "gs": 0.0, "track": 90.0, **fields}
    world.hear_only(sky, hex_, "adsb_icao", {name: value for name, value in known.items() if value is not None})
    look(world, sky)


def look(world: World, sky: str = "live") -> None:
    """One look of a sky at its threats, as each second."""
    world.skyspy.safety[sky].run()
    stream_of(world, sky).watch.run()
    gevent.sleep(0)


class Driving:
    """A client of `/cannonball`."""

    def __init__(self, world: World, token: str | None = None) -> None:
        self.world = world
        self.peer: Peer = world.peer().join(PATH, None if token is None else {"token": token})
        self._acks = 0

    @property
    def session(self) -> Any:
        return self.world.skyspy.sessions.get(self.peer.sids[PATH])

    @property
    def drive(self) -> Drive:
        drive: Drive = self.session.state["cannonball"]
        return drive

    def tell(self, event: str, *payload: object) -> Any:
        """Send an event, and return its acknowledgement."""
        self._acks += 1
        return self.peer.tell(event, *payload, namespace=PATH, ack=self._acks)

    def at(self, lat: float = HERE[0], lon: float = HERE[1], **more: Any) -> Any:
        return self.tell("position_update", {"lat": lat, "lon": lon, **more})

    def got(self, event: str) -> list[Any]:
        return self.peer.got(event, PATH)

    @property
    def threats(self) -> list[Any]:
        return self.got("threats")

    def forget(self) -> None:
        self.peer.forget()
