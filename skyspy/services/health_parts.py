"""Application: the parts of the health report, one function for each part of the server, which reads what that part counted.

To add a part, write its function and name it in PARTS; its metrics need rows in metrics.METRICS.

Invariants: reading changes nothing and waits for nothing but one read of the database. Nothing here holds a secret: a database is
named without its password, a receiver without its URL, and no client by its address.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from skyspy import __version__
from skyspy.auth.principal import MESSAGES
from skyspy.server import Server
from skyspy.services.health_alerts import alerts, deliveries
from skyspy.services.health_datalink import datalink, stations
from skyspy.services.health_history import history
from skyspy.services.health_history_size import history_size
from skyspy.services.health_report import HealthLine, HealthPart, Value
from skyspy.services.health_safety import safety
from skyspy.store import StoreError, state
from skyspy.tracker.position import FAR, JUMP, LATE, WORSE
from skyspy.transport.setup import registry_of

SLOW_HUB_S = 0.25
"""A person notices when the event loop is later than this."""

KINDS = ("user", "key", "anonymous")

REASONS: dict[str, str] = {
    LATE: "Too old",
    WORSE: "From a worse source than the position held",
    FAR: "Beyond the farthest position believed",
    JUMP: "Not reachable from the position before",
}
"""Why a tracker refuses a position or a whole observation."""

CODES = tuple(MESSAGES)


def _process(server: Server) -> HealthPart:
    stats, process = server.stats, server.sessions.process
    average, max_lag = stats.lag.average, stats.lag.max
    slow = "warn" if max_lag is not None and max_lag > SLOW_HUB_S else ""
    lines = (
        HealthLine("Version", (Value(__version__, metric="skyspy_info", labels=(__version__, process), number=1),)),
        HealthLine("Process", (Value(process),)),
        HealthLine("Running for", (Value(stats.uptime, "s", "skyspy_uptime_seconds"),)),
        HealthLine("Settings version", (Value(server.settings.current.version, metric="skyspy_settings_version"),)),
        HealthLine("Event loop late on average, last minute", (Value(average, "s", "skyspy_hub_lag_average_seconds"),)),
        HealthLine("Event loop late at most, last minute", (Value(max_lag, "s", "skyspy_hub_lag_max_seconds", state=slow),)),
    )
    return HealthPart("process", "Process", "", ("Value",), lines)


def _database(server: Server) -> HealthPart:
    store, clock = server.store, server.clock
    began = clock.steady()
    try:
        store.read(state.current_version)
    except StoreError:
        answers, took = Value("no", metric="skyspy_database_up", number=0, state="danger"), None
    else:
        answers, took = Value("yes", metric="skyspy_database_up", number=1, state="ok"), clock.steady() - began
    lines = (
        HealthLine("Answers", (answers,)),
        HealthLine("One read takes", (Value(took, "s", "skyspy_database_read_seconds"),)),
        HealthLine("Kind", (Value("SQLite" if store.is_sqlite else "PostgreSQL"),)),
        HealthLine("Where", (Value(store.where),)),
    )
    return HealthPart("database", "Database", "", ("Value",), lines)


def _receivers(server: Server) -> HealthPart:
    lines = tuple(_receiver(server, name, status) for name in server.skies for status in server.skies[name].receivers.status())
    columns = ("State", "Messages", "Bad", "Skipped", "Bytes", "Reconnects", "Crashes")
    return HealthPart("receivers", "Receivers", "Receiver", columns, lines)


def _receiver(server: Server, sky: str, status: dict[str, object]) -> HealthLine:
    name, state_name = str(status["name"]), str(status["state"])
    counts = server.skies[sky].receivers.counts()[name]
    labels = (sky, str(status["public_name"]))
    receives = state_name in ("up", "demo")
    state_of = Value(
        state_name,
        "",
        "skyspy_receiver_up",
        labels,
        float(receives),
        "ok" if receives else "" if state_name in ("paused", "standby") else "warn",
    )
    counted = (
        Value(counts.messages, "", "skyspy_receiver_messages_total", labels),
        Value(counts.bad, "", "skyspy_receiver_bad_total", labels),
        Value(counts.skipped, "", "skyspy_receiver_skipped_total", labels),
        Value(counts.bytes, "bytes", "skyspy_receiver_bytes_total", labels),
        Value(counts.reconnects, "", "skyspy_receiver_reconnects_total", labels),
        Value(counts.crashes, "", "skyspy_receiver_crashes_total", labels),
    )
    return HealthLine(name if sky == "live" else f"{name} (sandbox)", (state_of, *counted))


def _datagrams(server: Server) -> HealthPart:
    """What listeners received."""
    receivers = server.skies["live"].receivers
    counts, lines = receivers.counts(), []
    for status in receivers.status():
        name, labels = status["name"], ("live", status["public_name"])
        if receivers.url(name).scheme.transport == "udp":
            lost = counts[name].lost
            received = Value(counts[name].datagrams, "", "skyspy_datalink_datagrams_total", labels)
            dropped = Value(lost, "", "skyspy_datalink_datagrams_lost_total", labels, state="warn" if lost else "")
            lines.append(HealthLine(name, (received, dropped)))
    columns = ("Received", "Lost: not read in time")
    return HealthPart("datagrams", "Datagrams of data links", "Receiver", columns, tuple(lines), "No datagram was received.")


def _aircraft(server: Server) -> HealthPart:
    skies = server.skies.items()
    lines = (
        HealthLine("Shown to clients", tuple(Value(len(sky.tracker), "", "skyspy_aircraft", (name,)) for name, sky in skies)),
        HealthLine("In memory", tuple(Value(sky.tracker.held, "", "skyspy_aircraft_held", (name,)) for name, sky in skies)),
    )
    return HealthPart("aircraft", "Aircraft", "Aircraft", tuple(f"{name.capitalize()} sky" for name in server.skies), lines)


def _positions(server: Server) -> HealthPart:
    lines = tuple(
        HealthLine(
            title,
            tuple(
                Value(sky.tracker.refused[reason], "", "skyspy_tracker_refused_total", (name, reason))
                for name, sky in server.skies.items()
            ),
        )
        for reason, title in REASONS.items()
    )
    columns = tuple(f"{name.capitalize()} sky" for name in server.skies)
    return HealthPart("positions", "Refused positions by reason", "Reason", columns, lines, "Every position was believed.")


def _airports(server: Server) -> HealthPart:
    table, airports = server.airports, server.airports.loaded
    if table.problem:
        state = Value(table.problem, state="danger")
    else:
        state = Value("in memory", state="ok") if airports else Value("not read yet: nothing has asked for an airport")
    lines = (
        HealthLine("Table", (state,)),
        HealthLine("Airports", (Value(len(airports) if airports else 0, "", "skyspy_airports"),)),
        HealthLine("Runways", (Value(airports.runway_count if airports else 0, "", "skyspy_runways"),)),
        *(HealthLine(f"From {one['name']}", (Value(one["version"]),)) for one in (airports.sources if airports else ())),
    )
    return HealthPart("airports", "Airports", "", ("Value",), lines)


def _connections(server: Server) -> HealthPart:
    registry = registry_of(server.socketio.server)
    counts, queues = registry.counts, [connection.engine.queue for connection in list(registry.connections.values())]
    waiting = [queue.waiting_bytes for queue in queues]
    closed, packets = "skyspy_connections_closed_total", "skyspy_packets_refused_total"
    rows = (
        ("Open now", Value(len(queues), "", "skyspy_connections")),
        ("Opened", Value(counts.opened, "", "skyspy_connections_opened_total")),
        ("Refused for their origin or number", Value(counts.refused, "", "skyspy_connections_refused_total")),
        ("Closed for reading too slowly", Value(counts.slow, "", closed, ("slow",))),
        ("Closed for sending too much", Value(counts.flooding, "", closed, ("flooding",))),
        ("Broken packets", Value(counts.broken, "", packets, ("broken",))),
        ("Binary packets, which are not taken", Value(counts.binary, "", packets, ("binary",))),
        ("Waiting for clients to read", Value(sum(waiting), "bytes", "skyspy_outbox_bytes")),
        ("Waiting for the slowest client", Value(max(waiting, default=0), "bytes", "skyspy_outbox_max_bytes")),
        ("Packets waiting", Value(sum(queue.qsize() for queue in queues), "", "skyspy_outbox_packets")),
        ("Payloads sent", Value(server.broadcast.published, "", "skyspy_broadcast_published_total")),
        ("Payloads delivered", Value(server.broadcast.delivered, "", "skyspy_broadcast_delivered_total")),
    )
    return HealthPart("connections", "Connections", "", ("Number",), tuple(HealthLine(title, (value,)) for title, value in rows))


def _namespaces(server: Server) -> HealthPart:
    sessions = Counter((session.namespace, session.principal.kind) for session in server.sessions)
    lines = tuple(
        HealthLine(
            path,
            (
                *(Value(sessions[path, kind], "", "skyspy_sessions", (path, kind)) for kind in KINDS),
                Value(namespace.crashes, "", "skyspy_namespace_crashes_total", (path,)),
            ),
        )
        for path, namespace in server.socketio.server.namespace_handlers.items()
    )
    return HealthPart(
        "namespaces", "Clients by namespace", "Namespace", ("Signed in", "By API key", "Anonymous", "Crashes"), lines
    )


def _refusals(server: Server) -> HealthPart:
    namespaces = server.socketio.server.namespace_handlers
    codes = dict.fromkeys((*CODES, *(code for namespace in namespaces.values() for code in namespace.refused)))
    lines = tuple(
        HealthLine(
            f"{MESSAGES[code]} ({code})" if code in MESSAGES else code,
            tuple(
                Value(namespace.refused[code], "", "skyspy_namespace_refused_total", (path, code))
                for path, namespace in namespaces.items()
            ),
        )
        for code in codes
    )
    return HealthPart("refusals", "Refused clients by reason", "Reason", tuple(namespaces), lines, "No client was refused.")


def _sign_ins(server: Server) -> HealthPart:
    tokens, sign_in = server.tokens, server.sign_in
    bad = [code for code in CODES if code in ("token_invalid", "token_expired", "token_revoked") or tokens.refused[code]]
    lines = (
        *(HealthLine(MESSAGES[code], (Value(tokens.refused[code], "", "skyspy_tokens_refused_total", (code,)),)) for code in bad),
        HealthLine("Wrong name or password", (Value(sign_in.failed, "", "skyspy_sign_ins_failed_total"),)),
        HealthLine("Sign-in refused for too many tries", (Value(sign_in.throttled, "", "skyspy_sign_ins_throttled_total"),)),
    )
    return HealthPart("sign_ins", "Refused tokens and sign-ins", "", ("Times",), lines, "No token and no sign-in was refused.")


def _responses(server: Server) -> HealthPart:
    found = sorted(server.stats.responses.items())
    lines = tuple(
        HealthLine(f"Status {code}", (Value(count, "", "skyspy_http_responses_total", (str(code),)),)) for code, count in found
    )
    return HealthPart("responses", "HTTP responses", "", ("Times",), lines, "None yet.")


def _loops(server: Server) -> HealthPart:
    lines = tuple(
        HealthLine(
            loop.name[:1].upper() + loop.name[1:],
            (
                Value(loop.rounds, "", "skyspy_loop_rounds_total", (loop.name,)),
                Value(loop.crashes, "", "skyspy_loop_crashes_total", (loop.name,)),
            ),
        )
        for loop in server.stats.loops
    )
    return HealthPart("loops", "Repeated tasks", "Task", ("Rounds", "Crashes"), lines, "None is running.")


PARTS: tuple[Callable[[Server], HealthPart | None], ...] = (
    _process,
    _database,
    history,
    history_size,
    _receivers,
    _datagrams,
    _aircraft,
    _positions,
    safety,
    datalink,
    stations,
    alerts,
    deliveries,
    _airports,
    _connections,
    _namespaces,
    _refusals,
    _sign_ins,
    _responses,
    _loops,
)
"""The parts of the report, in the order in which they are shown; one that gives None is left out."""
