"""REST: the receivers and how they are doing.

Law: where a receiver stands in the network is the operator's business: its URL, its own name which is made of
that, and an error text that may name it, are only for those who hold settings.manage.
"""

from __future__ import annotations

from skyspy.api.models import Receivers
from skyspy.api.routes import Asked, Resource
from skyspy.auth.policy import may
from skyspy.clock import iso

resource = Resource("Receivers", "Where the data comes from.")

FOR_EVERYONE = ("name", "format", "state", "messages", "messages_per_second", "bad", "reconnects", "last_seen", "aircraft")
FOR_OPERATORS = (*FOR_EVERYONE, "since", "url", "error")


@resource.get("/api/feeds/", needs="stats.view", answer=Receivers)
def feeds_list(asked: Asked) -> object:
    """List the receivers of this sky.

    `url`, `error` and `since` are there only for those who hold settings.manage; everybody else reads a name such as beast-1.
    """
    operates = may(asked.principal, "settings.manage", asked.settings)
    shown = FOR_OPERATORS if operates else FOR_EVERYONE
    rows = asked.sky.receivers.status()
    if not operates:
        rows = [{**feed, "name": feed["public_name"]} for feed in rows]
    feeds = [{name: feed[name] for name in shown if name in feed} for feed in rows]
    return {"feeds": feeds, "count": len(feeds), "timestamp": iso(asked.server.clock.wall())}
