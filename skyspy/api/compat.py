"""Interfaces: routes for existing tools: readsb's /data/ files and the routes of the ADS-B Exchange API, version 2.

Invariants: field names and shapes are exactly those that these tools expect. Access is as for every
other route: in private mode a map without a key is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from skyspy import __version__
from skyspy.api.errors import bad_fields
from skyspy.api.models import ExchangeList, ReadsbList, ReadsbReceiver
from skyspy.api.readsb import LADD_BIT, PIA_BIT, to_readsb
from skyspy.api.routes import RequestContext, Resource
from skyspy.geo import Point, bearing_deg, distance_nm

readsb = Resource("readsb files", "What tar1090, graphs and dashboards read from readsb.")
exchange = Resource("ADS-B Exchange v2", "The addresses of the ADS-B Exchange API, version 2. Letters' case does not matter.")

REFRESH_MS = 1000
MAX_RADIUS_NM = 250.0
MAX_VALUES = 1000

Listed = Mapping[str, Any]


@readsb.get("/data/aircraft.json", permission="aircraft.view", answer=ReadsbList)
def readsb_aircraft(context: RequestContext) -> object:
    """List all aircraft as readsb's aircraft.json does."""
    return context.sky.labelled(
        {
            "now": round(context.server.clock.wall(), 3),
            "messages": sum(feed["messages"] for feed in context.sky.receivers.status()),
            "aircraft": [
                to_readsb(aircraft, context.sky.relayed(aircraft["hex"])) for aircraft in context.sky.aircraft(context.audience)
            ],
        }
    )


@readsb.get("/data/receiver.json", permission="aircraft.view", answer=ReadsbReceiver)
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
        return envelope(context, [a for a in context.sky.aircraft(context.audience) if str(a.get(field, "")).upper() in words])

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
    )(_named(f"by_{_word}", summary, _one_of(_field)))


@exchange.get("/v2/all", permission="aircraft.view", answer=ExchangeList)
def everything(context: RequestContext) -> object:
    """List all aircraft."""
    return envelope(context, context.sky.aircraft(context.audience))


@exchange.get("/v2/mil", permission="aircraft.view", answer=ExchangeList)
def military(context: RequestContext) -> object:
    """List military aircraft."""
    return envelope(context, [a for a in context.sky.aircraft(context.audience) if a.get("military")])


@exchange.get("/v2/pia", permission="aircraft.view", answer=ExchangeList)
def private_addresses(context: RequestContext) -> object:
    """List aircraft that fly under a privacy address."""
    return envelope(context, [a for a in context.sky.aircraft(context.audience) if a.get("dbFlags", 0) & PIA_BIT])


@exchange.get("/v2/ladd", permission="aircraft.view", answer=ExchangeList)
def limited(context: RequestContext) -> object:
    """List aircraft whose owners asked not to be shown (LADD)."""
    return envelope(context, [a for a in context.sky.aircraft(context.audience) if a.get("dbFlags", 0) & LADD_BIT])


_AROUND = {"permission": "aircraft.view", "answer": ExchangeList, "errors": (400,)}


@exchange.get("/v2/point/<lat>/<lon>/<nm>", also=("/v2/lat/<lat>/lon/<lon>/dist/<nm>",), **_AROUND)
def around(context: RequestContext) -> object:
    """List the aircraft around a point.

    Nearest first, each with its distance `dst` and bearing `dir` from the point.
    """
    return envelope(context, *_near(context))


@exchange.get("/v2/closest/<lat>/<lon>/<nm>", **_AROUND)
def closest(context: RequestContext) -> object:
    """Show the aircraft closest to a point.

    A list of one, or of none when there is none within the radius.
    """
    found, marks = _near(context)
    return envelope(context, found[:1], marks[:1])


def _near(context: RequestContext) -> tuple[list[Listed], list[tuple[float, float]]]:
    here, radius = _circle(context.path)
    near: list[tuple[float, float, Listed]] = []
    for aircraft in context.sky.aircraft(context.audience):
        if "lat" in aircraft and "lon" in aircraft:
            there = (aircraft["lat"], aircraft["lon"])
            distance = distance_nm(here, there)
            if distance <= radius:
                near.append((distance, bearing_deg(here, there), aircraft))
    near.sort(key=lambda row: row[0])
    return [row[2] for row in near], [(round(row[0], 3), round(row[1], 1)) for row in near]


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


def envelope(context: RequestContext, listed: Sequence[Listed], marks: Sequence[tuple[float, float]] = ()) -> dict[str, Any]:
    """The v2 envelope around these aircraft; `marks` are the distance and bearing of each from the requested point."""
    clock = context.server.clock
    began, now = clock.steady(), round(clock.wall() * 1000)
    ac = [to_readsb(aircraft, context.sky.relayed(aircraft["hex"])) for aircraft in listed]
    for aircraft, mark in zip(ac, marks, strict=False):
        aircraft["dst"], aircraft["dir"] = mark
    took = round((clock.steady() - began) * 1000, 3)
    return context.sky.labelled({"ac": ac, "msg": "No error", "now": now, "total": len(ac), "ctime": now, "ptime": took})
