"""Interfaces: makes an HTTP response of what a view returns.

Invariants: strict JSON; a large body is compressed where the client accepts gzip, in a native thread when that takes long.
Other origins may read answers only if the operator listed them, and then without cookies. No answer is cached, but those with
an ETag: their own client may keep them, and asks each time whether they still hold, unless they never change. A body that is
encoded once for many is sent, and compressed, once for all of them.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import cast
from weakref import WeakKeyDictionary

import gevent
import msgspec
from flask import Flask, Response, current_app, request
from gevent.event import AsyncResult

from skyspy import wirejson
from skyspy.api.errors import wants_json
from skyspy.clock import iso
from skyspy.server import server_of
from skyspy.wirejson import Parts

MIN_GZIP_BYTES = 1400
"""Smaller bodies fit one TCP packet anyway."""

GZIP_ON_THE_LOOP = 64 * 1024
"""Up to this size compressing takes less than a millisecond; larger bodies are compressed in a native thread."""

SECRET_PATHS = ("/api/auth/", "/api/admin/keys/", "/api/admin/users/")
"""Answers that hold secrets are not compressed: their compressed length would reveal something about them."""

CORS_METHODS = "GET, HEAD, POST, DELETE, OPTIONS"
CORS_HEADERS = "Authorization, X-API-Key, Content-Type"
CORS_EXPOSED = "ETag, Retry-After, WWW-Authenticate"
CORS_SECONDS = "600"


KEPT = "private, no-cache"
"""The Cache-Control of an answer with an ETag: only the client itself may keep it, and asks each time whether it still holds."""
KEPT_FOR_EVER = "private, max-age=31536000, immutable"
"""The Cache-Control of an answer that never changes: its client need not ask again."""
DEPENDS_ON = ("Authorization", "X-API-Key")


@dataclass(frozen=True, slots=True)
class TaggedAnswer:
    """An answer that is the same for the same URL and audience as long as `tag` is. `make` gives it: plain values, or Parts. `looked_at`:
    how many aircraft are looked at for this client alone to make it."""

    tag: str
    make: Callable[[], object]
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class Charged:
    """An answer, and what it cost beside its size, in requests."""

    value: object
    cost: float


def attachment(what: str, wall: float, media: str, ending: str, text: Iterator[str]) -> Response:
    """The response that sends a file of `what` while it is made; `wall`: now, in wall seconds, for its name."""
    name = f"skyspy-{what}-{re.sub('[-:]|[.].*', '', iso(wall))}Z.{ending}"
    return Response(text, content_type=media, headers={"Content-Disposition": f"attachment; filename={name}"})


def to_response(value: object, status: int, media: str, *, revalidate: bool = False) -> Response:
    """The answer for a view's value: a model, plain values, text, None (no body), TaggedAnswer or a whole Response. With `revalidate`
    it has an ETag, and is 304 where the client has it already."""
    if isinstance(value, TaggedAnswer):
        return _unchanged(value.tag) or _tag(_json(value.make(), status, media), value.tag)
    if isinstance(value, Charged):
        value = value.value
    if isinstance(value, Response):
        return value
    if value is None:
        return Response(status=204 if status == 200 else status)
    if media != "application/json":
        return Response(str(value), status, content_type=media)
    # Lists of aircraft are plain values already: they are large, and need no second conversion.
    response = _json(msgspec.to_builtins(value) if isinstance(value, msgspec.Struct) else value, status, media)
    if not revalidate:
        return response
    tag = blake2b(response.get_data(), digest_size=12).hexdigest()
    return _unchanged(tag) or _tag(response, tag)


def _json(plain: object, status: int, media: str) -> Response:
    body = plain if isinstance(plain, Parts) else wirejson.dump_parts(plain)
    response = Response(body, status, content_type=media)
    response.content_length = body.size if isinstance(body, Parts) else len(body)
    return response


def _unchanged(tag: str) -> Response | None:
    """The 304 for a client that has the answer with this tag."""
    return _tag(Response(status=304), tag) if request.if_none_match.contains_weak(tag) else None


def _tag(response: Response, tag: str) -> Response:
    # Weak: the same answer may be compressed or not.
    response.set_etag(tag, weak=True)
    return response


def immutable(packed: bytes, tag: str, media: str) -> Response:
    """The answer for a document that never changes, compressed by gzip already; 304 where the client has it. Yields."""
    response = _unchanged(tag)
    if response is None:
        if accepts_gzip():
            response = Response(packed, content_type=media, headers={"Content-Encoding": "gzip"})
        else:
            response = Response(gevent.get_hub().threadpool.apply(gzip.decompress, (packed,)), content_type=media)
        _tag(response, tag)
    response.headers["Cache-Control"] = KEPT_FOR_EVER
    return response


def accepts_gzip() -> bool:
    """Whether the client accepts gzip by name; `*` is not enough, because curl and scripts send that and do not decompress."""
    return any(name.lower() == "gzip" and quality > 0 for name, quality in request.accept_encodings)


def register(app: Flask) -> None:
    """Finish every answer of the API: cache, CORS and compression."""
    app.after_request(_finish)


def _finish(response: Response) -> Response:
    if not wants_json(request.path):
        return response
    is_kept = "ETag" in response.headers
    if response.headers.get("Cache-Control") != KEPT_FOR_EVER:
        response.headers["Cache-Control"] = KEPT if is_kept else "no-store"
    if is_kept:
        response.vary.update((*DEPENDS_ON, "Accept-Encoding"))
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
    data: bytes | Parts
    if isinstance(response.response, Parts):
        data, size = response.response, response.response.size
    elif response.is_streamed or response.headers.get("Content-Encoding") or response.direct_passthrough:
        return
    else:
        data = response.get_data()
        size = len(data)
    if size < MIN_GZIP_BYTES:
        return
    response.vary.add("Accept-Encoding")
    if not accepts_gzip():
        return
    response.set_data(_packed(bytes(data)) if size <= GZIP_ON_THE_LOOP else _packed_beside(data))
    response.headers["Content-Encoding"] = "gzip"


_packings: WeakKeyDictionary[Parts, AsyncResult[bytes]] = WeakKeyDictionary()
"""What is compressed, or is being compressed, of the bodies in parts that are in memory."""


def _packed_beside(data: bytes | Parts) -> bytes:
    """The data compressed in a native thread; a body in parts once for all who wait for it."""
    if not isinstance(data, Parts):
        return gevent.get_hub().threadpool.apply(_packed, (data,))
    waiting = _packings.get(data)
    if waiting is not None:
        return cast(bytes, waiting.get())
    result = _packings[data] = AsyncResult()
    try:
        packed = gevent.get_hub().threadpool.apply(_packed, (bytes(data),))
    except BaseException as error:
        del _packings[data]
        result.set_exception(error)
        raise
    result.set(packed)
    return packed


def _packed(data: bytes) -> bytes:
    # Level 1: a third of the time of the default, for a tenth more bytes.
    return gzip.compress(data, compresslevel=1, mtime=0)
