"""Interfaces: `/acars`, datalink messages alone, without greeting or subscribing."""

from __future__ import annotations

from skyspy.sockets.base import BaseNamespace


class AcarsNamespace(BaseNamespace):
    """Messages flow from the moment of admission."""

    path = "/acars"
