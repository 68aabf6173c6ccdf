"""REST: the sky in numbers."""

from __future__ import annotations

from skyspy.api.models import Stats
from skyspy.api.routes import Asked, Resource

resource = Resource("Statistics", "The sky and its receivers in numbers.")


@resource.get("/api/stats/", needs="stats.view", answer=Stats)
def stats_now(asked: Asked) -> object:
    """Show the sky in numbers.

    The same numbers as in the Socket.IO event `stats:update`.
    """
    return asked.sky.stats(asked.audience)
