"""Measures alert rules: processor time of a round with 500 rules and 2,000 aircraft that have all changed, and how late others run.

    python bench/alerts.py [--rules 500] [--aircraft 2000] [--rounds 15]

Ten owners have rules of every kind, a third of them with a regular expression. In the same run, rounds with cooperative pauses and
without any take turns; printed are milliseconds of processor time, and by how much a timer of 1 ms is late while a round is under
way (p50, p99, the longest). Besides: what the same patterns cost one by one in place of one Set for each field; and the first round,
in which every text is new.

Exits with 1 where a target is missed: a round costs at most 250 ms, and with pauses the timer is late by at most 10 ms, or
by half more than without any round (p99).
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gevent
import re2

from skyspy.aircraft_state import AircraftState
from skyspy.alerts import AlertRound, Engine, OwnedRule, Watchlist, parse_csv, parse_rule
from skyspy.alerts.patterns import PatternSet, encoded
from skyspy.cooperate import Yielder
from skyspy.permissions import PERMISSION_NAMES

MAX_CPU_MS, MAX_STALL_MS, MAX_STALL_RATIO = 250.0, 10.0, 1.5
RECEIVER = (47.46, 8.55)
AIRLINES = ("SWR", "DLH", "AFR", "BAW", "RYR", "EZY", "UAE", "AUA", "KLM", "IBE")
TYPES = ("A320", "B738", "C172", "PC12", "EC35", "A359", "B77W", "F18", "A321", "E190")
OWNERS = 10


def rule_documents(count: int, chance: Random) -> list[dict[str, Any]]:
    """Rules of every kind."""
    made = []
    for n in range(count):
        lat, lon = chance.uniform(44, 50), chance.uniform(3, 13)
        square = [[lon, lat], [lon + 1, lat], [lon + 1.2, lat + 0.8], [lon, lat + 1], [lon - 0.2, lat + 0.5], [lon, lat]]
        kinds: list[dict[str, Any]] = [
            {"all": [cond("military", "is", True), cond("alt_baro", "lt", chance.randrange(1000, 30000, 100))]},
            {"all": [cond("flight", "matches", f"^({AIRLINES[n % 10]}|X{n})\\d*{n % 10}$"), cond("gs", "gt", n)]},
            {"any": [cond("flight", "starts", f"SW{n}"), cond("r", "contains", f"HB{n % 26}"), cond("t", "is", "F18")]},
            {"all": [cond("inside", "inside", {"circle": {"lat": lat, "lon": lon, "radius_nm": 20 + n % 30}}), cond("alt_baro", "ge", 5000)]},
            {"all": [cond("inside", "inside", {"type": "Polygon", "coordinates": [square]}), {"not": cond("military", "is", True)}]},
            {"all": [cond("distance_nm", "lt", 10 + n % 50), cond("bearing", "between", [n % 360, (n + 40) % 360])]},
            {"all": [cond("watchlist", "in", str(n % 20)), cond("on_ground", "is_not", True)]},
            {"all": [cond("own_op", "matches", f"(POLICE|RESCUE) .*{n % 7}"), cond("squawk", "not_starts", "7")]},
            {"any": [cond("landed", "is", "LSZH"), cond("circling", "is", True), cond("emergency", "is", True)]},
            {"all": [cond("flight", "not_matches", f"^[A-Z]{{3}}{n % 10}"), cond("category", "in", ["A1", "A2"]), cond("elevation", "gt", 30 + n % 50)]},
        ]  # fmt: skip
        made.append({"name": f"Rule {n}", "match": kinds[n % len(kinds)], "count": {"at_least": 5} if n % 50 == 0 else None})
    return made


def cond(field: str, op: str, value: object) -> dict[str, Any]:
    """A condition."""
    return {"field": field, "op": op, "value": value}


class Traffic:
    """Aircraft in straight flight."""

    def __init__(self, count: int) -> None:
        chance = self.chance = Random(3)
        self.states = {}
        for n in range(count):
            hex_ = f"{0x400000 + n * 37:06X}"
            self.states[hex_] = AircraftState(
                hex_, 0.0, chance.uniform(43, 51), chance.uniform(2, 14), 0.0, False, chance.randrange(0, 42000, 25), 10000, 0.0,
                chance.uniform(50, 500), chance.uniform(0, 360), 0, 0.0, f"{AIRLINES[n % 10]}{chance.randrange(9999)}", "1000", 0.0,
                "none", 0.0, None, f"A{n % 6}", TYPES[n % 10], "L2J", "M", f"HB{chance.randrange(100)}{n}",
                f"{('SWISS', 'POLICE', 'RESCUE', 'PRIVATE')[n % 4]} {n % 300}", "CH", "SWR", n % 40 == 0, "adsb",
            )  # fmt: skip

    def move(self) -> None:
        """A second later: each has another position, altitude and speed."""
        step = self.chance.uniform
        self.states = {
            hex_: state._replace(lat=state.lat + step(-0.01, 0.01), lon=state.lon + step(-0.01, 0.01), alt_baro=state.alt_baro + 25, gs=state.gs + 1)
            for hex_, state in self.states.items()
        }  # fmt: skip


class Watch:
    """A timer of 1 ms: how late it is each time."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._greenlet = gevent.spawn(self._run)
        gevent.sleep(0.005)
        self.late.clear()

    def _run(self) -> None:
        while True:
            before = time.perf_counter()
            gevent.sleep(0.001)
            self.late.append((time.perf_counter() - before - 0.001) * 1000)

    def stop(self) -> list[float]:
        """Ends it; what it has measured."""
        gevent.sleep(0.005)
        self._greenlet.kill()
        return self.late


def timed(run: Callable[[], Any]) -> float:
    """Processor time of this thread in ms."""
    begun = time.thread_time()
    run()
    return (time.thread_time() - begun) * 1000


def rounds(engine: Engine, plain: Engine, traffic: Traffic, count: int) -> bool:
    """Rounds with pauses and without, in turns; whether the targets are met."""
    cost: dict[str, list[float]] = {"with pauses": [], "without": []}
    late: dict[str, list[float]] = {"with pauses": [], "without": [], "no round": []}
    alerts = {"with pauses": 0, "without": 0}
    for number in range(count):
        traffic.move()
        for name, one in (("with pauses", engine), ("without", plain)):
            pause = Yielder().maybe_yield if name == "with pauses" else lambda: None
            look = AlertRound(1000.0 + number, 1e9 + number, traffic.states, traffic.states, RECEIVER, RECEIVER, pause=pause)
            watch = Watch()
            begun = time.thread_time()
            alerts[name] += len(one.look(look))
            ms = (time.thread_time() - begun) * 1000
            late[name] += watch.stop()
            if number:
                cost[name].append(ms)
            else:
                print(f"   first round, every text is new, {name}: {ms:.1f} ms")
        watch = Watch()
        gevent.sleep(0.1)
        late["no round"] += watch.stop()
    for name, every in cost.items():
        print(f"   {name:12} {statistics.median(every):6.1f} ms of processor time, median (most {max(every):.1f})")
    for name, every in late.items():
        every.sort()
        p50, p99 = every[len(every) // 2], every[int(len(every) * 0.99)]
        print(f"   a timer of 1 ms, {name:12} late by p50 {p50:5.2f}, p99 {p99:5.2f}, most {every[-1]:5.2f} ms")
    stall, quiet = (late[name][int(len(late[name]) * 0.99)] for name in ("with pauses", "no round"))
    print(f"   alerts: {alerts}")
    is_same = alerts["with pauses"] == alerts["without"] > 0
    return (
        is_same and statistics.median(cost["with pauses"]) <= MAX_CPU_MS and stall <= max(MAX_STALL_MS, MAX_STALL_RATIO * quiet)
    )


def patterns(documents: list[dict[str, Any]], traffic: Traffic) -> None:
    """The same patterns on the same callsigns: one by one, and by one Set."""
    wanted = sorted({one["value"] for doc in documents for group in doc["match"].values() for one in group
                     if one.get("field") == "flight" and one.get("op") in ("matches", "not_matches")})  # fmt: skip
    texts = sorted({state.flight for state in traffic.states.values() if state.flight})
    options = re2.Options()
    options.case_sensitive, options.encoding = False, re2.Options.Encoding.LATIN1
    alone = [re2.compile(one.encode("latin-1"), options) for one in wanted]
    data = [encoded(text) for text in texts]
    together = PatternSet(wanted, 0)
    together.bytes_left = 1 << 30
    one_by_one = timed(lambda: [[one.search(text) is not None for one in alone] for text in data])
    new = timed(lambda: [together.found_in(text) for text in texts])
    known = timed(lambda: [together.found_in(text) for text in texts])
    print(
        f"2. {len(wanted)} patterns on {len(texts)} callsigns: one by one {one_by_one:.1f} ms, one Set {new:.1f} ms, the same texts again {known:.1f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=int, default=500)
    parser.add_argument("--aircraft", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    traffic, chance = Traffic(chosen.aircraft), Random(1)
    documents = rule_documents(chosen.rules, chance)
    hexes = "\n".join(list(traffic.states)[::50])
    lists = [Watchlist(str(n), n % OWNERS, f"List {n}", parse_csv(hexes)[0]) for n in range(20)]
    rules = [OwnedRule(str(n), n % OWNERS, parse_rule(one), 1, n % 2 == 0, PERMISSION_NAMES) for n, one in enumerate(documents)]
    engine, plain = Engine(), Engine()
    gc.collect()
    gc.freeze()
    print(f"1. {len(rules)} rules of {OWNERS} owners, {len(traffic.states)} aircraft that all change, {chosen.rounds} rounds")
    print(
        f"   set_rules: {timed(lambda: engine.set_rules(rules, lists)):.1f} ms, again without a change: {timed(lambda: engine.set_rules(rules, lists)):.1f} ms"
    )
    plain.set_rules(rules, lists)
    met = rounds(engine, plain, traffic, chosen.rounds)
    patterns(documents, traffic)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
