"""What a client missed, folded into one delta: applied to any state the client may hold, it makes the present one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from skyspy.aircraft import Observation
from skyspy.sky.delta_memory import DeltaMemory
from skyspy.tracker import Delta, Limits, Tracker
from tests.unit.test_tracker_law import LIMITS, SETTINGS, STEPS, without_ages

State = dict[str, dict[str, Any]]


def applied(state: State, delta: Delta) -> State:
    """What a client holds after the delta."""
    held = {hex_: dict(aircraft) for hex_, aircraft in state.items()}
    for patch in (*delta.new, *delta.changed):
        one = held.setdefault(patch["hex"], {})
        one.update(patch)
        for name in [name for name, value in one.items() if value is None]:
            del one[name]
    for hex_, _ in delta.removed:
        held.pop(hex_, None)
    return held


def state_of(tracker: Tracker, now: float) -> State:
    return {aircraft["hex"]: aircraft for aircraft in tracker.snapshot(now)}


@SETTINGS
@given(STEPS, LIMITS, st.sampled_from([0, 1, 100]))
def test_the_folded_delta_makes_the_present_state_of_every_state_in_between(
    steps: list[Any], limits: Limits, max_removals: int
) -> None:
    tracker, memory, now = Tracker(limits, (47.0, 8.0), "epoch"), DeltaMemory(max_removals), 1000.0
    states = [state_of(tracker, now)]
    for kind, drawn in [*steps, ("tell", None)]:
        if kind == "hear":
            hex_, late, source, fields, older, messages = drawn
            pos_at = None if older is None else now - late - older
            tracker.apply(Observation(hex_, now - late, source, fields, pos_at, messages), now)
        elif kind == "pass":
            now += drawn
        elif (delta := tracker.take_delta(now)) is not None:
            memory.add(delta)
            states.append(state_of(tracker, now))
    present = state_of(tracker, now)
    for seq in range(len(states)):
        missed = memory.since(seq)
        if missed is None:
            assert max_removals < 100, "nothing was forgotten"
            continue
        delta = missed.folded(present)
        assert (delta.prev, delta.seq) == (seq, tracker.seq)
        told = [patch["hex"] for patch in delta.changed] + [hex_ for hex_, _ in delta.removed]
        assert len(told) == len(set(told)), "no aircraft is in it twice"
        # A client that was greeted holds a later state than the one it names.
        for held in states[seq:]:
            assert without_ages(applied(held, delta).values()) == without_ages(present.values())
    assert memory.since(tracker.seq + 1) is None
    assert memory.since(-1) is None


def of(seq: int, new: tuple[Any, ...] = (), changed: tuple[Any, ...] = (), removed: tuple[str, ...] = ()) -> Delta:
    return Delta(seq, seq - 1, new, changed, tuple((hex_, "timeout") for hex_ in removed))


def test_an_aircraft_that_left_and_came_back_comes_whole_without_what_it_had_before() -> None:
    memory = DeltaMemory()
    memory.add(of(1, new=({"hex": "A", "gs": 1, "squawk": "1000"},)))
    memory.add(of(2, removed=("A",)))
    memory.add(of(3, new=({"hex": "A", "gs": 2, "track": 9},)))
    missed = memory.since(1)
    assert missed is not None
    assert missed.folded({"A": {"hex": "A", "gs": 2, "track": 9, "seen": 0.5}}) == Delta(
        3, 1, (), ({"hex": "A", "gs": 2, "squawk": None, "track": 9, "seen": 0.5},), ()
    )
    assert missed.size == 6


def test_who_missed_more_removals_than_are_remembered_needs_a_snapshot() -> None:
    memory = DeltaMemory(max_removals=2)
    memory.add(of(1, new=tuple({"hex": hex_} for hex_ in "ABC")))
    for seq, hex_ in enumerate("ABC", 2):
        memory.add(of(seq, removed=(hex_,)))
    assert memory.since(1) is None
    missed = memory.since(2)
    assert missed is not None
    assert missed.folded({}).removed == (("B", "timeout"), ("C", "timeout"))


def test_memory_does_not_grow_with_the_number_of_changes() -> None:
    memory = DeltaMemory()
    memory.add(of(1, new=({"hex": "A", "gs": 1},)))
    for seq in range(2, 1000):
        memory.add(of(seq, changed=({"hex": "A", "gs": seq},)))
    missed = memory.since(1)
    assert missed is not None
    assert missed.changed == {"A": ["hex", "gs"]}
