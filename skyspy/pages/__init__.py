"""Interfaces: the sky page, the static files, and the headers of every answer.

Invariants: a page contains no data; its script requests what the client may see. No script or style is inline, nothing is loaded from
another site, and the Content-Security-Policy enforces both. The URLs of static files change with their content, so they may be
cached without a limit.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, render_template, request, send_from_directory, url_for

from skyspy import __version__, headers
from skyspy.server import request_peer, rooted, server_of

FOR_EVER = "public, max-age=31536000, immutable"
CHECK_FIRST = "no-cache"
"""May be cached, but must be revalidated before use."""


def register(app: Flask) -> None:
    """Serve the pages and the static files, and set the headers."""
    now = stamp_of(Path(app.static_folder or "static"))

    def asset(name: str) -> str:
        return url_for("asset", stamp=now, name=name)

    def serve(name: str, stamp: str = "") -> Response:
        response = send_from_directory(app.static_folder or "static", name)
        # A page from before an update requests the old stamp: it gets the present file, which must not be cached.
        response.headers["Cache-Control"] = FOR_EVER if stamp == now else CHECK_FIRST
        return response

    app.add_url_rule("/assets/<stamp>/<path:name>", "asset", serve)
    app.add_url_rule("/favicon.ico", "favicon", lambda: serve("img/skyspy.svg"))
    app.add_url_rule("/", "sky", _sky)
    app.add_template_global(rooted)
    app.context_processor(
        lambda: {"asset": asset, "version": __version__, "socketio_path": rooted(server_of(app).config.socketio_path)}
    )
    app.after_request(_headers)


def stamp_of(folder: Path) -> str:
    """A short hash over all static files."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _sky() -> str:
    return render_template("sky.html")


def _headers(response: Response) -> Response:
    if response.location and response.location.startswith(request.host_url):
        # werkzeug corrects a mistyped address by a redirect with a scheme and host, which are other ones before a proxy.
        response.location = "/" + response.location.removeprefix(request.host_url).lstrip("/")
    response.headers.setdefault("Cache-Control", CHECK_FIRST)
    response.headers.extend(headers.missing(response.headers.keys(), over_tls=request_peer().secure))
    return response
