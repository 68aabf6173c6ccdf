"""Two processes on one database, each with its own clients, for tests of what they tell each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar, cast

import gevent
import pytest

from skyspy.services import Caller
from skyspy.sockets.presence import Presence
from skyspy.store import presence, users
from skyspy.watcher import Watcher
from tests.databases import change
from tests.socket_world import OPERATOR, Peer, World, turn

T = TypeVar("T")


class Twice:
    """Two processes on one database, each with its own clients."""

    def __init__(self, folder: Path) -> None:
        self.worlds = (World(folder), World(folder))
        self.parts = tuple(Presence(world.skyspy) for world in self.worlds)
        self.here, self.there = self.worlds
        for world, part in zip(self.worlds, self.parts, strict=True):
            world.watcher = Watcher(world.settings, world.clock)  # type: ignore[arg-type]
            part.subscribe(world.watcher)
            world.reauthorizer.subscribe(world.watcher)
        self.look()

    def look(self) -> None:
        """One round in both processes, half a second after the last."""
        for world in self.worlds:
            world.clock.pass_by(0.5)
            world.watcher.poll()
        turn()

    def listed(self) -> list[presence.Row]:
        return self.here.store.read(presence.everybody, self.here.clock.wall())

    def want(self) -> None:
        self.here.store.write(presence.want, self.here.clock.wall())

    def choose(self, **settings: object) -> None:
        self.here.choose(**settings)
        self.look()

    def evict(self, what: str, target: str = "") -> None:
        self.here.store.write(presence.evict, what, target, 1, OPERATOR, self.here.clock.wall())
        self.look()

    def looked(self, act: Callable[[], T]) -> T:
        """What an act gives while both processes go on looking."""
        acting = gevent.spawn(act)
        while not acting.ready():
            self.look()
            gevent.sleep(0.2)
        return cast("T", acting.get())


@pytest.fixture
def twice(tmp_path: Path) -> Iterator[Twice]:
    made = Twice(tmp_path)
    yield made
    for world in made.worlds:
        world.close()


def gone(peer: Peer) -> bool:
    return "/" in peer.gone


def admin(world: World) -> Caller:
    change(world, users.create, "root", "admin", "hash", OPERATOR)
    made = world.made_key("keeper", role="admin")
    principal = world.skyspy.tokens.identify(made.text, "127.0.0.1")
    assert principal is not None
    return Caller(principal, "127.0.0.1")
