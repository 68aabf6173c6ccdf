"""Interfaces: REST: the statistics of a sky."""

from __future__ import annotations

from skyspy.api.models import Stats
from skyspy.api.routes import RequestContext, Resource

resource = Resource("Statistics", "The sky and its receivers in numbers.")


@resource.get("/api/stats/", permission="stats.view", answer=Stats)
def stats_now(context: RequestContext) -> object:
    """Show the sky in numbers.

    The same numbers as in the Socket.IO event `stats:update`.
    """
    return context.sky.stats(context.audience)
