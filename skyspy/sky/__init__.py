"""Application: the skies. A Sky has a tracker and a tick; `streams` are what is sent to clients, `view` is its present state, `audience`
how an aircraft is shown to whom, `delta_buffer` the recent deltas for returning clients, `history` and `minutes` what is stored."""

from __future__ import annotations

from skyspy.sky.sky import Sky
from skyspy.sky.view import SkyView

__all__ = ["Sky", "SkyView"]
