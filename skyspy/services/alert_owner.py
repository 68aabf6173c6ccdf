"""Application: to whom alert rules, watchlists, destinations and alerts belong, and what they may do while their owner is away.

Invariants: what is stored acts by the permissions that its owner has now, never by those of the moment at which it was made: nothing
of a disabled user, or of one who may not have alert rules any longer, acts. What a narrowed API key has saved stays as narrow, and a
destination that a key has saved ends with the key. Every function works on the rows of its caller in the sky of its caller: an id of
somebody else's is answered as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from skyspy.auth.policy import may
from skyspy.auth.principal import Principal
from skyspy.permissions import OPERATOR_PERMISSIONS, PERMISSION_NAMES
from skyspy.server import Context
from skyspy.services.caller import Caller, Refused, Transaction
from skyspy.services.filter_checks import bad_cursor
from skyspy.store import owned
from skyspy.store.owned import Noun, Owner
from skyspy.store.roles import NotFound
from skyspy.store.rows import parse_row_id
from skyspy.store.settings import Settings
from skyspy.store.users import User

P = ParamSpec("P")
T = TypeVar("T")

VIEW, EDIT = "alerts.view", "alerts.edit"
NEEDED = frozenset({VIEW, EDIT})
"""What an owner must hold, so that rules run and alerts are sent."""
MANAGE_SETTINGS = "settings.manage"

MAX_PAGE = 500
MAX_NAME = 100


def owner_of(caller: Caller) -> Owner:
    """The caller as an owner: its user, in the sky that it sees; an API key acts for its user. Raises Refused for who is no user."""
    if caller.principal.user_id is None:
        raise Refused("permission_denied", "Alert rules belong to users: sign in")
    return Owner(caller.principal.user_id, caller.principal.sky)


def read(
    context: Context,
    caller: Caller,
    fn: Callable[Concatenate[Connection, Owner, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """What `fn(connection, owner, ..)` reads of the caller's own rows. Raises Refused."""
    owner = owner_of(caller)
    return caller.read(context, VIEW, fn, owner, *args, **kwargs)


def act(context: Context, caller: Caller, work: Callable[[Transaction, Owner], T]) -> T:
    """What `work(transaction, owner)` returns, run in one transaction, for a caller who may change alert rules. Raises Refused."""
    owner = owner_of(caller)
    caller.require(context, VIEW)

    def checked(here: Transaction) -> T:
        here.require(VIEW)
        return work(here, owner)

    return caller.act(context, EDIT, checked)


def row_id(noun: Noun, text: str) -> int:
    """The id of a row. Raises NotFound for what cannot be one."""
    number = parse_row_id(text)
    if number is None:
        raise owned.unknown(noun)
    return number


def refused_id(noun: Noun, text: str) -> int:
    """As `row_id`, for what is not run in a transaction. Raises Refused."""
    try:
        return row_id(noun, text)
    except NotFound as error:
        raise Refused("not_found", str(error)[:1].upper() + str(error)[1:]) from error


def after_of(cursor: str | None) -> int | None:
    """The id after which the next page begins; None: this is the first page. Raises Refused."""
    if cursor is None:
        return None
    number = parse_row_id(cursor)
    if number is None:
        raise bad_cursor()
    return number


def checked_name(name: object) -> str:
    """The name of a watchlist or destination. Raises Refused."""
    if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        message = f"is 1 to {MAX_NAME} printable characters"
        raise Refused("invalid", f"The name {message}", {"name": message})
    return name.strip()


# -- while the owner is away ----------------------------------------------------------------------


def acting(user: User, sky: str, scopes: frozenset[str] | None) -> Principal:
    """As whom a row acts that this user owns in this sky, and that a key with these scopes has saved (None: without limit)."""
    held = user.permissions - OPERATOR_PERMISSIONS if sky == "sandbox" else user.permissions
    held = held if scopes is None else held & scopes
    return Principal("user", user.id, user.name, user.role, held, scopes, sky)


def rights(principal: Principal, settings: Settings) -> frozenset[str]:
    """Every permission that this principal has under these settings."""
    return frozenset(name for name in PERMISSION_NAMES if may(principal, name, settings))


def rights_away(user: User | None, sky: str, scopes: frozenset[str] | None, settings: Settings) -> frozenset[str] | None:
    """What a row may do as `acting`; None: it does nothing, because its owner is gone, disabled, or may not have alert rules."""
    if user is None or user.disabled:
        return None
    found = rights(acting(user, sky, scopes), settings)
    return found if found >= NEEDED else None
