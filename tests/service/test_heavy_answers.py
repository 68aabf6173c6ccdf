"""Claims about what costs much: it is encoded once for all, charged by what it costs, and made for nobody who does not read."""

from __future__ import annotations

import gzip
from typing import Any

import gevent
import pytest
from engineio.packet import MESSAGE, Packet

from skyspy.address import Peer
from skyspy.aircraft import Observation
from skyspy.api import answers, readsb
from skyspy.api.gate import HEAVIEST_SECONDS, Gate
from skyspy.api.limits import RequestMeter
from skyspy.presence.sessions import Session
from skyspy.sky.listing import cost
from skyspy.sky.streams import Request
from skyspy.sockets import load
from skyspy.transport.outbox import MAX_UNREAD_BYTES, Outbox, frame_of
from skyspy.transport.rate_limit import FloodCounter
from skyspy.wirejson import Parts
from tests.support.world import PLANE, World

LISTS = (
    "/data/aircraft.json",
    "/v2/all",
    "/api/aircraft/",
    "/v2/mil",
    "/v2/hex/4b1805",
    "/v2/point/47/8/250",
    "/v2/callsign/SWR123",
)
SINGLE = ("/data/receiver.json", "/api/aircraft/4B1805/", "/api/aircraft/4B1805/trail/")


def shared(packet: object) -> bytes:
    """The part of a packet that is the same for all."""
    assert isinstance(packet, Parts)
    return list(packet)[1]


# -- encoded once ---------------------------------------------------------------------------------


def test_greetings_subscriptions_requests_and_http_get_the_same_bytes_encoded_once(sockets: World) -> None:
    listings = sockets.skyspy.skies["live"].view.listings
    made = listings.made
    ann, bob = sockets.peer().join(), sockets.peer().join()
    ann.tell("subscribe", {"topics": ["aircraft"]})
    bob.tell("subscribe", {"topics": ["aircraft"], "delta": True})
    bob.tell("request", {"type": "aircraft-snapshot", "request_id": 1}, ack=7)
    packets = [packet for peer in (ann, bob) for packet in peer.packets if isinstance(packet, Parts)]
    assert len(packets) == 6, "two greetings, two subscriptions, an answer and its acknowledgement"
    body = listings.now("public").body.text
    assert all(shared(packet) is body for packet in packets)
    assert sockets.get("/api/aircraft/").json["aircraft"] == ann.got("aircraft:snapshot")[0]["aircraft"]
    assert listings.made == made + 1


def test_readsbs_form_is_encoded_once_for_both_addresses_and_each_body_is_made_and_packed_once(sockets: World) -> None:
    listings = sockets.skyspy.skies["live"].view.listings
    token = sockets.jwt()
    made = listings.made
    bodies = [sockets.get(path, token).response for path in ("/data/aircraft.json", "/v2/all", "/data/aircraft.json")]
    assert bodies[0] is not None
    assert listings.made == made + 1
    listing = listings.now("exact", readsb.READSB)
    assert listing.answer("data", dict) is listing.answer("data", dict)
    data, v2 = (list(listing.answer(name, dict)) for name in ("data", "v2"))
    assert data[1] is v2[1] is listing.body.text


def test_those_who_may_know_the_place_and_those_who_may_not_never_share(sockets: World) -> None:
    exact, public = sockets.peer().join(auth={"token": sockets.jwt()}), sockets.peer().join()
    distances = [peer.got("aircraft:snapshot")[0]["aircraft"][0]["distance_nm"] for peer in (exact, public)]
    assert distances[0] != distances[1]
    tags = [sockets.get("/v2/all", token).headers["ETag"] for token in (sockets.jwt(), None)]
    assert tags[0] != tags[1]


def test_a_large_body_is_packed_once_for_all_who_wait_for_it(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(600):
        record = Observation(
            f"{0x500000 + number // 2:06X}", sockets.clock.steady(), "adsb_icao", {**PLANE, "flight": f"SWR{number}"}
        )
        sockets.skyspy.skies["live"].ingest(record)
    sockets.skyspy.skies["live"].tick()
    packed: list[bytes] = []
    pack = answers._packed
    monkeypatch.setattr(answers, "_packed", lambda data: packed.append(data) or pack(data))
    asking = [gevent.spawn(sockets.get, "/v2/all", **{"Accept-Encoding": "gzip"}) for _ in range(5)]
    bodies = [asked.get(timeout=20) for asked in asking]
    assert len(packed) == 1
    assert len(packed[0]) > answers.GZIP_ON_THE_LOOP
    for body in bodies:
        assert gzip.decompress(body.data) == packed[0]
        assert int(body.headers["Content-Length"]) == len(body.data)


# -- asked again whether it still holds -------------------------------------------------------------


@pytest.mark.parametrize("path", [*LISTS, *SINGLE])
def test_a_client_that_has_the_answer_is_told_so_until_it_changes(sockets: World, path: str) -> None:
    sockets.hear("4B1805")
    token = sockets.jwt()
    first = sockets.get(path, token)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "X-API-Key", "Origin", "Accept-Encoding"} <= set(first.vary)
    again = sockets.get(path, token, **{"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "X-API-Key"} <= set(again.vary)
    assert sockets.get(path, token, **{"If-None-Match": '"other"'}).status_code == 200
    sockets.clock.pass_by(40)
    sockets.hear("4B1805", lon=8.57, alt_baro=14_000)
    if path != "/data/receiver.json":
        changed = sockets.get(path, token, **{"If-None-Match": tag})
        assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)


@pytest.mark.parametrize("path", ["/api/aircraft/FFFFFF/", "/v2/point/x/8/1", "/api/stats/"])
def test_errors_and_other_answers_are_kept_by_nobody(sockets: World, path: str) -> None:
    answer = sockets.get(path)
    assert ("ETag" in answer.headers, answer.headers["Cache-Control"]) == (False, "no-store")


def test_who_may_no_longer_ask_is_not_told_that_it_still_holds(sockets: World) -> None:
    tag = sockets.get("/v2/all").headers["ETag"]
    sockets.choose(AUTH_MODE="private")
    assert sockets.get("/v2/all", **{"If-None-Match": tag}).status_code == 401


# -- charged by what it costs -----------------------------------------------------------------------


def test_a_large_answer_counts_as_several_events_but_one_a_second_is_always_permitted() -> None:
    counter = FloodCounter(60)
    assert counter.take(20, 60)
    counter.charge(59)
    assert not counter.take(0.001, 60)
    assert cost(0) == 0
    assert cost(10_000 * 500) > 15 > cost(200 * 500), "ten thousand aircraft are charged the most, two hundred next to nothing"
    assert 1 + load.HEAVIEST_SECONDS * 20 < 20


def _costs(sockets: World, amount: float) -> None:
    """From now on a request for all aircraft costs so much."""
    stream: Any = sockets.skyspy.skies["live"].streams["aircraft"]
    stream.cost = lambda _session: amount


def test_a_client_that_asks_for_much_at_once_is_over_its_rate_before_sixty_events(sockets: World) -> None:
    _costs(sockets, 1000.0)
    ann, bob = sockets.peer().join(), sockets.peer().join()
    for number in range(60):
        ann.tell("request", {"type": "aircraft-snapshot", "request_id": number})
        bob.tell("ping")
    assert len(ann.got("response")) in (4, 5), "60 events at once, 1 + 15 for each"
    assert ann.got("error")[0]["code"] == "rate_limited"
    assert (len(bob.got("pong")), bob.got("error")) == (60, [])


def test_subscribing_again_and_again_is_charged_too(sockets: World) -> None:
    _costs(sockets, 1000.0)
    ann = sockets.peer().join()
    for number in range(20):
        ann.tell("subscribe", {"topics": "all", "delta": bool(number % 2)})
    assert len(ann.got("subscribed")) in (4, 5)


def test_who_comes_again_at_once_waits_for_what_its_answers_cost_and_nobody_else_does(
    sockets: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _costs(sockets, 1000.0)
    waits: list[float] = []
    monkeypatch.setattr(load, "sleep", waits.append)
    ann = sockets.peer().join(auth={"greeting": False})
    for number in range(60):
        ann.tell("request", {"type": "aircraft-snapshot", "request_id": number})
    assert len(ann.got("response")) in (4, 5)
    assert waits == []
    ann.leave()
    again = sockets.peer().join(auth={"greeting": False})
    for _ in range(2):
        again.tell("request", {"type": "aircraft-snapshot"})
    assert len(again.got("response")) == 2, "it is answered all the same"
    assert 0 < max(waits) <= load.OWED_SECONDS
    waits.clear()
    for _ in range(20):
        again.tell("ping")
    user = sockets.peer().join(auth={"token": sockets.jwt()})
    user.tell("request", {"type": "aircraft-snapshot"})
    assert (len(again.got("pong")), len(user.got("response")), waits) == (20, 1, [])


def test_a_greeting_is_owed_too_and_counts_as_no_event(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _costs(sockets, 1000.0)
    waits: list[float] = []
    monkeypatch.setattr(load, "sleep", waits.append)
    for _ in range(6):
        ann = sockets.peer().join()
        assert ann.got("aircraft:snapshot")
        ann.leave()
    assert waits, "60 events, 15 for each greeting"
    ann = sockets.peer().join()
    for _ in range(60):
        ann.tell("ping")
    assert (len(ann.got("pong")), ann.got("error")) == (60, [])


def test_what_was_permitted_before_is_permitted_in_a_sky_of_a_few_hundred(sockets: World) -> None:
    ann = sockets.peer().join()
    for number in range(55):
        ann.tell("request", {"type": "aircraft-snapshot", "request_id": number})
    assert (len(ann.got("response")), ann.got("error")) == (55, [])


def test_a_request_over_http_is_charged_after_it_was_answered() -> None:
    meter = RequestMeter()
    assert meter.take("a", 60, 0.0) == 0.0
    meter.charge("a", 60, 59.0)
    assert meter.take("a", 60, 0.0) == pytest.approx(1.0)
    assert meter.take("b", 60, 0.0) == 0.0


def test_a_heavy_request_counts_as_several_and_an_unchanged_one_as_one(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("skyspy.api.cost", lambda _size, _aircraft=0: 1000.0)
    sockets.choose(REQUESTS_PER_MINUTE=600)
    seen = [_from(sockets, "192.0.2.7", "/v2/all").status_code for _ in range(130)]
    assert 95 <= seen.index(429) <= 101, f"600 a minute, 1 + {HEAVIEST_SECONDS * 10:g} for each"
    tag = _from(sockets, "192.0.2.8", "/v2/all").headers["ETag"]
    assert {_from(sockets, "192.0.2.8", "/v2/all", tag).status_code for _ in range(500)} == {304}


def _from(world: World, address: str, path: str, tag: str = "") -> Any:
    return world.client.get(path, headers={"If-None-Match": tag}, environ_base={"REMOTE_ADDR": address})


# -- nothing for who does not read ------------------------------------------------------------------


def _asked(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Session]:
    """The sessions for which an answer to `large` was made."""
    made: list[Session] = []

    def answer(session: Session, _params: object) -> object:
        made.append(session)
        return {}

    sky = world.skyspy.skies["live"]
    monkeypatch.setitem(sky.requests, "large", Request("large", "aircraft.view", answer, large=True))
    return made


def test_no_large_answer_is_made_for_a_client_that_does_not_read(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "UNREAD_SECONDS", 0.01)
    made = _asked(sockets, monkeypatch)
    ann = sockets.peer().join()
    ann.engine.queue.waiting_bytes = MAX_UNREAD_BYTES + 1
    ann.tell("request", {"type": "large", "request_id": 1})
    gevent.sleep(0.05)
    assert (made, [error["code"] for error in ann.got("error")]) == ([], ["overloaded"])
    assert ann.got("error")[0]["request_id"] == 1
    ann.tell("ping")
    assert ann.got("pong"), "what costs nothing is answered"
    ann.engine.queue.waiting_bytes = 0
    ann.engine.queue.written(0)
    ann.tell("request", {"type": "large", "request_id": 2})
    assert len(made) == len(ann.got("response")) == 1


def test_a_client_that_reads_late_gets_its_answer_then(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _asked(sockets, monkeypatch)
    ann = sockets.peer().join()
    ann.engine.queue.waiting_bytes = MAX_UNREAD_BYTES + 1
    waits = gevent.spawn(ann.tell, "request", {"type": "large"})
    gevent.sleep(0.02)
    assert made == []
    ann.engine.queue.waiting_bytes = 0
    ann.engine.queue.written(0)
    waits.get(timeout=5)
    assert len(ann.got("response")) == 1


def test_a_client_that_goes_on_asking_and_does_not_read_is_closed(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "UNREAD_SECONDS", 0.01)
    ann = sockets.peer().join()
    ann.engine.queue.waiting_bytes = MAX_UNREAD_BYTES + 1
    for _ in range(2):
        ann.tell("subscribe", {"topics": "all"})
        gevent.sleep(0.05)
    assert ann.engine.closed
    assert sockets.registry.counts.slow == 1


def test_one_large_answer_at_a_time(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _asked(sockets, monkeypatch)
    ann, bob = sockets.peer().join(), sockets.peer().join()
    ann.engine.queue.waiting_bytes = MAX_UNREAD_BYTES + 1
    first = gevent.spawn(ann.tell, "request", {"type": "large", "request_id": 1})
    gevent.sleep(0.02)
    ann.tell("request", {"type": "large", "request_id": 2})
    bob.tell("request", {"type": "large"})
    assert [(error["code"], error["request_id"]) for error in ann.got("error")] == [("rate_limited", 2)]
    assert len(made) == len(bob.got("response")) == 1, "others are answered meanwhile"
    ann.engine.queue.waiting_bytes = 0
    ann.engine.queue.written(0)
    first.get(timeout=5)
    assert [answer["request_id"] for answer in ann.got("response")] == [1]


def test_who_was_sent_away_while_an_answer_waited_gets_none(sockets: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made = _asked(sockets, monkeypatch)
    ann = sockets.peer().join()
    ann.engine.queue.waiting_bytes = MAX_UNREAD_BYTES + 1
    waits = gevent.spawn(ann.tell, "request", {"type": "large"})
    gevent.sleep(0.02)
    ann.leave()
    ann.engine.queue.put(None)
    waits.get(timeout=5)
    assert (made, ann.got("response")) == ([], [])


def test_who_is_sent_away_while_an_answer_is_made_does_not_get_it_as_an_acknowledgement(
    sockets: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(session: Session, _params: object) -> object:
        sockets.server.namespace_handlers["/"].evict(session, "token_revoked")
        return {"secret": True}

    monkeypatch.setitem(sockets.skyspy.skies["live"].requests, "large", Request("large", "aircraft.view", answer, large=True))
    ann = sockets.peer().join()
    assert ann.tell("request", {"type": "large"}, ack=3)["code"] == "not_connected"
    assert ann.got("response") == []


def test_what_one_may_no_longer_see_is_not_sent_when_it_was_asked_for_before(
    sockets: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(session: Session, _params: object) -> object:
        session.audience = "exact"
        return {}

    monkeypatch.setitem(sockets.skyspy.skies["live"].requests, "large", Request("large", "aircraft.view", answer, large=True))
    ann = sockets.peer().join()
    ann.tell("request", {"type": "large"})
    assert (ann.got("response"), ann.got("error")[0]["code"]) == ([], "permission_denied")


def test_over_http_one_answer_that_looks_at_the_whole_sky_is_made_at_a_time_for_an_address(sockets: World) -> None:
    gate = Gate(sockets.skyspy)
    order: list[str] = []

    def ask(address: str, name: str) -> None:
        with gate.turn(Peer(address)):
            order.append(f"{name} begins")
            gevent.sleep(0.01)
            order.append(f"{name} ends")

    asking = [gevent.spawn(ask, address, name) for address, name in (("192.0.2.1", "a"), ("192.0.2.1", "b"), ("192.0.2.2", "c"))]
    gevent.joinall(asking, raise_error=True)
    assert order[:2] == ["a begins", "c begins"]
    assert order.index("a ends") < order.index("b begins")
    assert gate._turns == {}


def test_what_a_client_has_not_read_is_counted_until_the_transport_has_sent_it() -> None:
    class Reading:
        takes_frames = True

        def frame(self, packet: Any) -> Any:
            return frame_of(packet)[0]

        def close_slow(self, packets: int, size: int) -> None: ...

    box = Outbox()
    box.connection = Reading()
    box.put(Packet(MESSAGE, "x" * MAX_UNREAD_BYTES))
    box.put(Packet(MESSAGE, "y" * 100))
    taken = [box.get(), box.get(block=False)]
    assert box.waiting_bytes == 0
    assert box.unread_bytes == sum(map(len, taken))
    assert not box.wait_until_read(0.01)
    box.written(len(taken[0]))
    assert box.wait_until_read(0.01)
