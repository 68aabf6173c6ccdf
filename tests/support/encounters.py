"""Two aircraft that pass each other, made from a seed: by kind, by class, and inside or outside one of the thresholds by a tenth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, cos, floor, hypot, radians, sin
from random import Random
from typing import Any

from skyspy.aircraft import Observation
from skyspy.safety.profiles import PROFILES
from skyspy.safety.thresholds import Thresholds

LEAD_S, AFTER_S = 70.0, 25.0
"""How long before and after the closest point the two are heard."""
INSIDE, OUTSIDE = 0.9, 1.1

CLASSES: dict[str, tuple[dict[str, Any], float, float]] = {
    "airliner": ({"category": "A3", "t": "A320"}, 280, 480),
    "unknown": ({}, 250, 480),
    "light": ({"category": "A1", "t": "C172"}, 80, 140),
    "rotorcraft": ({"category": "A7", "t": "EC35"}, 60, 140),
    "glider": ({"category": "B1"}, 45, 90),
    "balloon": ({"category": "B2"}, 3, 15),
    "parachutist": ({"category": "B3"}, 3, 15),
    "ultralight": ({"category": "B4"}, 45, 70),
    "uav": ({"category": "B6"}, 50, 100),
    "fighter": ({"category": "A6", "t": "F16", "dbFlags": 1}, 300, 500),
    "military": ({"category": "A5", "t": "C17", "dbFlags": 1}, 200, 420),
    "military_light": ({"category": "A1", "t": "PC7", "dbFlags": 1}, 120, 200),
}
"""By class, what such an aircraft sends besides its motion, and its slowest and fastest ground speed."""
SCALES = {profile.name: profile.distance_scale for profile in PROFILES} | {"unknown": 1.0}

KINDS = ("crossing", "head_on", "overtaking", "vertical")
LIMITS = ("distance", "height", "time")
"""Which threshold an encounter is near."""
MIN_RELATIVE_KT, TURNING_RELATIVE_KT = 40.0, 80.0
"""Those that turn away must not be near each other yet when they do."""
MILITARY_RELATIVE_KT = 110.0
"""Slower, military aircraft join a formation."""


@dataclass(frozen=True, slots=True)
class Flight:
    """One aircraft in straight flight. `lat`, `lon`, `feet`: where it is at `passes_at`."""

    hex: str
    sends: dict[str, Any]
    lat: float
    lon: float
    feet: float
    gs: float
    track: float
    rate: int
    passes_at: float

    def observation(self, at: float, velocity: tuple[float, float] | None = None, since: float = 0.0) -> Observation:
        """What it sends at `at`. `velocity`: ground speed and track since `since`, where it has turned then."""
        gs, track = (self.gs, self.track) if velocity is None or at < since else velocity
        straight = at if velocity is None else min(at, since)
        lat, lon = self._moved(self.lat, self.lon, self.gs, self.track, straight - self.passes_at)
        if at > straight:
            lat, lon = self._moved(lat, lon, gs, track, at - straight)
        feet = self.feet + self.rate / 60 * (at - self.passes_at)
        motion = {"lat": round(lat, 6), "lon": round(lon, 6), "alt_baro": round(feet / 25) * 25, "gs": round(gs, 1)}
        motion |= {"track": round(track, 2), "baro_rate": self.rate, "nic": 8, "nac_p": 9, "version": 2}
        return Observation(self.hex, at, "adsb_icao", {**self.sends, **motion}, at, 2)

    def _moved(self, lat: float, lon: float, gs: float, track: float, seconds: float) -> tuple[float, float]:
        way, angle = gs / 3600 * seconds / 60, radians(track)
        return lat + way * cos(angle), lon + way * sin(angle) / cos(radians(self.lat))


@dataclass(frozen=True, slots=True)
class Meeting:
    """An encounter. `passes_at`: its closest point. `is_inside`: whether it is a conflict. `turns_at`: when one turns away."""

    name: str
    a: Flight
    b: Flight
    passes_at: float
    is_inside: bool
    turns_at: float | None = None

    @property
    def key(self) -> str:
        """The key of its finding."""
        return ":".join(sorted((self.a.hex, self.b.hex)))

    def observations(self, at: float) -> Iterator[Observation]:
        """What both send at `at`; nothing long before and after."""
        if self.passes_at - LEAD_S <= at <= self.passes_at + AFTER_S:
            yield self.a.observation(at)
            turned = None if self.turns_at is None else (self.a.gs, self.a.track)
            yield self.b.observation(at, turned, self.turns_at or 0.0)


def meetings(
    seed: int, count: int, times: tuple[float, float], box: tuple[float, float, float, float], thresholds: Thresholds
) -> Iterator[Meeting]:
    """Encounters at random times and places (south, north, west, east): every kind, limit, and class in turn, inside and outside in turn."""
    chance = Random(seed)
    names = list(CLASSES)
    for number in range(count):
        kind, limit = KINDS[number % len(KINDS)], LIMITS[number // len(KINDS) % len(LIMITS)]
        is_inside = number // (len(KINDS) * len(LIMITS)) % 2 == 0
        first, second = names[number % len(names)], chance.choice(names)
        place = chance.uniform(box[0], box[1]), chance.uniform(box[2], box[3])
        # Half a second between the rounds, and not at the moment of one.
        at = round(chance.uniform(*times)) + 0.4
        yield _meeting(chance, number, (kind, limit, is_inside), (first, second), place, at, thresholds)


def _meeting(
    chance: Random,
    number: int,
    case: tuple[str, str, bool],
    classes: tuple[str, str],
    place: tuple[float, float],
    at: float,
    thresholds: Thresholds,
) -> Meeting:
    kind, limit, is_inside = case
    (gs_a, track_a), (gs_b, track_b), classes = _velocities(chance, kind, classes, is_turning=limit == "time")
    scale = (SCALES[classes[0]] + SCALES[classes[1]]) / 2
    feet = chance.choice((10_000, 15_000, 22_000, 33_000, 38_000)) + 25 * chance.randrange(20)
    limit_ft = (thresholds.proximity_high_ft if feet >= 29_000 else thresholds.proximity_ft) * scale
    limit_nm = thresholds.proximity_nm * scale
    factor = INSIDE if is_inside else OUTSIDE
    north = gs_b * cos(radians(track_b)) - gs_a * cos(radians(track_a))
    east = gs_b * sin(radians(track_b)) - gs_a * sin(radians(track_a))
    relative = hypot(north, east)
    miss = limit_nm * (factor if limit == "distance" else 0.3)
    rate = chance.choice((-2000, -1000, 1000, 2000)) if kind == "vertical" else 0
    height = 0.0
    if limit == "height":
        # While they are too near each other horizontally, a climb changes the height.
        change = abs(rate) / 60 * limit_nm / relative * 3600 + (25 if rate else 0)
        height = floor(limit_ft * factor / 25) * 25 if is_inside else ceil((limit_ft * factor + change) / 25) * 25
    side = chance.choice((-1, 1)) * miss / relative
    lat = place[0] - side * east / 60
    lon = place[1] + side * north / 60 / cos(radians(place[0]))
    turns_at = at - thresholds.proximity_ahead_s * factor if limit == "time" else None
    a = Flight(f"{0xA00001 + number * 37:06X}", CLASSES[classes[0]][0], *place, feet, gs_a, track_a, 0, at)
    b = Flight(f"{0x500003 + number * 53:06X}", CLASSES[classes[1]][0], lat, lon, feet + height, gs_b, track_b, rate, at)
    return Meeting(f"{kind} {limit} {'in' if is_inside else 'out'} {'/'.join(classes)} #{number}", a, b, at, is_inside, turns_at)


def _velocities(
    chance: Random, kind: str, classes: tuple[str, str], is_turning: bool
) -> tuple[tuple[float, float], tuple[float, float], tuple[str, str]]:
    """Ground speed and track of both, and their classes: where two of these classes cannot meet so, the second one is an airliner."""
    first, second = classes
    while True:
        for _ in range(50):
            gs_a, gs_b = (chance.uniform(*CLASSES[name][1:]) for name in (first, second))
            track = chance.uniform(0, 360)
            turn = {"head_on": chance.uniform(170, 190), "overtaking": chance.uniform(-8, 8)}.get(kind, chance.uniform(45, 135))
            if is_turning and kind == "head_on":
                turn = chance.uniform(90, 150)
            other = (track + turn) % 360
            relative = hypot(
                gs_a * cos(radians(track)) - gs_b * cos(radians(other)), gs_a * sin(radians(track)) - gs_b * sin(radians(other))
            )
            both_military = all("dbFlags" in CLASSES[name][0] for name in (first, second))
            slowest = TURNING_RELATIVE_KT if is_turning else MIN_RELATIVE_KT
            if relative >= (MILITARY_RELATIVE_KT if both_military else slowest):
                return (gs_a, track), (gs_b, other), (first, second)
        second = "airliner" if first != "airliner" else "light"
