"""Application: the caller of a service, the parts of the server that services use, and how a service refuses.

This is the only place that turns a principal into the actor of an audit row, and the store's errors into refusals.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from skyspy.auth.apikeys import ApiKeys
from skyspy.auth.passwords import PasswordError, Passwords, PasswordsBusy
from skyspy.auth.policy import may
from skyspy.auth.principal import MESSAGES, Principal
from skyspy.auth.refusals import Refusals
from skyspy.auth.secret import Secret
from skyspy.clock import Clock
from skyspy.config import Config
from skyspy.permissions import PERMISSION_NAMES
from skyspy.store import Store
from skyspy.store.audit import Actor
from skyspy.store.roles import AccountError, NotFound
from skyspy.store.settings import SettingError, SettingsTable

STATUS = {"permission_denied": 403, "not_found": 404, "conflict": 409, "invalid": 400, "overloaded": 503}
"""The HTTP status of each refusal."""


@dataclass(eq=False)
class Refused(Exception):
    """A service refuses and changes nothing. `code` is a key of STATUS; `message` one line for a person; `fields` the error of each field."""

    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return STATUS[self.code]


class Context(Protocol):
    """The parts that services use: of the running server, or of the command line, which has no sessions and no receivers."""

    @property
    def config(self) -> Config: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def store(self) -> Store: ...
    @property
    def settings(self) -> SettingsTable: ...
    @property
    def secret(self) -> Secret: ...
    @property
    def passwords(self) -> Passwords: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def refusals(self) -> Refusals: ...


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
        """Refuse, with an audit row, unless the caller holds every one of the permissions now."""
        settings = context.settings.fresh()
        for permission in permissions:
            if not may(self.principal, permission, settings):
                self.audit_denial(context, permission, [permission])
                raise Refused("permission_denied", f"{MESSAGES['permission_denied']}: this needs {permission}")

    def require_outranks(self, context: Context, permissions: frozenset[str], whom: str) -> None:
        """Refuse, with an audit row, unless the caller holds all of `permissions`, which `whom` (a name, for the message) holds."""
        above = sorted(permissions - self.principal.permissions)
        if above:
            self.audit_denial(context, whom, above)
            raise Refused("permission_denied", f"{whom} holds {above[0]}, which you do not: ask somebody who does")

    def audit_denial(self, context: Context, about: str, lacks: Iterable[str]) -> None:
        """Write an audit row about a refused attempt; none for an anonymous caller."""
        if self.principal.identified:
            context.refusals.note(self.actor, about, lacks)


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
        raise Refused("not_found", sentence(error)) from error
    except AccountError as error:
        raise Refused("conflict", sentence(error)) from error
    except SettingError as error:
        raise Refused("invalid", sentence(error)) from error
    except PasswordError as error:
        raise Refused("invalid", sentence(error), {"password": str(error)}) from error
    except PasswordsBusy as error:
        raise Refused("overloaded", "The server is busy with other passwords: try again in a few seconds") from error


def sentence(error: Exception) -> str:
    """The error's text with a capital first letter."""
    text = str(error)
    return text[:1].upper() + text[1:]


def command_line(name: str) -> Caller:
    """The command line as a caller. It holds every permission, because its user can read the database anyway. `name` is the
    operating system's user."""
    return Caller(Principal("cli", name=name, permissions=PERMISSION_NAMES))
