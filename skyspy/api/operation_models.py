"""Interfaces: the bodies of requests and answers about settings, receivers, live connections and the audit log.

Invariants: as in account_models.py.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from skyspy.api.account_models import PageQuery, SearchQuery
from skyspy.api.models import Count, NextCursor, Timestamp, Total

Moment = Annotated[datetime, Meta(tz=True)]
Url = Annotated[str, Meta(description="The receiver as a URL, such as beast://host:30005", min_length=1, max_length=1000)]


# -- settings -------------------------------------------------------------------------------------


class Setting(Struct, forbid_unknown_fields=True):
    """A setting, its value and who chose it."""

    name: str
    title: Annotated[str, Meta(description="What the panel calls it")]
    value: Any
    default: Any
    is_default: bool
    group: str
    says: str
    unit: str
    changed_by: str | None
    changed_at: str | None


class Settings(Struct, forbid_unknown_fields=True):
    """Every setting."""

    settings: list[Setting]


class Changes(Struct):
    """Settings and their new values; null chooses the default."""

    changes: Annotated[dict[str, Any], Meta(description="Setting names and their new values; null chooses the default")]


class SettingsImpact(Struct, forbid_unknown_fields=True):
    """What a change of settings would do to present connections."""

    disconnected: Annotated[dict[str, int], Meta(description="Connections that would end, by kind: anonymous, user, key")]
    namespaces: Annotated[dict[str, int], Meta(description="The same connections, by namespace")]
    where: Annotated[dict[str, dict[str, int]], Meta(description="The same connections, by kind and namespace")]
    own: Annotated[int, Meta(description="How many of them are the caller's")]
    near: Annotated[int, Meta(description="How many of them are anonymous and come from the caller's address")]
    lost: Annotated[dict[str, int], Meta(description="Connections that would lose a topic, by topic")]
    total: int


# -- receivers ------------------------------------------------------------------------------------


Label = Annotated[str, Meta(max_length=64)]


class Receiver(Struct, forbid_unknown_fields=True):
    """A receiver as operators see it, and how it does on the process that answers."""

    id: Annotated[int | None, Meta(description="What the other routes know it by; null: it is the environment's and stays")]
    url: Annotated[str, Meta(description="Without a password")]
    state: Annotated[str, Meta(description="connecting, up, stale, down, paused, demo or standby")]
    name: str | None
    format: str | None
    messages_per_second: float
    history: Annotated[
        list[float], Meta(description="Messages a second in steps of ten seconds, the oldest first, the last one now; 61 at most")
    ]
    aircraft: int | None
    last_seen: str | None
    error: Annotated[str | None, Meta(description="Why it is not up")]
    added_by: str | None
    added_at: str | None
    label: Annotated[str, Meta(description="The name that people gave it; empty: none")]


class ReceiverList(Struct, forbid_unknown_fields=True):
    """The receivers of the live sky, the environment's first."""

    feeds: list[Receiver]
    count: int


class NewReceiver(Struct):
    """A receiver to add."""

    url: Url
    label: Annotated[Label, Meta(description="A name for people")] = ""


class ReceiverChange(Struct):
    """What to change of an added receiver. What is absent stays as it is."""

    paused: Annotated[bool | UnsetType, Meta(description="true disconnects it until false")] = UNSET
    url: Annotated[Url | UnsetType, Meta(description="Another URL; *** stands for the user and password that it has")] = UNSET
    label: Annotated[Label | UnsetType, Meta(description="A name for people; empty: none")] = UNSET


class ReceiverCheck(Struct, forbid_unknown_fields=True):
    """What came in a few seconds."""

    aircraft: int
    messages: int
    seconds: float
    error: Annotated[str | None, Meta(description="What is wrong with it; null: nothing")]


# -- live connections and the audit log -----------------------------------------------------------


class LiveQuery(SearchQuery):
    """Which connections to list."""

    namespace: Annotated[str, Meta(description="Only this namespace, such as /audio", max_length=32)] = ""
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=5000)] = 500


class AuditQuery(PageQuery):
    """Which rows of the audit log to read."""

    actor: Annotated[str, Meta(description="The exact name of who acted", max_length=64)] = ""
    action: Annotated[str, Meta(description="Such as user.create; `user.` means all of them", max_length=32)] = ""
    object: Annotated[str, Meta(description="Part of the object's name", max_length=128)] = ""
    address: Annotated[str, Meta(description="The exact address it came from", max_length=64)] = ""
    since: Annotated[Moment | None, Meta(description="From this moment on, such as 2026-03-05T14:00:00Z")] = None
    until: Annotated[Moment | None, Meta(description="Before this moment")] = None
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=500)] = 100


class Connection(Struct, forbid_unknown_fields=True):
    """One client in one namespace."""

    sid: str
    namespace: str
    kind: str
    name: str
    key: str | None
    address: str
    since: Timestamp
    topics: list[str]
    sky: str
    messages: Annotated[int, Meta(description="Packets sent over its transport since it connected")]
    bytes: Annotated[int, Meta(description="Characters in them")]
    lag_ms: Annotated[int, Meta(description="For how long something has been waiting for it to read, ms")]


class LiveList(Struct, forbid_unknown_fields=True):
    """Present connections to every server process, by their ids."""

    connections: list[Connection]
    count: Count
    total: Total
    next_cursor: NextCursor
    namespaces: Annotated[dict[str, int], Meta(description="How many there are in each namespace, whatever was searched for")]


class Disconnect(Struct):
    """What to disconnect."""

    what: Annotated[
        Literal["socket", "key", "user", "anonymous"], Meta(description="What to disconnect; `id` names it, but for anonymous")
    ]
    id: Annotated[str, Meta(description="The socket's sid, the key's or the user's id", max_length=64)] = ""


class Disconnected(Struct, forbid_unknown_fields=True):
    """How many connections are told to disconnect."""

    sockets: int


class Entry(Struct, forbid_unknown_fields=True):
    """One row of the audit log."""

    id: int
    at: Timestamp
    actor_kind: str
    actor: str
    address: str
    action: str
    object: str
    before: Any
    after: Any


class Audit(Struct, forbid_unknown_fields=True):
    """Rows of the audit log, the newest first."""

    entries: list[Entry]
    count: Count
    next_cursor: NextCursor
