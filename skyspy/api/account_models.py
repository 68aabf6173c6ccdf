"""Interfaces: the bodies of requests and answers about signing in, users, roles and API keys.

Invariants: one model per noun, for all callers. Every field of a request has a description. A body with an unknown field is refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from skyspy.api.models import Count, Cursor, NextCursor, Timestamp, Total

Id = Annotated[int, Meta(ge=1, le=10**15)]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Purpose = Annotated[str, Meta(description="What the role is for", max_length=200)]
Search = Annotated[str, Meta(description="Part of a name", max_length=64)]
Permissions = Annotated[list[str], Meta(description="Names of permissions", max_length=64)]
Sockets = Annotated[int, Meta(description="Live connections, whichever process serves them")]
SecretKey = Annotated[str, Meta(description="The key itself; it is never shown again")]

Scopes = Annotated[list[str], Meta(min_length=1, max_length=64)]
Networks = Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(min_length=1, max_length=64)]
KeyLife = Annotated[int, Meta(ge=60, le=315360000)]
AnyNetworks = Annotated[
    list[str], Meta(description="Addresses or networks it may be used from; left out: anywhere", max_length=64)
]
AnyLife = Annotated[float, Meta(description="Seconds it lives; left out: no end", ge=1, le=3.2e9)]


# -- lists ----------------------------------------------------------------------------------------


class PageQuery(Struct):
    """Which page of a list."""

    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=1000)] = 100
    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class SearchQuery(PageQuery):
    """Which of a list, and which page."""

    search: Search = ""
    limit: Annotated[int, Meta(description="How many on one page", ge=1, le=500)] = 50


class KeyQuery(SearchQuery):
    """Which keys to list."""

    ended: Annotated[bool, Meta(description="Whether to list those that ended too")] = True


# -- signing in -----------------------------------------------------------------------------------


class Login(Struct):
    """A user's name and password."""

    username: Annotated[str, Meta(description="The user's name, in any case", min_length=1, max_length=200)]
    password: Annotated[str, Meta(description="The password", min_length=1, max_length=4096)]


class Refresh(Struct):
    """A refresh token."""

    refresh: Annotated[str, Meta(description="The refresh token; it works once, its answer brings the next", max_length=4096)]


class Revoke(Struct):
    """A token to end."""

    token: Annotated[str, Meta(description="A refresh or access token; the whole sign-in it belongs to ends", max_length=4096)]


class User(Struct, forbid_unknown_fields=True):
    """A user and what the user may do."""

    name: str
    role: str
    permissions: Annotated[list[str], Meta(description="The permissions of the user's role")]


class TokenPair(Struct, forbid_unknown_fields=True):
    """What a sign-in gives."""

    access: Annotated[str, Meta(description="Send it as `Authorization: Bearer`, or in the Socket.IO `auth` object as `token`")]
    refresh: Annotated[str, Meta(description="Exchange it at /api/auth/token/refresh/ before `access` ends; works once")]
    token_type: Annotated[str, Meta(description="Bearer")]
    expires_in: Annotated[int, Meta(description="How long `access` lives, s")]
    user: User


class Me(Struct, forbid_unknown_fields=True):
    """The caller, and what the caller may do under the present settings."""

    kind: Annotated[str, Meta(description="user or key")]
    name: str
    role: str
    permissions: Annotated[list[str], Meta(description="What the caller may do now")]
    scopes: Annotated[list[str] | None, Meta(description="What the key is narrowed to; null: to nothing")]
    sky: Annotated[str, Meta(description="live, or sandbox for a test key")]
    expires_at: Annotated[str | None, Meta(description="When the credential ends, ISO 8601 UTC")]
    key: Annotated[str | None, Meta(description="The name of the key that was used")]


# -- users and roles ------------------------------------------------------------------------------


class UserDetails(User, forbid_unknown_fields=True):
    """A user with everything that operators see."""

    id: int
    disabled: bool
    created_at: Timestamp
    last_login_at: str | None
    last_login_from: str | None
    keys: Annotated[int, Meta(description="Keys that still work")]
    sockets: Sockets


class UserPage(Struct, forbid_unknown_fields=True):
    """A page of users, by name."""

    users: list[UserDetails]
    count: Count
    total: Total
    next_cursor: NextCursor


class NewUser(Struct):
    """A user to create."""

    name: Annotated[Name, Meta(description="The user's name: letters, digits and . _ - + @")]
    role: Annotated[Name, Meta(description="The name of a role")]
    password: Annotated[str | None, Meta(description="Left out: the answer holds an invitation")] = None


class CreatedUser(Struct, forbid_unknown_fields=True):
    """The new user, and an invitation where the user has no password."""

    user: UserDetails
    invitation: Annotated[str | None, Meta(description="The token of /admin/invite/<token>, shown once")]


class UserChange(Struct):
    """What to change of a user."""

    role: Annotated[Name | None, Meta(description="The name of another role")] = None
    password: Annotated[str | None, Meta(description="Another password; every sign-in with the old one ends")] = None
    disabled: Annotated[bool | None, Meta(description="true ends the user's sign-ins and suspends the user's keys")] = None


class Link(Struct, forbid_unknown_fields=True):
    """A one-time link's token, shown once."""

    token: str


class Role(Struct, forbid_unknown_fields=True):
    """A role and what it holds."""

    name: str
    says: str
    permissions: Permissions
    builtin: bool
    users: int
    sockets: Sockets


class Roles(Struct, forbid_unknown_fields=True):
    """Every role."""

    roles: list[Role]
    count: int


class NewRole(Struct):
    """A role to create."""

    name: Annotated[Name, Meta(description="1 to 32 small letters, digits, - and _")]
    permissions: Permissions = []
    like: Annotated[Name | None, Meta(description="A role whose permissions it holds too, as they are now")] = None
    says: Purpose = ""


class RoleChange(Struct):
    """What a role shall hold."""

    permissions: Permissions
    says: Annotated[Purpose | None, Meta(description="What the role is for; left out: as it is")] = None


# -- API keys -------------------------------------------------------------------------------------


class Key(Struct, forbid_unknown_fields=True):
    """An API key as it may be shown: never the key itself."""

    id: int
    user: Annotated[str, Meta(description="The name of its owner")]
    user_id: int
    name: str
    kind: Annotated[str, Meta(description="live, or test for the sandbox")]
    hint: Annotated[str, Meta(description="How the key begins")]
    state: Annotated[str, Meta(description="active, expired or revoked")]
    works: Annotated[bool, Meta(description="Whether it is active")]
    scopes: Annotated[list[str] | None, Meta(description="What it is narrowed to; null: all its owner may do")]
    networks: Annotated[list[str] | None, Meta(description="Where it may be used from; null: anywhere")]
    created_at: Timestamp
    expires_at: str | None
    revoked_at: str | None
    rotated_to: Annotated[int | None, Meta(description="The id of the key that follows it")]
    maker_key_id: Annotated[
        int | None, Meta(description="The id of the key that made it, with which it ends; null: a person made it")
    ]
    last_used_at: str | None
    last_used_from: str | None
    uses_per_day: Annotated[list[int], Meta(description="Of the last fourteen UTC days, the oldest first")]
    sockets: Sockets


class KeyPage(Struct, forbid_unknown_fields=True):
    """A page of keys: one's own with the oldest first, everybody's with the newest first."""

    keys: list[Key]
    count: Count
    total: Total
    next_cursor: NextCursor


class NewKey(Struct):
    """A key to create for oneself."""

    name: Annotated[str, Meta(description="What you will know it by", min_length=1, max_length=64)]
    kind: Annotated[Literal["live", "test"], Meta(description="test: it sees the sandbox")] = "live"
    scopes: Annotated[Scopes | None, Meta(description="Permissions to narrow it to; left out: all yours")] = None
    networks: Annotated[Networks | None, Meta(description="Networks it may be used from, such as 192.0.2.0/24")] = None
    expires_in: Annotated[KeyLife | None, Meta(description="When it ends by itself, seconds from now; left out: never")] = None


class NewUserKey(Struct):
    """A key to create for a user."""

    user_id: Annotated[Id, Meta(description="The owner's id")]
    kind: Annotated[Literal["live", "test"], Meta(description="live, or test for the sandbox")]
    name: Annotated[Name, Meta(description="What the key is for")]
    scopes: Annotated[Permissions | None, Meta(description="What it is narrowed to; left out: all its owner may")] = None
    expires_in: Annotated[AnyLife | None, Meta(description="Seconds it lives; left out: no end")] = None
    networks: Annotated[AnyNetworks | None, Meta(description="Where it may be used from; left out: anywhere")] = None


class CreatedKey(Struct, forbid_unknown_fields=True):
    """A new key of one's own. It is shown this once."""

    key: SecretKey
    details: Key


class CreatedUserKey(Struct, forbid_unknown_fields=True):
    """A new key of a user. It is shown this once."""

    key: SecretKey
    info: Key


class Rotation(Struct):
    """How to replace a key of one's own."""

    overlap: Annotated[int, Meta(description="How long the old key goes on working, s", ge=0, le=2592000)] = 0


class UserKeyRotation(Struct):
    """How to replace a user's key."""

    overlap: Annotated[float, Meta(description="Seconds the old key goes on working", ge=0, le=7776000)] = 0
