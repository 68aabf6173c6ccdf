"""Claims about the life of safety events: opened once, updated, escalated, resolved, and the same after a restart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.aircraft_state import AircraftState
from skyspy.safety.events import GRACE_S, KEEP_ALIVE_S, Action, Change, Now, OpenEvents, SafetyEvent
from skyspy.safety.rules import (
    CRITICAL,
    EMERGENCY,
    EVENT_TYPES,
    GPS_INTERFERENCE,
    INFO,
    PROXIMITY,
    SEVERITIES,
    SQUAWK_EMERGENCY,
    WARNING,
    Finding,
)

WALL = 1_700_000_000.0
COOLDOWN_S = 60.0
PAIR = Finding(
    PROXIMITY,
    "4B1800 4B1801",
    WARNING,
    "Two aircraft are close",
    hex="4B1800",
    hex_2="4B1801",
    callsign="SWR1",
    lat=47.0,
    lon=8.0,
    details={"distance_nm": 0.4},
)
SQUAWK = Finding(SQUAWK_EMERGENCY, "4B1800:7700", CRITICAL, "An emergency", hex="4B1800", details={"squawk": "7700"})
WORD = Finding(EMERGENCY, "4B1800:minfuel", WARNING, "Minimum fuel", hex="4B1800", details={"emergency": "minfuel"})


class Rounds:
    """Rounds of one OpenEvents; the clocks begin at these times."""

    def __init__(self, most: int = 1000, steady: float = 1000.0, wall: float = WALL) -> None:
        self.events = OpenEvents(most)
        self.steady = steady
        self._ahead = wall - steady
        self.aircraft: dict[str, AircraftState] = {}

    @property
    def now(self) -> Now:
        return Now(self.steady, self.steady + self._ahead)

    def after(self, seconds: float, *findings: Finding, demo: bool = False) -> list[Change]:
        """One round so many seconds after the last one."""
        self.steady += seconds
        return list(self.events.look(self.now, findings, self.aircraft, COOLDOWN_S, demo=demo))

    def each_second(self, seconds: int, *findings: Finding) -> list[Change]:
        """So many rounds, one a second."""
        return [change for _ in range(seconds) for change in self.after(1.0, *findings)]


def actions(changes: Iterable[Change]) -> list[str]:
    return [change.action.value for change in changes]


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


# Opening and updating


def test_a_new_finding_opens_an_event_with_everything_it_says(rounds: Rounds) -> None:
    [change] = rounds.after(0, PAIR, demo=True)
    assert change == (
        Action.OPENED,
        SafetyEvent(
            id=f"{int(WALL * 1000)}-proximity-4B1800-4B1801",
            event_type="proximity",
            key="4B1800 4B1801",
            severity="warning",
            message="Two aircraft are close",
            started=WALL,
            updated=WALL,
            hex="4B1800",
            hex_2="4B1801",
            callsign="SWR1",
            lat=47.0,
            lon=8.0,
            details={"distance_nm": 0.4},
            demo=True,
        ),
    )
    assert rounds.events.events == [change.event]


def test_the_same_finding_opens_no_second_event(rounds: Rounds) -> None:
    rounds.after(0, PAIR)
    assert rounds.each_second(50, PAIR) == []


def test_two_situations_of_one_moment_and_aircraft_are_two_events(rounds: Rounds) -> None:
    other = replace(SQUAWK, event_type=EMERGENCY, key="4B1800:general")
    twin = replace(SQUAWK, key="4B1800:7500")
    events = [change.event.id for change in rounds.after(0, SQUAWK, other, twin)]
    assert len(set(events)) == 3


def test_a_worse_severity_is_published_at_once_and_a_lesser_one_never(rounds: Rounds) -> None:
    rounds.after(0, PAIR)
    [worse] = rounds.after(1, replace(PAIR, severity=CRITICAL, message="Very close"))
    assert (worse.action, worse.event.severity, worse.event.message) == (Action.UPDATED, CRITICAL, "Very close")
    [later] = rounds.after(10, replace(PAIR, message="Close again"))
    assert (later.event.severity, later.event.message) == (CRITICAL, "Close again")


@pytest.mark.parametrize(
    "changed",
    [
        replace(PAIR, message="Closer"),
        replace(PAIR, details={"distance_nm": 0.3}),
        replace(PAIR, lat=47.1),
        replace(PAIR, callsign="X"),
    ],
)
def test_other_changes_are_published_every_few_seconds_at_most(rounds: Rounds, changed: Finding) -> None:
    rounds.after(0, PAIR)
    assert actions(rounds.each_second(2, changed)) == []
    [update] = rounds.after(1, changed)
    assert (update.action, update.event.updated, update.event.started) == (Action.UPDATED, WALL + 3, WALL)
    assert rounds.each_second(30, changed) == []


def test_an_event_without_change_is_updated_once_a_minute(rounds: Rounds) -> None:
    rounds.after(0, PAIR)
    assert actions(rounds.each_second(int(KEEP_ALIVE_S) * 3, PAIR)) == ["updated"] * 3


def test_what_is_not_known_any_more_stays_as_it_was(rounds: Rounds) -> None:
    rounds.after(0, PAIR)
    [update] = rounds.after(5, replace(PAIR, callsign=None, lat=None, lon=None, message="Closer"))
    assert (update.event.callsign, update.event.lat, update.event.lon) == ("SWR1", 47.0, 8.0)


# Resolving


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_type_is_resolved_when_it_is_not_found_any_more(rounds: Rounds, event_type: str) -> None:
    finding = replace(PAIR, event_type=event_type)
    rounds.after(0, finding)
    changes = rounds.each_second(400)
    assert actions(changes) == ["resolved"]
    assert changes[0].event.resolved is not None
    assert changes[0].event.resolved == changes[0].event.updated > WALL
    assert rounds.events.events == []


def test_a_proximity_that_is_missing_for_a_few_seconds_goes_on(rounds: Rounds) -> None:
    rounds.after(0, PAIR)
    assert rounds.each_second(5) == []
    assert rounds.each_second(50, PAIR) == []


def test_interference_ends_when_its_rule_says_so(rounds: Rounds) -> None:
    rounds.after(0, Finding(GPS_INTERFERENCE, "47 8", WARNING, "Possible GPS interference"))
    assert actions(rounds.after(1)) == ["resolved"]


@pytest.mark.parametrize("finding", [SQUAWK, WORD])
def test_an_emergency_goes_on_for_300_s_while_its_aircraft_is_not_heard(rounds: Rounds, finding: Finding) -> None:
    rounds.after(0, finding)
    assert rounds.each_second(300) == []
    assert actions(rounds.each_second(2)) == ["resolved"]


@pytest.mark.parametrize(
    ("finding", "state", "ends_after"),
    [
        (SQUAWK, {"squawk": "1000", "squawk_at": 1001.0}, 6),
        (SQUAWK, {"squawk": "7600", "squawk_at": 1001.0}, 6),
        # Heard, but nothing of its squawk since; the squawk of before; once more the same one, which must be received twice again.
        (SQUAWK, {}, 301),
        (SQUAWK, {"squawk": "1000", "squawk_at": 900.0}, 301),
        (SQUAWK, {"squawk": "7700", "squawk_at": 1001.0}, 301),
        (WORD, {"emergency": "none", "emergency_at": 1001.0}, 6),
        (WORD, {"squawk": "1000", "squawk_at": 1001.0}, 6),
        (WORD, {}, 301),
        (WORD, {"emergency": "none", "emergency_at": 900.0}, 301),
        (WORD, {"emergency": "minfuel", "emergency_at": 1001.0}, 301),
    ],
)
def test_an_emergency_ends_when_its_aircraft_sends_something_else_and_not_by_sending_nothing(
    rounds: Rounds, finding: Finding, state: dict[str, object], ends_after: int
) -> None:
    rounds.after(0, finding)
    rounds.aircraft = {"4B1800": AircraftState("4B1800", 1001.0, **state)}  # type: ignore[arg-type]
    assert rounds.each_second(ends_after - 1) == []
    assert actions(rounds.each_second(1)) == ["resolved"]


# The cooldown


def test_a_situation_that_returns_within_the_cooldown_goes_on_with_its_event(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    [resolved] = rounds.each_second(6)
    [again] = rounds.after(50, replace(PAIR, severity=CRITICAL))
    assert (again.action, again.event.id, again.event.started) == (Action.UPDATED, opened.event.id, WALL)
    assert (resolved.event.is_open, again.event.is_open, again.event.severity) == (False, True, CRITICAL)
    assert actions(rounds.each_second(6)) == ["resolved"]


def test_a_situation_that_returns_after_the_cooldown_is_a_new_event(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    rounds.each_second(6)
    [again] = rounds.after(COOLDOWN_S + 1, PAIR)
    assert again.action is Action.OPENED
    assert again.event.id != opened.event.id


# Acknowledging


def test_an_acknowledgement_stays_with_the_event_while_it_is_updated_resolved_and_reopened(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    rounds.events.acknowledge(replace(opened.event, acknowledged_by="anna", acknowledged_at=WALL))
    [update] = rounds.after(5, replace(PAIR, message="Closer"))
    [resolved] = rounds.each_second(6)
    [again] = rounds.after(5, PAIR)
    assert {change.event.acknowledged_by for change in (update, resolved, again)} == {"anna"}


def test_an_acknowledgement_of_another_event_of_the_same_situation_is_not_taken(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    rounds.events.acknowledge(replace(opened.event, id="an earlier one", acknowledged_by="anna", acknowledged_at=WALL))
    assert rounds.events.events == [opened.event]


def test_an_event_that_was_resolved_takes_an_acknowledgement(rounds: Rounds) -> None:
    rounds.after(0, PAIR)
    [resolved] = rounds.each_second(6)
    rounds.events.acknowledge(replace(resolved.event, acknowledged_by="anna", acknowledged_at=WALL))
    [again] = rounds.after(5, PAIR)
    assert again.event.acknowledged_by == "anna"


# Restart and takeover


def restored(rounds: Rounds, away_s: float, events: Iterable[SafetyEvent]) -> tuple[Rounds, list[Change]]:
    """Another process that goes on so many seconds later, on a steady clock of its own."""
    other = Rounds(steady=5.0, wall=rounds.now.wall + away_s)
    return other, other.events.restore(other.now, events)


@pytest.mark.parametrize("finding", [PAIR, SQUAWK])
def test_an_open_event_that_goes_on_after_a_restart_is_not_opened_again(rounds: Rounds, finding: Finding) -> None:
    [opened] = rounds.after(0, finding)
    other, changes = restored(rounds, 10.0, [opened.event])
    assert changes == []
    assert other.each_second(8) == []
    assert other.each_second(60, finding)[0].action is Action.UPDATED
    assert [event.id for event in other.events.events] == [opened.event.id]


def test_a_restored_event_whose_aircraft_does_not_return_is_resolved_after_its_hold(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    other, _ = restored(rounds, 10.0, [opened.event])
    assert other.each_second(int(GRACE_S) + 5) == []
    assert actions(other.each_second(1)) == ["resolved"]


def test_a_restored_event_that_was_found_again_is_held_no_longer_than_any_other(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    other, _ = restored(rounds, 10.0, [opened.event])
    other.after(1, PAIR)
    assert actions(other.each_second(6)) == ["resolved"]


@pytest.mark.parametrize(("finding", "away_s"), [(PAIR, 90.0), (SQUAWK, 400.0), (SQUAWK, -100.0)])
def test_an_event_of_long_ago_is_over_after_a_restart_and_its_situation_is_a_new_one(
    rounds: Rounds, finding: Finding, away_s: float
) -> None:
    [opened] = rounds.after(0, finding)
    other, [change] = restored(rounds, away_s, [opened.event])
    assert change.action is Action.RESOLVED
    assert change.event.resolved is not None
    assert change.event.resolved >= change.event.started
    assert (other.events.events, len(other.events)) == ([], 0)
    if away_s > COOLDOWN_S:
        other.after(1)
        assert actions(other.after(1, finding)) == ["opened"]


def test_the_cooldown_goes_on_over_a_restart(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    [resolved] = rounds.each_second(6)
    other, changes = restored(rounds, 20.0, [resolved.event])
    assert changes == []
    [again] = other.after(1, PAIR)
    assert (again.action, again.event.id) == (Action.UPDATED, opened.event.id)
    late, _ = restored(rounds, COOLDOWN_S + 5, [resolved.event])
    assert actions(late.after(1, PAIR)) == ["opened"]


def test_of_two_stored_open_events_of_one_situation_one_goes_on_and_the_other_is_resolved(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    other, changes = restored(rounds, 1.0, [opened.event, replace(opened.event, id="a second one", started=WALL + 1)])
    assert [(change.action, change.event.id) for change in changes] == [(Action.RESOLVED, "a second one")]
    assert [event.id for event in other.events.events] == [opened.event.id]


def test_a_stored_event_of_a_type_that_this_version_does_not_know_is_resolved_in_its_time(rounds: Rounds) -> None:
    [opened] = rounds.after(0, PAIR)
    other, changes = restored(rounds, 1.0, [replace(opened.event, event_type="laser")])
    assert changes == []
    assert actions(other.each_second(70)) == ["resolved"]


# Bounds


def many(number: int, severity: str) -> list[Finding]:
    return [replace(PAIR, key=f"{severity} {place}", severity=severity) for place in range(number)]


def test_no_more_events_than_the_bound_are_open_and_the_rest_is_counted() -> None:
    rounds = Rounds(most=10)
    assert actions(rounds.after(0, *many(15, WARNING))) == ["opened"] * 10
    assert (len(rounds.events), rounds.events.left_out) == (10, 5)
    assert rounds.after(1, *many(15, WARNING)) == []


def test_a_severe_event_takes_the_place_of_a_milder_one() -> None:
    rounds = Rounds(most=3)
    rounds.after(0, *many(2, INFO), *many(1, WARNING))
    changes = rounds.after(1, *many(2, INFO), *many(1, WARNING), *many(4, CRITICAL))
    assert actions(changes) == ["resolved", "opened"] * 3
    assert {event.severity for event in rounds.events.events} == {CRITICAL}
    assert rounds.events.left_out == 1
    assert rounds.after(1, *many(2, INFO), *many(4, CRITICAL)) == []
    assert rounds.events.left_out == 3


def test_events_that_ended_are_remembered_within_the_bound() -> None:
    rounds = Rounds(most=10)
    for start in range(0, 100, 10):
        rounds.after(10, *(replace(PAIR, key=str(start + place)) for place in range(10)))
        rounds.after(6)
    assert len(rounds.events._ended) <= 20


# Whatever the findings are

FINDINGS = st.lists(
    st.builds(
        Finding,
        event_type=st.sampled_from(EVENT_TYPES),
        key=st.sampled_from("abc"),
        severity=st.sampled_from(SEVERITIES),
        message=st.sampled_from(["one", "two"]),
        hex=st.sampled_from([None, "4B1800"]),
        lat=st.sampled_from([None, 47.0]),
        lon=st.sampled_from([None, 8.0]),
    ),
    max_size=6,
)


@given(st.lists(st.tuples(st.floats(0.5, 100.0), FINDINGS), max_size=12), st.integers(1, 5))
def test_every_event_is_opened_once_then_updated_and_resolved_in_turn(
    rounds: list[tuple[float, list[Finding]]], most: int
) -> None:
    scene = Rounds(most=most)
    known: dict[str, SafetyEvent] = {}
    for seconds, findings in rounds:
        for change in scene.after(seconds, *findings):
            before = known.get(change.event.id)
            assert (before is None) == (change.action is Action.OPENED)
            assert change.event.is_open == (change.action is not Action.RESOLVED)
            if before is not None:
                assert (change.event.started, change.event.event_type) == (before.started, before.event_type)
                assert SEVERITIES.index(change.event.severity) >= SEVERITIES.index(before.severity)
                assert before.is_open or change.action is Action.UPDATED
            known[change.event.id] = change.event
        assert len(scene.events) <= most
        assert {event.id for event in scene.events.events} == {one.id for one in known.values() if one.is_open}
