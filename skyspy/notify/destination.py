"""Where alerts go, what is sent there, and what became of one try.

Invariants: what is secret of a destination is in `Destination.secrets` alone, which is in no representation, error or log line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

WEBHOOK, MQTT, APPRISE, BROWSER = "webhook", "mqtt", "apprise", "browser"
KINDS = (WEBHOOK, MQTT, APPRISE, BROWSER)
"""A destination of the kind `browser` is the open pages of its owner: nothing is delivered to it here."""

SEAL_PURPOSE = "alert destinations"
"""The purpose of the key under which secrets of destinations are stored."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination with its secrets in clear. `settings` and `secrets` are what `settings.check` gave. `may_private`: its owner holds
    settings.manage, and may send to hosts of private networks and by every service of Apprise."""

    id: int
    owner_id: int
    kind: str
    name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    may_private: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent. `id` stays the same over all tries. `title` and `body` are for people; `data` is for programs, as JSON. `at` is when it
    was made, in wall seconds. `type` names it for programs: "alert.triggered", "alert.summary", "alert.test"."""

    id: str
    title: str
    body: str
    data: Mapping[str, Any]
    at: float
    type: str = "alert.triggered"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `status` is that of HTTP, where there is one; `reason` is one line for people, without secrets, "" where
    it was delivered. `is_gone`: the destination wants nothing more (410). `is_final`: another try would fail as well.
    `retry_after_s`: how long the other side asked to wait."""

    ok: bool
    status: int | None = None
    reason: str = ""
    is_gone: bool = False
    is_final: bool = False
    retry_after_s: float | None = None


def broker_of(settings: Mapping[str, Any]) -> str:
    """The broker to which settings of the kind `mqtt` lead. A password is for the broker for which it was entered, and goes to no other: else
    a key that may change destinations could have it sent to any host."""
    return f"{settings['host']}:{settings['port']}:{'tls' if settings['tls'] else 'plain'}"


@dataclass(frozen=True, slots=True)
class Timing:
    """Bounds in seconds: for resolving a name and for connecting to one address, and for a whole try."""

    connect_s: float = 8.0
    total_s: float = 20.0


class Delivery(Protocol):
    """The part of an outbox's row that is used here (store/history/outbox.py)."""

    @property
    def id(self) -> str: ...
    @property
    def alert_id(self) -> str | None: ...
    @property
    def owner_id(self) -> int: ...
    @property
    def destination_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def data(self) -> Mapping[str, Any]: ...
    @property
    def created_at(self) -> float: ...
    @property
    def attempts(self) -> int: ...
