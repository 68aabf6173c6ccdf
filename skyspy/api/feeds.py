"""Interfaces: REST: the receivers and their state.

Invariants: a receiver's URL, the name made of it, and error texts that may contain it, are only for callers who hold
settings.manage.
"""

from __future__ import annotations

from skyspy.api.models import Receivers
from skyspy.api.routes import RequestContext, Resource
from skyspy.auth.policy import may
from skyspy.clock import iso

resource = Resource("Receivers", "Where the data comes from.")

FOR_EVERYONE = ("name", "format", "state", "messages", "messages_per_second", "bad", "reconnects", "last_seen", "aircraft")
FOR_OPERATORS = (*FOR_EVERYONE, "since", "url", "error")


@resource.get("/api/feeds/", permission="stats.view", answer=Receivers)
def feeds_list(context: RequestContext) -> object:
    """List the receivers of this sky.

    `url`, `error` and `since` are there only for those who hold settings.manage; other callers read a name such as beast-1.
    """
    operates = may(context.principal, "settings.manage", context.settings)
    shown = FOR_OPERATORS if operates else FOR_EVERYONE
    rows = context.sky.receivers.status()
    if not operates:
        rows = [{**feed, "name": feed["public_name"]} for feed in rows]
    feeds = [{name: feed[name] for name in shown if name in feed} for feed in rows]
    return {"feeds": feeds, "count": len(feeds), "timestamp": iso(context.server.clock.wall())}
