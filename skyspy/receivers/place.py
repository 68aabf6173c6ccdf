"""Where the receivers of one sky stand: as it is set, and as a receiver says it in the receiver.json beside its aircraft.json."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from skyspy.decode.base import number
from skyspy.feedurl import FeedUrl
from skyspy.geo import Point
from skyspy.wirejson import loads

MAX_BYTES = 64 * 1024
"""A receiver.json has a few hundred bytes."""


def _nobody() -> None:
    return None


@dataclass(slots=True)
class Place:
    """`location` is (latitude, longitude) or None; `is_asked`: whether readers ask their receivers where they stand; `told` is what
    they said, by the text of the URL; `on_told` is called when that changes."""

    location: Point | None
    is_asked: bool = False
    told: dict[str, Point] = field(default_factory=dict)
    on_told: Callable[[], None] = _nobody

    def now(self) -> Point | None:
        """The location now."""
        return self.location

    def tell(self, url: FeedUrl, point: Point) -> None:
        """A receiver says where it stands."""
        if self.told.get(url.text) != point:
            self.told[url.text] = point
            self.on_told()


def receiver_json(url: FeedUrl) -> FeedUrl:
    """The URL of the receiver.json beside an aircraft.json."""
    parts = urlsplit(url.text)
    folder = parts.path.rpartition("/")[0]
    text = parts._replace(path=f"{folder}/receiver.json", query="", fragment="").geturl()
    return replace(url, text=text, path=f"{folder}/receiver.json")


def parse_place(data: bytes) -> Point | None:
    """The position in a receiver.json; None where it has none that can be read."""
    if len(data) > MAX_BYTES:
        return None
    try:
        whole = loads(data)
    except ValueError:
        return None
    lat, lon = (number(whole.get(name)) for name in ("lat", "lon")) if isinstance(whole, dict) else (None, None)
    if lat is None or lon is None or not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return None
    return lat, lon
