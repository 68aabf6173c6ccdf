"""Claims about several processes on one database: an operator's actions and previews cover all of them."""

from __future__ import annotations

import pytest

from skyspy.aircraft import Observation
from skyspy.services import Caller, Refused, feeds, keys, roles, sessions, setting_changes, users
from skyspy.store import audit
from skyspy.store import keys as stored_keys
from skyspy.store import roles as stored_roles
from tests.support.databases import change
from tests.support.two_processes import Twice, admin, gone
from tests.support.world import OPERATOR


def test_a_receiver_added_here_is_taken_over_everywhere_paused_and_removed(twice: Twice) -> None:
    own = [world.skyspy.skies["live"].receivers for world in twice.worlds]
    followers = [feeds.ReceiverFollower(world.skyspy, world.skyspy.skies["live"]) for world in twice.worlds]
    caller = admin(twice.here)

    def follow() -> None:
        twice.look()
        for world, follower in zip(twice.worlds, followers, strict=True):
            follower.follow(world.settings.fresh())

    added = feeds.add(twice.here.skyspy, caller, "beast://op:secret@192.0.2.1:30005")
    follow()
    assert [f.names() for f in own] == [["demo", "beast-192.0.2.1-30005"]] * 2
    feeds.set_paused(twice.here.skyspy, caller, added.id, True)
    follow()
    assert [f.status()[1]["state"] for f in own] == ["paused"] * 2
    shown = feeds.listing(twice.here.skyspy, caller)
    assert [(view.url, view.added and view.added.id) for view in shown] == [
        ("demo://", None),
        ("beast://***@192.0.2.1:30005", added.id),
    ]
    feeds.remove(twice.here.skyspy, caller, added.id)
    follow()
    assert [f.names() for f in own] == [["demo"]] * 2
    log = twice.here.store.read(audit.page, 20, action="feed.")
    assert [entry.action for entry in log] == ["feed.remove", "feed.pause", "feed.add"]
    assert "secret" not in repr(log)


def test_invented_traffic_rests_from_the_moment_a_real_receiver_is_heard_until_the_last_one_is_removed(twice: Twice) -> None:
    world, sky = twice.here, twice.here.skyspy.skies["live"]
    follower, caller, invented = feeds.ReceiverFollower(world.skyspy, sky), admin(world), sky.location
    sky.receivers.start(sky.ingest)

    def follow() -> dict[str, str]:
        twice.look()
        follower.follow(world.settings.fresh())
        return {row["name"]: row["state"] for row in sky.receivers.status()}

    feeds.add(world.skyspy, caller, "demo://?seed=7")
    assert follow()["demo"] != "paused"
    added = feeds.add(world.skyspy, caller, "sbs://127.0.0.1:1")
    assert follow()["demo"] != "paused", "nothing of the real one is heard yet"
    assert sky.location == invented
    real = sky.receivers.receiver("sbs-127.0.0.1-1")
    real.begin_session(None)
    real.deliver([Observation("4B1900", world.clock.steady(), "adsb_icao", {})])
    assert follow()["demo"] == "paused"
    assert sky.location is None, "where the real receiver stands, nobody said: distances are not counted from an invented place"
    feeds.set_paused(world.skyspy, caller, added.id, True)
    assert follow()["demo"] == "paused"
    feeds.remove(world.skyspy, caller, added.id)
    assert follow()["demo"] != "paused"
    assert sky.location == invented
    sky.receivers.stop()


def test_receivers_need_settings_manage(twice: Twice) -> None:
    principal = twice.here.skyspy.tokens.identify(twice.here.key("olga", "operator"), "127.0.0.1")
    assert principal is not None
    caller, server = Caller(principal), twice.here.skyspy
    for act in (
        lambda: feeds.listing(server, caller),
        lambda: feeds.add(server, caller, "demo://"),
        lambda: feeds.check(server, caller, "demo://"),
        lambda: feeds.set_paused(server, caller, 1, True),
        lambda: feeds.remove(server, caller, 1),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "permission_denied"


def test_a_url_that_is_no_feed_and_one_that_is_there_are_refused(twice: Twice) -> None:
    caller, server = admin(twice.here), twice.here.skyspy
    with pytest.raises(Refused, match="is not a feed"):
        feeds.add(server, caller, "gopher://x")
    feeds.add(server, caller, "demo://?seed=1")
    with pytest.raises(Refused, match="already"):
        feeds.add(server, caller, "demo://?seed=1")


def test_an_operator_sees_and_sends_away_the_clients_of_every_process(twice: Twice) -> None:
    caller, server = admin(twice.here), twice.here.skyspy
    peers = [world.peer().join() for world in twice.worlds]
    twice.settle()
    assert len(sessions.listing(server, caller)) == 2
    assert sessions.disconnect(server, caller, "session", peers[1].sids["/"]) == 1
    twice.look()
    assert (gone(peers[0]), gone(peers[1])) == (False, True)
    assert sessions.disconnect(server, caller, "anonymous") >= 1
    twice.look()
    assert gone(peers[0])


# -- previews --------------------------------------------------------------------------------------


def test_a_preview_counts_the_clients_of_every_process_at_the_first_look(twice: Twice) -> None:
    for world, strangers in zip(twice.worlds, (2, 3), strict=True):
        for _ in range(strangers):
            world.peer().join().tell("subscribe", {"topics": ["aircraft", "acars"]})
    twice.there.peer().join("/acars")
    known = twice.there.peer().join("/", {"token": twice.there.key("bob", "viewer")})
    known.tell("subscribe", {"topics": ["acars"]})
    caller, server = admin(twice.here), twice.here.skyspy
    twice.settle()
    found = setting_changes.preview_change(server, caller, {"AUTH_MODE": "private"})
    assert (dict(found.disconnected), dict(found.namespaces)) == ({"anonymous": 6}, {"/": 5, "/acars": 1})
    assert dict(found.lost) == {}, "who goes loses no topic besides"
    found = setting_changes.preview_change(server, caller, {"FEATURE_ACCESS": {"acars": "authenticated"}})
    assert (dict(found.disconnected), dict(found.lost)) == ({"anonymous": 1}, {"acars": 5})


def test_a_preview_tells_apart_keys_that_may_stay_from_those_that_may_not(twice: Twice) -> None:
    twice.choose(FEATURE_ACCESS={"audio": "authenticated"})
    wide = twice.there.key("olga", "operator")
    narrow = twice.there.key("vera", "viewer")
    revoked = twice.there.made_key("gone", role="viewer")
    for key in (wide, narrow, revoked.text):
        twice.there.peer().join("/audio", {"token": key})
    bad = twice.there.peer().join("/", {"token": "not a token"})
    assert bad.sids
    caller, server = admin(twice.here), twice.here.skyspy
    change(server, stored_keys.revoke, revoked.key.id, OPERATOR)
    twice.settle()
    found = setting_changes.preview_change(server, caller, {"FEATURE_ACCESS": {"audio": "permission"}})
    assert dict(found.disconnected) == {"key": 1}, "olga holds audio.view, and the revoked key goes anyway"
    assert dict(setting_changes.preview_change(server, caller, {"WS_REJECT_INVALID_TOKENS": True}).disconnected) == {
        "anonymous": 1
    }


def test_a_preview_is_what_happens(twice: Twice) -> None:
    peers = [world.peer().join() for world in twice.worlds for _ in range(3)]
    caller, server = admin(twice.here), twice.here.skyspy
    twice.settle()
    found = setting_changes.preview_change(server, caller, {"AUTH_MODE": "private"})
    assert not any(gone(peer) for peer in peers), "a preview changes nothing"
    setting_changes.change(server, caller, {"AUTH_MODE": "private"})
    twice.look()
    assert found.total == sum(gone(peer) for peer in peers) == 6


def test_users_roles_and_keys_are_counted_over_every_process(twice: Twice) -> None:
    key = twice.there.made_key("bob", role="viewer")
    for world in twice.worlds:
        world.peer().join("/", {"token": key.text})
    caller, server = admin(twice.here), twice.here.skyspy
    twice.settle()
    view = users.one(server, caller, key.key.user.id)
    assert (view.keys, view.sockets) == (1, 2)
    assert users.one(server, caller, key.key.user.id).sockets == 2
    assert keys.one(server, caller, key.key.id).sockets == 2
    assert roles.one(server, caller, "viewer").sockets == 2
    taken = roles.preview_assignment(server, caller, key.key.user.id, "viewer")
    assert (taken.lost, taken.users, taken.sockets) == (frozenset(), 1, 2)


def test_sessions_of_a_user_with_more_permissions_cannot_be_disconnected_on_any_process(twice: Twice) -> None:
    above = twice.there.made_key("root", role="admin")
    peer = twice.there.peer().join("/", {"token": above.text})
    change(twice.here, stored_roles.create, "clerk", frozenset({"users.manage", "aircraft.view"}), "", OPERATOR)
    principal = twice.here.skyspy.tokens.identify(twice.here.key("carl", "clerk"), "127.0.0.1")
    assert principal is not None
    clerk, server = Caller(principal), twice.here.skyspy
    twice.settle()
    for act in (
        lambda: sessions.disconnect(server, clerk, "session", peer.sids["/"]),
        lambda: sessions.disconnect(server, clerk, "key", str(above.key.id)),
        lambda: sessions.disconnect(server, clerk, "user", str(above.key.user.id)),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "permission_denied"
    twice.look()
    assert not gone(peer)
    sessions.disconnect(server, clerk, "anonymous")
    twice.look()
    assert not gone(peer)


@pytest.mark.parametrize("end", ["disable", "delete"])
def test_a_disabled_or_deleted_users_sockets_end_on_every_process(twice: Twice, end: str) -> None:
    key = twice.there.made_key("bob", role="viewer")
    peers = [world.peer().join("/", {"token": key.text}) for world in twice.worlds]
    caller, server = admin(twice.here), twice.here.skyspy
    if end == "disable":
        users.change(server, caller, key.key.user.id, disabled=True)
    else:
        users.delete(server, caller, key.key.user.id)
    twice.look()
    assert all(gone(peer) for peer in peers)
    assert [peer.got("error")[-1]["code"] for peer in peers] == ["token_revoked", "token_revoked"]
