"""Interfaces: one row per route: path, access, models of query, body and answer.

Invariants: a route exists by its row. The URL map, the access check, the parsing of query and body, and the OpenAPI document
are all made from it. No Flask request here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec, TypeVar

from msgspec import Struct

from skyspy.address import Peer
from skyspy.auth.principal import Principal
from skyspy.server import Server
from skyspy.services import Caller
from skyspy.sky import SkyView
from skyspy.store.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

PROBE, OPEN, BY_AUTH_MODE, BY_PERMISSION, IDENTIFIED, SIGNED_IN = (
    "probe",
    "open",
    "admitted",
    "holding",
    "identified",
    "signed in",
)
"""Access to a route, in this order: a supervisor's probe, with no check and no rate limit; any client, with no credential checked;
clients that the policy admits in the present auth mode; callers who hold the permission themselves, in every auth mode; callers
with an identity; users who signed in with a password (no API key)."""


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The context of an admitted request: principal, settings, peer and parameters. `query` and `body` are
    instances of the route's own models, `path` the values in its URL."""

    server: Server
    principal: Principal
    settings: Settings
    peer: Peer
    path: dict[str, str]
    query: Any = None
    body: Any = None

    @property
    def address(self) -> str:
        """The client's address."""
        return self.peer.address

    @property
    def caller(self) -> Caller:
        """The caller as services take it."""
        return Caller(self.principal, self.address)

    def call(self, service: Callable[Concatenate[Server, Caller, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service for the caller. Raises as the service does."""
        return service(self.server, self.caller, *args, **kwargs)

    @property
    def sky(self) -> SkyView:
        """The sky this principal sees: the sandbox for a test key."""
        return self.server.skies[self.principal.sky].view

    @property
    def audience(self) -> str:
        """How exactly the caller may know the receiver's location."""
        return self.sky.audience(self.principal)


def _never(_settings: Settings) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one path. `permission` is needed beside `access`; `answer` the model of a good answer, None
    where it has no body; `revalidate`: a client may keep the answer, with an ETag, and must ask whether it still holds; `also` are other paths that mean the same; `errors` statuses beyond those every
    route of its kind may give; `media` the content type of the answer; `open_when` says by which settings the route is OPEN;
    `is_search`: the view may look at very much: one at a time for each address (and kind of answer), charged by what it cost."""

    method: str
    path: str
    view: Callable[[RequestContext], object]
    tag: str
    access: str = BY_AUTH_MODE
    permission: str | None = None
    query: type[Struct] | None = None
    body: type[Struct] | None = None
    answer: Any = None
    status: int = 200
    also: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    media: str = "application/json"
    open_when: Callable[[Settings], bool] = _never
    revalidate: bool = False
    is_search: bool = False

    @property
    def name(self) -> str:
        """The route's unique name."""
        return f"{self.view.__module__.rpartition('.')[2]}.{self.view.__name__}"

    @property
    def summary(self) -> str:
        """The first line of the view's docstring."""
        return (inspect.getdoc(self.view) or self.name).partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        """The rest of the view's docstring."""
        return (inspect.getdoc(self.view) or "").partition("\n")[2].strip()

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path, *self.also)


def path_parameters(path: str) -> list[str]:
    """The names between angle brackets in a path, in order."""
    return re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", path)


View = Callable[[RequestContext], object]


@dataclass
class Resource:
    """The routes of one file, under one heading of the document."""

    tag: str
    description: str
    routes: list[Route] = field(default_factory=list)

    def get(self, path: str, **row: Any) -> Callable[[View], View]:
        """A decorator that makes the view answer GET at this path."""
        return self._add("GET", path, row)

    def post(self, path: str, **row: Any) -> Callable[[View], View]:
        """A decorator that makes the view answer POST at this path."""
        return self._add("POST", path, row)

    def delete(self, path: str, **row: Any) -> Callable[[View], View]:
        """A decorator that makes the view answer DELETE at this path."""
        return self._add("DELETE", path, row)

    def _add(self, method: str, path: str, row: dict[str, Any]) -> Callable[[View], View]:
        def keep(view: View) -> View:
            self.routes.append(Route(method, path, view, self.tag, **row))
            return view

        return keep
