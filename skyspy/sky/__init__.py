"""Heart: the skies. A Sky owns its feeds, its tracker and its tick; `audience` is how it looks to whom, `memory` what it still knows."""

from __future__ import annotations

from skyspy.sky.sky import Sky

__all__ = ["Sky"]
