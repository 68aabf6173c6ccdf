"""Claims about a Sky: which events each audience gets, and that a returning client misses none."""

from __future__ import annotations

from collections import Counter
from typing import Any

import gevent
import pytest

from skyspy import topics, wirejson
from skyspy.address import Peer
from skyspy.aircraft import Observation
from skyspy.app import build_view
from skyspy.auth.principal import ANONYMOUS
from skyspy.feedurl import parse
from skyspy.geo import distance_nm
from skyspy.presence.sessions import Session
from skyspy.receivers.manager import Receivers
from skyspy.sky import Sky, SkyView
from skyspy.sky.audience import patch_seen_from, seen_from, summarise
from skyspy.sky.history import HistorySink
from skyspy.sky.sky import PORTION
from skyspy.sky.streams import STREAMS
from skyspy.sky.streams.aircraft import MAX_ANNOUNCED
from skyspy.sky.streams.stats import STATS_SECONDS
from skyspy.store.settings import Settings
from skyspy.tracker import Limits, Tracker, totals
from tests.conftest import StillClock

HERE = (47.4582, 8.5555)
ALL_TOPICS = topics.TOPICS | topics.NAMESPACE_TOPICS


class FakeBroadcast:
    """Stores what was published; the given rooms have listeners."""

    def __init__(self, *rooms: str) -> None:
        self.rooms = set(rooms)
        self.sent: list[tuple[str, str, Any]] = []

    def has_listeners(self, room: str, namespace: str = "/") -> bool:
        return room in self.rooms

    def publish(self, room: str, event: str, payload: object, namespace: str = "/") -> None:
        self.sent.append((room, event, payload))

    def events(self, room: str) -> list[str]:
        return [event for where, event, _ in self.sent if where == room]


def aircraft_room(flavour: str, audience: str) -> str:
    return str(topics.Room("live", "aircraft", flavour, audience))


STATS = str(topics.Room("live", "stats", audience="exact"))
WHOLE, DELTA = aircraft_room("whole", "exact"), aircraft_room("delta", "exact")
WHOLE_PUBLIC, DELTA_PUBLIC = aircraft_room("whole", "public"), aircraft_room("delta", "public")


class Scene:
    """One Sky that is not started; the test passes records to it."""

    clock_type: type[StillClock] = StillClock

    def __init__(self, *rooms: str, history: HistorySink | None = None, **settings: Any) -> None:
        self.clock = self.clock_type()
        self.settings = Settings(**settings)
        self.broadcast = FakeBroadcast(*rooms)
        self.view = build_view("live", self.clock, lambda: self.settings, (), HERE)
        self.sky = Sky(self.view, self.broadcast, [make(self.view) for make in STREAMS], history)

    def hear(self, hex_: str, times: int = 2, **fields: Any) -> None:
        for _ in range(times):
            self.sky.ingest(Observation(hex_, self.clock.steady(), "adsb_icao", fields))

    def tick(self, after: float = 0.1) -> list[tuple[str, str, Any]]:
        self.clock.pass_by(after)
        self.broadcast.sent.clear()
        self.sky.tick()
        return self.broadcast.sent

    def aircraft(self, audience: str = topics.EXACT) -> list[dict[str, Any]]:
        """Every aircraft as this audience sees it."""
        listed: list[dict[str, Any]] = wirejson.loads(self.view.listings.now(audience).body.text)
        return listed

    def shown(self, topic: str, resume: tuple[str, Any] | None = None) -> list[tuple[str, Any]]:
        """The snapshot of a topic for a session with deltas."""
        session = Session("sid", "eio", "/", ANONYMOUS, Peer("192.0.2.1"), 0.0, audience=topics.EXACT, delta=True, resume=resume)
        self.sky.listen(session, {topic})
        events = self.sky.streams[topic].snapshot(session)
        return [(event.name, wirejson.loads(wirejson.dumps(event.payload(session.audience)))) for event in events]


def test_a_new_aircraft_is_told_once_and_then_only_its_changes() -> None:
    scene = Scene(WHOLE)
    scene.hear("4B1613", lat=47.5, lon=8.5, gs=250.0)
    assert [event for _, event, _ in scene.tick()] == ["aircraft:new"]
    assert scene.tick() == []
    scene.hear("4B1613", 1, gs=260.0)
    [(_, event, payload)] = scene.tick()
    assert event == "aircraft:update"
    assert [(a["hex"], a["gs"], a["lat"]) for a in payload] == [("4B1613", 260.0, 47.5)]


def test_no_payload_is_made_for_a_room_without_listeners() -> None:
    scene = Scene()
    scene.hear("4B1613", gs=250.0)
    assert scene.tick() == []


def test_a_silent_aircraft_is_removed_with_a_reason() -> None:
    scene = Scene(WHOLE, AIRCRAFT_TIMEOUT_SECONDS=60)
    scene.hear("4B1613", gs=250.0)
    scene.tick()
    sent = []
    for _ in range(70):
        sent += list(scene.tick(1.0))
    assert ("aircraft:remove", {"hex": "4B1613", "reason": "timeout"}) in [(event, payload) for _, event, payload in sent]
    assert scene.aircraft() == []


def test_a_client_that_applies_deltas_holds_what_a_later_snapshot_shows() -> None:
    scene = Scene(DELTA)
    scene.hear("4B1613", lat=47.5, lon=8.5, gs=250.0, squawk="1000")
    scene.tick()
    [(_, first)] = scene.shown("aircraft")
    held = {a["hex"]: dict(a) for a in first["aircraft"]}
    seq = first["seq"]
    scene.hear("3C6444", lat=47.0, lon=8.0)
    scene.hear("4B1613", 1, lat=47.6, lon=8.5)
    for _ in range(3):
        for _, event, delta in scene.tick():
            assert (event, delta["prev"], delta["epoch"]) == ("aircraft:delta", seq, first["epoch"])
            seq = delta["seq"]
            for patch in delta["changed"]:
                mine = held.setdefault(patch["hex"], {})
                mine.update(patch)
                for gone in [name for name, value in mine.items() if value is None]:
                    del mine[gone]
            for gone_aircraft in delta["removed"]:
                held.pop(gone_aircraft["hex"])
        scene.hear("4B1613", 1, gs=300.0)
    scene.tick()
    for _, _, delta in scene.broadcast.sent:
        for patch in delta["changed"]:
            held[patch["hex"]].update(patch)
        seq = delta["seq"]
    [(_, last)] = scene.shown("aircraft")
    ages = {"seen", "seen_pos"}
    assert seq == last["seq"]
    assert {h: {k: v for k, v in a.items() if k not in ages} for h, a in held.items()} == {
        a["hex"]: {k: v for k, v in a.items() if k not in ages} for a in last["aircraft"]
    }


def test_a_returning_client_gets_what_it_missed_as_one_delta_or_a_snapshot() -> None:
    scene = Scene(DELTA)
    scene.hear("4B1613", gs=250.0, track=90.0)
    scene.tick()
    epoch, seq = scene.sky.tracker.epoch, scene.sky.tracker.seq
    assert scene.shown("aircraft", (epoch, seq)) == []
    for gs in (251.0, 252.0):
        scene.hear("4B1613", 1, gs=gs)
        scene.tick()
    [(event, missed)] = scene.shown("aircraft", (epoch, seq))
    assert event == "aircraft:delta"
    assert (missed["epoch"], missed["prev"], missed["seq"]) == (epoch, seq, scene.sky.tracker.seq)
    assert missed["changed"] == [{"hex": "4B1613", "gs": 252.0, "seen": 0.1}], "the last value of what changed, and its age"
    for unknown in (("another epoch", seq), (epoch, seq + 99), (epoch, -1)):
        assert [event for event, _ in scene.shown("aircraft", unknown)] == ["aircraft:snapshot"]


BUSY = (
    "alt_baro",
    "alt_geom",
    "baro_rate",
    "geom_rate",
    "gs",
    "ias",
    "tas",
    "mach",
    "track",
    "roll",
    "mag_heading",
    "rc",
    "ws",
    "oat",
)
QUIET = ("nav_qnh", "nav_altitude_mcp", "nav_heading", "nic", "version", "nac_p", "nac_v", "sil", "gva", "sda")


def test_a_long_absence_from_a_large_sky_costs_no_more_than_a_snapshot() -> None:
    scene = Scene(DELTA)
    hexes = [f"4B{number:04X}" for number in range(300)]
    for hex_ in hexes:
        scene.hear(hex_, **dict.fromkeys(BUSY + QUIET, 1))
    scene.tick()
    epoch, seq = scene.sky.tracker.epoch, scene.sky.tracker.seq
    for second in range(2, 34):
        for hex_ in hexes:
            scene.hear(hex_, 1, **dict.fromkeys(BUSY, second))
        scene.tick(1.0)
    [(event, missed)] = scene.shown("aircraft", (epoch, seq))
    [(_, snapshot)] = scene.shown("aircraft")
    assert event == "aircraft:delta"
    assert len(wirejson.dumps(missed)) < len(wirejson.dumps(snapshot))
    # Where nearly everything changed or left, the snapshot is the smaller one.
    for hex_ in hexes[:150]:
        scene.hear(hex_, 1, **dict.fromkeys(BUSY + QUIET, 99))
    for _ in range(61):
        for hex_ in hexes[:150]:
            scene.hear(hex_, 1, gs=100)
        scene.tick(1.0)
    assert [event for event, _ in scene.shown("aircraft", (epoch, seq))] == ["aircraft:snapshot"]


def test_many_changes_are_published_in_portions_and_others_run_between_them() -> None:
    scene, count = Scene(DELTA, WHOLE), 5 * PORTION // 2
    hexes = [f"{0x4B0000 + number:06X}" for number in range(count)]
    for hex_ in hexes:
        scene.hear(hex_, gs=100)
    between: list[int] = []
    other = gevent.spawn(lambda: [(gevent.sleep(0), between.append(len(scene.broadcast.sent))) for _ in range(50)])
    sent = scene.tick()
    other.kill()
    deltas = [payload for room, event, payload in sent if (room, event) == (DELTA, "aircraft:delta")]
    assert [(delta["prev"], delta["seq"], len(delta["changed"])) for delta in deltas] == [
        (0, 1, PORTION),
        (1, 2, PORTION),
        (2, 3, PORTION // 2),
    ]
    assert sorted(one["hex"] for delta in deltas for one in delta["changed"]) == hexes
    updates = [payload for room, event, payload in sent if (room, event) == (WHOLE, "aircraft:update")]
    announced = [payload for room, event, payload in sent if (room, event) == (WHOLE, "aircraft:new")]
    assert len(announced) == MAX_ANNOUNCED
    assert sorted(one["hex"] for one in (*announced, *(one for update in updates for one in update))) == hexes
    assert {size for size in between if 0 < size < len(sent)}, "another greenlet ran between two portions"


def test_many_aircraft_are_counted_in_pieces_after_a_tick_and_not_while_their_statistics_are_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene, many = Scene(STATS), totals.LARGE + 400
    for number in range(many):
        scene.hear(f"{0x4B0000 + number:06X}", gs=100)
    scene.tick()
    scene.tick(STATS_SECONDS)
    at_once: list[object] = []
    count = totals.count
    monkeypatch.setattr(totals, "count", lambda listed, observer: at_once.append(observer) or count(listed, observer))
    updates = []
    for number in range(60):
        scene.hear(f"{0x4C0000 + number:06X}", gs=100)
        updates += [payload for _, event, payload in scene.tick(0.1) if event == "stats:update"]
    assert at_once == []
    assert len(updates) == 3
    assert [many + 20 * place < update["total_aircraft"] <= many + 20 * (place + 1) for place, update in enumerate(updates)] == [
        True
    ] * 3


def test_who_missed_more_than_is_folded_for_one_client_gets_the_snapshot_that_is_made_for_all() -> None:
    scene = Scene(DELTA)
    hexes = [f"{0x4B0000 + number:06X}" for number in range(1500)]
    for hex_ in hexes:
        scene.hear(hex_, **dict.fromkeys(BUSY + QUIET, 1))
    scene.tick()
    held = (scene.sky.tracker.epoch, scene.sky.tracker.seq)
    for hex_ in hexes[:1000]:
        scene.hear(hex_, 1, **dict.fromkeys(BUSY, 2))
    scene.tick(1.0)
    assert [event for event, _ in scene.shown("aircraft", held)] == ["aircraft:delta"]
    for hex_ in hexes[1000:]:
        scene.hear(hex_, 1, **dict.fromkeys(BUSY, 2))
    scene.tick(1.0)
    assert [event for event, _ in scene.shown("aircraft", held)] == ["aircraft:snapshot"]


@pytest.mark.parametrize(("accuracy", "observer"), [("exact", HERE), ("rounded", (47.5, 8.6)), ("hidden", None)])
def test_the_public_learns_of_the_receivers_place_what_the_operator_allows(
    accuracy: str, observer: tuple[float, float] | None
) -> None:
    scene = Scene(WHOLE, WHOLE_PUBLIC, DELTA_PUBLIC, RECEIVER_LOCATION_PUBLIC=accuracy)
    scene.hear("4B1613", lat=48.0, lon=9.0)
    payloads = {room: payload for room, _, payload in scene.tick()}
    assert payloads[WHOLE]["distance_nm"] == round(distance_nm(HERE, (48.0, 9.0)), 2)
    expected = None if observer is None else round(distance_nm(observer, (48.0, 9.0)), 2)
    assert payloads[WHOLE_PUBLIC].get("distance_nm") == expected
    assert payloads[DELTA_PUBLIC]["changed"][0].get("distance_nm") == expected
    assert scene.view.audience(ANONYMOUS) == ("exact" if accuracy == "exact" else "public")


@pytest.mark.parametrize("accuracy", ["exact", "rounded", "hidden"])
def test_a_rough_place_of_those_who_hear_it_is_hidden_with_the_receivers(accuracy: str) -> None:
    scene = Scene(WHOLE, WHOLE_PUBLIC, DELTA_PUBLIC, RECEIVER_LOCATION_PUBLIC=accuracy)
    scene.hear("4B1613", squawk="1000", rr_lat=47.5, rr_lon=8.6)
    new = {room: payload for room, _, payload in scene.tick()}
    assert new[WHOLE]["rr_lat"] == 47.5
    scene.hear("4B1613", squawk="1001", rr_lat=47.4, rr_lon=8.5)
    changed = {room: payload for room, _, payload in scene.tick()}
    objects = [new[WHOLE_PUBLIC], *new[DELTA_PUBLIC]["changed"], *changed[WHOLE_PUBLIC], *changed[DELTA_PUBLIC]["changed"]]
    shown = [aircraft for aircraft in [*objects, *scene.aircraft("public"), scene.view.one("4B1613", "public")] if aircraft]
    assert len(shown) == 6
    assert all(("rr_lat" in aircraft, "rr_lon" in aircraft) == (accuracy != "hidden",) * 2 for aircraft in shown)


def test_a_new_location_is_used_for_distances_and_the_range_check() -> None:
    scene = Scene()
    scene.hear("4B1613", lat=47.5, lon=8.5)
    scene.hear("7C6B2D", lat=-33.9, lon=151.2)
    scene.tick()
    assert {a["hex"] for a in scene.aircraft() if "lat" in a} == {"4B1613"}
    scene.sky.set_place((-33.9, 151.2))
    scene.hear("7C6B2D", lat=-33.9, lon=151.2)
    scene.tick()
    there = scene.view.one("7c6b2d", "exact")
    assert there is not None
    assert there["distance_nm"] == pytest.approx(0.0, abs=0.1)


class CountingTracker(Tracker):
    """Counts how often each aircraft is made whole."""

    def __init__(self) -> None:
        super().__init__(Limits(), HERE, "epoch")
        self.made: Counter[str] = Counter()

    def aircraft(self, hex_: str, now: float) -> dict[str, Any] | None:
        self.made[hex_] += 1
        return super().aircraft(hex_, now)


def test_a_changed_aircraft_is_made_whole_once_a_tick_for_all_rooms() -> None:
    clock, tracker = StillClock(), CountingTracker()
    view = SkyView("live", clock, Settings, tracker, Receivers((), clock, HERE), HERE)
    broadcast = FakeBroadcast(WHOLE, DELTA, WHOLE_PUBLIC, DELTA_PUBLIC)
    sky = Sky(view, broadcast, [make(view) for make in STREAMS])
    for place in (8.5, 8.6):
        for hex_ in ("4B1613", "3C6444"):
            sky.ingest(Observation(hex_, clock.steady(), "adsb_icao", {"lat": 47.5, "lon": place}, messages=2))
        tracker.made.clear()
        broadcast.sent.clear()
        sky.tick()
        clock.pass_by(10.0)
    assert {room for room, event, _ in broadcast.sent if event in ("aircraft:update", "aircraft:delta")} == broadcast.rooms
    assert tracker.made == {"4B1613": 1, "3C6444": 1}


def test_a_crowd_that_appears_at_once_comes_in_one_update() -> None:
    scene = Scene(WHOLE)
    for number in range(250):
        scene.hear(f"4B{number:04X}", gs=100.0)
    scene.tick()
    events = scene.broadcast.events(WHOLE)
    assert (events.count("aircraft:new"), events.count("aircraft:update")) == (100, 1)


def test_a_heartbeat_and_statistics_come_by_time_alone() -> None:
    scene = Scene(WHOLE, str(topics.Room("live", "stats")))
    events = [event for _ in range(62) for _, event, _ in list(scene.tick(1.0))]
    assert events.count("aircraft:heartbeat") == 2
    assert 29 <= events.count("stats:update") <= 31


def test_the_statistics_sum_up_the_messages_that_all_receivers_hear_a_second() -> None:
    scene = Scene(str(topics.Room("live", "stats")))
    names = [scene.sky.receivers.add(parse(f"sbs://127.0.0.1:{port}")) for port in (1, 2)]
    receivers = [scene.sky.receivers.receiver(name) for name in names]
    sent = []
    for _ in range(20):
        for messages, receiver in zip((3, 5), receivers, strict=True):
            receiver.deliver([Observation("4B1613", scene.clock.steady(), "adsb_icao", {}, messages=messages)])
        sent += list(scene.tick(1.0))
    assert sent[-1][2]["messages_per_second"] == pytest.approx(8.0, abs=1.0)


def test_two_skies_share_nothing() -> None:
    live, sandbox = Scene(), Scene()
    live.hear("4B1613", gs=1.0)
    live.tick()
    assert sandbox.aircraft() == []
    assert live.sky.tracker.epoch != sandbox.sky.tracker.epoch


@pytest.mark.parametrize("topic", sorted(ALL_TOPICS))
def test_every_topic_has_its_snapshot(topic: str) -> None:
    [(event, payload)] = Scene().shown(topic)
    row = ALL_TOPICS[topic]
    assert event == (row.snapshot or "stats:update")
    assert payload["timestamp"].endswith("Z")
    assert isinstance(payload[row.holds], list) if row.holds else row.name in ("stats", "cannonball")


def test_half_a_position_change_carries_the_whole_distance() -> None:
    whole = {"hex": "4B1613", "lat": 48.0, "lon": 9.0}
    assert patch_seen_from({"hex": "4B1613", "lat": 48.0}, whole, HERE)["distance_nm"] == seen_from(whole, HERE)["distance_nm"]
    assert patch_seen_from({"hex": "4B1613", "lat": None, "lon": None}, {}, HERE)["distance_nm"] is None


def test_statistics_count_what_is_there() -> None:
    listed = [
        {"hex": "1", "source": "adsb", "alt_baro": 1000, "lat": 48.0, "lon": 9.0, "military": True, "emergency": "none"},
        {"hex": "2", "source": "mlat", "alt_baro": "ground", "emergency": "general"},
    ]
    stats = summarise(totals.count(listed, HERE))
    assert (stats["total_aircraft"], stats["with_position"], stats["military_count"], stats["emergency_count"]) == (2, 1, 1, 1)
    assert (stats["avg_altitude"], stats["sources"]) == (1000, {"adsb": 1, "mlat": 1})
    assert stats["max_distance_nm"] == pytest.approx(37.3, abs=0.5)
