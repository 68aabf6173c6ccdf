"""Claims about the list of live sessions (skyspy/presence/sessions.py)."""

from __future__ import annotations

from skyspy.address import Peer
from skyspy.auth.principal import ANONYMOUS, Principal, TokenError
from skyspy.presence.sessions import Session, SessionRegistry


def session(sid: str, transport: str = "t1", namespace: str = "/", address: str = "198.51.100.1", **more: object) -> Session:
    return Session(sid, transport, namespace, more.pop("principal", ANONYMOUS), Peer(address), 0.0, **more)  # type: ignore[arg-type]


def test_a_session_is_listed_until_it_is_removed_and_removed_once() -> None:
    live = SessionRegistry()
    listed = [session(f"s{number}", f"t{number % 10}", address=f"198.51.100.{number % 5}") for number in range(50)]
    for each in listed:
        live.add(each)
    assert (len(live), live.all()) == (50, listed)
    for each in live:
        assert live.remove(each.sid) is each
        assert live.get(each.sid) is None
        assert live.remove(each.sid) is None
    assert (len(live), live.all(), live.topics()) == (0, [], {})


def test_a_request_to_disconnect_is_taken_once() -> None:
    live = SessionRegistry()
    live.request_disconnect(session("a"), "disconnected", "Go")
    assert live.take_pending_disconnects() == [("a", "disconnected", "Go")]
    assert live.take_pending_disconnects() == []


def test_a_session_remembers_the_newest_eviction_from_before_it_came() -> None:
    live, early, late = SessionRegistry(), session("a"), session("b")
    live.add(early)
    live.note_eviction(7)
    live.note_eviction(5)
    live.add(late)
    assert (early.last_eviction_seen, late.last_eviction_seen, live.last_eviction_seen) == (0, 7, 7)


def test_the_state_of_a_token_is_told_apart() -> None:
    assert session("a").token_state == "none"
    assert session("a", principal=Principal("user", 1, "ann")).token_state == "valid"
    assert session("a", token_error=TokenError("token_expired")).token_state == "token_expired"


def test_held_topics_are_counted() -> None:
    live = SessionRegistry()
    live.add(session("a", topics={"aircraft", "stats"}))
    live.add(session("b", topics={"aircraft"}))
    assert live.topics() == {"aircraft": 2, "stats": 1}
