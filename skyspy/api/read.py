"""Interfaces: parses a request into a typed model, or raises an error that names every bad field.

Invariants: all fields are checked, so a client learns all its mistakes at once. An unknown field in a body is refused (a
mistyped `scopes` must not create an unscoped key); an unknown query parameter is ignored, because tools add their own.
Nothing is read beyond the size limit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from flask import Request

from skyspy import wirejson
from skyspy.api.errors import WORDS, ApiError, bad_fields

MAX_BODY = 64 * 1024

Model = TypeVar("Model", bound=msgspec.Struct)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PLACE = re.compile(r" - at `\$(.*?)`$")


def parse_fields(model: type[Model], values: Mapping[str, object], *, texts: bool = False) -> Model:
    """The model of these values; raises ApiError 400 that names each bad field. `texts`: the values come from
    a URL, so numbers and booleans are text."""
    wrong: dict[str, str] = {}
    good: dict[str, Any] = {}
    for row in msgspec.structs.fields(model):
        name = row.encode_name
        if name not in values:
            if row.required:
                wrong[name] = "is missing"
            continue
        try:
            good[row.name] = msgspec.convert(values[name], row.type, strict=not texts)
        except msgspec.ValidationError as error:
            wrong[name] = _plain(str(error))
    if wrong:
        raise bad_fields(wrong)
    return model(**good)


def parse_query(model: type[Model], request: Request) -> Model:
    """The query parameters as their model; an empty one counts as not given. Raises ApiError 400, also for a control character."""
    given = {name: value for name, value in request.args.items() if value != ""}
    known = {row.encode_name for row in msgspec.structs.fields(model)}
    if wrong := [name for name in known & given.keys() if _CONTROL.search(given[name])]:
        raise bad_fields(dict.fromkeys(wrong, "holds a control character"))
    return parse_fields(model, given, texts=True)


def parse_body(model: type[Model], request: Request) -> Model:
    """The JSON body as its model; raises ApiError 400, 413 or 415. No body at all reads as `{}`."""
    if (request.content_length or 0) > MAX_BODY:
        raise ApiError(413, *WORDS[413])
    # The library cuts a body without a length at its limit and raises nothing; reading one byte more detects that.
    request.max_content_length = MAX_BODY + 1
    data = request.get_data(cache=False)
    if len(data) > MAX_BODY:
        raise ApiError(413, *WORDS[413])
    if not data:
        return parse_fields(model, {})
    if not request.is_json:
        raise ApiError(415, *WORDS[415])
    try:
        values = wirejson.loads(data)
    except ValueError:
        raise ApiError(400, "bad_request", "The body is not JSON (strict JSON in UTF-8: no NaN, no comments)") from None
    if not isinstance(values, dict):
        raise ApiError(400, "bad_request", "The body must be a JSON object")
    known = {row.encode_name for row in msgspec.structs.fields(model)}
    unknown = sorted(str(name)[:64] for name in values if name not in known)
    if unknown:
        raise bad_fields({name: f"is no field of this request; it takes {', '.join(sorted(known))}" for name in unknown[:16]})
    return parse_fields(model, values)


def _plain(message: str) -> str:
    """msgspec's message, with the position of a bad item in words."""
    match = _PLACE.search(message)
    text = message if match is None else message[: match.start()]
    place = "" if match is None else match.group(1)
    return (text[:1].lower() + text[1:]).replace("`", "") + (f" (at {place})" if place else "")
