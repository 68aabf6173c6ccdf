"""Interfaces: REST: events of the sandbox that happen on request."""

from __future__ import annotations

from skyspy.api.routes import IDENTIFIED, RequestContext, Resource
from skyspy.api.sandbox_models import MadeSandboxEvent, NewSandboxEvent, SandboxTypes
from skyspy.services import sandbox

resource = Resource("Sandbox", "Events that a test key makes happen in simulated traffic.")


@resource.get("/api/sandbox/events/", access=IDENTIFIED, permission=sandbox.PERMISSION, answer=SandboxTypes)
def sandbox_types(context: RequestContext) -> object:
    """List the events that can be made."""
    return context.call(sandbox.listing)


@resource.post(
    "/api/sandbox/events/",
    access=IDENTIFIED,
    permission=sandbox.PERMISSION,
    body=NewSandboxEvent,
    answer=MadeSandboxEvent,
    status=201,
    errors=(409,),
)
def sandbox_make(context: RequestContext) -> object:
    """Make an event happen now.

    For test keys. Simulated aircraft appear in the sandbox within two seconds, in every process, and the event follows from what they do.
    At most eight are under way at once (409), and five a minute for each user (429); `Retry-After` says how long to wait.
    """
    return context.call(sandbox.make, context.body.type, context.body.squawk or "")
