"""Ground floor: how the log is written.

Law: one event is one line. Whatever a client or a receiver managed to get into a message, its line
breaks and control characters come out escaped, so that nobody can forge a line.
"""

from __future__ import annotations

import logging
import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class OneLine(logging.Formatter):
    """Formats a record as one line; a traceback follows on lines of its own, indented."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - the standard library's name
        text = super().formatException(ei)  # type: ignore[arg-type]
        return "\n".join("    " + _CONTROL.sub("?", line) for line in text.split("\n"))


def configure(level: str) -> None:
    """Send SkySpy's log to standard error at this level. Calling it again only changes the level."""
    root = logging.getLogger("skyspy")
    root.setLevel(level)
    root.propagate = False
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
    # The libraries under the sockets speak of every client's every mistake: only their own crashes are news.
    for name in ("engineio", "socketio", "engineio.server", "socketio.server", "geventwebsocket"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
