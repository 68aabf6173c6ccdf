"""What goes over HTTP for operators, as typed models.

Law: as models.py: every field says what it means; a body with an unknown field is refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from skyspy.api.models import Cursor, NextCursor, Timestamp

Id = Annotated[int, Meta(ge=1, le=10**15)]
Moment = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Says = Annotated[str, Meta(description="What the role is for", max_length=200)]
Search = Annotated[str, Meta(description="Part of a name", max_length=64)]
Permissions = Annotated[list[str], Meta(description="Names of permissions", max_length=64)]

Seconds = Annotated[float, Meta(description="Seconds it lives; left out: no end", ge=1, le=3.2e9)]
Networks = Annotated[list[str], Meta(description="Addresses or networks it may be used from; left out: anywhere", max_length=64)]


class User(Struct, forbid_unknown_fields=True):
    """A user as operators see him."""

    id: int
    name: str
    role: str
    disabled: bool
    created_at: Timestamp
    last_login_at: str | None
    last_login_from: str | None
    keys: Annotated[int, Meta(description="Keys that still work")]
    sockets: Annotated[int, Meta(description="Live sockets, whichever process serves them")]


class UserQuery(Struct):
    """Which users to list."""

    search: Search = ""
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=500)] = 50
    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class UserPage(Struct, forbid_unknown_fields=True):
    """Some users, by name."""

    users: list[User]
    count: Annotated[int, Meta(description="How many are on this page")]
    total: Annotated[int, Meta(description="How many match in all")]
    next_cursor: NextCursor


class NewUser(Struct):
    """A user to make."""

    name: Annotated[Name, Meta(description="The user's name: letters, digits and . _ - + @")]
    role: Annotated[Name, Meta(description="The name of a role")]
    password: Annotated[str | None, Meta(description="Left out: the answer holds an invitation")] = None


class MadeUser(Struct, forbid_unknown_fields=True):
    """The new user, and his invitation where he has no password."""

    user: User
    invitation: Annotated[str | None, Meta(description="The token of /admin/invite/<token>, shown once")]


class UserChange(Struct):
    """What to change of a user."""

    role: Annotated[Name | None, Meta(description="The name of another role")] = None
    password: Annotated[str | None, Meta(description="Another password; every sign-in with the old one ends")] = None
    disabled: Annotated[bool | None, Meta(description="true ends his sign-ins and rests his keys")] = None


class Link(Struct, forbid_unknown_fields=True):
    """A link's token, shown once."""

    token: str


class Role(Struct, forbid_unknown_fields=True):
    """A role and what it holds."""

    name: str
    says: str
    permissions: Permissions
    builtin: bool
    users: int
    sockets: Annotated[int, Meta(description="Live sockets, whichever process serves them")]


class Roles(Struct, forbid_unknown_fields=True):
    """Every role."""

    roles: list[Role]
    count: int


class NewRole(Struct):
    """A role to make."""

    name: Annotated[Name, Meta(description="1 to 32 small letters, digits, - and _")]
    permissions: Permissions = []
    like: Annotated[Name | None, Meta(description="A role whose permissions it holds too, as they are now")] = None
    says: Says = ""


class RoleChange(Struct):
    """What a role shall hold."""

    permissions: Permissions
    says: Annotated[Says | None, Meta(description="What the role is for; left out: as it is")] = None


class Key(Struct, forbid_unknown_fields=True):
    """An API key as operators see it: never the key itself."""

    id: int
    user: str
    user_id: int
    name: str
    kind: str
    hint: str
    works: bool
    scopes: list[str] | None
    networks: list[str] | None
    created_at: Timestamp
    expires_at: str | None
    revoked_at: str | None
    last_used_at: str | None
    last_used_from: str | None
    uses_per_day: Annotated[list[int], Meta(description="Of the last fourteen UTC days, the oldest first")]
    sockets: Annotated[int, Meta(description="Live sockets, whichever process serves them")]


class KeyQuery(Struct):
    """Which keys to list."""

    search: Search = ""
    ended: Annotated[bool, Meta(description="Whether to list those that ended too")] = True
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=500)] = 50
    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class Keys(Struct, forbid_unknown_fields=True):
    """Some keys, the newest first."""

    keys: list[Key]
    count: Annotated[int, Meta(description="How many are on this page")]
    total: Annotated[int, Meta(description="How many match in all")]
    next_cursor: NextCursor


class NewKey(Struct):
    """A key to make for a user."""

    user_id: Annotated[Id, Meta(description="The owner's id")]
    kind: Annotated[Literal["live", "test"], Meta(description="live, or test for the sandbox")]
    name: Annotated[Name, Meta(description="What the key is for")]
    scopes: Annotated[Permissions | None, Meta(description="What it is narrowed to; left out: all its owner may")] = None
    expires_in: Annotated[Seconds | None, Meta(description="Seconds it lives; left out: no end")] = None
    networks: Annotated[Networks | None, Meta(description="Where it may be used from; left out: anywhere")] = None


class MadeKey(Struct, forbid_unknown_fields=True):
    """A new key, shown once."""

    key: str
    info: Key


class Rotation(Struct):
    """How to replace a key."""

    overlap: Annotated[float, Meta(description="Seconds the old key goes on working", ge=0, le=7776000)] = 0


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


class Preview(Struct, forbid_unknown_fields=True):
    """What a change would do to those who are connected."""

    disconnected: Annotated[dict[str, int], Meta(description="Sockets told to go, by kind: anonymous, user, key")]
    namespaces: Annotated[dict[str, int], Meta(description="The same sockets, by namespace")]
    where: Annotated[dict[str, dict[str, int]], Meta(description="The same sockets, by kind and namespace")]
    own: Annotated[int, Meta(description="How many of them are of whoever asks")]
    near: Annotated[int, Meta(description="How many of them are anonymous and come from the asker's address")]
    lost: Annotated[dict[str, int], Meta(description="Sockets that lose a topic, by topic")]
    total: int


class LiveQuery(Struct):
    """Which connections to list."""

    search: Search = ""
    namespace: Annotated[str, Meta(description="Only this namespace, such as /audio", max_length=32)] = ""
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=5000)] = 500
    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


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
    """Who is connected, to any process, by the connections' ids."""

    connections: list[Connection]
    count: Annotated[int, Meta(description="How many are on this page")]
    total: Annotated[int, Meta(description="How many match in all")]
    next_cursor: NextCursor
    namespaces: Annotated[dict[str, int], Meta(description="How many there are in each namespace, whatever was searched for")]


class Disconnect(Struct):
    """Whom to send away."""

    what: Annotated[
        Literal["socket", "key", "user", "anonymous"], Meta(description="What to send away; `id` names it, but for anonymous")
    ]
    id: Annotated[str, Meta(description="The socket's sid, the key's or the user's id", max_length=64)] = ""


class Disconnected(Struct, forbid_unknown_fields=True):
    """How many were told to go."""

    sockets: int


class AuditQuery(Struct):
    """Which rows of the log to read."""

    actor: Annotated[str, Meta(description="The exact name of who acted", max_length=64)] = ""
    action: Annotated[str, Meta(description="Such as user.create; `user.` means all of them", max_length=32)] = ""
    object: Annotated[str, Meta(description="Part of the object's name", max_length=128)] = ""
    address: Annotated[str, Meta(description="The exact address it came from", max_length=64)] = ""
    since: Annotated[Moment | None, Meta(description="From this moment on, such as 2026-03-05T14:00:00Z")] = None
    until: Annotated[Moment | None, Meta(description="Before this moment")] = None
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=500)] = 100
    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class Entry(Struct, forbid_unknown_fields=True):
    """One row of the log."""

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
    """Rows of the log, the newest first."""

    entries: list[Entry]
    count: Annotated[int, Meta(description="How many are on this page")]
    next_cursor: NextCursor
