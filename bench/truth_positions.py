"""Measures which positions the tracker believes: recorded ones that are true, and false ones put among them.

    python bench/truth_positions.py

A recorded position is true when the next two of its source agree with it by speed; a repeat of the last one is none. `rows`
replays every recording in ../shared/data that has positions, once as it is and once for each kind of false position, which
then follows every seventh position within ten seconds: 50 to 500 nm away ("teleport"), decoded from a pair whose CPR halves
were swapped, with latitude and longitude swapped, with the latitude of the aircraft before it ("half of another"), and 5 nm
away ("ghost"); and once as a source sends it that repeats its last position for 5 to 40 seconds every now and then. Of recorded positions, right are those shown as sent, missing those refused. Of false ones, right are those
refused, wrong those shown.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from truth import Row  # noqa: E402

from skyspy.aircraft import Observation  # noqa: E402
from skyspy.decode import FORMATS, Context  # noqa: E402
from skyspy.decode.cpr import global_position  # noqa: E402
from skyspy.geo import Point, destination, distance_nm  # noqa: E402
from skyspy.receivers.capture import CAPTURES  # noqa: E402
from skyspy.tracker import Limits, Tracker  # noqa: E402
from tests.support.mode_s import cpr  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
RECORDINGS = (
    ("sbs1-npm", "sbs", "sbs1-npm/msgs.txt"),
    ("vrs", "sbs", "vrs/SampleMessages.txt"),
    ("switzerland", "trajectories", "traffic/switzerland.json.gz"),
    ("belevingsvlucht", "trajectories", "traffic/belevingsvlucht.json.gz"),
    ("toulouse", "trajectories", "traffic/toulouse.json.gz"),
)
HEARD_S = 10.0
EVERY = 7
"""A false position follows every so many recorded ones."""
SPEED_MARGIN_KT, ROUNDING_NM, UNKNOWN_KT = 100.0, 0.15, 700.0
"""Positions agree by speed if the aircraft got from one to the other at no more than its reported speed and a third, with these
tolerances; UNKNOWN_KT where it reports none."""

Heard = list[tuple[float, Observation]]
False_ = Callable[[random.Random, Point, Point], Point | None]


def recorded(carries: str, path: Path) -> Heard:
    """All observations of a recording with their times."""
    decoder = FORMATS[carries].make(Context()) if carries in FORMATS else None
    heard: Heard = []
    for at, payload in CAPTURES[carries].rows(path):
        if isinstance(payload, Observation):
            heard.append((at, replace(payload, at=at)))
        elif decoder is not None:
            heard += [(at, observation) for observation in decoder.feed(payload, at)]  # type: ignore[misc]
    return heard


def where(observation: Observation) -> Point | None:
    """The observation's position."""
    fields = observation.fields
    return (float(fields["lat"]), float(fields["lon"])) if "lat" in fields else None


def new_positions(heard: Heard) -> dict[str, list[tuple[int, float, Point, float]]]:
    """By address, the positions that differ from the one before: index, time, position, and the last reported speed."""
    found: dict[str, list[tuple[int, float, Point, float]]] = defaultdict(list)
    speeds: dict[str, float] = {}
    for index, (at, observation) in enumerate(heard):
        if "gs" in observation.fields:
            speeds[observation.hex] = float(observation.fields["gs"])
        here, of = where(observation), found[observation.hex]
        if here is not None and (not of or of[-1][2] != here):
            of.append((index, at, here, speeds.get(observation.hex, UNKNOWN_KT)))
    return found


def true_positions(heard: Heard) -> set[int]:
    """The indexes of recorded positions that are true."""
    true = set()
    for of in new_positions(heard).values():
        fits = [
            distance_nm(a[2], b[2]) <= (max(a[3], b[3]) * 4 / 3 + SPEED_MARGIN_KT) * (b[1] - a[1]) / 3600 + ROUNDING_NM
            for a, b in pairwise(of)
        ]
        true |= {of[n][0] for n in range(len(of) - 2) if fits[n] and fits[n + 1]}
    return true


class Sky:
    """One tracker, and whether it shows a position after it was heard."""

    def __init__(self) -> None:
        self.tracker = Tracker(Limits(max_range_nm=0), None, "bench")

    def shows(self, at: float, observation: Observation) -> bool:
        self.tracker.apply(replace(observation, at=at, pos_at=observation.pos_at, messages=2), at)
        self.tracker.take_delta(at)
        aircraft = self.tracker.aircraft(observation.hex, at) or {}
        return (aircraft.get("lat"), aircraft.get("lon")) == (observation.fields["lat"], observation.fields["lon"])


# -- false positions -----------------------------------------------------------------------------


def teleport(chance: random.Random, here: Point, _: Point) -> Point | None:
    """A position 50 to 500 nm away."""
    return destination(here, chance.uniform(0, 360), chance.uniform(50.1, 500))


def ghost(chance: random.Random, here: Point, _: Point) -> Point | None:
    """A position 5 nm away."""
    return destination(here, chance.uniform(0, 360), 5.0)


def swapped_cpr(chance: random.Random, here: Point, _: Point) -> Point | None:
    """What a decoder makes of an even and an odd half that it takes for each other, where it gives a position at all."""
    return global_position(cpr(*here, odd=True), cpr(*here, odd=False), chance.random() < 0.5)


def swapped_axes(_chance: random.Random, here: Point, _: Point) -> Point | None:
    """Latitude and longitude swapped."""
    return (here[1], here[0]) if abs(here[1]) <= 90 else None


def half_of_another(_chance: random.Random, here: Point, other: Point) -> Point | None:
    """The latitude of another aircraft."""
    return (other[0], here[1])


KINDS: dict[str, False_] = {
    "teleports of 50 to 500 nm": teleport,
    "halves swapped": swapped_cpr,
    "latitude and longitude swapped": swapped_axes,
    "half of another aircraft": half_of_another,
    "ghosts of 5 nm": ghost,
}


def with_false(heard: Heard, make: False_, chance: random.Random) -> tuple[Heard, set[int], dict[int, int]]:
    """The recording with false positions put in: itself, their indexes, and each recorded index by its new one."""
    positions = {index for of in new_positions(heard).values() for index, *_ in of}
    next_at: dict[str, float] = {}
    gaps: dict[int, float] = {}
    for index in range(len(heard) - 1, -1, -1):
        if index in positions:
            at, observation = heard[index]
            gaps[index] = min(HEARD_S, next_at.get(observation.hex, at + HEARD_S) - at)
            next_at[observation.hex] = at
    put: list[tuple[float, int, Observation, int]] = []
    other: Point = (0.0, 0.0)
    for index, (at, observation) in enumerate(heard):
        put.append((at, index, observation, index))
        here = where(observation)
        if here is None or index not in positions:
            continue
        if index % EVERY == 0 and (wrong := make(chance, here, other)) is not None and distance_nm(here, wrong) > 4.9:
            lat, lon = round(wrong[0], 6), round(wrong[1], 6)
            fields = {name: value for name, value in observation.fields.items() if name != "gs"}
            late = at + chance.random() * gaps[index]
            put.append((late, index, replace(observation, at=late, pos_at=None, fields={**fields, "lat": lat, "lon": lon}), -1))
        other = here
    put.sort(key=lambda entry: entry[:2])
    mixed = [(at, observation) for at, _, observation, _ in put]
    false = {index for index, entry in enumerate(put) if entry[3] < 0}
    return mixed, false, {index: entry[3] for index, entry in enumerate(put) if entry[3] >= 0}


def with_repeats(heard: Heard, chance: random.Random) -> Heard:
    """The recording as a source sends it that repeats each aircraft's last position for a while, about a tenth of the time."""
    held: dict[str, tuple[float, Point]] = {}
    result: Heard = []
    for at, observation in heard:
        here = where(observation)
        until, there = held.get(observation.hex, (-1.0, None))
        if here is not None and there is not None and at < until:
            fields = {**observation.fields, "lat": there[0], "lon": there[1]}
            result.append((at, replace(observation, fields=fields, pos_at=None)))
            continue
        if here is not None and chance.random() < 0.05:
            held[observation.hex] = (at + chance.uniform(5, 40), here)
        result.append((at, observation))
    return result


def row(kind: str, results: Sequence[bool], *, is_true: bool) -> Row:
    """Figures of positions that were shown (True) or refused."""
    shown = sum(results)
    refused = len(results) - shown
    return Row(kind, len(results), shown, 0, refused) if is_true else Row(kind, len(results), refused, shown, 0)


def rows(kinds: dict[str, False_] = KINDS) -> list[Row]:
    """The figures of every recording that is here, and of every kind of false position."""
    result: list[Row] = []
    false_ones: dict[str, list[bool]] = {kind: [] for kind in kinds}
    beside: dict[str, list[bool]] = {kind: [] for kind in kinds}
    for name, carries, file in RECORDINGS:
        if not (DATA / file).exists():
            continue
        heard = recorded(carries, DATA / file)
        true = true_positions(heard)
        result.append(row(f"positions of {name}", _shown(heard, true), is_true=True))
        repeated = with_repeats(heard, random.Random(name))
        result.append(row(f"positions of {name}, repeated", _shown(repeated, true_positions(repeated)), is_true=True))
        for kind, make in kinds.items():
            mixed, false, origin = with_false(heard, make, random.Random(kind))
            shown = dict(zip(sorted(set(origin) | false), _shown(mixed, set(origin) | false), strict=True))
            false_ones[kind] += [shown[index] for index in false]
            beside[kind] += [shown[index] for index, old in origin.items() if old in true]
    for kind in kinds:
        result.append(row(kind, false_ones[kind], is_true=False))
        result.append(row(f"positions among {kind}", beside[kind], is_true=True))
    return result


def _shown(heard: Heard, wanted: set[int]) -> list[bool]:
    """For each wanted index, in order, whether the position is shown after it was heard."""
    sky, result = Sky(), []
    for index, (at, observation) in enumerate(heard):
        shown = "lat" in observation.fields and sky.shows(at, observation)
        if "lat" not in observation.fields:
            sky.tracker.apply(observation, at)
        if index in wanted:
            result.append(shown)
    return result


def report() -> bool:
    """Print the figures; returns whether the goals are met."""
    print(f"{'kind':48}{'sent':>9}{'right':>9}{'wrong':>7}{'missing':>9}")
    found = rows()
    for kind, sent, right, wrong, missing in found:
        print(f"{kind:48}{sent:9}{right:9}{wrong:7}{missing:9}")
    plain = [line for line in found if line.kind.startswith("positions of")]
    refused, sent = sum(line.missing for line in plain), sum(line.sent for line in plain)
    ghosts = next(line for line in found if line.kind.startswith("ghosts"))
    others = sum(line.wrong for line in found) - ghosts.wrong
    kept_out = ghosts.right / max(1, ghosts.sent)
    print(f"true positions refused: {refused} of {sent} ({refused / max(1, sent):.3%}; goal at most 0.010%)")
    print(f"far false positions shown: {others} (goal 0); ghosts refused: {kept_out:.2%} (goal 99%)")
    return refused <= sent / 10_000 and not others and kept_out >= 0.99


if __name__ == "__main__":
    sys.exit(0 if report() else 1)
