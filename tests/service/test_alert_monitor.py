"""Claims about the monitor of alert rules, its stream and what it asks the history, with an engine that says what a test wants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from skyspy.address import Peer
from skyspy.alerts.rounds import ActiveMatch, AlertRound, MatchEnd, SeenBefore, Trigger
from skyspy.alerts.rule import Condition, Group, Join, OwnedRule, Rule
from skyspy.alerts.watchlist import Watchlist
from skyspy.auth.principal import Principal
from skyspy.clock import iso
from skyspy.presence.sessions import Session
from skyspy.safety.rules import EMERGENCY, WARNING, Finding, Round
from skyspy.sky.alerts import AGAIN_S, GAP_S, QUIET_S, AlertMonitor, Destination, RunningRules
from skyspy.sky.safety import SafetyMonitor
from skyspy.sky.streams import alerts as stream_of_alerts
from skyspy.sky.streams.alerts import KEPT_OF_EACH, KEPT_S, AlertsStream
from skyspy.store import StoreError
from skyspy.store.history import alerts
from skyspy.store.history.alerts import AlertSearch
from skyspy.topics import EXACT, WHOLE, Room
from tests.support.alerts import alert, deliveries_of
from tests.support.history import Stores, open_stores
from tests.support.visits import a_visit, write_visits
from tests.unit.test_sky import Scene

ANN, BOB = 7, 8
HEX = "4B1613"


def owned(number: int, field: str = "gs", owner: int = ANN, destinations: tuple[str, ...] = ()) -> OwnedRule:
    rule = Rule("Fast", Group(Join.ALL, (Condition(field, "gt", 1.0),)), destinations=destinations)
    return OwnedRule(str(number), owner, rule)


class FakeEngine:
    """Says what the test has put into `says` and `ends` at its next look, and remembers what it was given."""

    made: ClassVar[list[FakeEngine]] = []
    says: ClassVar[list[Trigger]] = []
    ends: ClassVar[list[MatchEnd]] = []

    def __init__(self) -> None:
        self.rules: list[OwnedRule] = []
        self.active: list[ActiveMatch] = []
        self.rounds: list[AlertRound] = []
        self.ended: Sequence[MatchEnd] = ()
        self.made.append(self)

    def set_rules(self, rules: Iterable[OwnedRule], watchlists: Iterable[Watchlist] = (), pause: object = None) -> None:
        self.rules = [*rules]

    def restore(self, active: Iterable[ActiveMatch]) -> None:
        self.active += active

    def look(self, look: AlertRound) -> Sequence[Trigger]:
        self.rounds.append(look)
        said, self.ended = list(self.says), list(self.ends)
        self.says.clear()
        self.ends.clear()
        return said

    def preview(self, owned: OwnedRule, look: AlertRound, watchlists: Iterable[Watchlist] | None = None) -> Sequence[str]:
        self.rounds.append(look)
        return sorted(look.aircraft)


class Squawks:
    """A safety rule that finds an emergency of HEX while `on`."""

    on = False

    def look(self, look: Round) -> Iterable[Finding]:
        return [Finding(EMERGENCY, HEX, WARNING, "An emergency", hex=HEX)] if self.on else []


class Watch(Scene):
    """A sky with its safety monitor and its alert monitor on a real history; the test makes the rounds."""

    def __init__(self, stores: Stores, *rules: OwnedRule, delivers: bool = True, **settings: Any) -> None:
        rooms = [str(Room("live", "alerts", WHOLE, EXACT, str(owner))) for owner in (ANN, BOB)]
        super().__init__(*rooms, **settings)
        self.stores = stores
        self.history = stores.history
        self.squawks = Squawks()
        self.safety = SafetyMonitor(self.sky, self.history, lambda: None, [self.squawks])
        self.running = RunningRules(rules, (), {"1": Destination(ANN, "webhook"), "2": Destination(ANN, "browser")})
        self.alerts = AlertMonitor(self.sky, self.safety, self.history, lambda _: self.running, FakeEngine, delivers=delivers)
        self.stored = 0
        self.alerts.stored = self._count
        self.alerts.follow(self.settings)

    def _count(self) -> None:
        self.stored += 1

    def set_rules(self, *rules: OwnedRule) -> None:
        self.running = self.running._replace(rules=rules)
        self.alerts.follow(self.settings)

    def look(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.clock.pass_by(1.0)
            self.sky.tick()
            self.safety.run()
            self.alerts.run()

    def trigger(self, rule: int = 1, owner: int = ANN, hex_: str | None = HEX, **more: Any) -> Trigger:
        at = self.clock.wall() + 1.0
        return Trigger(str(rule), owner, 1, "Fast", hex_, "SWR1", ({"field": "gs"},), "SWR1 is fast", {"hex": hex_}, at, **more)

    def says(self, *triggers: Trigger) -> None:
        FakeEngine.says += triggers
        self.look()

    @property
    def engine(self) -> FakeEngine:
        return FakeEngine.made[-1]

    def arrived(self, owner: int = ANN) -> list[dict[str, Any]]:
        room = str(Room("live", "alerts", WHOLE, EXACT, str(owner)))
        return [payload for where, event, payload in self.broadcast.sent if (where, event) == (room, "alert:triggered")]

    def snapshot(self, owner: int | None) -> list[dict[str, Any]]:
        principal = Principal("user" if owner else "anonymous", owner, "x")
        session = Session("sid", "eio", "/", principal, Peer("192.0.2.1"), 0.0, audience=EXACT)
        [event] = self.sky.streams["alerts"].snapshot(session)
        assert event.name == "alert:snapshot"
        return event.payload(EXACT)["alerts"]  # type: ignore[index]

    def kept(self, owner: int = ANN) -> list[alerts.Alert]:
        return self.history.read(alerts.page, owner, AlertSearch(), None, 5000)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    FakeEngine.made, FakeEngine.says, FakeEngine.ends = [], [], []


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with open_stores("sqlite", tmp_path) as made:
        yield made


def test_without_rules_nothing_is_looked_at_and_nothing_is_read(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(stores)
    watch.hear(HEX, gs=200.0)
    watch.look(3)
    reads: list[object] = []
    read = watch.history.read
    monkeypatch.setattr(watch.history, "read", lambda fn, *args: reads.append(fn) or read(fn, *args))
    for _ in range(5):
        watch.clock.pass_by(1.0)
        watch.alerts.take(watch.alerts._latest)  # type: ignore[arg-type]
        watch.alerts.run()
    assert (FakeEngine.made, reads, len(watch.alerts._looks)) == ([], [], 0)


def test_after_the_last_rule_is_gone_it_is_idle_soon_and_a_new_rule_wakes_it(stores: Stores) -> None:
    watch = Watch(stores, owned(1))
    watch.hear(HEX, gs=200.0)
    watch.look()
    watch.set_rules()
    watch.look(int(QUIET_S) + 2)
    rounds = len(watch.engine.rounds)
    watch.look(3)
    assert len(watch.engine.rounds) == rounds
    watch.set_rules(owned(2))
    watch.look()
    assert [rule.id for rule in watch.engine.rules] == ["2"]
    assert len(watch.engine.rounds) == 1


def test_the_engine_is_given_the_frozen_aircraft_and_which_of_them_changed(stores: Stores) -> None:
    watch = Watch(stores, owned(1), RECEIVER_LOCATION_PUBLIC="hidden")
    watch.hear(HEX, gs=200.0)
    watch.look()
    watch.hear("4B1614", gs=100.0)
    watch.look()
    first, second = watch.engine.rounds
    assert first.aircraft[HEX] is second.aircraft[HEX]
    assert second.aircraft is watch.safety.frozen
    assert (list(first.changed), list(second.changed)) == ([HEX], ["4B1614"])
    assert (first.place_exact, first.place_public) == (watch.view.location, None)
    assert first.objects(HEX)["gs"] == 200.0  # type: ignore[index]
    assert first.objects("4B9999") is None
    assert (second.now, second.wall) == (watch.clock.steady(), watch.clock.wall())


def test_changes_of_safety_events_and_movements_of_rounds_that_it_missed_are_in_its_next_one(stores: Stores) -> None:
    watch = Watch(stores, owned(1))
    watch.hear(HEX, gs=200.0)
    watch.squawks.on = True
    for _ in range(3):
        watch.clock.pass_by(1.0)
        watch.sky.tick()
        watch.safety.run()
    watch.alerts.run()
    [look] = watch.engine.rounds
    assert [(change.action.value, change.event.hex) for change in look.safety] == [("opened", HEX)]


def test_an_alert_is_stored_sent_to_its_owner_alone_and_in_the_snapshot(stores: Stores) -> None:
    watch = Watch(stores, owned(1, destinations=("1", "2")), owned(2, owner=BOB))
    watch.hear(HEX, gs=200.0)
    watch.says(watch.trigger())
    [payload] = watch.arrived(ANN)
    assert payload == {
        "id": payload["id"],
        "rule_id": "1",
        "rule_name": "Fast",
        "hex": HEX,
        "callsign": "SWR1",
        "message": "SWR1 is fast",
        "matched": [{"field": "gs"}],
        "aircraft": {"hex": HEX},
        "suppressed": 0,
        "notify": True,
        "held_until": None,
        "timestamp": iso(watch.clock.wall()),
    }
    assert watch.arrived(BOB) == watch.snapshot(BOB) == watch.snapshot(None) == []
    assert watch.snapshot(ANN) == [payload]
    assert [one.id for one in watch.kept()] == [payload["id"]]
    [sent] = deliveries_of(stores, ANN).values()
    assert (sent.destination_id, sent.kind, sent.title, sent.body) == (1, "webhook", "Fast", "SWR1 is fast")
    assert (sent.data, sent.alert_id, watch.stored) == (payload, payload["id"], 1)


def test_nothing_is_delivered_to_a_destination_of_another_owner_or_one_that_is_not_in_use_or_of_a_sandbox(
    stores: Stores,
) -> None:
    watch = Watch(stores, owned(1, owner=BOB, destinations=("1", "2", "3")))
    watch.hear(HEX, gs=200.0)
    watch.says(watch.trigger(owner=BOB))
    [payload] = watch.arrived(BOB)
    assert (payload["notify"], deliveries_of(stores, BOB), watch.stored) == (False, {}, 0)
    sandbox = Watch(stores, owned(1, destinations=("1",)), delivers=False)
    sandbox.hear(HEX, gs=200.0)
    sandbox.says(sandbox.trigger(hex_="4B1615"))
    assert (len(sandbox.arrived()), deliveries_of(stores, ANN)) == (1, {})


def test_alerts_in_quiet_hours_are_shown_at_once_and_delivered_later(stores: Stores) -> None:
    watch = Watch(stores, owned(1, destinations=("1",)))
    watch.hear(HEX, gs=200.0)
    until = watch.clock.wall() + 3600
    watch.says(watch.trigger(held_until=until))
    [payload] = watch.arrived()
    assert payload["held_until"] == iso(until)
    [held] = deliveries_of(stores).values()
    assert (held.state, held.next_try) == ("held", until)


def test_a_match_that_ends_and_one_whose_rule_is_gone_are_stored_as_ended(stores: Stores) -> None:
    watch = Watch(stores, owned(1), owned(2))
    watch.hear(HEX, gs=200.0)
    watch.says(watch.trigger(1), watch.trigger(2), watch.trigger(2, hex_=None, suppressed=3))
    triggered_at = watch.clock.wall()
    assert [one.ended_at for one in watch.kept() if one.suppressed] == [triggered_at], "a sum is not a match"
    FakeEngine.ends += [MatchEnd("1", HEX, triggered_at, triggered_at + 61), MatchEnd("2", HEX, triggered_at - 99, triggered_at)]
    watch.look()
    assert [one.rule_id for one in watch.kept() if one.ended_at is None] == [2], "the end of an earlier match is not its end"
    watch.set_rules(owned(1))
    watch.look()
    ended = {one.rule_id: one.ended_at for one in watch.kept() if not one.suppressed}
    assert ended == {1: triggered_at + 61, 2: watch.clock.wall()}


def test_after_a_restart_the_engine_goes_on_with_what_is_stored_and_what_was_stored_just_now_is_not_made_again(
    stores: Stores,
) -> None:
    watch = Watch(stores, owned(1))
    watch.hear(HEX, gs=200.0)
    watch.says(watch.trigger(), watch.trigger(hex_="4B1614"))
    at = watch.clock.wall()
    FakeEngine.ends.append(MatchEnd("1", "4B1614", at, at + 1))
    watch.look()

    again = Watch(stores, owned(1))
    again.clock.pass_by(3.0)
    again.alerts.log._started = again.clock.wall()
    again.hear(HEX, gs=200.0)
    again.says(again.trigger(hex_="4B1614"), again.trigger(hex_="4B1615"))
    assert {(one.hex, one.triggered_at, one.ended_at) for one in again.engine.active} == {
        (HEX, at, None),
        ("4B1614", at, at + 1),
    }
    assert [payload["hex"] for payload in again.arrived()] == ["4B1615"]
    assert {payload["hex"] for payload in again.snapshot(ANN)} == {HEX, "4B1614", "4B1615"}
    again.clock.pass_by(60)
    again.says(again.trigger(hex_="4B1614"))
    assert again.arrived()[-1]["hex"] == "4B1614", "later it is another one"


def test_a_process_that_does_not_write_runs_no_rules_and_keeps_what_happened_for_a_takeover(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = Watch(stores, owned(1))
    watch.hear(HEX, gs=200.0)
    watch.look()
    with monkeypatch.context() as patched:
        patched.setattr(type(watch.history.lease), "fence", None)
        watch.look(int(GAP_S) * 3)
        assert len(FakeEngine.made) == len(watch.engine.rounds) == 1
        assert GAP_S <= len(watch.alerts._looks) <= GAP_S + 2
    watch.alerts.log._gained(2)
    watch.look()
    assert len(FakeEngine.made) == 2, "what the engine of before knows is old"
    [look] = watch.engine.rounds
    assert list(look.changed) == [HEX], "to a new engine all are new"


@pytest.mark.parametrize(("age_s", "expected"), [(5, "opened"), (AGAIN_S + 30, "updated")])
def test_a_safety_event_that_began_just_before_a_start_begins_for_the_engine_and_an_older_one_does_not(
    stores: Stores, age_s: int, expected: str
) -> None:
    before = Watch(stores)
    before.hear(HEX, gs=200.0)
    before.squawks.on = True
    before.look()
    assert len(before.safety.events.open) == 1
    # It was stored, and the process was killed before an alert of it was.
    again = Watch(stores, owned(1))
    again.clock.pass_by(age_s)
    again.look()
    [look] = again.engine.rounds
    assert [(change.action.value, change.event.hex) for change in look.safety] == [(expected, HEX)]
    again.look()
    assert again.engine.rounds[-1].safety == []


def test_aircraft_are_looked_up_in_the_history_once_and_only_for_rules_that_ask(stores: Stores) -> None:
    day = 86_400.0
    watch = Watch(stores, owned(1))
    now = watch.clock.wall()
    stores.history.commit_now(write_visits, a_visit(hex=HEX, first=now - 2 * day - 600))
    watch.hear(HEX, gs=200.0)
    watch.look()
    assert watch.engine.rounds[-1].facts == {}
    watch.set_rules(owned(1, "first_seen"))
    watch.hear("4B1614", gs=200.0)
    watch.look()
    look = watch.engine.rounds[-1]
    assert look.facts["4B1614"] == SeenBefore(True, None)
    assert look.facts[HEX].first is False
    assert look.facts[HEX].days == pytest.approx(2.0, abs=0.01)
    assert HEX in look.changed, "it is looked at again, now that this is known"
    watch.look()
    assert list(watch.engine.rounds[-1].changed) == []


def test_what_cannot_be_looked_up_is_not_known_and_looked_up_again(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(stores, owned(1, "not_seen_days"))
    watch.hear(HEX, gs=200.0)
    watch.look()
    watch.hear("4B1614", gs=200.0)

    def fail(*_: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as patched:
        patched.setattr(watch.history, "read", fail)
        watch.look()
        assert set(watch.engine.rounds[-1].facts) == {HEX}
    watch.look(6)
    assert set(watch.engine.rounds[-1].facts) == {HEX, "4B1614"}


def test_a_preview_looks_at_the_present_aircraft_in_every_process(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(stores)
    assert watch.alerts.preview(owned(1)) == ()
    monkeypatch.setattr(type(watch.history.lease), "fence", None)
    watch.hear(HEX, gs=200.0)
    watch.look()
    assert watch.alerts.preview(owned(1, "first_seen")) == [HEX]
    assert watch.engine.rounds[-1].facts == {HEX: SeenBefore(True, None)}


# The stream


def test_a_snapshot_holds_the_latest_of_a_day_and_of_each_user_so_many(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(stores)
    stream = watch.sky.streams["alerts"]
    assert isinstance(stream, AlertsStream)
    now = watch.clock.wall()
    stream.keep([alert(1, triggered_at=now - KEPT_S - 1)])
    assert watch.snapshot(ANN) == []
    stream.keep([alert(number, triggered_at=now - 500 + number) for number in range(KEPT_OF_EACH + 9)])
    shown = watch.snapshot(ANN)
    assert (len(shown), shown[0]["id"], shown[-1]["id"]) == (KEPT_OF_EACH, "a-0058", "a-0009")
    monkeypatch.setattr(stream_of_alerts, "KEPT_OF_ALL", KEPT_OF_EACH)
    stream.keep([alert(1, owner_id=BOB, triggered_at=now)])
    assert (len(watch.snapshot(BOB)), watch.snapshot(ANN)) == (1, [])
