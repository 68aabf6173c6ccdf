"""Interfaces: `/cannonball`, the mobile display. What a client sends here stays in its session and is never stored."""

from __future__ import annotations

from skyspy.sockets.base import BaseNamespace


class CannonballNamespace(BaseNamespace):
    """One drive per session, answered to that session only."""

    path = "/cannonball"
