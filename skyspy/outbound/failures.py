"""What failed, in one line for people."""

from __future__ import annotations

import socket

MAX_CHARACTERS = 200


def one_line(text: str) -> str:
    """The text printable and cut to MAX_CHARACTERS: parts of it may come from the other side."""
    return "".join(c if c.isprintable() else " " for c in text)[:MAX_CHARACTERS]


def describe(error: OSError, there: str, host: str = "") -> str:
    """The system's error as one line. `there` names the host and port, or the file; `host` is the name that was resolved."""
    if isinstance(error, socket.gaierror):
        return f"the name {host} does not resolve"
    if isinstance(error, TimeoutError):
        return f"no answer from {there}"
    return f"{there}: {error.strerror or error}"
