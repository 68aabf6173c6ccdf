"""App: builds one Server from all packages and attaches it to a Flask application.

Invariants: the only file that imports every package. `create_app` builds and starts nothing; `start` starts the
greenlets.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Protocol

from flask import Flask
from flask_socketio import SocketIO

from skyspy import admin, api, config, logs, pages, registration
from skyspy.alerts.engine import Engine
from skyspy.auth.apikeys import ApiKeys
from skyspy.auth.panel_sessions import PanelSessions
from skyspy.auth.passwords import Passwords
from skyspy.auth.principal import Principal
from skyspy.auth.refusals import RefusalLog
from skyspy.auth.secret import Secret, secret_of
from skyspy.auth.signin import SignIn
from skyspy.auth.throttle import LoginThrottle
from skyspy.auth.tokens import Tokens
from skyspy.auth.upkeep import Upkeep, remove_expired
from skyspy.broadcast import Broadcast
from skyspy.clock import Clock, iso
from skyspy.config import ROOT, Config
from skyspy.feedurl import FeedUrl, parse
from skyspy.geo import Point
from skyspy.loop import Loop
from skyspy.notify.build import senders
from skyspy.notify.deliverer import Deliverer
from skyspy.presence.database import DatabasePresence
from skyspy.presence.memory import MemoryPresence
from skyspy.presence.presence import Presence
from skyspy.presence.sessions import SessionRegistry
from skyspy.process_stats import ProcessStats
from skyspy.receivers.demo import Surroundings, seed_of
from skyspy.receivers.manager import Receivers
from skyspy.safety.all_rules import all_rules
from skyspy.server import Server, server_of
from skyspy.services import acars_requests, alert_requests, destination_secrets, feeds, history_requests, safety_requests
from skyspy.services.destinations_port import DestinationsPort
from skyspy.services.place import PlaceFollower, sandbox_place
from skyspy.services.running_rules import loaded_rules
from skyspy.sky import Sky, SkyView
from skyspy.sky.alert_outbox import AlertOutbox
from skyspy.sky.alerts import AlertMonitor, RunningRules
from skyspy.sky.chunk_maker import ChunkMaker
from skyspy.sky.datalink import DatalinkMonitor
from skyspy.sky.enricher import Enricher
from skyspy.sky.minutes import MinuteStatistics
from skyspy.sky.recorder import Recorder
from skyspy.sky.safety import SafetyMonitor
from skyspy.sky.sandbox_events import SandboxEvents
from skyspy.sky.statistics import StatisticsRecorder
from skyspy.sky.streams import STREAMS, StreamFactory
from skyspy.sky.streams.cannonball import CannonballStream
from skyspy.sockets import reauthorizer
from skyspy.sockets.acars import AcarsNamespace
from skyspy.sockets.audio import AudioNamespace
from skyspy.sockets.cannonball import CannonballNamespace
from skyspy.sockets.main import MainNamespace
from skyspy.sockets.traffic import traffic_of
from skyspy.sockets.unknown import refuse_unknown
from skyspy.store import Store, aircraft_file
from skyspy.store.aircraft_db import AircraftDb
from skyspy.store.airport_table import AirportTable
from skyspy.store.history import HistoryStore, MemoryHistory
from skyspy.store.history.kinds import HistoryLimits
from skyspy.store.history.pruner import Pruner
from skyspy.store.history.writer import LEASE_TIMES, LeaseTimes
from skyspy.store.installation import Installation
from skyspy.store.settings import Settings, SettingsTable
from skyspy.topics import EVENTS, EXACT, Event
from skyspy.tracker import Limits, Tracker
from skyspy.transport import setup
from skyspy.watcher import Watcher

log = logging.getLogger(__name__)

SANDBOX_FEED = parse("demo://?seed=4242&incidents=all")
"""The sandbox sky's traffic, with another seed than the live sky's own demo, and every incident."""

SANDBOX_DAYS = 1.0
"""How long the sandbox's history is kept."""

RUNNING = "skyspy.running"


class Startable(Protocol):
    """A part that is started and stopped with the server."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class Looping(Startable, Protocol):
    """A part that works in a loop of its own."""

    loop: Loop


SETTING_NAMES = frozenset(row.name for row in fields(Settings) if row.name.isupper())


@dataclass(frozen=True, slots=True)
class Components:
    """What a server is made of where that may differ: its streams, the events that may be sent, the hasher of passwords, how
    the settings and the tokens are made, and the times of the lease."""

    streams: Sequence[StreamFactory] = STREAMS
    events: Sequence[Event] = EVENTS
    passwords: Callable[[], Passwords] = Passwords
    settings: Callable[[Store, Mapping[str, str], Clock], SettingsTable] = SettingsTable
    tokens: Callable[[Store, SettingsTable, Secret, SignIn, ApiKeys, Clock], Tokens] = Tokens
    lease: LeaseTimes = LEASE_TIMES


DEFAULT = Components()


def create_app(
    environ: Mapping[str, str], clock: Clock | None = None, components: Components = DEFAULT, site: Flask | None = None
) -> Flask:
    """Build the server from its environment; raises ConfigError or StoreError with one clear line. `site` is the Flask
    application to attach to (None: a new one)."""
    clock = clock or Clock()
    settings_of_boot = config.load(environ, SETTING_NAMES)
    stats = ProcessStats(clock, logs.configure(settings_of_boot.log_level))
    if settings_of_boot.redis_url is not None:
        log.warning("SKYSPY_REDIS_URL is set, but this version has no bus yet: each process reads the feeds itself")
    if (former := settings_of_boot.former_key) is not None:
        ended = clock.wall() >= former.until
        log.info("the former secret key %s %s", "ended" if ended else "is believed until", iso(former.until))
    app = site or build_site()
    _refuse_taken_path(settings_of_boot.socketio_path, app)
    bind_server(app, build_server(settings_of_boot, clock, app, stats, components))
    return app


def _refuse_taken_path(path: str, app: Flask) -> None:
    """Raise ConfigError where an address of the site is at or below the path of Socket.IO, which answers everything there."""
    mount = path.rstrip("/") + "/"
    hidden = sorted(rule.rule for rule in app.url_map.iter_rules() if f"{rule.rule}/".startswith(mount))
    if hidden:
        raise config.ConfigError(f"SKYSPY_SOCKETIO_PATH: {path!r} would hide {hidden[0]}; choose a path such as /socket.io")


def build_site() -> Flask:
    """The Flask application with every route and template, and no server attached.

    It stores nothing of a server: each request looks up the one that is attached. Compiling its URL rules is the slow
    part of a start, so tests build a site once and attach a new server to it for each test.
    """
    app = Flask("skyspy", root_path=str(ROOT), template_folder="templates", static_folder="static")
    api.register(app)
    pages.register(app)
    admin.register(app)
    return app


def bind_server(app: Flask, server: Server) -> None:
    """Attach a server to a site, in place of the one before. `build_server` has mounted its Socket.IO."""
    app.config["SECRET_KEY"] = server.config.secret_key
    app.extensions["skyspy"] = server
    for namespace in (MainNamespace, AudioNamespace, CannonballNamespace, AcarsNamespace):
        server.socketio.on_namespace(namespace(server))
    refuse_unknown(server.socketio)
    api.bind_server(app, server)
    admin.bind_server(app, server)


def build_server(boot: Config, clock: Clock, app: Flask, stats: ProcessStats, components: Components = DEFAULT) -> Server:
    """Build every part. Opens and migrates both databases; starts nothing else."""
    store = Store(boot.database_url)
    store.upgrade()
    history = HistoryStore(boot.history_url, store, clock, times=components.lease)
    history.open()
    installation = Installation(store, boot.instance)
    installation.settle()
    settings = components.settings(store, boot.first_settings, clock)
    settings.close_while(installation.why_foreign)
    secret, passwords = secret_of(boot, clock), components.passwords()
    sign_in = SignIn(store, passwords, LoginThrottle(store, secret, clock), clock)
    api_keys = ApiKeys(store, secret, clock)
    tokens = components.tokens(store, settings, secret, sign_in, api_keys, clock)
    socketio = SocketIO()
    socketio.init_app(app, path=boot.socketio_path, **setup.socketio_options(settings, boot))
    registry = setup.install(socketio)
    app.wsgi_app = registry.guard.entering(app.wsgi_app)  # type: ignore[method-assign, assignment]
    # A database in memory is used by this process alone.
    presence_port = MemoryPresence(clock) if store.in_memory else DatabasePresence(store, clock)
    airports = AirportTable()
    broadcast, sessions = Broadcast(socketio, components.events), SessionRegistry()
    server = Server(
        config=boot,
        clock=clock,
        store=store,
        history=history,
        aircraft_db=AircraftDb(boot.instance / aircraft_file.FILE),
        settings=settings,
        secret=secret,
        passwords=passwords,
        sign_in=sign_in,
        api_keys=api_keys,
        tokens=tokens,
        panel_sessions=PanelSessions(store, settings, secret, passwords, sign_in, tokens, clock),
        refusals=RefusalLog(store, clock),
        socketio=socketio,
        broadcast=broadcast,
        sessions=sessions,
        stats=stats,
        presence=Presence(store, presence_port, sessions, clock, partial(traffic_of, registry)),
        senders=senders(clock),
        sandbox=SandboxEvents(store, clock, seed_of(SANDBOX_FEED), airports.get),
        airports=airports,
    )
    server.histories.update(live=history, sandbox=MemoryHistory(store, clock))
    server.pruners.update(build_pruners(server))
    for name, kept in server.histories.items():
        # It works where its history is written.
        server.chunk_makers[name] = ChunkMaker(name, kept, clock, partial(getattr, kept.lease, "held"))
    build_skies(server, components.streams)
    return server


def build_skies(server: Server, streams: Sequence[StreamFactory]) -> None:
    """The live sky and the sandbox, each with what records its history."""
    boot, clock, settings = server.config, server.clock, server.settings

    def current() -> Settings:
        return settings.current

    place = current().receiver_place
    if boot.location not in (None, place):
        log.warning("SKYSPY_LAT and SKYSPY_LON gave the receiver's place its first value only: it is set in the panel now")

    def may_listen() -> bool:
        return server.datalink["live"].listens()

    around = Surroundings(server.airports.get, may_listen=may_listen)
    in_sandbox = Surroundings(server.airports.get, server.sandbox.requested)
    live = build_view("live", clock, current, boot.feeds, place, boot.replay_dir, around)
    sandbox = build_view("sandbox", clock, current, (SANDBOX_FEED,), sandbox_place(place), surroundings=in_sandbox)
    answering = (history_requests, safety_requests, alert_requests, acars_requests)
    requests = tuple(row for module in answering for row in module.rows(server))
    for view in (live, sandbox):
        history = server.histories[view.name]
        sky = Sky(view, server.broadcast, [make(view) for make in streams], MinuteStatistics(view, history), requests)
        server.skies[view.name] = sky
        # The sandbox has no other traffic than simulated one.
        server.statistics[view.name] = StatisticsRecorder(view, history, counts_demo=view is sandbox)
        server.recorders[view.name] = Recorder(view, history)
        monitor = server.safety[view.name] = SafetyMonitor(sky, history, server.airports.get, all_rules())
        watch_threats(sky, monitor)
        server.datalink[view.name] = DatalinkMonitor(sky, history, partial(getattr, monitor, "frozen"))
        server.alerts[view.name] = build_alerts(server, view.name, monitor)
    server.deliverers["live"] = build_deliverer(server, server.alerts["live"])


def build_alerts(server: Server, name: str, safety: SafetyMonitor) -> AlertMonitor:
    """What runs the alert rules of a sky. Alerts of simulated traffic in the sandbox are shown and not delivered."""
    sky = server.skies[name]

    def is_exact(principal: Principal) -> bool:
        return sky.view.audience(principal) == EXACT

    def load(settings: Settings) -> RunningRules:
        return server.store.read(loaded_rules, settings, name, is_exact, server.clock.wall())

    made = AlertMonitor(sky, safety, server.histories[name], load, Engine, delivers=name == "live")
    server.datalink[name].on_messages(made.take_messages)
    return made


def build_deliverer(server: Server, monitor: AlertMonitor) -> Deliverer:
    """What delivers the alerts of the live sky, in the process that writes its history."""
    lease, outbox = server.history.lease, AlertOutbox(server.history, server.clock)
    deliverer = Deliverer(outbox, DestinationsPort(server), server.senders, server.clock, lambda: lease.held)

    def wake() -> None:
        outbox.look()
        deliverer.wake()

    monitor.stored = wake
    return deliverer


def watch_threats(sky: Sky, monitor: SafetyMonitor) -> None:
    """Let the threats of a sky be looked for among the aircraft that its monitor has frozen, by what they do."""
    stream = sky.streams.get(CannonballStream.topic.name)
    if isinstance(stream, CannonballStream):
        stream.watch.aircraft = lambda: monitor.frozen
        stream.watch.behaviors_of = monitor.movements.current
        monitor.on_looked(lambda _: stream.watch.wake())


def build_pruners(server: Server) -> dict[str, Pruner]:
    """What keeps the history of each sky within its limits: the settings, and a day in the sandbox."""
    live, settings = server.history, server.settings

    def limits() -> HistoryLimits:
        return HistoryLimits.of(settings.current)

    def may_delete() -> bool:
        # A database that was lost or exchanged has other limits: nothing is deleted by them.
        return live.lease.held and not settings.closed

    sandbox = HistoryLimits.same(SANDBOX_DAYS)
    return {
        "live": Pruner(live, limits, server.clock, may_delete, lambda: live.condition.room.low is not None),
        "sandbox": Pruner(server.histories["sandbox"], lambda: sandbox, server.clock, name="deleting old history of the sandbox"),
    }


def build_view(
    name: str,
    clock: Clock,
    settings: Callable[[], Settings],
    urls: Sequence[FeedUrl],
    location: Point | None,
    replay_folder: Path | None = None,
    surroundings: Surroundings | None = None,
) -> SkyView:
    """A SkyView with a new tracker and new receivers. `replay_folder` is where `replay://` may open files; `surroundings` are those of
    simulated traffic, and say whether this process listens to data links."""
    tracker = Tracker(Limits(), location, secrets.token_hex(8), registration.describe)
    receivers = Receivers(urls, clock, location, replay_folder=replay_folder, surroundings=surroundings)
    return SkyView(name, clock, settings, tracker, receivers, location)


def start(app: Flask) -> None:
    """Start the skies, the history, the watcher, and the upkeep of the accounts."""
    server = server_of(app)
    watcher = Watcher(server.settings, server.clock)
    watcher.on_poll("following evictions and publishing sessions", server.presence.poll)
    watcher.on_poll("reading what was requested of the sandbox", server.sandbox.poll)
    reauthorizer.Reauthorizer(server).subscribe(watcher)
    watcher.on_version("following receivers", feeds.ReceiverFollower(server, server.skies["live"]).follow)
    watcher.on_version("following the receiver's place", PlaceFollower(server).follow)
    for name, monitor in server.alerts.items():
        watcher.on_version(f"following the alert rules of the {name} sky", monitor.follow)
    for store in server.histories.values():
        watcher.on_version("deleting what deleted users owned", store.follow_deletions)
    for pruner in server.pruners.values():
        watcher.on_version("following the limits of the history", pruner.follow)
    server.store.after_write = watcher.wake
    upkeep = Upkeep(
        (server.tokens, server.refusals, server.api_keys),
        partial(tidy, server),
        server.clock,
    )
    enricher = Enricher(server.skies["live"], server.aircraft_db)
    streams = [stream for sky in server.skies.values() for stream in sky.streams.values()]
    loops: list[Looping] = [
        *server.recorders.values(),
        *server.statistics.values(),
        server.stats.lag,
        *server.skies.values(),
        *server.safety.values(),
        *server.datalink.values(),
        *server.alerts.values(),
        *server.deliverers.values(),
        *(stream.watch for stream in streams if isinstance(stream, CannonballStream)),
        enricher,
        watcher,
        upkeep,
        *server.pruners.values(),
        *server.chunk_makers.values(),
    ]
    parts: list[Startable] = [*server.histories.values(), *loops]
    for part in parts:
        part.start()
    server.stats.loops = [server.history.loop, server.history.lease.loop, *(part.loop for part in loops)]
    app.extensions[RUNNING] = parts
    # gunicorn.conf.py calls this by name: gunicorn's master does not import the application.
    app.extensions["skyspy.stop"] = partial(stop, app)


def tidy(server: Server) -> None:
    """Remove what expired, and put what is under the former secret key under the current one. Raises StoreError."""
    remove_expired(server.store, server.settings, server.sign_in, server.clock)
    destination_secrets.follow_key(server)


def stop(app: Flask) -> None:
    """Stop what `start` started, the last first, write what is queued, and close the database."""
    server = server_of(app)
    for part in reversed(app.extensions.pop(RUNNING, [])):
        part.stop()
    server.presence.stop()
    server.store.close()
