"""The tracker under random observations: a snapshot and the deltas after it make every later snapshot."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.aircraft import SOURCES, Observation, Value
from skyspy.tracker import Delta, Limits, Tracker
from skyspy.tracker.gate import ADSC
from tests.support.examples import at_most

AGES = {"seen", "seen_pos"}
HEXES = ("4CA87C", "4CA87D", "AE1234", "~ABCDEF", "406440", "3C6444")
PLAIN: dict[str, tuple[Value, ...]] = {
    "alt_baro": (30000, 30025, "ground"),
    "gs": (100.0, 450.0),
    "track": (0.0, 90.0),
    "flight": ("DLH1", "DLH2"),
    "nav_modes": ((), ("autopilot",), ("autopilot", "lnav")),
    "rssi": (-3.0, -20.5),
    "squawk": ("2000", "7700", "7600"),
    "emergency": ("none", "general", "minfuel"),
    "dbFlags": (0, 1, 2),
    "category": ("A1", "A3"),
}
SETTINGS = at_most(150)


@dataclass
class Listener:
    """A client that was given a snapshot and hears every delta after it."""

    seq: int
    sky: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def joining(cls, tracker: Tracker, now: float) -> Listener:
        return cls(tracker.seq, {aircraft["hex"]: aircraft for aircraft in tracker.snapshot(now)})

    def hear(self, delta: Delta) -> None:
        assert delta.prev == self.seq
        assert delta.seq == self.seq + 1
        self.seq = delta.seq
        told = [entry["hex"] for entry in delta.new + delta.changed] + [hex_ for hex_, _ in delta.removed]
        assert len(told) == len(set(told)), "no aircraft is in a delta twice"
        for aircraft in delta.new:
            assert aircraft["hex"] not in self.sky
            self.sky[aircraft["hex"]] = dict(aircraft)
        for entry in delta.changed:
            known = self.sky[entry["hex"]]
            before = dict(known)
            for name, value in entry.items():
                if value is None:
                    known.pop(name, None)
                else:
                    known[name] = value
            assert known != before, "an entry changes something"
        for hex_, reason in delta.removed:
            assert reason in {"timeout", "evicted"}
            del self.sky[hex_]

    def sees(self) -> dict[str, dict[str, Any]]:
        return without_ages(self.sky.values())


def without_ages(aircraft: Any) -> dict[str, dict[str, Any]]:
    return {each["hex"]: {name: value for name, value in each.items() if name not in AGES} for each in aircraft}


@st.composite
def observations(draw: st.DrawFn) -> tuple[str, float, str, dict[str, Value], float | None, int]:
    fields = {name: draw(st.sampled_from(PLAIN[name])) for name in draw(st.sets(st.sampled_from(sorted(PLAIN))))}
    if draw(st.booleans()):
        # Mostly near one place, so that jumps are as common as steps.
        fields["lat"] = round(47.0 + draw(st.integers(-3, 3)) * draw(st.sampled_from([0.001, 0.01, 1.0])), 6)
        fields["lon"] = round(8.0 + draw(st.integers(-3, 3)) * draw(st.sampled_from([0.001, 0.01, 10.0])), 6)
        for name in draw(st.sets(st.sampled_from(["nic", "rc"]))):
            fields[name] = draw(st.integers(0, 3))
    late = draw(st.sampled_from([0.0, 0.0, 0.1, 0.1, 1.0, 16.0, 59.0, 61.0, -5.0]))
    older = draw(st.sampled_from([None, 0.0, 0.5, 14.0, 50.0]))
    return draw(st.sampled_from(HEXES)), late, draw(st.sampled_from(sorted(SOURCES))), fields, older, draw(st.integers(0, 3))


STEPS = st.lists(
    st.one_of(
        observations().map(lambda drawn: ("hear", drawn)),
        observations().map(lambda drawn: ("hear", drawn)),
        st.sampled_from([0.0, 0.1, 0.1, 1.0, 5.0, 14.9, 30.0, 61.0, 2000.0, -0.5]).map(lambda seconds: ("pass", seconds)),
        st.just(("tell", None)),
        st.sampled_from([None, 1, 2]).map(lambda most: ("tell", most)),
    ),
    max_size=80,
)
LIMITS = st.sampled_from(
    [Limits(), Limits(max_aircraft=2), Limits(timeout_s=10), Limits(timeout_s=300), Limits(expire_s=20, refresh_s=0)]
)


def listeners_agree(tracker: Tracker, listeners: list[Listener], now: float) -> None:
    truth = without_ages(tracker.snapshot(now))
    for listener in listeners:
        assert listener.sees() == truth
    for hex_, aircraft in truth.items():
        whole = tracker.aircraft(hex_.lower(), now)
        assert whole is not None
        assert without_ages([whole])[hex_] == aircraft
        assert None not in whole.values()
        assert ("lat" in whole) == ("lon" in whole) == ("seen_pos" in whole)
        assert {"hex", "type", "source", "military", "messages", "seen"} <= set(whole)
    assert len(tracker) == len(truth) == tracker.totals().total


@SETTINGS
@given(STEPS, LIMITS)
def test_a_snapshot_and_the_deltas_after_it_make_every_later_snapshot(steps: list[Any], limits: Limits) -> None:
    tracker, now = Tracker(limits, (47.0, 8.0), "epoch"), 1000.0
    listeners = [Listener.joining(tracker, now)]
    for kind, drawn in steps:
        if kind == "hear":
            hex_, late, source, fields, older, messages = drawn
            pos_at = None if older is None else now - late - older
            tracker.apply(Observation(hex_, now - late, source, fields, pos_at, messages), now)
        elif kind == "pass":
            now += drawn
        else:
            delta = tracker.take_delta(now, drawn)
            if delta is not None:
                for listener in listeners:
                    listener.hear(delta)
            if drawn is None:
                assert tracker.take_delta(now) is None, "the books are closed"
                assert tracker.pending == 0
            else:
                assert delta is None or len(delta.new) + len(delta.changed) <= drawn
        # What was heard since the last delta shows nowhere yet; and who joins now misses nothing.
        listeners_agree(tracker, listeners, now)
        listeners = [*listeners[:3], Listener.joining(tracker, now)]


@pytest.mark.parametrize("seed", range(8))
def test_the_gate_decides_as_its_rules_say_however_fields_arrive(seed: int) -> None:
    """The tracker's short cuts against the rules written plainly; the position has tests of its own."""
    chance, limits, now = random.Random(seed), Limits(timeout_s=5000), 1000.0
    tracker = Tracker(limits, None, "epoch")
    model: dict[tuple[str, str], tuple[Value, float, int]] = {}
    names = ("category", "flight", "gs", "nav_modes", "r")
    # Receivers say the same fields again and again, which is what the short cuts are for.
    shapes = [chance.sample(names, chance.randint(1, 5)) for _ in range(4)]
    sources = chance.sample(sorted(SOURCES), 4)
    for _ in range(3000):
        now += chance.choice([0.0, 0.1, 0.1, 1.0, 5.0, chance.choice([0.0, 61.0])])
        hex_, source, late = (
            chance.choice(HEXES[:2]),
            chance.choice(sources),
            chance.choice([0.0, 0.0, 0.0, 0.1, 1.0, 20.0, 61.0]),
        )
        fields: dict[str, Value] = {name: chance.randrange(1000) for name in chance.choice(shapes)}
        at, rank, believed = now - late, SOURCES[source], False
        if at + lives(rank, limits) > now:
            for name, value in fields.items():
                held = model.get((hex_, name))
                if held is None or (at >= held[1] and (rank <= held[2] or now - held[1] > limits.stale_s)):
                    model[hex_, name], believed = (value, at, rank), True
        assert tracker.apply(Observation(hex_, at, source, fields, None, 2), now) is believed
        if chance.random() < 0.5:
            tracker.take_delta(now)
            model = {key: held for key, held in model.items() if held[1] + lives(held[2], limits) > now}
            shown = {
                (aircraft["hex"], name): aircraft[name]
                for aircraft in tracker.snapshot(now)
                for name in names
                if name in aircraft
            }
            assert shown == {key: held[0] for key, held in model.items()}


def lives(rank: int, limits: Limits) -> float:
    return limits.adsc_expire_s if rank == ADSC else limits.expire_s


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True, allow_infinity=True),
            st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
            st.floats(-1e12, 1e12),
            st.sampled_from(sorted(SOURCES)),
            st.floats(-90, 90),
            st.floats(-180, 180),
        ),
        max_size=30,
    )
)
def test_no_time_and_no_place_is_odd_enough_to_break_it(steps: list[Any]) -> None:
    tracker = Tracker(Limits(), (0.0, 179.9), "epoch")
    listener = Listener.joining(tracker, 0.0)
    for at, pos_at, now, source, lat, lon in steps:
        tracker.apply(Observation("4CA87C", at, source, {"lat": lat, "lon": lon, "gs": 300.0, "track": 10.0}, pos_at, 2), now)
        delta = tracker.take_delta(now)
        if delta is not None:
            listener.hear(delta)
        assert listener.sees() == without_ages(tracker.snapshot(now))
        for aircraft in tracker.snapshot(now):
            assert aircraft["seen"] >= 0
            assert aircraft.get("seen_pos", 0) >= 0
        tracker.trail("4CA87C")


@pytest.mark.parametrize("seed", range(2))
def test_many_aircraft_of_many_receivers_for_a_long_time(seed: int) -> None:
    chance = random.Random(seed)
    tracker, now = Tracker(Limits(max_aircraft=150), (47.0, 8.0), "epoch"), 0.0
    listeners = [Listener.joining(tracker, now)]
    hexes = [f"{chance.randrange(1, 1 << 24):06X}" for _ in range(300)]
    removed = 0
    for round_ in range(400):
        now += chance.choice([0.1, 0.1, 1.0, 20.0])
        awake = hexes[round_ // 4 : round_ // 4 + 180]
        for _ in range(40):
            fields: dict[str, Value] = {name: chance.choice(PLAIN[name]) for name in chance.sample(sorted(PLAIN), 4)}
            if chance.random() < 0.6:
                fields |= {"lat": 47 + chance.random(), "lon": 8 + chance.random(), "nic": 8}
            tracker.apply(
                Observation(chance.choice(awake), now - chance.random() * 3, chance.choice(sorted(SOURCES)), fields), now
            )
        delta = tracker.take_delta(now)
        if delta is not None:
            removed += len(delta.removed)
            for listener in listeners:
                listener.hear(delta)
        if round_ % 100 == 0:
            listeners.append(Listener.joining(tracker, now))
        # Comparing costs most: the test above compares after every step.
        if round_ % 10 == 0 or round_ > 390:
            listeners_agree(tracker, listeners, now)
    assert removed > 50
    assert tracker.seq > 300
