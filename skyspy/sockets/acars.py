"""Interfaces: `/acars`, datalink messages alone, without greeting or subscribing."""

from __future__ import annotations

from skyspy.sockets.base import BaseNamespace


class AcarsNamespace(BaseNamespace):
    """Every admitted session gets the messages; there is nothing to subscribe to."""

    path = "/acars"
