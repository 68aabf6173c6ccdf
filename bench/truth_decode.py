"""The decoder's rows of truth.py: frames of the encoder through `ModeS`, one receiver, no tracker."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from truth import Row, Tally

from skyspy.aircraft import Observation
from skyspy.decode import Context
from skyspy.decode.modes import ModeS
from skyspy.decode.quality import nic_rc
from skyspy.geo import Point, distance_nm
from tests.support.comm_b import SAMPLES, Flight, flight
from tests.support.mode_s import (
    advisory,
    all_call,
    altitude_code,
    altitude_only,
    gillham_code,
    identification,
    movement_code,
    operational_status,
    position,
    reply,
    squawk_code,
    squitter,
    surface,
    target_state,
    twelve_bits,
    velocity,
)

PLANE = "4B1234"
CODES_25 = range(-1000, 50176, 25)
CODES_100 = range(-1200, 126701, 100)
REPLIES = 10_000


class Receiver:
    """Decodes frames one by one, at times that the caller gives or half a second apart."""

    def __init__(self, location: Point | None = None) -> None:
        self.modes, self.now = ModeS(Context(location)), 1000.0

    def hear(self, frame: str, after: float = 0.5) -> dict[str, object]:
        self.now += after
        heard: list[Observation] = self.modes.frames([(frame, None)], self.now)
        return dict(heard[0].fields) if heard else {}


def altitudes() -> Iterator[Row]:
    for df in (0, 4, 16, 20):
        tally = Tally(f"altitude, DF{df}")
        for codes in ([(f, altitude_code(f)) for f in CODES_25], [(f, gillham_code(f)) for f in CODES_100]):
            receiver = Receiver()
            for feet, code in codes:
                receiver.hear(all_call(PLANE))
                tally.expect(feet, receiver.hear(reply(df, PLANE, code, 0, 0 if df in (16, 20) else None)).get("alt_baro"))
        yield tally.row()
    for code in (0, *range(9, 19), *range(20, 23)):
        tally = Tally(f"altitude, type code {code}")
        receiver = Receiver()
        name = "alt_geom" if code >= 20 else "alt_baro"
        for feet, bits in [*((f, altitude_code(f)) for f in CODES_25), *((f, gillham_code(f)) for f in CODES_100)]:
            me = code << 51 | twelve_bits(bits) << 36 | (0 if code == 0 else 12345 << 17 | 54321)
            tally.expect(feet, receiver.hear(squitter(PLANE, me)).get(name))
        yield tally.row()


def squawks() -> Iterator[Row]:
    for df in (5, 21):
        tally = Tally(f"squawk, DF{df}")
        receiver = Receiver()
        for number in range(4096):
            receiver.hear(all_call(PLANE))
            squawk = f"{number:04o}"
            tally.expect(squawk, receiver.hear(reply(df, PLANE, squawk_code(squawk), 0, 0 if df == 21 else None)).get("squawk"))
        yield tally.row()
    tally = Tally("squawk, type code 28")
    receiver = Receiver()
    receiver.hear(squitter(PLANE, operational_status()))
    for number in range(4096):
        squawk = f"{number:04o}"
        tally.expect(squawk, receiver.hear(squitter(PLANE, 28 << 51 | 1 << 48 | squawk_code(squawk) << 32)).get("squawk"))
    yield tally.row()


def _walk(kind: str, points: list[Point], on_ground: bool = False, limit_nm: float = 0.01) -> Row:
    """Positions in order, even and odd in turn, half a second apart."""
    tally = Tally(kind)
    receiver = Receiver(points[0])
    for n, (lat, lon) in enumerate(points):
        me = surface(lat, lon, n % 2 == 1, movement=40) if on_ground else position(lat, lon, n % 2 == 1)
        fields = receiver.hear(squitter(PLANE, me))
        if n == 0:
            continue  # one half is no position
        if "lat" not in fields:
            tally.missing += 1
            continue
        shown = (float(str(fields["lat"])), float(str(fields["lon"])))
        off = distance_nm((lat, lon), shown)
        tally.expect(True, off <= limit_nm or f"{off:.2f} nm off at {lat:.4f} {lon:.4f}")
    return tally.row()


def _line(start: Point, end: Point, steps: int) -> list[Point]:
    rows = [(start[0] + (end[0] - start[0]) * n / steps, start[1] + (end[1] - start[1]) * n / steps) for n in range(steps + 1)]
    return [(lat, (lon + 180) % 360 - 180) for lat, lon in rows]


def _over_pole(sign: int) -> list[Point]:
    up = [(sign * (89.0 + n * 0.002), 30.0) for n in range(500)]
    return up + [(lat, -150.0) for lat, _ in reversed(up)]


def positions() -> Iterator[Row]:
    yield _walk("position: across the equator", _line((-0.5, 0.2), (0.5, 0.4), 800))
    yield _walk("position: across Greenwich", _line((51.2, -0.5), (51.3, 0.5), 600))
    yield _walk("position: across the antimeridian", _line((-17.0, 179.5), (-17.2, 180.5), 800))
    yield _walk("position: across the antimeridian, north", _line((70.0, 179.0), (70.1, 181.0), 800))
    yield _walk("position: over the north pole", _over_pole(1))
    yield _walk("position: over the south pole", _over_pole(-1))
    yield _walk("position: all zone edges, north", _line((0.0, 8.0), (86.9, 8.0), 40_000))
    yield _walk("position: all zone edges, south", _line((0.0, -70.0), (-86.9, -70.0), 40_000))
    for name, lat, lon in (
        ("north east", 47.4, 8.5),
        ("south east", -33.9, 151.2),
        ("north west", 40.6, -73.8),
        ("south west", -34.8, -58.5),
    ):
        yield _walk(f"position on the ground: {name}", _line((lat, lon), (lat + 0.03, lon + 0.03), 1500), True)
    yield _walk("position on the ground: at 0, 0", _line((-0.02, -0.02), (0.02, 0.02), 1500), True)
    yield _walk("position on the ground: antimeridian", _line((-16.69, 179.98), (-16.69, 180.02), 1500), True)


# DO-260B table N-4, DO-260A table 2-200, DO-260 table N-7: type code, version, NIC supplements, nic, radius in metres.
QUALITY = (
    (9, 0, 0, 0, 0, 11, 8), (10, 0, 0, 0, 0, 10, 25), (11, 0, 0, 0, 0, 8, 186), (12, 0, 0, 0, 0, 7, 371), (13, 0, 0, 0, 0, 6, 926),
    (14, 0, 0, 0, 0, 5, 1852), (15, 0, 0, 0, 0, 4, 3704), (16, 0, 0, 0, 0, 1, 18520), (17, 0, 0, 0, 0, 1, 37040),
    (11, 1, 1, 0, 0, 9, 75), (11, 1, 0, 0, 0, 8, 186), (13, 1, 1, 0, 0, 6, 1112), (13, 1, 0, 0, 0, 6, 926), (16, 1, 1, 0, 0, 3, 7408),
    (16, 1, 0, 0, 0, 2, 14816),
    (9, 2, 0, 0, 0, 11, 8), (10, 2, 0, 0, 0, 10, 25), (11, 2, 1, 1, 0, 9, 75), (11, 2, 0, 0, 0, 8, 186), (12, 2, 0, 0, 0, 7, 371),
    (13, 2, 0, 1, 0, 6, 556), (13, 2, 0, 0, 0, 6, 926), (13, 2, 1, 1, 0, 6, 1112), (14, 2, 0, 0, 0, 5, 1852),
    (15, 2, 0, 0, 0, 4, 3704), (16, 2, 1, 1, 0, 3, 7408), (16, 2, 0, 0, 0, 2, 14816), (17, 2, 0, 0, 0, 1, 37040),
)  # fmt: skip


def quality() -> Iterator[Row]:
    tally = Tally("nic and rc of a position")
    for code, version, nic_a, nic_b, _, nic, rc in QUALITY:
        receiver = Receiver()
        receiver.hear(squitter(PLANE, operational_status(version=version, nic_a=nic_a)))
        for odd in (False, True):
            fields = receiver.hear(squitter(PLANE, position(47.6, 8.7, odd, code=code, nic_b=nic_b)))
        tally.expect((nic, rc), (fields.get("nic"), fields.get("rc")) if "lat" in fields else None)
    for version, code in ((v, c) for v in range(3) for c in (18, 22)):
        tally.expect((0, None), nic_rc(code, version, 0, 0, 0))
    yield tally.row()


def values() -> Iterator[Row]:
    for version in (0, 2):
        tally = Tally(f"speed on the ground, version {version}", "within the step of its range")
        receiver = Receiver()
        receiver.hear(squitter(PLANE, operational_status(version=version)))
        for tenths in range(1, 1751):
            speed = tenths / 10
            step = next(s for above, s in ((100, 5), (70, 2), (15, 1), (2, 0.5), (1, 0.25), (0, 0.15)) if speed >= above)
            step = 0.05 if speed % step == 0 and speed > 2 else step + 0.05
            me = surface(47.4, 8.5, False, movement_code(speed, version))
            tally.expect(speed, receiver.hear(squitter(PLANE, me)).get("gs"), step)
        yield tally.row()
    for name in ("nav_altitude_mcp", "nav_altitude_fms"):
        tally = Tally(f"{name}, type code 29")
        receiver = Receiver()
        for feet in range(0, 65473, 32):
            me = target_state(feet) if name.endswith("mcp") else target_state(fms=feet)
            tally.expect(feet, receiver.hear(squitter(PLANE, me)).get(name))
        yield tally.row()
    tally = Tally("callsign")
    receiver = Receiver()
    for text in ("N 12AB", "A", "AB C D", "SWR12A", "12345678", "A      B", "Z9 Z9 Z9"):
        tally.expect(text, receiver.hear(squitter(PLANE, identification(text))).get("flight"))
    yield tally.row()


def advisories() -> Iterator[Row]:
    tally = Tally("resolution advisory, all active ones")
    receiver = Receiver()
    for bits in range(64):
        ara = f"1{bits:06b}"
        receiver.hear(all_call(PLANE))
        for frame in (
            squitter(PLANE, advisory(ara, "4b5678", head=0xE2)),
            reply(20, PLANE, altitude_code(10000), 0, advisory(ara, "4b5678")),
            reply(16, PLANE, altitude_code(10000), 0, advisory(ara, "4b5678")),
        ):
            shown = receiver.hear(frame).get("acas_ra")
            tally.expect((ara, "4b5678"), (shown["ARA"], shown.get("threat_id_hex")) if isinstance(shown, dict) else None)
    yield tally.row()


NAMES: dict[str, dict[str, tuple[str, float]]] = {
    "20": {},
    "40": {"nav_altitude_mcp": ("mcp", 8), "nav_qnh": ("qnh", 30)},
    "50": {"roll": ("roll", 0.2), "track": ("track", 0.2), "gs": ("gs", 1.1), "track_rate": ("rate", 0.04), "tas": ("tas", 1.1)},
    "60": {"mag_heading": ("heading", 0.2), "ias": ("ias", 0.6), "mach": ("mach", 0.003), "baro_rate": ("climb", 0)},
}
"""By register, the field that shows it and its value in the flight."""

MARKS = {"40": "nav_altitude_mcp", "50": "roll", "60": "ias", "20": "flight", "30": "acas_ra"}
"""By register, the field that says that a reply was read as this register."""


def _ask(df: int, f: Flight, comm_b: int) -> str:
    return reply(df, PLANE, altitude_code(f.feet) if df == 20 else squawk_code("1000"), 0, comm_b)


def _introduce(receiver: Receiver, f: Flight, equipped: bool) -> None:
    """What an aircraft says before it is asked: its squitters where it has ADS-B, its altitude otherwise."""
    receiver.hear(all_call(PLANE), 0.1)
    if equipped:
        receiver.hear(squitter(PLANE, position(f.lat, f.lon, False, f.feet)), 0.1)
        receiver.hear(squitter(PLANE, position(f.lat, f.lon, True, f.feet)), 0.1)
        receiver.hear(squitter(PLANE, velocity(f.gs, f.track, f.climb // 64 * 64)), 0.1)
    else:
        receiver.hear(reply(4, PLANE, altitude_code(f.feet)), 0.1)


def registers() -> Iterator[Row]:
    """Replies of every register that a station asks for: each is read as itself, or not read."""
    for equipped in (True, False):
        for name, make in SAMPLES.items():
            chance = Random(int(name, 16) + equipped)
            tally = Tally(f"BDS {name[0]},{name[1]}, {'with' if equipped else 'without'} ADS-B")
            for n in range(REPLIES if equipped else REPLIES // 5):
                f = flight(chance, steep=n % 4 == 0)
                receiver = Receiver()
                _introduce(receiver, f, equipped)
                comm_b = make(chance, f)
                shown = receiver.hear(_ask(20 + n % 2, f, comm_b), 0.1)
                read = [register for register, mark in MARKS.items() if mark in shown]
                if name in ("20", "30"):
                    tally.expect([name], read or None)
                elif name not in NAMES:
                    tally.expect([], read)
                elif not read:
                    tally.missing += 1
                else:
                    close = [
                        abs(float(str(shown[field])) - getattr(f, of)) for field, (of, _) in NAMES[name].items() if field in shown
                    ]
                    limits = [limit for field, (_, limit) in NAMES[name].items() if field in shown]
                    right = all(off <= limit or off >= 359.5 for off, limit in zip(close, limits, strict=True))
                    tally.expect(([name], True), (read, right))
            yield tally.row()


def rows() -> Iterator[Row]:
    for kind in (altitudes, squawks, positions, quality, values, advisories, registers):
        yield from kind()
    receiver = Receiver()
    tally = Tally("altitude only, type code 0, above 50,000 ft")
    for feet in range(50200, 126701, 100):
        tally.expect(feet, receiver.hear(squitter(PLANE, altitude_only(feet))).get("alt_baro"))
    yield tally.row()
