"""A Server with two skies of two aircraft each and no receivers, and clients that speak Socket.IO packets by hand.

Nothing listens on a port: what a client says goes through the server's own decoding into the doors, what
the server says is collected on its way into the client's queue.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import gevent
from flask import Flask
from flask_socketio import SocketIO

from skyspy.aircraft import Observation
from skyspy.app import build_view
from skyspy.auth.panel_sessions import PanelSessions
from skyspy.auth.refusals import Refusals
from skyspy.broadcast import Broadcast
from skyspy.clock import iso
from skyspy.config import load
from skyspy.presence.database import DatabasePresence
from skyspy.presence.presence import Presence
from skyspy.presence.sessions import SessionRegistry
from skyspy.server import Server
from skyspy.sky import Sky
from skyspy.sky.streams import STREAMS
from skyspy.sockets.acars import AcarsNamespace
from skyspy.sockets.audio import AudioNamespace
from skyspy.sockets.cannonball import CannonballNamespace
from skyspy.sockets.main import MainNamespace
from skyspy.sockets.reauthorizer import Reauthorizer
from skyspy.sockets.traffic import traffic_of
from skyspy.store import Store, StoreError, users
from skyspy.store.audit import Actor
from skyspy.store.history import HistoryStore
from skyspy.store.settings import SettingsTable
from skyspy.transport import setup
from skyspy.transport.outbox import Outbox
from skyspy.watcher import Watcher
from tests.databases import change
from tests.support.clock import StillClock
from tests.support.sites import provide_database
from tests.tokens_world import parts

OPERATOR = Actor("system", "test")
NAMESPACES = ("/", "/audio", "/cannonball", "/acars")
PLACE = (47.46, 8.55)
"""Where the receivers of both skies stand."""


class Breaking:
    """Stands in front of a part and breaks on demand: `how` is raised by the method named in `where`. `part` may be replaced."""

    def __init__(self, part: Any, where: str) -> None:
        self.part = part
        self._where = where
        self.how: BaseException | None = None

    def __getattr__(self, name: str) -> Any:
        if name == self._where and self.how is not None:
            raise self.how
        return getattr(self.part, name)


class World:
    """The Server, and how to get at it."""

    def __init__(self, folder: Path) -> None:
        self.clock = StillClock()
        self.config = load({"SKYSPY_INSTANCE": str(folder), "SKYSPY_TRUSTED_PROXIES": "10.0.0.0/8"})
        provide_database(folder)
        self.store = Store(self.config.database_url)
        self.settings = Breaking(SettingsTable(self.store, {}), "fresh")
        auth = parts(self.store, self.settings, self.config.secret_key, self.clock)  # type: ignore[arg-type]
        self.api_keys = auth.api_keys
        self.tokens = Breaking(auth.tokens, "identify")
        self.socketio = SocketIO()
        app = Flask("world")
        self.socketio.init_app(app, **setup.socketio_options(self.settings, self.config))  # type: ignore[arg-type]
        self.registry = setup.install(self.socketio)
        self.server = self.socketio.server
        sessions = SessionRegistry()
        self.skyspy = Server(
            config=self.config,
            clock=self.clock,
            store=self.store,
            history=HistoryStore(self.config.history_url, self.store, self.clock),
            settings=self.settings,  # type: ignore[arg-type]
            secret=auth.secret,
            passwords=auth.passwords,
            sign_in=auth.sign_in,
            api_keys=auth.api_keys,
            tokens=self.tokens,  # type: ignore[arg-type]
            panel_sessions=PanelSessions(
                self.store,
                self.settings,  # type: ignore[arg-type]
                auth.secret,
                auth.passwords,
                auth.sign_in,
                auth.tokens,
                self.clock,
            ),
            refusals=Refusals(self.store, self.clock),
            socketio=self.socketio,
            broadcast=Broadcast(self.socketio),
            sessions=sessions,
            presence=Presence(DatabasePresence(self.store, self.clock), sessions, self.clock, partial(traffic_of, self.registry)),
        )
        for name in ("live", "sandbox"):
            view = build_view(name, self.clock, lambda: self.settings.current, (), PLACE)
            self.skyspy.skies[name] = Sky(view, self.skyspy.broadcast, [make(view) for make in STREAMS])
            self.hear(name, "4B1800", flight="SWR12", alt_baro=30_000, lat=47.5, lon=8.6)
            self.hear(name, "AE1234", flight="RCH1", alt_baro="ground")
        for namespace in (MainNamespace, AudioNamespace, CannonballNamespace, AcarsNamespace):
            self.socketio.on_namespace(namespace(self.skyspy))
        self.watcher = Watcher(self.settings, self.clock)  # type: ignore[arg-type]
        self.reauthorizer = Reauthorizer(self.skyspy)
        self.reauthorizer.subscribe(self.watcher)
        self.people: dict[str, int] = {}
        self.peers: dict[str, Peer] = {}
        eio = self.server.eio
        eio.send = self._deliver
        eio.send_packet = lambda sid, packet: self._deliver(sid, packet.data)

    def _deliver(self, eio_sid: str, data: str) -> None:
        if eio_sid in self.peers:
            self.peers[eio_sid].heard(data)

    def choose(self, **settings: object) -> None:
        """The operator changes settings."""
        self.settings.change(settings, OPERATOR)

    def hear(self, sky: str, hex_: str, **fields: Any) -> None:
        """Let a sky hear an aircraft twice, and tick."""
        for _ in range(2):
            self.skyspy.skies[sky].ingest(Observation(hex_, self.clock.steady(), "adsb_icao", fields))
        self.skyspy.skies[sky].tick()

    def user(self, name: str, role: str = "viewer") -> int:
        """A user, made once."""
        if name not in self.people:
            self.people[name] = change(self, users.create, name, role, None, OPERATOR).id
        return self.people[name]

    def key(self, name: str = "ann", role: str = "viewer", kind: str = "live", **more: Any) -> str:
        """An API key of a user's."""
        return self.made_key(name, role, kind, **more).text

    def made_key(self, name: str = "ann", role: str = "viewer", kind: str = "live", **more: Any) -> Any:
        return self.api_keys.create(self.user(name, role), kind, "test", OPERATOR, **more)

    def break_settings(self, how: BaseException | None = None) -> None:
        self.settings.how = how or StoreError("the disk is gone")

    def peer(self, **environ: str) -> Peer:
        """A new transport."""
        return Peer(self, environ)

    def rooms(self) -> dict[str, Any]:
        """What the library remembers of anybody."""
        manager = self.server.manager
        return {
            "rooms": manager.rooms,
            "pending": {**manager.pending_connect, **manager.pending_disconnect},
            "callbacks": manager.callbacks,
            "environ": self.server.environ,
        }

    def close(self) -> None:
        self.store.close()


class FakeEngine:
    """An Engine.IO session: what the wire's farewell needs of it."""

    def __init__(self, world: World, sid: str) -> None:
        self.world = world
        self.sid = sid
        self.queue = Outbox()
        self.closed = False

    def close(self, wait: bool = True, abort: bool = False, reason: str = "") -> None:
        if not self.closed:
            self.closed = True
            self.world.server.eio.handlers["disconnect"](self.sid, reason)


class Peer:
    """One client on one transport. `inbox` holds (namespace, event, payload); `acks` and `refusals` likewise."""

    made = 0

    def __init__(self, world: World, environ: dict[str, str]) -> None:
        Peer.made += 1
        self.world = world
        self.eio_sid = f"eio{Peer.made}"
        self.inbox: list[tuple[str, str, Any]] = []
        self.acks: dict[int, Any] = {}
        self.refusals: dict[str, Any] = {}
        self.sids: dict[str, str] = {}
        self.gone: list[str] = []
        self.order: list[str] = []
        world.peers[self.eio_sid] = self
        self.engine = FakeEngine(world, self.eio_sid)
        world.server.eio.sockets[self.eio_sid] = self.engine
        self._handlers = world.server.eio.handlers
        self._handlers["connect"](self.eio_sid, {"REMOTE_ADDR": "198.51.100.7", "QUERY_STRING": "EIO=4", **environ})

    def heard(self, data: str) -> None:
        kind, rest = data[0], data[1:]
        namespace = "/"
        if rest.startswith("/"):
            namespace, _, rest = rest.partition(",")
        digits = len(rest) - len(rest.lstrip("0123456789"))
        ident, body = rest[:digits], json.loads(rest[digits:]) if rest[digits:] else None
        if kind == "0":
            self.sids[namespace] = body["sid"]
            self.order.append("connect")
        elif kind == "1":
            self.gone.append(namespace)
            self.order.append("disconnect")
        elif kind == "2":
            self.inbox.append((namespace, body[0], body[1] if len(body) > 1 else None))
            self.order.append(body[0])
        elif kind == "3":
            self.acks[int(ident)] = body
        elif kind == "4":
            self.refusals[namespace] = body

    def say(self, packet: object) -> None:
        """Send one raw packet, then let everybody run."""
        self._handlers["message"](self.eio_sid, packet)
        turn()

    def join(self, namespace: str = "/", auth: object = None) -> Peer:
        prefix = "" if namespace == "/" else f"{namespace},"
        self.say("0" + prefix + ("" if auth is None else json.dumps(auth)))
        return self

    def tell(self, event: str, *payload: object, namespace: str = "/", ack: int | None = None) -> Any:
        """Send an event; returns its acknowledgement's first argument when `ack` was given."""
        prefix = "" if namespace == "/" else f"{namespace},"
        self.say("2" + prefix + ("" if ack is None else str(ack)) + json.dumps([event, *payload]))
        return self.acks.get(ack, [None])[0] if ack is not None else None

    def leave(self) -> None:
        self.engine.close(reason="transport close")

    def got(self, event: str, namespace: str = "/") -> list[Any]:
        return [payload for where, name, payload in self.inbox if (where, name) == (namespace, event)]

    def forget(self) -> None:
        self.inbox.clear()

    @property
    def session(self) -> Any:
        return self.world.skyspy.sessions.get(self.sids["/"])


def turn() -> None:
    """Let spawned greenlets run."""
    for _ in range(3):
        gevent.sleep(0)


def stamp(world: World) -> str:
    return iso(world.clock.wall())
