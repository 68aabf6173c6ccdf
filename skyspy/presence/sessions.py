"""Infrastructure: the Socket.IO sessions that this process serves.

Invariants: a session is listed from its admission until it is evicted or leaves; a session that is not listed is
served nothing. Plain data without locks: gevent runs one greenlet at a time and nothing here yields. Connections are counted
in transport.connection.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from skyspy import topics
from skyspy.address import Peer
from skyspy.auth.principal import Principal, TokenError


@dataclass(slots=True, eq=False)
class Session:
    """One client in one namespace. `eio_sid` names its connection, which sessions of other namespaces may share.

    `token_error` is what was wrong with its token where it was admitted as anonymous all the same; `greeting` is whether it
    wants the namespace's greeting; `since` is wall
    seconds; `last_eviction_seen` is the newest eviction this process knew when the session came: only later ones apply to
    it; `topics` are the subscribed ones, `delta` the flavour of the aircraft stream; `rooms` are its Socket.IO rooms;
    `events` counts client events. `state` has one entry for each stream it listens to, by topic: what that stream stores for
    this session, set by its `joined` and removed after its `left`. `resume` is the (epoch, seq) to resume from, set during the
    one call of `snapshot` that answers.
    """

    sid: str
    eio_sid: str
    namespace: str
    principal: Principal
    peer: Peer
    since: float
    user_agent: str = ""
    token_error: TokenError | None = None
    greeting: bool = True
    sky: str = "live"
    audience: str = topics.PUBLIC
    topics: set[str] = field(default_factory=set)
    delta: bool = False
    rooms: set[str] = field(default_factory=set)
    state: dict[str, Any] = field(default_factory=dict)
    resume: tuple[str, int] | None = None
    last_eviction_seen: int = 0
    events: int = 0

    @property
    def address(self) -> str:
        """The client's address."""
        return self.peer.address

    @property
    def token_state(self) -> str:
        """`valid`, `none`, or the code of what was wrong with its token."""
        if self.token_error is not None:
            return self.token_error.code
        return "valid" if self.principal.identified else "none"


class SessionRegistry:
    """The list of live sessions, and of those that are to be disconnected.

    `process` is the name by which other processes on the same database know this one; `last_eviction_seen` is the id of the
    newest eviction that this process knows.
    """

    def __init__(self) -> None:
        self.process = secrets.token_hex(8)
        self.last_eviction_seen = 0
        self._sessions: dict[str, Session] = {}
        self._pending_disconnects: list[tuple[str, str, str]] = []

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        """All sessions as of now: the list may change during the iteration."""
        return iter(self.all())

    def all(self) -> list[Session]:
        """All sessions as of now."""
        return list(self._sessions.values())

    def get(self, sid: str) -> Session | None:
        """The session with this Socket.IO id."""
        return self._sessions.get(sid)

    def add(self, session: Session) -> None:
        """List a session."""
        session.last_eviction_seen = self.last_eviction_seen
        self._sessions[session.sid] = session

    def remove(self, sid: str) -> Session | None:
        """Remove a session from the list; None when it is not listed (any more)."""
        return self._sessions.pop(sid, None)

    def request_disconnect(self, session: Session, code: str, message: str) -> None:
        """Ask the reauthorizer to send a session this error and to disconnect it."""
        self._pending_disconnects.append((session.sid, code, message))

    def take_pending_disconnects(self) -> list[tuple[str, str, str]]:
        """The sessions to disconnect as (sid, code, message); each is returned once."""
        taken, self._pending_disconnects = self._pending_disconnects, []
        return taken

    def note_eviction(self, eviction_id: int) -> None:
        """Note that this process knows the eviction with this id in the store: it does not apply to sessions added later."""
        self.last_eviction_seen = max(self.last_eviction_seen, eviction_id)

    def topics(self) -> dict[str, int]:
        """How many sessions are subscribed to each topic."""
        return dict(Counter(topic for session in self._sessions.values() for topic in session.topics))
