"""Application: reading and writing the history of the sky that a caller sees, with the store's errors as refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from skyspy.server import Server
from skyspy.services.caller import Caller, Refused
from skyspy.store.errors import StoreError, StoreFull

P = ParamSpec("P")
T = TypeVar("T")


def read(server: Server, caller: Caller, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `fn(connection, ..)` reads from the history of the caller's sky. Raises Refused where that cannot be read."""
    try:
        return server.histories[caller.principal.sky].read(fn, *args, **kwargs)
    except StoreError as error:
        raise unreadable() from error


def write(server: Server, caller: Caller, fn: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """What `fn(connection, ..)` returns, committed to the history of the caller's sky, in whichever process. Raises Refused where
    nothing can be written."""
    try:
        return server.histories[caller.principal.sky].commit_anywhere(fn, *args, **kwargs)
    except StoreFull as error:
        message = "The disk of the history is full, so nothing was changed: free space on it, then try again"
        raise Refused("overloaded", message) from error
    except StoreError as error:
        message = "The history cannot be written now, so nothing was changed: try again in a few seconds. Live data goes on"
        raise Refused("overloaded", message) from error


def unreadable() -> Refused:
    """The refusal while the history cannot be read."""
    return Refused("overloaded", "The history cannot be read now: try again in a few seconds. Live data goes on")
