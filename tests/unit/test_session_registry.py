"""Claims about the list of live sessions (skyspy/presence/sessions.py)."""

from __future__ import annotations

from skyspy.auth.principal import ANONYMOUS, Principal, TokenError
from skyspy.presence.sessions import Session, SessionRegistry


def session(sid: str, transport: str = "t1", namespace: str = "/", address: str = "198.51.100.1", **more: object) -> Session:
    return Session(sid, transport, namespace, more.pop("principal", ANONYMOUS), address, 0.0, **more)  # type: ignore[arg-type]


def test_namespaces_that_share_a_transport_are_one_connection() -> None:
    live = SessionRegistry()
    live.add(session("a"))
    live.add(session("b", namespace="/audio"))
    live.add(session("c", "t2"))
    assert (len(live), live.count, live.count_at("198.51.100.1")) == (3, 2, 2)
    live.remove("a")
    assert (live.count, live.has_transport("t1")) == (2, True), "the other namespace is served over it still"


def test_nothing_is_left_of_those_who_went() -> None:
    live = SessionRegistry()
    for number in range(50):
        live.add(session(f"s{number}", f"t{number % 10}", address=f"198.51.100.{number % 5}"))
    for each in live:
        assert live.remove(each.sid) is each
        assert live.remove(each.sid) is None
    assert (len(live), live.count, live.count_at("198.51.100.1")) == (0, 0, 0)
    assert not live.has_transport("t1")
    left = {name: value for name, value in vars(live).items() if name != "process"}
    assert left == {"_sessions": {}, "_transports": {}, "_addresses": {}, "_farewells": [], "_heard": 0}


def test_the_state_of_a_token_is_told_apart() -> None:
    assert session("a").token_state == "none"
    assert session("a", principal=Principal("user", 1, "ann")).token_state == "valid"
    assert session("a", token_error=TokenError("token_expired")).token_state == "token_expired"


def test_held_topics_are_counted() -> None:
    live = SessionRegistry()
    live.add(session("a", topics={"aircraft", "stats"}))
    live.add(session("b", topics={"aircraft"}))
    assert live.topics() == {"aircraft": 2, "stats": 1}
