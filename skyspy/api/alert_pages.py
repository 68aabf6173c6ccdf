"""Interfaces: pages of lists that services give with a cursor of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from skyspy.api.account_models import PageQuery
from skyspy.api.paging import decode_cursor, encode_cursor
from skyspy.api.routes import RequestContext


class Found(Protocol):
    """A page of a service."""

    @property
    def next_cursor(self) -> str | None: ...


T = TypeVar("T", bound=Found)


def page_of(context: RequestContext, service: Callable[..., T], *args: Any) -> tuple[T, str | None]:
    """The page that a request asks for, and the cursor of the next one as HTTP has it."""
    query: PageQuery = context.query
    found = context.call(service, *args, decode_cursor(query.cursor), query.limit)
    return found, None if found.next_cursor is None else encode_cursor(found.next_cursor)
