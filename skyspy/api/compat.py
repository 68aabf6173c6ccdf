"""Interfaces: routes for existing tools: readsb's /data/ files and the routes of the ADS-B Exchange API, version 2.

Invariants: field names and shapes are exactly those that these tools expect. Access is as for every
other route: in private mode a map without a key is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from skyspy import __version__
from skyspy.api.answers import TaggedAnswer
from skyspy.api.errors import bad_fields
from skyspy.api.models import ExchangeList, ReadsbList, ReadsbReceiver
from skyspy.api.readsb import LADD_BIT, PIA_BIT, READSB
from skyspy.api.routes import RequestContext, Resource
from skyspy.cooperate import Yielder
from skyspy.geo import Point, bearing_deg, distance_nm
from skyspy.sky.listing import Listing
from skyspy.wirejson import Encoded

readsb = Resource("readsb files", "What tar1090, graphs and dashboards read from readsb.")
exchange = Resource("ADS-B Exchange v2", "The addresses of the ADS-B Exchange API, version 2. Letters' case does not matter.")

REFRESH_MS = 1000
MAX_RADIUS_NM = 250.0
MAX_VALUES = 1000

Listed = Mapping[str, Any]


@readsb.get("/data/aircraft.json", permission="aircraft.view", answer=ReadsbList, revalidate=True)
def readsb_aircraft(context: RequestContext) -> object:
    """List all aircraft as readsb's aircraft.json does.

    `now` is the moment to which `seen` and `seen_pos` count.
    """
    listing = context.sky.listings.recent(context.audience, READSB)

    def document() -> dict[str, object]:
        return listing.labelled(
            {
                "now": round(listing.moment.wall, 3),
                "messages": sum(feed["messages"] for feed in context.sky.receivers.status()),
                "aircraft": listing.body,
            }
        )

    return TaggedAnswer(listing.tag, lambda: listing.answer("data", document))


@readsb.get("/data/receiver.json", permission="aircraft.view", answer=ReadsbReceiver, revalidate=True)
def readsb_receiver(context: RequestContext) -> object:
    """Describe the receiver as readsb's receiver.json does.

    The position is exact, rounded or absent as the caller may know it.
    """
    result = {"version": f"SkySpy {__version__}", "refresh": REFRESH_MS, "history": 0, "readsb": True}
    point = context.sky.observer(context.audience)
    return result if point is None else result | {"lat": point[0], "lon": point[1]}


def _one_of(field: str) -> Callable[[RequestContext], object]:
    """A view that lists the aircraft whose field is one of the words in the path."""

    def view(context: RequestContext) -> object:
        words = {word.strip().upper() for word in context.path["words"].split(",")[:MAX_VALUES]} - {""}
        if field != "hex":
            return _those(context, lambda aircraft: str(aircraft.get(field, "")).upper() in words)
        listing = context.sky.listings.recent(context.audience, READSB)
        places = [place for word in sorted(words) if (place := listing.place_of(word)) is not None]
        return TaggedAnswer(listing.tag, lambda: envelope(listing, listing.pick(places), len(places)))

    return view


def _named(name: str, summary: str, view: Callable[[RequestContext], object]) -> Callable[[RequestContext], object]:
    view.__name__, view.__doc__ = name, summary
    return view


BY_FIELD: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("hex", "hex", ("icao",), "Find aircraft by address."),
    ("flight", "callsign", (), "Find aircraft by callsign."),
    ("r", "reg", ("registration",), "Find aircraft by registration."),
    ("t", "type", (), "Find aircraft by ICAO type designator."),
    ("squawk", "sqk", ("squawk",), "Find aircraft by squawk."),
)
"""The field that is compared, the path, its aliases, and the summary."""

for _field, _word, _others, summary in BY_FIELD:
    exchange.get(
        f"/v2/{_word}/<words>",
        also=tuple(f"/v2/{other}/<words>" for other in _others),
        permission="aircraft.view",
        answer=ExchangeList,
        revalidate=True,
    )(_named(f"by_{_word}", summary, _one_of(_field)))


@exchange.get("/v2/all", permission="aircraft.view", answer=ExchangeList, revalidate=True)
def everything(context: RequestContext) -> object:
    """List all aircraft."""
    listing = context.sky.listings.recent(context.audience, READSB)
    return TaggedAnswer(listing.tag, lambda: listing.answer("v2", lambda: envelope(listing, listing.body, len(listing))))


@exchange.get("/v2/mil", permission="aircraft.view", answer=ExchangeList, revalidate=True)
def military(context: RequestContext) -> object:
    """List military aircraft."""
    return _those(context, lambda aircraft: bool(aircraft.get("military")))


@exchange.get("/v2/pia", permission="aircraft.view", answer=ExchangeList, revalidate=True)
def private_addresses(context: RequestContext) -> object:
    """List aircraft that fly under a privacy address."""
    return _those(context, lambda aircraft: bool(aircraft.get("dbFlags", 0) & PIA_BIT))


@exchange.get("/v2/ladd", permission="aircraft.view", answer=ExchangeList, revalidate=True)
def limited(context: RequestContext) -> object:
    """List aircraft whose owners asked not to be shown (LADD)."""
    return _those(context, lambda aircraft: bool(aircraft.get("dbFlags", 0) & LADD_BIT))


_AROUND = {"permission": "aircraft.view", "answer": ExchangeList, "errors": (400,), "revalidate": True}


@exchange.get("/v2/point/<lat>/<lon>/<nm>", also=("/v2/lat/<lat>/lon/<lon>/dist/<nm>",), **_AROUND)
def around(context: RequestContext) -> object:
    """List the aircraft around a point.

    Nearest first, each with its distance `dst` and bearing `dir` from the point.
    """
    return _near(context)


@exchange.get("/v2/closest/<lat>/<lon>/<nm>", **_AROUND)
def closest(context: RequestContext) -> object:
    """Show the aircraft closest to a point.

    A list of one, or of none when there is none within the radius.
    """
    return _near(context, 1)


def _near(context: RequestContext, most: int | None = None) -> TaggedAnswer:
    here, radius = _circle(context.path)
    listing = context.sky.listings.recent(context.audience, READSB)
    distances: dict[str, float] = {}

    def is_near(aircraft: Listed) -> bool:
        if "lat" not in aircraft or "lon" not in aircraft:
            return False
        distance = distances[aircraft["hex"]] = distance_nm(here, (aircraft["lat"], aircraft["lon"]))
        return distance <= radius

    def make() -> dict[str, object]:
        near = sorted(listing.where(is_near), key=lambda place: distances[listing.rows[place].hex])[:most]
        yielder = Yielder()
        texts: list[bytes] = []
        for place in near:
            aircraft = listing.rows[place].whole
            distance, bearing = distances[aircraft["hex"]], bearing_deg(here, (aircraft["lat"], aircraft["lon"]))
            texts.append(listing.text(place)[:-1] + b',"dst":%.3f,"dir":%.1f}' % (distance, bearing))
            yielder.maybe_yield()
        return envelope(listing, Encoded(b"[" + b",".join(texts) + b"]"), len(texts))

    return TaggedAnswer(listing.tag, make, len(listing))


def _circle(path: Mapping[str, str]) -> tuple[Point, float]:
    bounds = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0), "nm": (0.0, MAX_RADIUS_NM)}
    values: dict[str, float] = {}
    wrong: dict[str, str] = {}
    for name, (low, high) in bounds.items():
        try:
            value = float(path[name])
        except ValueError:
            value = float("nan")
        if isfinite(value) and low <= value <= high:
            values[name] = value
        else:
            wrong[name] = f"must be a number from {low:g} to {high:g}"
    if wrong:
        raise bad_fields(wrong)
    return (values["lat"], values["lon"]), values["nm"]


def _those(context: RequestContext, test: Callable[[Listed], bool]) -> TaggedAnswer:
    """The aircraft that pass the test."""
    listing = context.sky.listings.recent(context.audience, READSB)

    def make() -> dict[str, object]:
        places = listing.where(test)
        return envelope(listing, listing.pick(places), len(places))

    return TaggedAnswer(listing.tag, make, len(listing))


def envelope(listing: Listing, ac: Encoded, total: int) -> dict[str, object]:
    """The v2 envelope around these aircraft. `now` is the moment to which their ages count."""
    now = round(listing.moment.wall * 1000)
    return listing.labelled({"ac": ac, "msg": "No error", "now": now, "total": total, "ctime": now, "ptime": listing.took_ms})
