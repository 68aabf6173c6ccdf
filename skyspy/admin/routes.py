"""Interfaces: one row per page of the panel, and one per route: address, permissions, and whether the password is needed.

Invariants: a page exists by its row; the navigation, the checks before a view and the URL map are made from it. A view is
called only if every condition in its row holds. No Flask request here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

from flask.typing import ResponseReturnValue
from flask_login import UserMixin

from skyspy import permissions
from skyspy.auth.panel_sessions import Browser, PanelSessions
from skyspy.auth.policy import may
from skyspy.auth.principal import ANONYMOUS, Principal
from skyspy.server import Server
from skyspy.services import Caller
from skyspy.store.panel_sessions import PanelSession
from skyspy.store.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

OPERATES = tuple(p.name for p in permissions.PERMISSIONS if p.name in permissions.OPERATOR_PERMISSIONS)
"""The permissions of operators; users with none of them have their own pages only."""


class PanelUser(UserMixin):  # type: ignore[misc] # flask-login has no types
    """The signed-in user for flask-login. Its id is the secret in the cookie, not the user's id;
    `settings` are those that the session was checked under."""

    def __init__(self, secret: str, session: PanelSession, principal: Principal, settings: Settings) -> None:
        self._secret = secret
        self.session = session
        self.principal = principal
        self.settings = settings
        self.name = principal.name

    def get_id(self) -> str:
        """The value that flask-login stores in the signed cookie."""
        return self._secret


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The context of a request: the server, the browser, the signed-in user, and the settings in force."""

    server: Server
    pages: PanelSessions
    browser: Browser
    settings: Settings
    user: PanelUser | None = None

    @property
    def principal(self) -> Principal:
        return ANONYMOUS if self.user is None else self.user.principal

    @property
    def caller(self) -> Caller:
        """The caller as services take it."""
        return Caller(self.principal, self.browser.address)

    def call(self, service: Callable[Concatenate[Server, Caller, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service for the user. Raises as the service does."""
        return service(self.server, self.caller, *args, **kwargs)

    @property
    def session(self) -> PanelSession:
        """The signed-in user's session; only for views of routes that are not open."""
        assert self.user is not None, "an open route has no session"  # noqa: S101 - a programming error
        return self.user.session

    def may(self, *permissions: str) -> bool:
        """Whether the user holds any of the permissions; without any, whether a user is signed in."""
        if self.user is None:
            return False
        return not permissions or any(may(self.principal, permission, self.settings) for permission in permissions)


View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True, slots=True)
class Route:
    """One address and method. `open`: no sign-in needed; `fresh`: needs a recent proof of the password; `quiet`: requested by
    a page's script, which does not count as use of the session; its errors are JSON."""

    page: Page
    method: str
    path: str
    view: View
    open: bool = False
    fresh: bool = False
    quiet: bool = False

    @property
    def endpoint(self) -> str:
        """The name by which `url_for("admin.<endpoint>")` finds it."""
        return f"{self.page.key}_{self.view.__name__}"


@dataclass(eq=False)
class Page:
    """A page and its routes. `key` begins the names of its endpoints; any one of `permissions` admits a user (none: every
    signed-in user is admitted); `group` is its heading in the navigation ("": it is not listed)."""

    key: str
    path: str
    title: str
    permissions: tuple[str, ...] = ()
    group: str = ""
    routes: list[Route] = field(default_factory=list)

    def get(self, path: str | None = None, **row: bool) -> Callable[[View], View]:
        """A decorator: the view answers GET at this path (None: the page's own); `row` are the flags of Route."""
        return self._add("GET", path, row)

    def post(self, path: str | None = None, **row: bool) -> Callable[[View], View]:
        """A decorator: the view answers POST at this path; a POST always carries the CSRF token."""
        return self._add("POST", path, row)

    def _add(self, method: str, path: str | None, row: dict[str, bool]) -> Callable[[View], View]:
        def keep(view: View) -> View:
            self.routes.append(Route(self, method, self.path if path is None else path, view, **row))
            return view

        return keep
