"""One row per route: what it serves, who may ask, what goes in and what comes out.

Law: a route exists by its row. The URL map, the door's check, the parsing of query and body, and the
API's document are all made from it; a view is the few lines that are left. No request object here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from skyspy.auth.principal import Principal
from skyspy.server import Server
from skyspy.sky import Sky
from skyspy.store.settings import Settings

PROBE, OPEN, ADMITTED, HOLDING, IDENTIFIED, SIGNED_IN = "probe", "open", "admitted", "holding", "identified", "signed in"
"""Who may ask: a supervisor, uncounted and without a look at anything; anyone, without a look at his credential; whom the policy admits in the present auth mode;
an identity that itself holds the permission of the row, whatever the auth mode opens to others;
somebody with an identity; somebody who signed in with his password (an API key will not do)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that was let in: who asks, under which settings, and what. `query` and `body` are
    instances of the route's own models, `path` the values in its URL."""

    server: Server
    principal: Principal
    settings: Settings
    address: str
    path: dict[str, str]
    query: Any = None
    body: Any = None

    @property
    def sky(self) -> Sky:
        """The sky this principal lives in: the sandbox for a test key."""
        return self.server.skies[self.principal.sky]

    @property
    def audience(self) -> str:
        """Whether he may know where the receiver stands."""
        return self.sky.audience(self.principal)


def _never(_settings: Settings) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Route:
    """One method at one path. `needs` is a permission beside `access`; `answer` the model of a good answer, None
    where it has no body; `also` are other paths that mean the same; `errors` statuses beyond those every
    route of its kind may give; `media` the content type of the answer; `open_when` says by which settings the route is OPEN."""

    method: str
    path: str
    view: Callable[[Asked], object]
    tag: str
    access: str = ADMITTED
    needs: str | None = None
    query: type[Struct] | None = None
    body: type[Struct] | None = None
    answer: Any = None
    status: int = 200
    also: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    media: str = "application/json"
    open_when: Callable[[Settings], bool] = _never

    @property
    def name(self) -> str:
        """A name that no other route has."""
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


def words_in(path: str) -> list[str]:
    """The names between angle brackets in a path, in order."""
    return re.findall(r"<(?:[^:<>]+:)?([^<>]+)>", path)


View = Callable[[Asked], object]


@dataclass
class Resource:
    """The routes of one file, under one heading of the document."""

    tag: str
    says: str
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
