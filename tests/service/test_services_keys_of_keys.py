"""Claims about keys made by API keys: never wider than the key that makes them, not even for its owner."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.auth.apikeys import MadeKey
from skyspy.auth.principal import Principal, TokenError
from skyspy.services import Caller, Refused, keys, users
from skyspy.store import keys as stored_keys
from skyspy.store import users as stored_users
from tests.support.peers import turn
from tests.support.world import World


@pytest.fixture
def world(sockets: World) -> World:
    return sockets


def caller(world: World, text: str) -> Caller:
    principal = world.skyspy.tokens.identify(text, "127.0.0.1")
    assert principal is not None
    return Caller(principal, "127.0.0.1")


def test_a_narrowed_key_cannot_make_its_owner_a_wider_one(world: World) -> None:
    narrow = world.made_key("anna", role="admin", scopes=["keys.manage"])
    with pytest.raises(Refused) as refused:
        keys.create(world.skyspy, caller(world, narrow.text), narrow.key.user.id, "live", "wider")
    assert refused.value.code == "permission_denied"
    assert len(world.store.read(stored_keys.every)) == 1


def test_an_unnarrowed_key_of_an_administrator_may_make_keys(world: World) -> None:
    wide = world.made_key("anna", role="admin")
    made = keys.create(world.skyspy, caller(world, wide.text), wide.key.user.id, "live", "more", ["aircraft.view"])
    assert made.key.scopes == frozenset({"aircraft.view"})


NARROW = [
    ({"networks": ["127.0.0.0/8"]}, {}, "networks"),
    ({"networks": ["127.0.0.0/8"]}, {"networks": ["192.0.2.0/24"]}, "networks"),
    ({"networks": ["127.0.0.0/8"]}, {"networks": ["126.0.0.0/7"]}, "networks"),
    ({"networks": ["127.0.0.0/8"]}, {"networks": ["127.0.0.1", "::1"]}, "networks"),
    ({"expires_at": 1e10}, {}, "expires_in"),
    ({"expires_at": 1e10}, {"expires_at": 1e10 + 1}, "expires_in"),
]


@pytest.mark.parametrize(("maker", "wider", "field"), NARROW)
def test_a_key_makes_no_key_that_is_good_elsewhere_or_longer(
    world: World, maker: dict[str, Any], wider: dict[str, Any], field: str
) -> None:
    narrow = world.made_key("anna", role="admin", **maker)
    with pytest.raises(Refused) as refused:
        keys.create(world.skyspy, caller(world, narrow.text), narrow.key.user.id, "live", "wider", **wider)
    assert (refused.value.code, list(refused.value.fields)) == ("permission_denied", [field])
    assert len(world.store.read(stored_keys.every)) == 1


def test_a_key_makes_keys_as_narrow_as_itself_and_narrower_ones(world: World) -> None:
    maker = world.made_key("anna", role="admin", networks=["127.0.0.0/8", "2001:db8::/32"], expires_at=1e10)
    for networks in (["127.0.0.0/8"], ["127.0.0.1", "2001:db8:1::/48"], ["127.1.0.0/16"]):
        made = keys.create(
            world.skyspy, caller(world, maker.text), maker.key.user.id, "live", "like it", expires_at=1e10, networks=networks
        )
        assert made.key.networks == tuple(networks)


@pytest.mark.parametrize(("maker", "wider", "field"), NARROW)
def test_a_key_rotates_no_key_that_is_wider_than_itself(
    world: World, maker: dict[str, Any], wider: dict[str, Any], field: str
) -> None:
    narrow = world.made_key("anna", role="admin", **maker)
    other = world.made_key("anna", role="admin", **wider).key
    with pytest.raises(Refused) as refused:
        keys.rotate(world.skyspy, caller(world, narrow.text), other.id)
    assert refused.value.code == "permission_denied"
    assert keys.rotate(world.skyspy, caller(world, narrow.text), narrow.key.id).key.networks == narrow.key.networks


@pytest.mark.parametrize("kind", ["live", "test"])
def test_a_test_key_makes_and_rotates_none(world: World, kind: str) -> None:
    maker = world.made_key("anna", role="admin", kind="test")
    for act in (
        lambda: keys.create(world.skyspy, caller(world, maker.text), maker.key.user.id, kind, "another"),
        lambda: keys.rotate(world.skyspy, caller(world, maker.text), maker.key.id),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "permission_denied"
    assert len(world.store.read(stored_keys.every)) == 1


def test_a_signed_in_caller_is_not_limited_by_a_key(world: World) -> None:
    user = world.store.read(stored_users.by_id, world.user("anna", "admin"))
    signed_in = Caller(Principal("user", user.id, user.name, user.role, user.permissions, expires_at=1e10), "127.0.0.1")
    assert keys.create(world.skyspy, signed_in, user.id, "live", "wide").key.expires_at is None


# -- what a key makes ends with it ---------------------------------------------------------------


def signed_in(world: World, name: str, role: str = "admin") -> Caller:
    user = world.store.read(stored_users.by_id, world.user(name, role))
    return Caller(Principal("user", user.id, user.name, user.role, user.permissions, expires_at=1e10), "127.0.0.1")


def chain(world: World) -> list[MadeKey]:
    """A key of anna's, one that it made for bob, and one that this made for carl."""
    first = world.made_key("anna", role="admin")
    second = keys.create(world.skyspy, caller(world, first.text), world.user("bob", "admin"), "live", "second")
    third = keys.create(world.skyspy, caller(world, second.text), world.user("carl", "admin"), "live", "third")
    return [first, second, third]


def working(world: World, made: list[MadeKey]) -> list[bool]:
    def works(one: MadeKey) -> bool:
        try:
            return world.skyspy.tokens.identify(one.text, "127.0.0.1") is not None
        except TokenError:
            return False

    return [works(one) for one in made]


def test_revoking_a_key_ends_what_it_made_and_its_sessions_and_says_so_in_the_log(world: World) -> None:
    made = chain(world)
    other = world.made_key("anna", role="admin")
    assert keys.one(world.skyspy, signed_in(world, "boss"), made[0].key.id).made == 2
    assert [one.key.maker_key_id for one in made] == [None, made[0].key.id, made[1].key.id]
    peer = world.peer().join("/", {"token": made[2].text})
    keys.revoke(world.skyspy, signed_in(world, "boss"), made[0].key.id)
    assert working(world, [*made, other]) == [False, False, False, True]
    world.watcher.poll()
    turn()
    assert peer.got("error")[-1]["code"] == "token_revoked"
    assert [row.object for row in world.log("key.revoke")] == [f"key {one.key.id} {one.key.name}" for one in reversed(made)]
    assert keys.one(world.skyspy, signed_in(world, "boss"), made[0].key.id).made == 0


def test_revoking_a_key_in_between_leaves_its_maker(world: World) -> None:
    made = chain(world)
    keys.revoke(world.skyspy, signed_in(world, "boss"), made[1].key.id)
    assert working(world, made) == [True, False, False]


def test_what_a_rotated_key_made_ends_with_its_overlap(world: World) -> None:
    made = chain(world)
    follower = keys.rotate(world.skyspy, signed_in(world, "boss"), made[0].key.id, 60.0)
    assert working(world, [*made, follower]) == [True] * 4
    world.clock.pass_by(60)
    assert working(world, [*made, follower]) == [False, False, False, True]
    assert follower.key.maker_key_id is None


def test_a_key_that_rotates_itself_goes_on_and_one_that_rotates_another_is_its_maker(world: World) -> None:
    first, other = world.made_key("anna", role="admin"), world.made_key("bob", role="admin")
    follower = keys.rotate(world.skyspy, caller(world, first.text), first.key.id)
    assert working(world, [first, follower]) == [False, True]
    taken = keys.rotate(world.skyspy, caller(world, follower.text), other.key.id)
    assert taken.key.maker_key_id == follower.key.id
    keys.revoke(world.skyspy, signed_in(world, "boss"), follower.key.id)
    assert working(world, [taken]) == [False]


def test_a_key_made_by_a_key_with_an_end_ends_with_it(world: World) -> None:
    ends = world.clock.wall() + 60
    first = world.made_key("anna", role="admin", expires_at=ends)
    second = keys.create(world.skyspy, caller(world, first.text), first.key.user.id, "live", "second", expires_at=ends)
    world.clock.pass_by(60)
    assert working(world, [first, second]) == [False, False]


@pytest.mark.parametrize("act", ["disable", "delete"])
def test_what_the_keys_of_a_disabled_or_deleted_user_made_for_others_ends(world: World, act: str) -> None:
    made = chain(world)
    anna, boss = world.user("anna"), signed_in(world, "boss")
    if act == "delete":
        users.delete(world.skyspy, boss, anna)
    else:
        users.change(world.skyspy, boss, anna, disabled=True)
        users.change(world.skyspy, boss, anna, disabled=False)
    assert working(world, made) == [act == "disable", False, False]


def test_the_panel_the_api_and_the_command_line_say_which_key_made_a_key(world: World) -> None:
    first, second, _ = chain(world)
    world.account("root", "admin")
    browser = world.browser("root")
    page = browser.get(f"/admin/keys/{second.key.id}/").text
    assert f'href="/admin/keys/{first.key.id}/">another API key</a>, and ends with it' in page
    assert "2 API keys, which end with it" in browser.get(f"/admin/keys/{first.key.id}/").text
    assert "The 2 API keys that it made end with it." in browser.get(f"/admin/keys/{first.key.id}/revoke/").text
    assert "end with it" not in browser.get(f"/admin/keys/{chain(world)[2].key.id}/revoke/").text
    for act in ("disable", "delete"):
        asked = browser.get(f"/admin/users/{world.user('anna')}/{act}/").text
        assert "4 API keys that this user&#39;s keys made for others are revoked, for ever." in asked
    assert "made for others" not in browser.get(f"/admin/users/{world.user('carl')}/delete/").text
    listed = {row["id"]: row["maker_key_id"] for row in world.get("/api/admin/keys/", first.text).json["keys"]}
    assert (listed[first.key.id], listed[second.key.id]) == (None, first.key.id)
