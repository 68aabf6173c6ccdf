"""Interfaces: makes an HTTP response of what a view returns.

Invariants: strict JSON; a large body is compressed where the client accepts gzip, in a native thread when that takes long.
Other origins may read answers only if the operator listed them, and then without cookies. No answer is cached.
"""

from __future__ import annotations

import gzip

import gevent
import msgspec
from flask import Flask, Response, current_app, request

from skyspy import wirejson
from skyspy.api.errors import wants_json
from skyspy.server import server_of

MIN_GZIP_BYTES = 1400
"""Smaller bodies fit one TCP packet anyway."""

GZIP_ON_THE_LOOP = 64 * 1024
"""Up to this size compressing takes less than a millisecond; larger bodies are compressed in a native thread."""

SECRET_PATHS = ("/api/auth/", "/api/admin/keys/", "/api/admin/users/")
"""Answers that hold secrets are not compressed: their compressed length would reveal something about them."""

CORS_METHODS = "GET, HEAD, POST, DELETE, OPTIONS"
CORS_HEADERS = "Authorization, X-API-Key, Content-Type"
CORS_EXPOSED = "Retry-After, WWW-Authenticate"
CORS_SECONDS = "600"


def to_response(value: object, status: int, media: str) -> Response:
    """The answer for a view's value: a model, plain values, text, None (no body) or a whole Response."""
    if isinstance(value, Response):
        return value
    if value is None:
        return Response(status=204 if status == 200 else status)
    if media != "application/json":
        return Response(str(value), status, content_type=media)
    # Lists of aircraft are plain values already: they are large, and need no second conversion.
    plain = msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value
    return Response(wirejson.dump_bytes(plain), status, content_type=media)


def register(app: Flask) -> None:
    """Finish every answer of the API: cache, CORS and compression."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    if not wants_json(request.path):
        return response
    response.headers["Cache-Control"] = "no-store"
    _allow_origin(response)
    if not request.path.startswith(SECRET_PATHS):
        _compress(response)
    return response


def _allow_origin(response: Response) -> None:
    response.vary.add("Origin")
    origin = request.headers.get("Origin")
    if origin is None or origin not in server_of(current_app).settings.current.CORS_ORIGINS:
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = CORS_EXPOSED
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = CORS_METHODS
        response.headers["Access-Control-Allow-Headers"] = CORS_HEADERS
        response.headers["Access-Control-Max-Age"] = CORS_SECONDS


def _compress(response: Response) -> None:
    if response.is_streamed or response.headers.get("Content-Encoding") or response.direct_passthrough:
        return
    data = response.get_data()
    if len(data) < MIN_GZIP_BYTES:
        return
    response.vary.add("Accept-Encoding")
    # gzip must be named; `*` is not enough, because curl and scripts send that and do not decompress.
    if not any(name.lower() == "gzip" and quality > 0 for name, quality in request.accept_encodings):
        return
    response.set_data(_packed(data) if len(data) <= GZIP_ON_THE_LOOP else gevent.get_hub().threadpool.apply(_packed, (data,)))
    response.headers["Content-Encoding"] = "gzip"


def _packed(data: bytes) -> bytes:
    # Level 1: a third of the time of the default, for a tenth more bytes.
    return gzip.compress(data, compresslevel=1, mtime=0)
