"""Log format and configuration, and the last log lines for the panel.

Invariants: one event is one line. Line breaks and control characters in a message are escaped, so that data from clients or
receivers cannot forge log lines. Text that looks like a secret is replaced, as a second safeguard: no code logs secrets.
"""

from __future__ import annotations

import logging
import re
from collections import deque

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MAX_TAIL_LINES = 200
MAX_LINE_CHARACTERS = 2000
"""A longer line is cut in the tail; standard error has it whole."""

HIDDEN = "[secret]"
_SECRETS = re.compile(
    r"\b(?:sk_(?:live|test)|rt)_[\w-]+"  # API keys and refresh tokens
    r"|\bwhsec_[\w+/=-]+"  # keys by which webhooks are signed
    r"|\beyJ[\w-]*\.[\w-]*(?:\.[\w-]*)?"  # JWT
    r"|(?:(?<=/first/)|(?<=/invite/)|(?<=/reset/))[\w-]+"  # links that work once
    r"|(?<=://)[^\s/?#@]*(?:@[^\s/?#@]*)*(?=@)"  # user and password of a URL
    r"|(?i:(?<=\bbearer )\S+)"  # an Authorization header
)
_NAMED = re.compile(r"([?&](?:access_token|token|api_?key|key|jwt|password)=)[^\s&#]+", re.IGNORECASE)
"""A secret that someone put into a query string."""


def redact(text: str) -> str:
    """The text without what looks like an API key, a token, or the user and password of a URL."""
    return _NAMED.sub(rf"\1{HIDDEN}", _SECRETS.sub(HIDDEN, text))


class SanitizingFormatter(logging.Formatter):
    """Formats a record as one line without secrets. A traceback follows on separate, indented lines."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - the standard library's name
        text = super().formatException(ei)  # type: ignore[arg-type]
        return "\n".join("    " + _CONTROL.sub("?", line) for line in text.split("\n"))


class LogTail(logging.Handler):
    """Keeps the last MAX_TAIL_LINES lines of the log."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(SanitizingFormatter(FORMAT))
        self._lines: deque[str] = deque(maxlen=MAX_TAIL_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record's lines. Never raises."""
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - as in the standard library's handlers
            self.handleError(record)
            return
        self._lines.extend(line[:MAX_LINE_CHARACTERS] for line in text.split("\n"))

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines, oldest first."""
        return tuple(self._lines)


def configure(level: str) -> LogTail:
    """Log to standard error at this level; returns the LogTail of the process, which keeps the last lines.

    Further calls only change the level.
    """
    root = logging.getLogger("skyspy")
    root.setLevel(level)
    root.propagate = False
    if not root.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(SanitizingFormatter(FORMAT))
        root.addHandler(handler)
    tail = next((handler for handler in root.handlers if isinstance(handler, LogTail)), None)
    if tail is None:
        tail = LogTail()
        root.addHandler(tail)
    # These libraries log an error for every invalid request of a client; only their own crashes matter.
    for name in ("engineio", "socketio", "engineio.server", "socketio.server", "geventwebsocket"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return tail
