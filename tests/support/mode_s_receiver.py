"""A Mode S receiver for tests: frames are made and decoded one by one."""

from __future__ import annotations

from skyspy.aircraft import Observation
from skyspy.decode import Context
from skyspy.decode.modes import ModeS
from tests.support.mode_s import (
    squitter,
)

PLANE = "4B1A2B"
ZURICH = (47.458, 8.548)


class Receiver:
    """Decodes frames one by one, each half a second after the one before."""

    def __init__(self, context: Context | None = None) -> None:
        self.modes = ModeS(context or Context(ZURICH))
        self.now = 1000.0

    def hear(self, frame: str, origin: str = "") -> Observation | None:
        """The Observation of one frame, if it gives one."""
        self.now += 0.5
        heard = self.modes.frames([(frame, None)], self.now, {0: origin} if origin else {})
        return heard[0] if heard else None

    def fields(self, me: int, address: str = PLANE, ca: int = 5, df: int = 17) -> dict[str, object]:
        """The fields of the Observation of an extended squitter with the 56 bits `me`."""
        heard = self.hear(squitter(address, me, ca, df))
        assert heard is not None
        return dict(heard.fields)
