"""Interfaces: /metrics, the counts of this process for Prometheus."""

from __future__ import annotations

from flask import Flask, Response

from skyspy import metrics
from skyspy.api.routes import BY_PERMISSION, RequestContext, Resource
from skyspy.server import server_of
from skyspy.services import health

resource = Resource("Metrics", "What the server counted, for Prometheus.")


@resource.get(
    "/metrics",
    access=BY_PERMISSION,
    permission="stats.view",
    open_when=lambda s: s.METRICS_PUBLIC,
    answer=str,
    media=metrics.CONTENT_TYPE,
)
def exposition(context: RequestContext) -> object:
    """Show what this process counted, in Prometheus' text format.

    With several workers each answers for itself: `skyspy_info` says which. With the setting METRICS_PUBLIC no credential is needed.
    """
    return metrics.exposition(health.metrics(context.server, context.principal))


def register(app: Flask) -> None:
    """Count every response of this application by its status."""

    def count(response: Response) -> Response:
        server_of(app).stats.responses[response.status_code] += 1
        return response

    app.after_request(count)
