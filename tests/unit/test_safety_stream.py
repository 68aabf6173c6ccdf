"""Claims about the stream of safety events: rooms, snapshots, names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skyspy.address import Peer
from skyspy.auth.principal import ANONYMOUS, Principal
from skyspy.presence.sessions import Session
from skyspy.safety.events import Action, Change
from skyspy.sky.streams.safety import SafetyStream
from skyspy.topics import EXACT, PUBLIC
from tests.support.monitored_sky import MonitoredSky
from tests.support.safety_events import an_event

USER = Principal("user", 7, "bo", "viewer", frozenset({"safety.view"}))


@pytest.fixture
def stream() -> SafetyStream:
    return MonitoredSky([]).stream


def session(principal: Principal) -> Session:
    return Session("sid", "eio", "/", principal, Peer("192.0.2.1"), 0.0, audience=EXACT)


def test_what_happens_to_an_event_has_its_name_and_goes_to_both_rooms(stream: SafetyStream) -> None:
    event = an_event()
    changes = [
        Change(Action.OPENED, event),
        Change(Action.UPDATED, event),
        Change(Action.RESOLVED, replace(event, resolved=event.updated)),
    ]
    sent = list(stream.announce(changes))
    assert [one.name for one in sent] == ["safety:event", "safety:event_updated", "safety:event_resolved"]
    rooms = {str(room) for room in sent[0].rooms}
    assert rooms == stream.rooms(session(USER)) | stream.rooms(session(ANONYMOUS))
    assert len(rooms) == 2


def test_a_snapshot_shows_the_events_that_are_open_the_latest_first(stream: SafetyStream) -> None:
    first, second, over = an_event(1), an_event(2), an_event(3)
    list(stream.announce([Change(Action.OPENED, one) for one in (first, second, over)]))
    list(stream.announce([Change(Action.RESOLVED, replace(over, resolved=over.updated))]))
    list(stream.announce([Change(Action.UPDATED, replace(first, severity="critical"))]))
    [snapshot] = stream.snapshot(session(USER))
    payload = snapshot.payload(EXACT)
    assert [(one["id"], one["severity"]) for one in payload["events"]] == [("event-2", "warning"), ("event-1", "critical")]
    assert payload["count"] == 2


def test_an_event_that_opens_again_is_in_the_snapshot_again(stream: SafetyStream) -> None:
    event = an_event()
    list(stream.announce([Change(Action.RESOLVED, replace(event, resolved=event.updated))]))
    assert stream.open == {}
    list(stream.announce([Change(Action.UPDATED, event)]))
    assert list(stream.open) == ["event-0"]


def test_the_name_of_who_acknowledged_is_for_identified_sessions_only(stream: SafetyStream) -> None:
    event = an_event(acknowledged_by="anna", acknowledged_at=1.0)
    [sent] = stream.announce([Change(Action.UPDATED, event)])
    assert (sent.payload(EXACT)["acknowledged_by"], sent.payload(PUBLIC)["acknowledged_by"]) == ("anna", "operator")
    for principal, name in ((USER, "anna"), (ANONYMOUS, "operator")):
        [snapshot] = stream.snapshot(session(principal))
        assert snapshot.payload(EXACT)["events"][0]["acknowledged_by"] == name
