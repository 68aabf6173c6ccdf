"""A document of a source, and what asks for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from skyspy.outbound import OutboundError


class FetchError(OutboundError):
    """A document could not be had; the message is one line for people, without secrets. `retry_after_s` is what the server asked for, in
    seconds; `is_limit`: it asked so for all that this server asks of it."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, is_limit: bool = False) -> None:
        super().__init__(message)
        self.retry_after_s, self.is_limit = retry_after_s, is_limit


class NotYetError(OutboundError):
    """There will be a document soon: no failure."""


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """How a token is asked for that a provider wants: at this URL, by these credentials."""

    url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked over HTTP, with a token where the provider wants one. The query and `headers` may hold secrets; they are sent to the host of
    the URL only."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: TokenRequest | None = None

    @property
    def host(self) -> str:
        """The host in lower case."""
        return (urlsplit(self.url).hostname or "").lower()


@dataclass(frozen=True, slots=True)
class Document:
    """What a source gave. `body` is unpacked; an empty one means that the source has no data now. `media_type` is in lower case and without
    parameters, "" where it is unknown. `origin` tells addresses and files apart (`origin_of`). `fetched_at` is when the body came,
    `checked_at` when the source last said that it still holds, both in wall seconds. `etag` and `last_modified` are the validators of RFC 9110
    8.8, as they came; "" where there are none."""

    body: bytes = field(repr=False)
    media_type: str
    origin: str
    fetched_at: float
    checked_at: float
    etag: str = ""
    last_modified: str = ""


class Fetcher(Protocol):
    """Asks for one document. `origin` is that of its documents; `host` is the provider's, "" for a file."""

    origin: str
    host: str

    def fetch(self, held: Document | None) -> Document | None:
        """The document, or None where `held` still holds. Ends within a bounded time. Raises FetchError, NotYetError."""


def origin_of(address: str) -> str:
    """A digest of a URL or path, which may hold a secret."""
    return hashlib.sha256(address.encode("utf-8", "surrogateescape")).hexdigest()[:32]
