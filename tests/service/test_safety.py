"""Claims about safety events over HTTP and Socket.IO: access, privacy, pages, filters, acknowledging, numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from skyspy.api.safety_models import SafetyEvent, SafetyEventPage
from skyspy.auth.principal import Principal
from skyspy.safety.rules import EVENT_TYPES, SEVERITIES
from skyspy.services import safety
from skyspy.services.caller import Caller, Refused
from skyspy.services.safety_filters import EventType, Severity
from skyspy.store import StoreError, users
from skyspy.store.errors import StoreFull
from tests.support.api_client import error_of
from tests.support.databases import change
from tests.support.peers import Peer, ask
from tests.support.safety_events import AT, an_event, keep, kept
from tests.support.world import OPERATOR, World

LIST, ONE, STATS = "/api/safety/events/", "/api/safety/events/event-0/", "/api/safety/stats/"
NOTE = f"{ONE}acknowledge/"
REQUESTS: dict[str, dict[str, Any]] = {"safety-events": {}, "safety-event-detail": {"id": "event-0"}, "safety-stats": {}}
WHOLE = {
    "id": "event-0",
    "event_type": "proximity",
    "severity": "warning",
    "hex": "4B1805",
    "hex_2": "4B1806",
    "callsign": "SWR12",
    "callsign_2": "EZY7",
    "lat": 47.5,
    "lon": 8.25,
    "message": "SWR12 and EZY7 are 0.31 nm and 200 ft apart",
    "details": {"distance_nm": 0.31, "vertical_ft": 200, "sense": None},
    "acknowledged_by": None,
    "started": "2025-11-27T00:32:55.250Z",
    "updated": "2025-11-27T00:33:00.250Z",
    "resolved": None,
}


def joined(world: World, **more: Any) -> Peer:
    return world.peer().join("/", {"token": world.key(**more)})


def listed(world: World, query: str = "", token: str | None = None) -> list[str]:
    answer = world.get(LIST + query, token)
    assert answer.status_code == 200, answer.text
    return [event["id"] for event in answer.json["events"]]


# -- list and detail ------------------------------------------------------------------------------


def test_the_filters_name_every_type_and_severity() -> None:
    assert (EventType.__args__, Severity.__args__) == (EVENT_TYPES, SEVERITIES)  # type: ignore[attr-defined]


def test_an_event_is_the_same_over_http_and_on_a_socket(world: World) -> None:
    keep(world, an_event())
    page = world.get(LIST).json
    assert page == {"events": [WHOLE], "count": 1, "next_cursor": None, "timestamp": page["timestamp"]}
    assert world.get(ONE).json == WHOLE
    peer = world.peer().join()
    assert ask(peer, "safety-events") == page
    assert ask(peer, "safety-event-detail", id="event-0") == WHOLE
    msgspec.convert(page, SafetyEventPage)
    msgspec.convert(WHOLE, SafetyEvent)


def test_what_is_not_known_of_an_event_is_null(world: World) -> None:
    area = dict.fromkeys(("hex", "hex_2", "callsign", "callsign_2", "lat", "lon"))
    keep(world, an_event(event_type="gps_interference", details={}, **area))
    shown = world.get(ONE).json
    assert shown == {**WHOLE, **area, "event_type": "gps_interference", "details": {}}
    msgspec.convert(shown, SafetyEvent)


def test_simulated_traffic_is_marked(world: World) -> None:
    keep(world, an_event(demo=True), an_event(1))
    page = world.get(LIST).json
    assert (page["demo"], page["events"][1]["demo"], "demo" in page["events"][0]) == (True, True, False)
    assert listed(world, "?demo=false") == ["event-1"]
    assert "demo" not in world.get(f"{LIST}?demo=false").json


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["c", "b", "a"]),
        ("?event_type=tcas_ra", ["b"]),
        ("?severity=critical", ["c"]),
        ("?hex=4b1806", ["a"]),
        ("?hex=ABCDEF", ["b"]),
        ("?callsign=ezy", ["a"]),
        ("?state=open", ["b", "a"]),
        ("?state=resolved", ["c"]),
        ("?acknowledged=true", ["a"]),
        ("?acknowledged=false", ["c", "b"]),
        ("?from=2025-11-27T00:32:56Z", ["c", "b"]),
        ("?to=2025-11-27T00:32:56Z", ["a"]),
        ("?state=open&severity=warning&hex=4B1805", ["a"]),
        ("?state=open&severity=critical", []),
        ("?state=&hex=", ["c", "b", "a"]),
    ],
)
def test_events_are_listed_by_filters_the_newest_first(world: World, query: str, found: list[str]) -> None:
    other = {"callsign": None, "callsign_2": None, "hex_2": None}
    keep(
        world,
        an_event(0, id="a"),
        an_event(1, id="b", event_type="tcas_ra", hex="ABCDEF", **other),
        an_event(2, id="c", severity="critical", hex="3C4DD2", resolved=AT + 60, **other),
    )
    assert world.post("/api/safety/events/a/acknowledge/", token=world.key()).status_code == 200
    assert listed(world, query) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("event_type=collision", "event_type"),
        ("severity=bad", "severity"),
        ("hex=XYZ", "hex"),
        ("state=over", "state"),
        ("acknowledged=perhaps", "acknowledged"),
        ("from=yesterday", "from"),
        ("from=2025-11-27T00:00:00Z&to=2025-11-26T00:00:00Z", "to"),
        ("limit=501", "limit"),
        ("cursor=nonsense", "cursor"),
        ("callsign=A%00", "callsign"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(world: World, query: str, field: str) -> None:
    answer = world.get(f"{LIST}?{query}")
    assert error_of(answer)[0] == 400
    assert field in answer.json["error"]["fields"]


def test_pages_follow_each_other_while_events_appear_change_and_end(world: World) -> None:
    keep(world, *(an_event(number, started=AT + number // 3) for number in range(10)))
    first = world.get(f"{LIST}?limit=4").json
    keep(world, an_event(20), replace(an_event(0, started=AT), resolved=AT + 99, updated=AT + 99))
    second = world.get(f"{LIST}?limit=4&cursor={first['next_cursor']}").json
    third = world.get(f"{LIST}?limit=4&cursor={second['next_cursor']}").json
    found = [event["id"] for page in (first, second, third) for event in page["events"]]
    assert found == [f"event-{number}" for number in (9, 8, 7, 6, 5, 4, 3, 2, 1, 0)]
    assert third["next_cursor"] is None


def test_a_socket_pages_by_its_own_cursor(world: World) -> None:
    keep(world, *(an_event(number) for number in range(3)))
    peer = world.peer().join()
    first = ask(peer, "safety-events", limit=2)
    second = ask(peer, "safety-events", limit=2, cursor=first["next_cursor"])
    assert [event["id"] for event in first["events"] + second["events"]] == ["event-2", "event-1", "event-0"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("name", ["event-1", "x" * 200, "%C3%A9", "%00"])
def test_an_unknown_event_is_not_found(world: World, name: str) -> None:
    keep(world, an_event())
    assert error_of(world.get(f"{LIST}{name}/")) == (404, "not_found")
    assert error_of(world.post(f"{LIST}{name}/acknowledge/", token=world.key())) == (404, "not_found")


@pytest.mark.parametrize(
    ("kind", "params", "code"),
    [
        ("safety-events", {"severity": "bad"}, "bad_payload"),
        ("safety-events", {"colour": "red"}, "bad_payload"),
        ("safety-events", {"hex": "XYZ"}, "bad_payload"),
        ("safety-events", {"cursor": "nan event-1"}, "bad_payload"),
        ("safety-event-detail", {}, "bad_payload"),
        ("safety-event-detail", {"id": 7}, "bad_payload"),
        ("safety-event-detail", {"id": "event-1"}, "not_found"),
        ("safety-acknowledge", {"id": "event-1"}, "not_found"),
        ("safety-acknowledge", {"id": None}, "bad_payload"),
        ("safety-stats", {"from": 7}, "bad_payload"),
    ],
)
def test_a_request_that_cannot_be_answered_has_its_code(world: World, kind: str, params: dict[str, Any], code: str) -> None:
    error = ask(joined(world), kind, **params)
    assert (error["code"], bool(error["message"]), error["request_id"]) == (code, True, 7)


# -- access ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [LIST, ONE, STATS])
def test_reading_needs_safety_view(world: World, route: str) -> None:
    keep(world, an_event())
    for mode, status in (("hybrid", 200), ("private", 401), ("public", 200)):
        world.choose(AUTH_MODE=mode)
        assert world.get(route).status_code == status, mode
        assert world.get(route, world.key(role="viewer")).status_code == 200, mode
    assert error_of(world.get(route, world.key(scopes=["aircraft.view"]))) == (403, "permission_denied")
    world.choose(AUTH_MODE="hybrid", FEATURE_ACCESS={"safety": "permission"})
    assert error_of(world.get(route))[0] in (401, 403)


@pytest.mark.parametrize("kind", REQUESTS)
def test_requests_need_safety_view_as_routes_do(world: World, kind: str) -> None:
    keep(world, an_event())
    assert "code" not in ask(world.peer().join(), kind, **REQUESTS[kind])
    assert ask(joined(world, scopes=["aircraft.view"]), kind, **REQUESTS[kind])["code"] == "permission_denied"
    world.choose(FEATURE_ACCESS={"safety": "permission"})
    assert ask(world.peer().join(), kind, **REQUESTS[kind])["code"] == "permission_denied"


@pytest.mark.parametrize("mode", ["public", "hybrid", "private"])
@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("anonymous", False),
        ("viewer", False),
        ("operator", True),
        ("admin", True),
        ("scoped", False),
        ("blind", False),
        ("narrow", True),
    ],
)
def test_who_may_acknowledge(world: World, mode: str, who: str, may: bool) -> None:
    keep(world, an_event())
    scopes = {"scoped": ["safety.view"], "blind": ["safety.acknowledge"], "narrow": ["safety.view", "safety.acknowledge"]}
    token = None
    if who != "anonymous":
        role = "operator" if who in scopes else who
        token = world.key("bo", role, scopes=scopes[who]) if who in scopes else world.jwt("bo", role)
    world.choose(AUTH_MODE=mode)
    answer = world.post(NOTE, token=token)
    assert answer.status_code == (200 if may else 403 if token else 401)
    if token or mode != "private":
        other = ask(world.peer().join("/", token and {"token": token}), "safety-acknowledge", id="event-0")
        assert ("code" not in other) if may else other["code"] == "permission_denied"
    assert kept(world, "event-0").acknowledged_by == ("bo" if may else None)
    assert [row.object for row in world.log("event.acknowledge")] == (["event event-0"] if may else [])


def test_who_may_not_acknowledge_is_refused_before_anything_of_the_event_is_answered(world: World) -> None:
    keep(world, an_event())
    assert world.post(NOTE, token=world.key("bo")).status_code == 200
    viewer = Caller(Principal("user", 7, "eve", "viewer", frozenset({"safety.view"})))
    for event_id in ("event-0", "event-1"):
        with pytest.raises(Refused) as refused:
            safety.acknowledge(world.skyspy, viewer, event_id)
        assert refused.value.code == "permission_denied"


def test_a_right_that_ended_after_admission_is_checked_again(world: World) -> None:
    keep(world, an_event())
    peer = world.peer().join("/", {"token": world.jwt("bo", "operator")})
    made = world.made_key("bo")
    change(world.skyspy, users.set_role, world.user("bo"), "viewer", OPERATOR)
    # Neither the watcher nor the settings have noticed yet.
    assert ask(peer, "safety-acknowledge", id="event-0")["code"] == "permission_denied"
    assert error_of(world.post(NOTE, token=made.text)) == (403, "permission_denied")
    assert kept(world, "event-0").acknowledged_by is None


def test_anonymous_clients_read_no_name_of_a_user(world: World) -> None:
    keep(world, an_event())
    assert world.post(NOTE, token=world.key("bo")).json["acknowledged_by"] == "bo"
    for mode in ("hybrid", "public"):
        world.choose(AUTH_MODE=mode, RECEIVER_LOCATION_PUBLIC="exact")
        assert world.get(ONE).json["acknowledged_by"] == "operator"
        assert world.get(LIST).json["events"][0]["acknowledged_by"] == "operator"
        assert ask(world.peer().join(), "safety-event-detail", id="event-0")["acknowledged_by"] == "operator"
        assert world.get(ONE, world.key("eve", "viewer")).json["acknowledged_by"] == "bo"


def test_a_test_key_reads_and_acknowledges_the_sandbox_only(world: World) -> None:
    keep(world, an_event(), an_event(1, id="both"))
    keep(world, an_event(2, id="sand", demo=True), an_event(1, id="both", demo=True), sky="sandbox")
    key = world.key("bo", kind="test")
    assert listed(world, token=key) == ["sand", "both"]
    assert listed(world) == ["both", "event-0"]
    assert error_of(world.post(NOTE, token=key)) == (404, "not_found")
    assert world.post(f"{LIST}both/acknowledge/", token=key).status_code == 200
    assert kept(world, "both", "sandbox").acknowledged_by == "bo"
    assert kept(world, "both").acknowledged_by is None
    assert error_of(world.get(f"{LIST}sand/", world.key("bo"))) == (404, "not_found")
    assert world.log("event.acknowledge")[0].after["sky"] == "sandbox"


# -- acknowledging --------------------------------------------------------------------------------


def test_the_first_acknowledgement_stays(world: World) -> None:
    keep(world, an_event())
    first = world.post(NOTE, token=world.key("bo")).json
    world.clock.pass_by(60)
    second = world.post(NOTE, token=world.key("eve")).json
    assert first == second == {**WHOLE, "acknowledged_by": "bo"}
    assert kept(world, "event-0").acknowledged_at == pytest.approx(world.clock.wall() - 60)
    assert len(world.log("event.acknowledge")) == 1


def test_an_acknowledgement_is_an_entry_of_the_audit_log(world: World) -> None:
    keep(world, an_event())
    world.post(NOTE, token=world.key("bo"))
    row = world.log("event.acknowledge")[0]
    assert (row.actor_kind, row.actor, row.object) == ("key", "bo / test", "event event-0")
    assert row.after == {"event_type": "proximity", "severity": "warning", "hex": "4B1805", "sky": "live"}


def test_an_event_that_ended_can_be_acknowledged_and_goes_on_being_acknowledged(world: World) -> None:
    keep(world, an_event(resolved=AT + 60))
    assert world.post(NOTE, token=world.key("bo")).json["resolved"] == "2025-11-27T00:33:55.250Z"
    keep(world, an_event(severity="critical"))
    assert world.get(ONE, world.key("bo")).json["acknowledged_by"] == "bo"


def test_without_the_history_the_answer_says_what_to_do(world: World) -> None:
    keep(world, an_event())
    key = world.key("bo")
    broken = BrokenHistory(StoreError("the disk is gone"))
    world.skyspy.histories["live"] = broken  # type: ignore[assignment]
    for answer in (world.get(LIST, key), world.get(ONE, key), world.get(STATS, key), world.post(NOTE, token=key)):
        assert error_of(answer) == (503, "overloaded")
        assert "try again" in answer.json["error"]["message"]
    assert ask(joined(world), "safety-events")["code"] == "overloaded"


@pytest.mark.parametrize(
    ("fault", "advice"), [(StoreFull("no room"), "free space"), (StoreError("locked"), "try again in a few seconds")]
)
def test_an_acknowledgement_that_cannot_be_written_is_refused_with_advice(world: World, fault: StoreError, advice: str) -> None:
    keep(world, an_event())
    history = world.skyspy.histories["live"]
    world.skyspy.histories["live"] = ReadOnlyHistory(history, fault)  # type: ignore[assignment]
    answer = world.post(NOTE, token=world.key("bo"))
    assert error_of(answer) == (503, "overloaded")
    assert advice in answer.json["error"]["message"]
    world.skyspy.histories["live"] = history
    assert kept(world, "event-0").acknowledged_by is None


class BrokenHistory:
    """A history that nothing can use."""

    def __init__(self, fault: StoreError) -> None:
        self.fault = fault

    def read(self, *_args: Any, **_kwargs: Any) -> Any:
        raise self.fault

    commit_anywhere = commit_now = read

    def close(self) -> None:
        return


class ReadOnlyHistory(BrokenHistory):
    """A history that can be read."""

    def __init__(self, history: Any, fault: StoreError) -> None:
        super().__init__(fault)
        self.read = history.read  # type: ignore[method-assign]
