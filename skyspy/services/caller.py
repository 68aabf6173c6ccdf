"""Heart: who operates, and how he is refused.

Law: the one place that turns a principal into an audit row's actor, and the store's errors into
refusals that say what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from skyspy.auth.passwords import PasswordError, PasswordsBusy
from skyspy.auth.policy import may
from skyspy.auth.principal import MESSAGES, Principal
from skyspy.permissions import PERMISSION_NAMES
from skyspy.server import Server
from skyspy.store.audit import Actor
from skyspy.store.roles import AccountError, NotFound
from skyspy.store.settings import SettingError

STATUS = {"permission_denied": 403, "not_found": 404, "conflict": 409, "invalid": 400, "overloaded": 503}
"""What each refusal is in HTTP."""


@dataclass(eq=False)
class Refused(Exception):
    """What was asked is not done. `code` is a key of STATUS; `message` one line for a person; `fields` what is wrong with which."""

    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return STATUS[self.code]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and from where."""

    principal: Principal
    address: str = ""

    @property
    def actor(self) -> Actor:
        """How the audit log names him."""
        name = self.principal.name if self.principal.kind == "user" else f"{self.principal.name} / {self.principal.key_name}"
        return Actor(self.principal.kind, name, self.address)

    def require(self, server: Server, *permissions: str) -> None:
        """Refuse, and write it down, unless he holds every one of the permissions now."""
        settings = server.settings.fresh()
        for permission in permissions:
            if not may(self.principal, permission, settings):
                self.audit_denial(server, permission, [permission])
                raise Refused("permission_denied", f"{MESSAGES['permission_denied']}: this needs {permission}")

    def require_outranks(self, server: Server, permissions: frozenset[str], whom: str) -> None:
        """Refuse, and write it down, unless he holds everything they hold on whom he acts."""
        above = sorted(permissions - self.principal.permissions)
        if above:
            self.audit_denial(server, whom, above)
            raise Refused("permission_denied", f"{whom} holds {above[0]}, which you do not: ask somebody who does")

    def audit_denial(self, server: Server, about: str, lacks: Iterable[str]) -> None:
        """Write down that he tried what he may not. Of strangers there is nothing to say but that they came."""
        if self.principal.identified:
            server.refusals.note(self.actor, about, lacks)


def known(permissions: Iterable[str], field: str) -> frozenset[str]:
    """The permissions; refused where one of them is none. `field` is where they were written."""
    wanted = frozenset(permissions)
    unknown = sorted(wanted - PERMISSION_NAMES)
    if unknown:
        raise Refused("invalid", f"There is no permission {unknown[0][:64]!r}", {field: "unknown"})
    return wanted


@contextmanager
def as_refusals() -> Iterator[None]:
    """Say the store's and the registry's errors as refusals."""
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
    """An error's line, beginning with a capital letter."""
    text = str(error)
    return text[:1].upper() + text[1:]
