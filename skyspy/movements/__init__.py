"""Facts that follow from how aircraft move: landed, departed, entered and left an airport's vicinity, circling, loitering, flying back
and forth. Pure: time is an argument. Nothing follows from a value that is missing."""

from skyspy.movements.movement import (
    BACK_AND_FORTH,
    BACK_AND_FORTH_ENDED,
    BEHAVIORS,
    CIRCLING,
    CIRCLING_ENDED,
    DEPARTED,
    ENTERED_AIRPORT,
    KINDS,
    LANDED,
    LEFT_AIRPORT,
    LOITERING,
    LOITERING_ENDED,
    Movement,
)
from skyspy.movements.movements import Movements

__all__ = [
    "BACK_AND_FORTH",
    "BACK_AND_FORTH_ENDED",
    "BEHAVIORS",
    "CIRCLING",
    "CIRCLING_ENDED",
    "DEPARTED",
    "ENTERED_AIRPORT",
    "KINDS",
    "LANDED",
    "LEFT_AIRPORT",
    "LOITERING",
    "LOITERING_ENDED",
    "Movement",
    "Movements",
]
