"""Interfaces: error responses over HTTP.

Invariants: API paths get `{error: {code, message, fields?}}`, page paths get a page, both with the status; both say what to
do next, neither shows internals. A view raises ApiError; only this module turns an exception into a response.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import cast

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, InternalServerError

from skyspy import wirejson
from skyspy.server import rooted
from skyspy.services import Refused
from skyspy.services.caller import as_sentence
from skyspy.store.errors import StoreError, UnstorableValue

log = logging.getLogger(__name__)

API_PATHS = ("/api", "/data", "/v2", "/healthz", "/readyz", "/metrics")
"""Prefixes of the API: every path below these answers in JSON, errors included."""

RETRY_SECONDS = 5
"""Seconds in Retry-After after a failure of the server."""


@dataclass(eq=False)
class ApiError(Exception):
    """A request is answered with an error. `code` is for programs, `message` for people; `fields` has the
    error of each bad field; `headers` are added to the response."""

    status: int
    code: str
    message: str
    fields: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


WORDS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request cannot be read; /api/docs/ shows what it should look like"),
    404: ("not_found", "Nothing is at this address; /api/docs/ lists every one there is"),
    405: ("method_not_allowed", "This address does not take this method"),
    413: ("too_large", "The body is too large; send at most 64 KiB"),
    415: ("unsupported_media_type", "Send JSON with the header Content-Type: application/json"),
    500: ("internal_error", "The server made a mistake; its log says which. Try again, and tell the operator if it stays"),
    503: ("overloaded", "Server busy: the database does not answer; try again in a few seconds"),
}
"""The default code and message of each status."""

PAGES: dict[int, tuple[str, str]] = {
    400: ("That request cannot be read", "Go back and try again"),
    401: ("This needs a sign-in", ""),
    403: ("This is not for you", ""),
    404: ("Nothing is here", "The address may be mistyped, or what was here is gone"),
    405: ("That cannot be done here", "Go back and try again"),
    413: ("That is too large", ""),
    429: ("Too many requests", ""),
    500: ("The server made a mistake", ""),
    503: ("The server is busy", ""),
}
"""The title of the error page by status, and its text where the error's own message is for programs."""

PAGE_PATHS = ("/api/docs", "/api/docs/")
"""The one page below the API's prefixes: its errors are pages."""


def wants_json(path: str) -> bool:
    """Whether the path belongs to the HTTP API rather than to the pages."""
    return any(path == prefix or path.startswith(prefix + "/") for prefix in API_PATHS)


def _in_json() -> bool:
    if request.path in PAGE_PATHS and "text/html" in request.headers.get("Accept", ""):
        return False
    return wants_json(request.path)


def error_response(error: ApiError) -> Response:
    """The JSON answer of an error."""
    # The addresses that a message names are below the path prefix too.
    said: dict[str, object] = {"code": error.code, "message": error.message.replace(" /api/", f" {rooted('/api/')}")}
    if error.fields:
        said["fields"] = dict(error.fields)
    response = Response(wirejson.dump_bytes({"error": said}), error.status, content_type="application/json")
    response.headers.extend(error.headers)
    return response


def bad_fields(fields: Mapping[str, str]) -> ApiError:
    """The 400 for invalid fields; `fields` has the message of each."""
    return ApiError(400, "bad_request", f"These fields cannot be used: {', '.join(sorted(fields))}; `fields` says why", fields)


def not_found(what: str) -> ApiError:
    """The 404; `what` says what is missing and where to look instead."""
    return ApiError(404, "not_found", what)


def server_busy() -> ApiError:
    """The 503 while the database cannot be read: nothing can be authorized then."""
    code, message = WORDS[503]
    return ApiError(503, code, message, headers={"Retry-After": str(RETRY_SECONDS)})


def register(app: Flask) -> None:
    """Handle every error of the application, those of the pages too."""
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(StoreError, _store_error)
    app.register_error_handler(UnstorableValue, _unstorable)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _crash)


def _api_error(error: ApiError) -> Response:
    return error_response(error) if _in_json() else _page(error)


def _refused(refused: Refused) -> Response:
    headers = {} if refused.retry_after is None else {"Retry-After": str(max(1, ceil(refused.retry_after)))}
    return _api_error(ApiError(refused.status, refused.code, refused.message, refused.fields, headers))


def _store_error(error: StoreError) -> Response:
    log.warning("a request for %s was answered 503: %s", request.path, error)
    return _api_error(server_busy())


def _unstorable(error: UnstorableValue) -> Response:
    return _api_error(ApiError(400, "bad_request", f"{as_sentence(error)}; leave it out"))


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        # A redirect, or a response that the raising code made: complete already.
        return cast(Response, Response.force_type(error.get_response()))
    code, message = WORDS.get(status, ("bad_request" if status < 500 else "internal_error", error.name))
    headers = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
    if status == 405:
        message = f"{message}; use {_listed(getattr(error, 'valid_methods', None) or ())}"
    return _api_error(ApiError(status, code, message, headers=headers))


def _crash(error: Exception) -> Response:
    log.error("a request for %s %s failed", request.method, request.path, exc_info=error)
    return _http_error(InternalServerError())


def _listed(methods: Iterable[str]) -> str:
    return " or ".join(sorted(set(methods) - {"OPTIONS", "HEAD"})) or "another one"


def _page(error: ApiError) -> Response:
    title, text = PAGES.get(error.status, ("That did not work", ""))
    page = render_template("error.html", status=error.status, title=title, message=text or error.message)
    response = Response(page, error.status, content_type="text/html; charset=utf-8")
    response.headers.extend(error.headers)
    return response
