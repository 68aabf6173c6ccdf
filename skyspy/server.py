"""Application: the parts of one running server, named and typed.

Invariants: app.py builds one Server; the interfaces (sockets, api, admin) and services reach every part
through it. It holds the parts and starts none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import Flask, current_app, request
from flask_socketio import SocketIO

from skyspy.address import Peer, peer_of
from skyspy.auth.apikeys import ApiKeys
from skyspy.auth.panel_sessions import PanelSessions
from skyspy.auth.passwords import Passwords
from skyspy.auth.refusals import RefusalLog
from skyspy.auth.secret import Secret
from skyspy.auth.signin import SignIn
from skyspy.auth.tokens import Tokens
from skyspy.broadcast import Broadcast
from skyspy.clock import Clock
from skyspy.config import Config
from skyspy.notify.deliverer import Deliverer
from skyspy.notify.send import Senders
from skyspy.presence.presence import Presence
from skyspy.presence.sessions import SessionRegistry
from skyspy.process_stats import ProcessStats
from skyspy.receivers.checks import ReceiverChecks
from skyspy.sky import Sky
from skyspy.sky.alerts import AlertMonitor
from skyspy.sky.chunk_maker import ChunkMaker
from skyspy.sky.datalink import DatalinkMonitor
from skyspy.sky.recorder import Recorder
from skyspy.sky.safety import SafetyMonitor
from skyspy.sky.sandbox_events import SandboxEvents
from skyspy.sky.statistics import StatisticsRecorder
from skyspy.store import Store
from skyspy.store.aircraft_db import AircraftDb
from skyspy.store.airport_table import AirportTable
from skyspy.store.history import HistoryStore
from skyspy.store.history.pruner import Pruner
from skyspy.store.settings import SettingsTable


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that services use: of the running server, or of the command line, which has no sessions and no receivers."""

    config: Config
    clock: Clock
    store: Store
    settings: SettingsTable
    secret: Secret
    passwords: Passwords
    api_keys: ApiKeys
    refusals: RefusalLog


@dataclass(frozen=True, slots=True)
class Server(Context):
    """The parts of one running server."""

    history: HistoryStore
    aircraft_db: AircraftDb
    sign_in: SignIn
    tokens: Tokens
    panel_sessions: PanelSessions
    socketio: SocketIO
    broadcast: Broadcast
    sessions: SessionRegistry
    presence: Presence
    senders: Senders
    sandbox: SandboxEvents
    skies: dict[str, Sky] = field(default_factory=dict)
    histories: dict[str, HistoryStore] = field(default_factory=dict)
    """The history of each sky: `history` for the live one; the sandbox's is in memory and is gone with the process."""
    chunk_makers: dict[str, ChunkMaker] = field(default_factory=dict)
    """What makes the chunks of each sky's history."""
    recorders: dict[str, Recorder] = field(default_factory=dict)
    safety: dict[str, SafetyMonitor] = field(default_factory=dict)
    """What looks for dangers in each sky."""
    datalink: dict[str, DatalinkMonitor] = field(default_factory=dict)
    """What makes messages of what each sky's receivers hear on data links."""
    alerts: dict[str, AlertMonitor] = field(default_factory=dict)
    """What runs the alert rules of each sky."""
    deliverers: dict[str, Deliverer] = field(default_factory=dict)
    """What delivers the alerts of a sky: the live one's."""
    pruners: dict[str, Pruner] = field(default_factory=dict)
    """What keeps the history of each sky within its limits."""
    statistics: dict[str, StatisticsRecorder] = field(default_factory=dict)
    """The statistics of each sky over time."""
    stats: ProcessStats = field(default_factory=ProcessStats)
    receiver_checks: ReceiverChecks = field(default_factory=ReceiverChecks)
    airports: AirportTable = field(default_factory=AirportTable)


def server_of(app: Flask) -> Server:
    """The Server that app.py attached to this Flask application."""
    server = app.extensions["skyspy"]
    assert isinstance(server, Server)  # noqa: S101 - a programming error, found at the first request
    return server


def rooted(path: str) -> str:
    """The path of this server's `path` as the client sees it: below the prefix at which a proxy serves the server."""
    return request.script_root + path


def request_peer() -> Peer:
    """The other end of the HTTP request that is being served."""
    return peer_of(request.environ, server_of(current_app).config.trusted_proxies)
