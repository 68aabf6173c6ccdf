"""Two processes on one database, each with its own clients, for tests of what they tell each other."""

from __future__ import annotations

from pathlib import Path

from skyspy.presence.presence import PUBLISH_S
from skyspy.services import Caller
from skyspy.store import presence, users
from skyspy.watcher import Watcher
from tests.support.databases import change
from tests.support.peers import Peer, turn
from tests.support.world import OPERATOR, World, socket_world

PLACELESS = {"SKYSPY_LAT": "", "SKYSPY_LON": ""}


class Twice:
    """Two processes on one database, each with its own clients."""

    def __init__(self, folder: Path) -> None:
        self.worlds = (socket_world(folder, **PLACELESS), socket_world(folder, **PLACELESS))
        self.here, self.there = self.worlds
        for world in self.worlds:
            world.watcher = Watcher(world.settings, world.clock)
            world.watcher.on_poll("presence", world.skyspy.presence.poll)
            world.reauthorizer.subscribe(world.watcher)
        self.look()

    def look(self) -> None:
        """One round in both processes, half a second after the last."""
        for world in self.worlds:
            world.clock.pass_by(0.5)
            world.watcher.poll()
        turn()

    def listed(self) -> list[presence.SessionRow]:
        return self.here.store.read(presence.every, self.here.clock.wall())

    def settle(self) -> None:
        """As many rounds as it takes until what happened in one process stands in the list of the others."""
        for _ in range(int(PUBLISH_S / 0.5) + 1):
            self.look()

    def choose(self, **settings: object) -> None:
        self.here.choose(**settings)
        self.look()

    def evict(self, what: str, target: str = "") -> None:
        self.here.store.write(presence.evict, what, target, 1, OPERATOR, self.here.clock.wall())
        self.look()

    def close(self) -> None:
        for world in self.worlds:
            world.close()


def gone(peer: Peer) -> bool:
    return "/" in peer.gone


def admin(world: World) -> Caller:
    change(world, users.create, "root", "admin", "hash", OPERATOR)
    made = world.made_key("keeper", role="admin")
    principal = world.skyspy.tokens.identify(made.text, "127.0.0.1")
    assert principal is not None
    return Caller(principal, "127.0.0.1")
