"""Claims about the monitor that runs the safety rules of a sky: failures, idle rounds, thresholds, movements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from skyspy.movements import LANDED, Movement, Movements
from skyspy.safety.emergencies import Emergencies
from skyspy.safety.proximity import Proximity
from skyspy.safety.rules import CRITICAL, EMERGENCY, LOW_ALTITUDE, Finding, Round, Rule
from skyspy.safety.swept_boxes import MAX_IN_CELL
from skyspy.safety.vertical_rate import ExtremeVerticalRate
from skyspy.sky.safety import SLOW_S
from skyspy.store.settings import Settings
from tests.support.monitored_sky import MonitoredSky

OPENED, RESOLVED = "safety:event", "safety:event_resolved"
HEX = "4CA87C"


class Finds:
    """A rule that finds one situation of each aircraft, and fails after that if it is to."""

    def __init__(self, name: str, fails: bool = False, event_type: str = LOW_ALTITUDE) -> None:
        self.name, self.fails, self.event_type, self.rounds = name, fails, event_type, 0

    def look(self, look: Round) -> Iterator[Finding]:
        self.rounds += 1
        for hex_ in look.aircraft:
            yield Finding(self.event_type, f"{hex_} {self.name}", CRITICAL, "A situation.", hex=hex_)
        if self.fails:
            raise ZeroDivisionError


class Moves(Movements):
    """Movements of which each look finds one landing, or fails."""

    fails = False

    def look(self, aircraft: Any, now: float, *_: Any) -> Iterable[Movement]:
        if self.fails:
            raise ZeroDivisionError
        return [Movement(LANDED, hex_, now, 47.0, 8.0) for hex_ in aircraft]


def sky_with(*rules: Rule, **more: Any) -> MonitoredSky:
    sky = MonitoredSky(rules, **more)
    sky.hear(HEX, alt_baro=9000, lat=47.0, lon=8.0)
    return sky


def fail(_look: Round) -> Iterator[Finding]:
    raise ZeroDivisionError


def keys(sky: MonitoredSky) -> list[str]:
    return sorted(event.key for event in sky.monitor.events.open)


# -- failures -------------------------------------------------------------------------------------


def test_a_rule_that_fails_costs_only_what_it_had_not_found_yet_and_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    before, broken, after = Finds("before"), Finds("broken", fails=True), Finds("after")
    sky = sky_with(before, broken, after)
    assert sky.look() == [OPENED] * 3
    assert keys(sky) == [f"{HEX} {name}" for name in ("after", "before", "broken")]
    assert sky.monitor.failures == 1
    sky.clock.pass_by(1)
    sky.look()
    assert (sky.monitor.failures, broken.rounds, after.rounds) == (2, 2, 2)
    assert [record.getMessage() for record in caplog.records] == [
        "the safety rule Finds failed (1 failures of rules since the start)"
    ]


def test_a_rule_that_fails_for_some_time_ends_none_of_the_events_of_others(caplog: pytest.LogCaptureFixture) -> None:
    broken, other = Finds("broken"), Finds("other")
    sky = sky_with(broken, other)
    sky.look()
    broken.look = fail  # type: ignore[assignment]
    for second in range(60):
        sky.clock.pass_by(1)
        sky.hear(HEX, alt_baro=9000 + second, lat=47.0, lon=8.0)
        sky.look()
    assert keys(sky) == [f"{HEX} other"]
    assert sky.monitor.failures == 60
    assert len(caplog.records) <= 2, "it is not logged each second"


def test_movements_that_fail_cost_no_finding(caplog: pytest.LogCaptureFixture) -> None:
    moves = Moves()
    moves.fails = True
    sky = sky_with(Finds("one"), movements=moves)
    assert sky.look() == [OPENED]
    assert (list(sky.monitor.moved), sky.monitor.failures) == ([], 1)
    assert "movements" in caplog.text


# -- rounds ---------------------------------------------------------------------------------------


def test_a_round_without_aircraft_calls_no_rule_and_reads_no_airports() -> None:
    rule, asked = Finds("one"), []
    sky = MonitoredSky([rule], airports=lambda: asked.append("airports"))
    for _ in range(3):
        sky.look()
        sky.clock.pass_by(1)
    assert (rule.rounds, asked, sky.monitor.frozen) == (0, [], {})
    sky.hear(HEX, alt_baro=9000)
    sky.look()
    assert (rule.rounds, asked, list(sky.monitor.frozen)) == (1, ["airports"], [HEX])


def test_a_round_follows_after_the_last_aircraft_has_left_so_that_rules_forget_it() -> None:
    rule, squawks = Finds("one"), Emergencies()
    sky = MonitoredSky([rule, squawks])
    sky.hear(HEX, squawk="7700")
    sky.look()
    assert squawks.remembered == 1
    sky.clock.pass_by(1000)
    for _ in range(3):
        sky.look()
        sky.clock.pass_by(1)
    assert (rule.rounds, squawks.remembered, sky.monitor.moved) == (2, 0, ())


def test_an_event_is_resolved_in_a_round_long_after_the_last_aircraft_has_left() -> None:
    sky = sky_with(Finds("one", event_type=EMERGENCY))
    assert sky.look() == [OPENED]
    sky.clock.pass_by(100)
    assert [sky.look(), sky.look()] == [[], []]
    assert sky.monitor.frozen == {}
    sky.clock.pass_by(201)
    assert sky.look() == [RESOLVED]
    assert sky.stream.open == {}


def test_the_time_of_a_round_is_kept() -> None:
    class Slow:
        def look(self, look: Round) -> list[Finding]:
            sky.clock.pass_by(2 * SLOW_S)
            return []

    sky = sky_with(Slow())
    assert sky.monitor.took_s is None
    sky.look()
    assert sky.monitor.took_s == pytest.approx(2 * SLOW_S)


# -- what a round is given, and gives ---------------------------------------------------------------


def test_a_changed_threshold_is_in_force_in_the_next_round() -> None:
    sky = MonitoredSky([ExtremeVerticalRate()])

    def descend(seconds: int) -> list[str]:
        sent = []
        for _ in range(seconds):
            sky.clock.pass_by(1)
            sky.hear(HEX, alt_baro=int(40_000 - (sky.clock.steady() - 1000) * 50), baro_rate=-3000)
            sent += sky.look()
        return sent

    assert descend(6) == []
    sky.settings = Settings(version=2, SAFETY_VERTICAL_RATE_FT_MIN=2500)
    assert OPENED in descend(6)
    sky.settings = Settings(version=3, SAFETY_VERTICAL_RATE_FT_MIN=6000)
    assert RESOLVED in descend(50)


def test_a_changed_cooldown_is_in_force_in_the_next_round() -> None:
    rule = Finds("one")
    sky = sky_with(rule)
    sky.settings = Settings(version=2, SAFETY_COOLDOWN_S=600)
    sky.look()
    [first] = sky.monitor.events.open
    rule.look = lambda look: iter(())  # type: ignore[method-assign]
    for _ in range(150):
        sky.clock.pass_by(1)
        sky.look()
    assert sky.monitor.events.open == []
    del rule.look
    sky.hear(HEX, alt_baro=9100)
    sky.look()
    assert [event.id for event in sky.monitor.events.open] == [first.id]


def test_movements_of_a_round_are_handed_on_and_are_gone_in_the_next_one_without_aircraft() -> None:
    sky = sky_with(movements=Moves())
    sky.look()
    assert [(moved.kind, moved.hex, moved.at) for moved in sky.monitor.moved] == [(LANDED, HEX, 1000.0)]
    sky.clock.pass_by(1000)
    for _ in range(2):
        sky.look()
        sky.clock.pass_by(1)
    assert list(sky.monitor.moved) == []


def test_movements_look_at_the_aircraft_that_the_rules_look_at() -> None:
    class Sees(Finds):
        def look(self, look: Round) -> Iterator[Finding]:
            seen.append(look.aircraft)
            return iter(())

    class SeesToo(Movements):
        def look(self, aircraft: Any, now: float, *_: Any) -> list[Movement]:
            seen.append(aircraft)
            return []

    seen: list[Any] = []
    sky = sky_with(Sees("one"), movements=SeesToo())
    sky.look()
    assert seen[0] is seen[1] is sky.monitor.frozen


def test_aircraft_for_which_not_all_conflicts_are_looked_for_are_counted() -> None:
    sky = MonitoredSky([Proximity()])

    def hear(count: int) -> int:
        sky.clock.pass_by(1)
        for number in range(count):
            sky.hear(f"{0x400000 + number:06X}", lat=47.0, lon=8.0 + number / 1e6, alt_baro=10_000, gs=0.0, category="B2")
        sky.look()
        return sky.monitor.crowded

    assert hear(20) == 0
    assert hear(MAX_IN_CELL + 30) > 0


def test_who_follows_the_monitor_is_called_after_each_round() -> None:
    called: list[int] = []
    sky = MonitoredSky([])
    sky.monitor.on_looked(lambda looked: called.append(len(looked.aircraft)))
    sky.look()
    sky.hear(HEX, alt_baro=9000)
    sky.look()
    sky.clock.pass_by(1000)
    sky.look()
    sky.clock.pass_by(1)
    sky.look()
    assert called == [0, 1, 0, 0], "the last one finds nothing to do"
