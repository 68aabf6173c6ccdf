"""Interfaces: `/cannonball`, the mobile display. What a client says here belongs to its session alone and is never stored."""

from __future__ import annotations

from skyspy.sockets.base import BaseNamespace


class CannonballNamespace(BaseNamespace):
    """One drive per session."""

    path = "/cannonball"
