"""What tests of fetched documents stand on: sources of the test's own, a consumer that remembers, and fetchers that do as they are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from skyspy import wirejson
from skyspy.fetch.document import Document, origin_of
from skyspy.fetch.sources import SOURCES, Source
from skyspy.fetch.timing import Timing
from skyspy.store import StoreError
from tests.support.clock import StillClock
from tests.support.sources import http

AT_ONCE = Timing(
    connect_s=5.0, total_s=5.0, first_wait_s=0.02, spread_s=0.0, stale_s=0.0, look_s=0.01, follow_s=0.01, again_s=0.0
)
"""For pollers in greenlets."""
METAR: Source = SOURCES["metar"]
JSON = "Content-Type: application/json"


def quick(source: Source = METAR, interval_s: float = 0.05) -> Source:
    """A source that is asked often."""
    return replace(source, interval_s=interval_s, longest_wait_s=0.1)


def json_answer(body: bytes = b"[]", *headers: str, packed: bool = False) -> bytes:
    """A whole answer of 200 that is JSON."""
    return http(body, "200 OK", JSON, *headers, packed=packed)


class Reader:
    """A consumer: remembers the bodies that it was handed, and refuses what is not JSON."""

    def __init__(self) -> None:
        self.read: list[bytes] = []
        self.crash: Exception | None = None

    def __call__(self, name: str, source: Source, document: Document) -> None:
        if self.crash is not None:
            raise self.crash
        try:
            wirejson.loads(document.body or b"[]")
        except ValueError:
            raise ValueError("the document is not JSON") from None
        self.read.append(document.body)


class Told:
    """A fetcher that gives the next of `answers` at each call, the last one again and again: bytes are a document, None is "unchanged"."""

    host = "weather.example"

    def __init__(self, clock: StillClock, *answers: bytes | Exception | None, url: str = "https://weather.example/a") -> None:
        self.origin = origin_of(url)
        self.answers = list(answers)
        self.held: list[Document | None] = []
        self._clock = clock

    def fetch(self, held: Document | None) -> Document | None:
        self.held.append(held)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return None if answer is None else self.document(answer)

    def document(self, body: bytes, **fields: float | str) -> Document:
        now = self._clock.wall()
        return replace(Document(body, "application/json", self.origin, now, now), **fields)


class LostStore:
    """A LastGood over a store that cannot be used while `is_lost`."""

    def __init__(self, *documents: tuple[str, Document]) -> None:
        self.kept = dict(documents)
        self.is_lost = False
        self.saved: list[bytes] = []
        self.confirmed: list[float] = []

    def load(self, name: str, unlike: float | None = None) -> Document | None:
        self._check()
        kept = self.kept.get(name)
        return None if kept is None or kept.checked_at == unlike else kept

    def save(self, name: str, document: Document) -> None:
        self._check()
        self.saved.append(document.body)
        self.kept[name] = document

    def confirm(self, name: str, document: Document) -> None:
        self._check()
        self.confirmed.append(document.checked_at)
        self.kept[name] = document

    def _check(self) -> None:
        if self.is_lost:
            raise StoreError("the database cannot be reached")


def always(share: float) -> Callable[[], float]:
    """A jitter that is always the same."""
    return lambda: share
