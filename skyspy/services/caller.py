"""Application: the caller of a service, and how a service refuses.

This is the only place that turns a principal into the actor of an audit row, and the store's errors into refusals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Concatenate, ParamSpec, TypeAlias, TypeVar

from skyspy.auth.apikeys import principal_of_key
from skyspy.auth.passwords import PasswordError, PasswordsBusy
from skyspy.auth.policy import may
from skyspy.auth.principal import MESSAGES, Principal, TokenError
from skyspy.permissions import PERMISSION_NAMES
from skyspy.server import Context
from skyspy.store import Connection, families, keys, state, users
from skyspy.store.audit import Actor
from skyspy.store.errors import UnstorableValue
from skyspy.store.roles import AccountError, NotFound
from skyspy.store.settings import SettingError, Settings

P = ParamSpec("P")
T = TypeVar("T")

STATUS = {"permission_denied": 403, "not_found": 404, "conflict": 409, "invalid": 400, "rate_limited": 429, "overloaded": 503}
"""The HTTP status of each refusal."""


@dataclass(eq=False)
class Refused(Exception):
    """A service refuses and changes nothing. `code` is a key of STATUS; `message` one line for a person; `fields` the error of each field.
    `retry_after`: seconds after which it may be different; None: not known."""

    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None

    @property
    def status(self) -> int:
        return STATUS[self.code]


@dataclass(eq=False)
class Denied(Refused):
    """The caller lacks something. For the audit row: `about` names what the attempt was about, `lacks` the missing permissions
    (or what else is missing)."""

    about: str = ""
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """The principal that calls a service, and its address."""

    principal: Principal
    address: str = ""

    @property
    def actor(self) -> Actor:
        """How the audit log names the caller; an API key with its owner."""
        name = f"{self.principal.name} / {self.principal.key_name}" if self.principal.kind == "key" else self.principal.name
        return Actor(self.principal.kind, name, self.address)

    def require(self, context: Context, *permissions: str) -> None:
        """Refuse, with an audit row, unless the caller held every one of the permissions when the request was admitted."""
        with self._denials_audited(context):
            for permission in permissions:
                _require(self.principal, permission, context.settings.fresh())

    def read(
        self, context: Context, permission: str, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Return `fn(connection, *args, **kwargs)`, run in a read-only transaction, for a caller that holds the permission. Raises
        StoreError, and Refused, with an audit row where the caller lacks the permission."""
        self.require(context, permission)
        with as_refusals():
            return context.store.read(fn, *args, **kwargs)

    def require_holds_all(self, context: Context, permissions: frozenset[str], whom: str) -> None:
        """Refuse, with an audit row, unless the caller holds all of `permissions`, which `whom` (a name, for the message) holds."""
        with self._denials_audited(context):
            _require_holds_all(self.principal, permissions, whom)

    def act(self, context: Context, permission: str | None, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `work(transaction, *args, **kwargs)`, run in one transaction that holds the lock on the version: the permissions
        it reads, of the caller and of others, do not change before its changes are committed.

        `permission` is what the caller must hold (None: nothing). `work` checks everything else (Transaction.require_holds_all)
        before it changes anything. It may run in a native thread; slow steps, such as hashing a password, belong before the call.
        Raises StoreError, and Refused, with an audit row where the caller lacks something.
        """
        if permission is not None:
            # First by the permissions as admitted: most refusals then need no lock.
            self.require(context, permission)
        with self._denials_audited(context), as_refusals():
            return context.store.write(lambda connection: work(self._enter(context, connection, permission), *args, **kwargs))

    def read_as_admitted(
        self, context: Context, permission: str | None, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As `act`, in a read-only transaction and by the permissions as admitted: to refuse before a slow step."""

        def read(connection: Connection) -> T:
            here = Transaction(connection, self.principal, self.actor, context.clock.wall(), context.settings.current)
            if permission is not None:
                here.require(permission)
            return work(here, *args, **kwargs)

        with self._denials_audited(context), as_refusals():
            return context.store.read(read)

    def _enter(self, context: Context, connection: Connection, permission: str | None) -> Transaction:
        """A Transaction on this connection: takes the lock on the version, reads the caller as stored now, and requires the
        permission. Raises Denied."""
        state.lock(connection)
        at = context.clock.wall()
        here = Transaction(connection, _present(connection, self.principal, at), self.actor, at, context.settings.current)
        if permission is not None:
            here.require(permission)
        return here

    @contextmanager
    def _denials_audited(self, context: Context) -> Iterator[None]:
        try:
            yield
        except Denied as denied:
            self.audit_denial(context, denied.about, denied.lacks)
            raise

    def audit_denial(self, context: Context, about: str, lacks: Iterable[str]) -> None:
        """Write an audit row about a refused attempt; none for an anonymous caller."""
        if self.principal.identified:
            context.refusals.note(self.actor, about, lacks)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A database transaction made for a caller. `principal` is the caller: in `act` as stored now, in `read_as_admitted` as admitted; `actor` is
    the caller for audit rows; `at` is wall seconds."""

    connection: Connection
    principal: Principal
    actor: Actor
    at: float
    settings: Settings

    def require(self, permission: str) -> None:
        """Raise Denied unless the caller holds the permission."""
        _require(self.principal, permission, self.settings)

    def require_holds_all(self, permissions: frozenset[str], whom: str) -> None:
        """Raise Denied unless the caller holds all of `permissions`, which `whom` (a name, for the message) holds."""
        _require_holds_all(self.principal, permissions, whom)

    def require_unlimited_key(self, about: str) -> None:
        """Raise Denied where the caller is an API key with an end, networks or scopes. What it would make (`about`, in the
        plural) would last longer or permit more than the key."""
        key = self.principal
        if key.kind == "key" and not (key.expires_at is None and key.networks is None and key.scopes is None):
            message = (
                f"An API key that has an end, networks or scopes does not make {about}: sign in, or use a key without limits"
            )
            raise Denied("permission_denied", message, about=about, lacks=("a key without limits",))


Work: TypeAlias = Callable[Concatenate[Transaction, P], T]
"""What a service does in a transaction."""


def _require(principal: Principal, permission: str, settings: Settings) -> None:
    if not may(principal, permission, settings):
        message = f"{MESSAGES['permission_denied']}: this needs {permission}"
        raise Denied("permission_denied", message, about=permission, lacks=(permission,))


def _require_holds_all(principal: Principal, permissions: frozenset[str], whom: str) -> None:
    above = tuple(sorted(permissions - principal.permissions))
    if above:
        message = f"{whom} holds {above[0]}, which you do not: ask somebody who does"
        raise Denied("permission_denied", message, about=whom, lacks=above)


def _present(connection: Connection, principal: Principal, at: float) -> Principal:
    """The principal as stored now; the command line and anonymous clients, which are not stored, unchanged. Raises Denied where
    its key or sign-in has ended, or its user is disabled or deleted."""
    if principal.user_id is None:
        return principal
    try:
        if principal.key_id is not None:
            return principal_of_key(keys.by_id(connection, principal.key_id), at)
        user = users.by_id(connection, principal.user_id)
        family = principal.family_id and families.by_ids(connection, [principal.family_id])[principal.family_id]
    except (NotFound, KeyError, TokenError):
        raise _ended() from None
    if user.disabled or (family and family.revoked_at is not None):
        raise _ended()
    return replace(principal, name=user.name, role=user.role, permissions=user.permissions)


def _ended() -> Denied:
    message = "Your sign-in or key has ended meanwhile: sign in again"
    return Denied("permission_denied", message, about="an act after the end", lacks=("a sign-in or key that has not ended",))


def validated_permissions(permissions: Iterable[str], field: str) -> frozenset[str]:
    """The permissions as a set; refused where one does not exist. `field` names the form field or JSON property for the error."""
    wanted = frozenset(permissions)
    unknown = sorted(wanted - PERMISSION_NAMES)
    if unknown:
        raise Refused("invalid", f"There is no permission {unknown[0][:64]!r}", {field: f"{unknown[0][:64]}: no such permission"})
    return wanted


@contextmanager
def as_refusals() -> Iterator[None]:
    """Turn errors of the store, the settings registry and the password rules into refusals."""
    try:
        yield
    except NotFound as error:
        raise Refused("not_found", as_sentence(error)) from error
    except AccountError as error:
        raise Refused("conflict", as_sentence(error)) from error
    except (SettingError, UnstorableValue) as error:
        raise Refused("invalid", as_sentence(error)) from error
    except PasswordError as error:
        raise Refused("invalid", as_sentence(error), {"password": str(error)}) from error
    except PasswordsBusy as error:
        raise Refused("overloaded", "The server is busy with other passwords: try again in a few seconds") from error


def as_sentence(error: Exception) -> str:
    """The error's text with a capital first letter."""
    text = str(error)
    return text[:1].upper() + text[1:]


def command_line_caller(name: str) -> Caller:
    """The command line as a caller. It holds every permission, because its user can read the database anyway. `name` is the
    operating system's user."""
    return Caller(Principal("cli", name=name, permissions=PERMISSION_NAMES))
