"""Tools floor: who is connected to this process now.

Law: a Session stands here from the moment the door admits it until the moment it is told to go, and
not a moment longer: what is not in this list is served nothing. Plain data behind one lock-free
structure: gevent runs one greenlet at a time and nothing here yields. No sockets, no judging.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from skyspy import topics
from skyspy.address import limit_key
from skyspy.auth.principal import Principal, TokenError


@dataclass(slots=True, eq=False)
class Session:
    """One client in one namespace. `eio_sid` names its transport, which other namespaces may share.

    `token_error` is what was wrong with its token where it was let in as anonymous all the same;
    `since` is wall seconds; `heard` is the last eviction that had been heard of here when it came: only later ones mean it;
    `topics` are the held ones, `delta` the flavour of the aircraft stream;
    `rooms` are the Socket.IO rooms it stands in. `state` has one entry for each stream it listens to, by topic: what that stream
    keeps of this session, made by its `joined` and gone after its `left`. `resume` is the (epoch, seq) from which it asks to go
    on, during the one call of `snapshot` that answers.
    """

    sid: str
    eio_sid: str
    namespace: str
    principal: Principal
    address: str
    since: float
    user_agent: str = ""
    token_error: TokenError | None = None
    sky: str = "live"
    audience: str = topics.PUBLIC
    topics: set[str] = field(default_factory=set)
    delta: bool = False
    rooms: set[str] = field(default_factory=set)
    state: dict[str, Any] = field(default_factory=dict)
    resume: tuple[str, int] | None = None
    heard: int = 0
    events: int = 0
    """Client events taken."""

    @property
    def token_state(self) -> str:
        """`valid`, `none`, or the code of what was wrong with its token."""
        if self.token_error is not None:
            return self.token_error.code
        return "valid" if self.principal.identified else "none"


class SessionRegistry:
    """The list of live sessions."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(8)
        """What the other processes on the same database know this one by."""
        self._heard = 0
        self._sessions: dict[str, Session] = {}
        self._transports: dict[str, set[str]] = {}
        self._addresses: dict[str, set[str]] = {}
        self._farewells: list[tuple[str, str, str]] = []

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        """Everybody, as of now: the list may change while it is walked."""
        return iter(list(self._sessions.values()))

    def add(self, session: Session) -> None:
        """Take a session in."""
        session.heard = self._heard
        self._sessions[session.sid] = session
        self._transports.setdefault(session.eio_sid, set()).add(session.sid)
        self._addresses.setdefault(limit_key(session.address), set()).add(session.eio_sid)

    def remove(self, sid: str) -> Session | None:
        """Let a session go; None when it is not here (any more)."""
        session = self._sessions.pop(sid, None)
        if session is None:
            return None
        here = self._transports[session.eio_sid]
        here.discard(sid)
        if not here:
            del self._transports[session.eio_sid]
            key = limit_key(session.address)
            lines = self._addresses.get(key, set())
            lines.discard(session.eio_sid)
            if not lines:
                self._addresses.pop(key, None)
        return session

    def get(self, sid: str) -> Session | None:
        """The session with this Socket.IO id."""
        return self._sessions.get(sid)

    def send_away(self, session: Session, code: str, message: str) -> None:
        """Ask the judge to tell a session why it has to go, and to end it; he looks twice a second."""
        self._farewells.append((session.sid, code, message))

    def hear(self, eviction_id: int) -> None:
        """An eviction (the store's, by its id) was heard of: who comes from now on came after it."""
        self._heard = max(self._heard, eviction_id)

    def take_farewells(self) -> list[tuple[str, str, str]]:
        """Whom to send away, as (sid, code, message); each is given once."""
        taken, self._farewells = self._farewells, []
        return taken

    def all(self) -> list[Session]:
        """Everybody, as of now."""
        return list(self._sessions.values())

    def has_transport(self, eio_sid: str) -> bool:
        """Whether anybody is admitted over this transport."""
        return eio_sid in self._transports

    @property
    def count(self) -> int:
        """Transports with somebody on them: what MAX_CONNECTIONS limits."""
        return len(self._transports)

    def count_at(self, address: str) -> int:
        """Transports of one address (of one /64 where it is IPv6)."""
        return len(self._addresses.get(limit_key(address), ()))

    def topics(self) -> dict[str, int]:
        """How many sessions hold each topic."""
        return _counted(topic for session in self._sessions.values() for topic in session.topics)


def _counted(words: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
