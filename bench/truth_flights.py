"""Measures whether the tracker believes flights of every kind, none of which its limits were chosen by.

    python bench/truth_flights.py [SEEDS]

Each flight is computed with seeded noise in steps of a tenth of a second, encoded as squitters or SBS lines, decoded, and given to a
tracker: turns, holds, go-arounds, helicopters that fly backwards, fast jets at 1,200 kt that turn with 7 g, gliders, balloons, taxiing
with stops; heard well, badly, and by receivers that hear nothing for 15 or 40 seconds. Right are decoded positions that are
shown, missing those that are refused, wrong those that are farther from the true place than their encoding allows.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import cos, degrees, radians, sin, tan
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from truth import Row  # noqa: E402

from skyspy.aircraft import Observation  # noqa: E402
from skyspy.decode import FORMATS, Context  # noqa: E402
from skyspy.geo import Point, distance_nm  # noqa: E402
from skyspy.tracker import Limits, Tracker  # noqa: E402
from tests.support import mode_s  # noqa: E402

STEP_S = 0.1
FLIGHT_S = 1800.0
"""Seconds of each flight."""
MAX_ERROR_NM = 0.02
"""A decoded position may be this far from the true one, and as far as the aircraft flies in a batch."""
HEX = "4B1A2B"


@dataclass(slots=True)
class Flight:
    """Where an aircraft is: degrees, knots, feet; `rate` in feet per minute, `turn` in degrees per second."""

    lat: float
    lon: float
    gs: float
    track: float
    feet: float = 5000.0
    rate: float = 0.0
    turn: float = 0.0
    ground: bool = False

    def move(self) -> None:
        self.track = (self.track + self.turn * STEP_S) % 360
        nm = self.gs * STEP_S / 3600
        self.lat += nm / 60 * cos(radians(self.track))
        self.lon += nm / 60 * sin(radians(self.track)) / cos(radians(self.lat))
        self.feet += self.rate * STEP_S / 60


Pilot = Callable[[Flight, float, random.Random], None]
"""Changes speed, turn and climb of a flight, at this time."""


def bank(gs: float, angle: float) -> float:
    """Degrees per second of a turn with this bank at this speed."""
    return degrees(9.81 * tan(radians(angle)) / max(gs * 0.5144, 5.0))


def towards(value: float, goal: float, per_second: float) -> float:
    """The value, nearer to its goal by what is possible in one step."""
    most = per_second * STEP_S
    return value + max(-most, min(most, goal - value))


def cruise(f: Flight, t: float, r: random.Random) -> None:
    if r.random() < 0.001:
        f.turn = r.choice((-1, 1)) * bank(f.gs, 25)
    elif r.random() < 0.005:
        f.turn = 0.0
    f.rate = 1500.0 if t % 600 < 200 else 0.0 if t % 600 < 400 else -1500.0


def hold(f: Flight, t: float, _: random.Random) -> None:
    f.turn = 3.0 if t % 240 % 120 < 60 else 0.0


def go_around(f: Flight, t: float, _: random.Random) -> None:
    phase = t % 600
    f.gs = towards(f.gs, 140 if phase < 200 else 220, 3)
    f.rate = -700.0 if phase < 200 else 2500.0 if phase < 240 else 0.0
    f.turn = 3.0 if 260 <= phase < 320 or 420 <= phase < 480 else 0.0
    f.feet = max(f.feet, 300.0)


def helicopter(f: Flight, t: float, r: random.Random) -> None:
    phase = t % 180
    f.gs = towards(f.gs, 0 if phase < 60 else 130 if phase < 120 else 25, 8)
    if f.gs < 1 and r.random() < 0.02:
        f.track = r.uniform(0, 360)
    f.turn = r.choice((-20.0, 0.0, 20.0)) if f.gs < 40 and r.random() < 0.01 else f.turn * 0.99


def backwards(f: Flight, t: float, _: random.Random) -> None:
    """From 30 kt forwards to 30 kt backwards within 12 seconds, and again."""
    if f.gs < 0.5 and int(t * 10) % 130 == 0:
        f.track = (f.track + 180) % 360
    f.gs = towards(f.gs, 0.0 if t % 26 >= 13 else 30.0, 4)


def jet(f: Flight, t: float, r: random.Random) -> None:
    phase = t % 240
    f.gs = towards(f.gs, 1200 if phase < 100 else 420, 20)
    if r.random() < 0.006:
        f.turn = r.choice((-1, 1)) * bank(f.gs, r.choice((60, 75, 81)))
    elif r.random() < 0.01:
        f.turn = 0.0
    f.rate = 20000.0 if phase < 60 else -20000.0 if 120 <= phase < 180 else 0.0


def aerobatics(f: Flight, t: float, r: random.Random) -> None:
    """Loops and hammerheads: the track reverses at low speed within a second."""
    f.gs = towards(f.gs, 20 if t % 40 < 8 else 170, 40)
    if f.gs <= 22 and r.random() < 0.05:
        f.track = (f.track + 180) % 360
    f.turn = bank(f.gs, 70) if t % 40 > 25 else 0.0


def glider(f: Flight, t: float, _: random.Random) -> None:
    f.turn = 18.0 if t % 300 < 200 else 0.0
    f.gs = 50 + 15 * sin(radians(f.track))


def balloon(f: Flight, t: float, _: random.Random) -> None:
    f.gs = towards(f.gs, 12 + 10 * sin(t / 60), 0.2)
    f.turn = 2 * sin(t / 40)


def taxi(f: Flight, t: float, _: random.Random) -> None:
    f.ground = True
    f.gs = towards(f.gs, 0 if t % 90 < 35 else 22, 1.5)
    f.turn = (15.0 if t % 45 < 6 else 0.0) if f.gs > 3 else 0.0


def departure(f: Flight, t: float, _: random.Random) -> None:
    """Stands, taxis, takes off and climbs, each quarter of an hour."""
    phase = t % 900
    f.ground = phase < 330
    f.gs = towards(f.gs, 0 if phase < 120 else 15 if phase < 260 else 0 if phase < 290 else 260, 4)
    f.rate = 0.0 if f.ground else 2500.0
    f.turn = 12.0 if 200 <= phase < 207 else 3.0 if 400 <= phase < 430 else 0.0
    if phase < 1:
        f.feet = 0.0


def survey(f: Flight, t: float, _: random.Random) -> None:
    f.turn = (1 if t % 360 < 180 else -1) * 3.0 if t % 180 > 120 else 0.0


PILOTS: dict[str, tuple[Pilot, float]] = {
    "airliner": (cruise, 460.0),
    "hold": (hold, 220.0),
    "go-around": (go_around, 150.0),
    "helicopter": (helicopter, 90.0),
    "helicopter backwards": (backwards, 20.0),
    "fast jet": (jet, 500.0),
    "aerobatics": (aerobatics, 150.0),
    "glider": (glider, 50.0),
    "balloon": (balloon, 12.0),
    "taxi with stops": (taxi, 10.0),
    "departure": (departure, 0.0),
    "survey": (survey, 120.0),
}

Gaps = Callable[[float, random.Random], bool]
RECEPTIONS: dict[str, Gaps] = {
    "well": lambda _, r: r.random() < 0.95,
    "badly": lambda _, r: r.random() < 0.2,
    "gaps of 15 s": lambda t, r: t % 25 < 10 and r.random() < 0.8,
    "gaps of 40 s": lambda t, r: t % 60 < 20 and r.random() < 0.8,
}
WAYS = ("squitters", "squitters without speed", "sbs", "sbs without speed")
HOME: Point = (47.4, 8.5)


def lines(f: Flight, kind: str) -> bytes:
    """SBS lines of a position or a speed, as dump1090 writes them."""
    if kind == "speed":
        return f"MSG,4,1,1,{HEX},1,,,,,,,{f.gs:.0f},{f.track:.0f},,,{round(f.rate / 64) * 64},,,,,0\r\n".encode()
    if f.ground:
        return f"MSG,2,1,1,{HEX},1,,,,,,0,{f.gs:.0f},{f.track:.0f},{f.lat:.5f},{f.lon:.5f},,,,,,-1\r\n".encode()
    return f"MSG,3,1,1,{HEX},1,,,,,,{round(f.feet / 25) * 25},,,{f.lat:.5f},{f.lon:.5f},,,,,,0\r\n".encode()


def frames(f: Flight, kind: str, odd: bool) -> bytes:
    """Beast bytes of the squitter."""
    if kind == "speed":
        fast = f.gs > 1000
        return mode_s.beast(
            mode_s.squitter(HEX, mode_s.velocity(f.gs, f.track, round(f.rate / 64) * 64, subtype=2 if fast else 1))
        )
    if f.ground:
        me = mode_s.surface(f.lat, f.lon, odd, mode_s.movement_code(f.gs, 0), round(f.track * 128 / 360) % 128)
        return mode_s.beast(mode_s.squitter(HEX, me, ca=4))
    return mode_s.beast(mode_s.squitter(HEX, mode_s.position(f.lat, f.lon, odd, round(f.feet / 25) * 25)))


def heard(pilot: str, way: str, reception: str, seed: int) -> Iterator[tuple[float, Point, float, list[Observation]]]:
    """What is decoded: time, the true place and speed then, and the observations."""
    chance = random.Random(f"{pilot} {way} {reception} {seed}")
    fly, gs = PILOTS[pilot]
    f = Flight(HOME[0] + chance.uniform(-0.5, 0.5), HOME[1] + chance.uniform(-0.5, 0.5), gs, chance.uniform(0, 360))
    decoder = FORMATS["sbs" if way.startswith("sbs") else "beast"].make(Context(HOME))
    odd = False
    for tick in range(int(FLIGHT_S / STEP_S)):
        t = tick * STEP_S
        fly(f, t, chance)
        f.move()
        f.lat, f.lon = max(-80.0, min(80.0, f.lat)), (f.lon + 180) % 360 - 180
        f.feet = max(0.0, min(45000.0, f.feet))
        kind = {0: "position", 3: "speed"}.get(tick % 5)
        if kind is None or (kind == "speed" and ("without" in way or f.ground)):
            continue
        if kind == "position":
            odd = not odd
        if not RECEPTIONS[reception](t, chance):
            continue
        at = 1000.0 + t + chance.uniform(0, 0.05)
        data = lines(f, kind) if way.startswith("sbs") else frames(f, kind, odd)
        yield at, (f.lat, f.lon), f.gs, decoder.feed(data, at)  # type: ignore[misc]


def fly(pilot: str, way: str, reception: str, seed: int) -> Row:
    """The figures of one flight."""
    tracker = Tracker(Limits(max_range_nm=0), None, "bench")
    sent = right = wrong = missing = 0
    first = ""
    for at, place, gs, observations in heard(pilot, way, reception, seed):
        for observation in observations:
            tracker.apply(observation, at)
            if "lat" not in observation.fields:
                continue
            sent += 1
            tracker.take_delta(at)
            here = (float(observation.fields["lat"]), float(observation.fields["lon"]))  # type: ignore[arg-type]
            shown = tracker.aircraft(HEX, at)
            if shown is None:
                sent -= 1
            elif distance_nm(place, here) > MAX_ERROR_NM + gs * STEP_S / 3600:
                wrong += 1
                first = first or f"decoded {distance_nm(place, here):.2f} nm off at {at - 1000:.1f} s"
            elif (shown.get("lat"), shown.get("lon")) == here:
                right += 1
            else:
                missing += 1
                first = first or f"refused {dict(tracker.refused)} at {at - 1000:.1f} s"
    return Row(f"{pilot}, {way}, {reception}", sent, right, wrong, missing, first)


def rows(seeds: int = 1) -> Iterator[Row]:
    """The figures of every kind of flight, over all ways and receptions."""
    for pilot in PILOTS:
        flown = [fly(pilot, way, reception, seed) for way in WAYS for reception in RECEPTIONS for seed in range(seeds)]
        sent, right, wrong, missing = (sum(numbers) for numbers in zip(*(row[1:5] for row in flown), strict=True))
        worst = max(flown, key=lambda row: (row.wrong, row.missing))
        note = f"{worst.kind.partition(', ')[2]}: {worst.note}" if worst.note else ""
        yield Row(f"flight of {pilot}", sent, right, wrong, missing, note)


def main() -> int:
    sent = wrong = missing = 0
    for row in rows(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
        sent, wrong, missing = sent + row.sent, wrong + row.wrong, missing + row.missing
        print(f"{row.kind:32}{row.sent:9}{row.right:9}{row.wrong:7}{row.missing:9}  {row.note}", flush=True)
    print(f"sent {sent}, wrong {wrong}, refused {missing} ({missing / max(1, sent):.4%})")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
