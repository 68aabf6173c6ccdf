"""Application: the skies. A Sky owns its tracker and its tick; `streams` are what flows to clients, `view` is how it looks now,
`audience` how an aircraft looks to whom, `memory` the changes a returning client may have missed, `history` what is kept."""

from __future__ import annotations

from skyspy.sky.sky import Sky
from skyspy.sky.view import SkyView

__all__ = ["Sky", "SkyView"]
