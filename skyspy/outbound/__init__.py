"""Connections that the server opens itself: names are resolved on native threads, and answers are bounded in bytes.

`receivers/` reads feeds over them, `notify/` delivers alerts.
"""

from __future__ import annotations


class OutboundError(Exception):
    """A connection that the server opened failed; the message is one line for people."""
