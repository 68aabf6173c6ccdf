"""Claims about keys made by API keys: never wider than the key that makes them, not even for its owner."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.auth.principal import Principal
from skyspy.services import Caller, Refused, keys
from skyspy.store import keys as stored_keys
from skyspy.store import users as stored_users
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
