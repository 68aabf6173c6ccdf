"""Application: where the receiver stands, in force at once in every process.

Invariants: the place is a setting, or what a receiver says of itself where the settings say so. A test key never learns it: the
sandbox stands at a rounded point.
"""

from __future__ import annotations

from skyspy.geo import Point, rounded
from skyspy.server import Server
from skyspy.simulate import DEFAULT_CENTRE
from skyspy.store.settings import Settings

RECEIVER = "receiver"
"""RECEIVER_PLACE_SOURCE: the receiver's own word."""


def place_in_force(server: Server, settings: Settings) -> Point | None:
    """The live sky's place: what the first receiver of the list says, where that is asked for, else the settings'."""
    if settings.RECEIVER_PLACE_SOURCE == RECEIVER:
        receivers = server.skies["live"].receivers
        told = receivers.place.told
        for name in receivers.names():
            if (said := told.get(receivers.url(name).text)) is not None:
                return said
    return settings.receiver_place


def sandbox_place(place: Point | None) -> Point:
    """Where the sandbox stands: test keys are handed out freely, so near the receiver and never where it is."""
    return rounded(place or DEFAULT_CENTRE)


class PlaceFollower:
    """Moves the skies to where the settings, or the receiver, say. Every process has one."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._place = server.skies["live"].receivers.place
        self._place.on_told = lambda: self._move(server.settings.current)

    def follow(self, settings: Settings) -> bool:
        """Apply the settings."""
        self._place.is_asked = settings.RECEIVER_PLACE_SOURCE == RECEIVER
        self._move(settings)
        return True

    def _move(self, settings: Settings) -> None:
        place = place_in_force(self._server, settings)
        self._server.skies["live"].set_place(place)
        self._server.skies["sandbox"].set_place(sandbox_place(place))
