"""For tools the field already has: readsb's /data/ files and the ADS-B Exchange v2 addresses.

Law: these tools were written for somebody else's server and are not going to change; their shapes come
before our taste. The door is the same as everywhere: in private mode a map without a key sees nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from skyspy import __version__
from skyspy.api.errors import bad_fields
from skyspy.api.models import ExchangeList, ReadsbList, ReadsbReceiver
from skyspy.api.readsb import LADD_BIT, PIA_BIT, written
from skyspy.api.routes import Asked, Resource
from skyspy.geo import Point, bearing_deg, distance_nm

readsb = Resource("readsb files", "What tar1090, graphs and dashboards read from readsb.")
exchange = Resource("ADS-B Exchange v2", "The addresses of the ADS-B Exchange API, version 2. Letters' case does not matter.")

REFRESH_MS = 1000
LARGEST_RADIUS_NM = 250.0
MOST_WORDS = 1000

Listed = Mapping[str, Any]


@readsb.get("/data/aircraft.json", needs="aircraft.view", answer=ReadsbList)
def readsb_aircraft(asked: Asked) -> object:
    """List all aircraft as readsb's aircraft.json does."""
    return {
        "now": round(asked.server.clock.wall(), 3),
        "messages": sum(feed["messages"] for feed in asked.sky.receivers.status()),
        "aircraft": [written(aircraft) for aircraft in asked.sky.aircraft(asked.audience)],
    }


@readsb.get("/data/receiver.json", needs="aircraft.view", answer=ReadsbReceiver)
def readsb_receiver(asked: Asked) -> object:
    """Describe the receiver as readsb's receiver.json does.

    The position is exact, rounded or absent as the caller may know it.
    """
    result = {"version": f"SkySpy {__version__}", "refresh": REFRESH_MS, "history": 0, "readsb": True}
    point = asked.sky.observer(asked.audience)
    return result if point is None else result | {"lat": point[0], "lon": point[1]}


def _one_of(field: str) -> Callable[[Asked], object]:
    """A view that lists the aircraft whose field is one of the words in the path."""

    def view(asked: Asked) -> object:
        words = {word.strip().upper() for word in asked.path["words"].split(",")[:MOST_WORDS]} - {""}
        return envelope(asked, [a for a in asked.sky.aircraft(asked.audience) if str(a.get(field, "")).upper() in words])

    return view


def _named(name: str, says: str, view: Callable[[Asked], object]) -> Callable[[Asked], object]:
    view.__name__, view.__doc__ = name, says
    return view


BY_FIELD: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("hex", "hex", ("icao",), "Find aircraft by address."),
    ("flight", "callsign", (), "Find aircraft by callsign."),
    ("r", "reg", ("registration",), "Find aircraft by registration."),
    ("t", "type", (), "Find aircraft by ICAO type designator."),
    ("squawk", "sqk", ("squawk",), "Find aircraft by squawk."),
)
"""The field that is looked at, the address, its other names, and what it does."""

for _field, _word, _others, _says in BY_FIELD:
    exchange.get(
        f"/v2/{_word}/<words>",
        also=tuple(f"/v2/{other}/<words>" for other in _others),
        needs="aircraft.view",
        answer=ExchangeList,
    )(_named(f"by_{_word}", _says, _one_of(_field)))


@exchange.get("/v2/all", needs="aircraft.view", answer=ExchangeList)
def everything(asked: Asked) -> object:
    """List all aircraft."""
    return envelope(asked, asked.sky.aircraft(asked.audience))


@exchange.get("/v2/mil", needs="aircraft.view", answer=ExchangeList)
def military(asked: Asked) -> object:
    """List military aircraft."""
    return envelope(asked, [a for a in asked.sky.aircraft(asked.audience) if a.get("military")])


@exchange.get("/v2/pia", needs="aircraft.view", answer=ExchangeList)
def private_addresses(asked: Asked) -> object:
    """List aircraft that fly under a privacy address."""
    return envelope(asked, [a for a in asked.sky.aircraft(asked.audience) if a.get("dbFlags", 0) & PIA_BIT])


@exchange.get("/v2/ladd", needs="aircraft.view", answer=ExchangeList)
def limited(asked: Asked) -> object:
    """List aircraft whose owners asked not to be shown (LADD)."""
    return envelope(asked, [a for a in asked.sky.aircraft(asked.audience) if a.get("dbFlags", 0) & LADD_BIT])


_AROUND = {"needs": "aircraft.view", "answer": ExchangeList, "errors": (400,)}


@exchange.get("/v2/point/<lat>/<lon>/<nm>", also=("/v2/lat/<lat>/lon/<lon>/dist/<nm>",), **_AROUND)
def around(asked: Asked) -> object:
    """List the aircraft around a point.

    Nearest first, each with its distance `dst` and bearing `dir` from the point.
    """
    return envelope(asked, *_near(asked))


@exchange.get("/v2/closest/<lat>/<lon>/<nm>", **_AROUND)
def closest(asked: Asked) -> object:
    """Show the aircraft closest to a point.

    A list of one, or of none when there is none within the radius.
    """
    found, marks = _near(asked)
    return envelope(asked, found[:1], marks[:1])


def _near(asked: Asked) -> tuple[list[Listed], list[tuple[float, float]]]:
    here, radius = _circle(asked.path)
    near: list[tuple[float, float, Listed]] = []
    for aircraft in asked.sky.aircraft(asked.audience):
        if "lat" in aircraft and "lon" in aircraft:
            there = (aircraft["lat"], aircraft["lon"])
            distance = distance_nm(here, there)
            if distance <= radius:
                near.append((distance, bearing_deg(here, there), aircraft))
    near.sort(key=lambda row: row[0])
    return [row[2] for row in near], [(round(row[0], 3), round(row[1], 1)) for row in near]


def _circle(path: Mapping[str, str]) -> tuple[Point, float]:
    bounds = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0), "nm": (0.0, LARGEST_RADIUS_NM)}
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


def envelope(asked: Asked, listed: Sequence[Listed], marks: Sequence[tuple[float, float]] = ()) -> dict[str, Any]:
    """The v2 envelope around these aircraft; `marks` are the distance and bearing of each from the point asked for."""
    clock = asked.server.clock
    began, now = clock.steady(), round(clock.wall() * 1000)
    ac = [written(aircraft) for aircraft in listed]
    for aircraft, mark in zip(ac, marks, strict=False):
        aircraft["dst"], aircraft["dir"] = mark
    took = round((clock.steady() - began) * 1000, 3)
    return {"ac": ac, "msg": "No error", "now": now, "total": len(ac), "ctime": now, "ptime": took}
