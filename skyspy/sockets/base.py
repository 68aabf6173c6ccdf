"""Interfaces: what all four Socket.IO namespaces share: admission, greeting, events, eviction.

Invariants: it fails closed. A client is admitted only by auth.authorize; any other outcome is logged, counted and
a refusal. Nothing a client sends reaches a method by name, only through the table `events`; no handler raises into the
library, where an exception would admit (connect), leak (disconnect) or be run a second time (TypeError). A session
that is not in the session registry gets nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import gevent
from flask_socketio import ConnectionRefusedError as Refusal
from flask_socketio import Namespace

from skyspy import topics
from skyspy.auth.authorize import Admission, Refused, TokenCredential, authorize
from skyspy.auth.policy import Impact, impact, is_open
from skyspy.auth.principal import MESSAGES, Principal, TokenError
from skyspy.clock import iso
from skyspy.presence.sessions import Session
from skyspy.server import Server
from skyspy.sockets.load import NOT_CONNECTED, Load
from skyspy.sockets.subscriptions import Subscriptions
from skyspy.store import StoreError
from skyspy.store.audit import printable
from skyspy.store.settings import Settings
from skyspy.transport.connection import ClientConnection, ConnectionRegistry
from skyspy.transport.packets import REFUSED
from skyspy.transport.rate_limit import RateLimitedLogger
from skyspy.transport.setup import registry_of

log = RateLimitedLogger(logging.getLogger(__name__))

Payload = dict[str, Any]
Handler = Callable[[Session, Payload], Payload]

EVICTION_SECONDS = 0.7
"""Seconds from sending a client the reason for its disconnect to ending its TCP connection."""
MAX_STRIKES = 200
"""Events over the permitted rate, less those within it, after which a client is disconnected."""
REFUSALS_PER_REPLY = 20
"""Only every COMPLAIN_EVERY-th refused event of a flood is answered: an answer costs more than the event."""


class BaseNamespace(Namespace):  # type: ignore[misc]
    """Admits, greets, serves and evicts the clients of one namespace. Subclasses set `path` and add to `events`; they
    override `topics_of`, `greet` and `resend_snapshots` where they behave differently."""

    path = "/"

    def __init__(self, server: Server) -> None:
        super().__init__(self.path)
        self.skyspy = server
        self.connections = registry_of(server.socketio.server)
        self.row = topics.NAMESPACES[self.path]
        self.subscriptions = Subscriptions(server, self.path)
        self.crashes = 0
        self.refused: Counter[str] = Counter()  # at connect, by code
        self.events: dict[str, Handler] = {
            "ping": self._ping,
            "authenticate": self._authenticate,
            REFUSED: _refuse,
        }
        self.load = Load(self.connections, lambda: server.settings.current)

    # -- what the library calls ----------------------------------------------------------------

    def trigger_event(self, event: str, *args: Any) -> object:
        """Handle one event of the library: connect (sid, environ, auth), disconnect (sid, reason), others (sid, *payload)."""
        answer: object = None
        if event == "connect":
            self._connect(*args)
        elif event == "disconnect":
            self._disconnected(args[0])
        else:
            answer = self._event(event, args[0], args[1] if len(args) > 1 else None)
        return answer

    def _connect(self, sid: str, environ: Any = None, auth: object = None, *_: object) -> None:
        if not self.server.manager.is_pre_connected(sid, self.path):
            # A client sent an event named connect. transport.packets refuses those already; this is a second check.
            return
        try:
            self._admit(sid, environ, auth)
        except Refused as refused:
            raise self._refusal(refused.code, refused.message) from None
        except StoreError as error:
            log.warning("no client is admitted while the database cannot be read: %s", error)
            raise self._refusal("overloaded") from None
        except (Exception, gevent.Timeout):
            self.crashes += 1
            log.exception("admitting a client to %s failed, so it was refused", self.path)
            raise self._refusal("overloaded") from None

    def _refusal(self, code: str, message: str = "") -> Refusal:
        """Count a refused client, and return the exception that makes the library refuse it."""
        self.refused[code] += 1
        return Refusal(message or MESSAGES[code], {"code": code})

    def _admit(self, sid: str, environ: Any, auth: object) -> None:
        connection = self.connections.get(self.server.manager.eio_sid_from_sid(sid, self.path))
        if connection is None:
            raise Refused("overloaded")
        _note_token_in_url(environ, connection.peer.address)
        _refuse_if_full(self.connections, connection)
        self._refuse_if_closed(self.skyspy.settings.fresh())
        # Credentials are an object or nothing; anything else counts as an invalid token.
        token = TokenCredential(self.skyspy.tokens, auth.get("token") if isinstance(auth, dict) else auth)
        admission = authorize(self.skyspy.settings, token, connection.peer, self.row.permission)
        # No greenlet switch from here to the end of this method, so the verdict still holds when the session is listed.
        _refuse_if_full(self.connections, connection)
        self._refuse_if_closed(admission.settings)
        if connection.ended:
            # The client left while its token was looked up: no disconnect event would remove its session.
            raise Refused("overloaded")
        session = _session(self, sid, connection, environ, admission)
        session.greeting = not isinstance(auth, dict) or auth.get("greeting") is not False
        self.load.begin(session)
        self.connections.session_admitted(connection, sid)
        self.skyspy.sessions.add(session)
        # The library sends CONNECT when this method is done; a greeting sent here would arrive before it.
        gevent.spawn(self._greet, session)

    def _refuse_if_closed(self, settings: Settings) -> None:
        """Refuse a client of a namespace that the settings close, as one that does not exist is refused."""
        if not is_open(self.row, settings):
            raise Refused("unknown_namespace")

    def _disconnected(self, sid: str) -> None:
        if self.server.manager.is_connected(sid, self.path):
            return  # a client sent an event named disconnect
        self._remove(sid)

    def _remove(self, sid: str) -> Session | None:
        """Remove a session from the registries and return it; None if it is not listed."""
        session = self.skyspy.sessions.remove(sid)
        if session is not None:
            self.load.end(session)
            self.connections.session_left(session.eio_sid, sid)
            self.subscriptions.leave(session)
        return session

    # -- greeting, reauthorizing, evicting -----------------------------------------------------

    def _greet(self, session: Session) -> None:
        if self.skyspy.sessions.get(session.sid) is not session:
            return
        try:
            self.before_greeting(session)
            if self.skyspy.sessions.get(session.sid) is not session:
                return
            self.sync_rooms(session)
            self.greet(session)
            if session.token_error is not None:
                self.send(session, "error", _anonymous_after(session.token_error))
        except Exception:
            self.crashes += 1
            log.exception("greeting a client of %s failed", self.path)

    def before_greeting(self, session: Session) -> None:
        """Wait for what the greeting needs. May yield."""

    def greet(self, session: Session) -> None:
        """Send this namespace's greeting, if it has one. The rooms were joined before, with no greenlet switch since."""
        if self.row.greeting is not None:
            for topic in self.topics_of(session):
                self.subscriptions.show(session, topic)

    def topics_of(self, session: Session) -> set[str]:
        """The topics that the session gets now."""
        return self.subscriptions.automatic(session)

    def resend_snapshots(self, session: Session) -> None:
        """Send the session its state again: its sky or its audience has changed."""

    def evict(self, session: Session, code: str, message: str = "") -> None:
        """Send a client the reason, disconnect it, and end its connection if no other session uses it."""
        if self._remove(session.sid) is None:
            return
        try:
            self.send(session, "error", {"code": code, "message": message or MESSAGES.get(code, code)})
            self.server.disconnect(session.sid, namespace=self.path)
        except Exception:
            log.exception("disconnecting a client of %s failed", self.path)
        gevent.spawn_later(EVICTION_SECONDS, self.connections.close_unused, session.eio_sid)

    def impact(self, session: Session, found: Principal | TokenError | None, settings: Settings) -> Impact:
        """The impact on a session of its present identity: `found` is its principal, token error, or None (anonymous)."""
        held = {name: topic.permission for name, topic in self.skyspy.skies[session.sky].topics.items() if name in session.topics}
        return impact(found, settings, self.row, held)

    def reauthorize(self, session: Session, principal: Principal, lost: tuple[str, ...]) -> None:
        """Apply a principal's present rights to a live session: rooms, sky, and topics without `lost`. Does not yield."""
        sky = self.skyspy.skies[principal.sky]
        view = (sky.name, sky.view.audience(principal))
        changed = view != (session.sky, session.audience)
        is_another = principal.user_id != session.principal.user_id
        if is_another or sky.name != session.sky:
            # What the streams store for the session belongs to its former sky or user.
            self.subscriptions.leave(session)
        session.principal = principal
        session.sky, session.audience = view
        session.topics.difference_update(lost)
        self.sync_rooms(session)
        if lost:
            remaining = [name for name in sky.topics if name in session.topics]
            payload = {"topics": list(lost), "remaining": remaining, "reason": MESSAGES["permission_denied"]}
            self.send(session, "unsubscribed", payload)
        if changed:
            self.resend_snapshots(session)
        elif is_another:
            self.subscriptions.show_personal(session)

    def sync_rooms(self, session: Session) -> None:
        """Join the streams of its topics, and make its rooms exactly those that the streams give it."""
        self.subscriptions.sync(session, self.topics_of(session))

    def send(self, session: Session, event: str, payload: object) -> None:
        """Send one event to one client."""
        self.skyspy.broadcast.send(session.sid, event, payload, self.path)

    # -- what clients send ---------------------------------------------------------------------

    def _event(self, event: str, sid: str, payload: object) -> Payload:
        session = self.skyspy.sessions.get(sid)
        if session is None:
            return _error("not_connected", NOT_CONNECTED)
        try:
            return self._answer(session, event, payload)
        except Refused as refused:
            return self._fail(session, refused.code, refused.message, payload)
        except StoreError as error:
            log.warning("an event cannot be answered while the database cannot be read: %s", error)
            return self._fail(session, "overloaded", MESSAGES["overloaded"], payload)
        except Exception:
            self.crashes += 1
            log.exception("an event of %s crashed its handler", self.path)
            return self._fail(session, "internal_error", "The server failed to do this", payload)

    def _answer(self, session: Session, event: str, payload: object) -> Payload:
        session.events += 1
        strikes = self.load.take(session)
        if strikes:
            return self._too_fast(session, strikes)
        ends = session.principal.expires_at
        if ends is not None and ends <= self.skyspy.clock.wall() and event != "authenticate":
            self.evict(session, "token_expired")
            return _error("token_expired", MESSAGES["token_expired"])
        handler = self.events.get(event)
        if handler is None:
            # Unknown events are ignored; only an acknowledgement, if requested, carries this error.
            return _error("unknown_event", "This event is not known here")
        if payload is None:
            payload = {}
        if not isinstance(payload, dict):
            raise Refused("bad_payload", "The payload must be an object")
        return handler(session, payload)

    def _too_fast(self, session: Session, strikes: int) -> Payload:
        if strikes >= MAX_STRIKES:
            self.evict(session, "rate_limited")
        elif strikes % REFUSALS_PER_REPLY == 1:
            self.send(session, "error", _error("rate_limited", MESSAGES["rate_limited"]))
        return _error("rate_limited", MESSAGES["rate_limited"])

    def _fail(self, session: Session, code: str, message: str, payload: object) -> Payload:
        failure = _error(code, message)
        request_id = payload.get("request_id") if isinstance(payload, dict) else None
        if isinstance(request_id, int | float) or (isinstance(request_id, str) and len(request_id) <= MAX_REQUEST_ID):
            failure |= {"type": "error", "request_id": request_id}
        self.send(session, "error", failure)
        return failure

    def _ping(self, session: Session, _payload: Payload) -> Payload:
        pong = {"timestamp": self.skyspy.clock.moment().timestamp}
        self.send(session, "pong", pong)
        return pong

    def _authenticate(self, session: Session, payload: Payload) -> Payload:
        token = TokenCredential(self.skyspy.tokens, payload.get("token"))
        admission = authorize(self.skyspy.settings, token, session.peer, self.row.permission)
        # As in _admit: no greenlet switch until the session has its new rights.
        if admission.token_error is not None:
            raise Refused(admission.token_error.code, admission.token_error.message)
        if not admission.principal.identified:
            raise Refused("token_missing")
        if self.skyspy.sessions.get(session.sid) is not session:
            return _error("not_connected", NOT_CONNECTED)
        session.token_error = None
        answer = _granted(admission.principal)
        self.send(session, "authenticated", answer)
        self.reauthorize(session, admission.principal, self.impact(session, admission.principal, admission.settings).lost)
        return answer


MAX_REQUEST_ID = 128


def _session(namespace: BaseNamespace, sid: str, connection: ClientConnection, environ: Any, admission: Admission) -> Session:
    """The session of a client that was admitted."""
    server = namespace.skyspy
    sky = server.skies[admission.principal.sky]
    return Session(
        sid=sid,
        eio_sid=connection.sid,
        namespace=namespace.path,
        principal=admission.principal,
        peer=connection.peer,
        since=server.clock.wall(),
        user_agent=printable(str(environ.get("HTTP_USER_AGENT", "")), 200),
        token_error=admission.token_error,
        sky=sky.name,
        audience=sky.view.audience(admission.principal),
    )


def _refuse_if_full(connections: ConnectionRegistry, connection: ClientConnection) -> None:
    code = connections.refusal_to_admit(connection)
    if code:
        raise Refused(code)


def _note_token_in_url(environ: Any, client: str) -> None:
    query = environ.get("QUERY_STRING", "")
    if "token" in query and "token" in parse_qs(query, keep_blank_values=True):
        log.warning("%s put a token into the URL, where proxies log it: ignored", client)


def _refuse(_session: Session, payload: Payload) -> Payload:
    # A packet that could not be decoded as an event.
    raise Refused(payload["code"], payload["message"])


def _granted(principal: Principal) -> Payload:
    user = {
        "name": principal.name,
        "role": principal.role,
        "permissions": sorted(principal.permissions),
        "kind": principal.kind,
    }
    return {"user": user, "expires_at": None if principal.expires_at is None else iso(principal.expires_at)}


def _anonymous_after(error: TokenError) -> Payload:
    """What a client is told that was admitted as anonymous because its token is not valid."""
    return _error(error.code, f"{error.message}. You are anonymous now")


def _error(code: str, message: str) -> Payload:
    return {"code": code, "message": message}
