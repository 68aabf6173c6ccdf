"""Claims about what an API key may hand on: never more than itself, not even to its own owner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from skyspy.operate import Refused, Who, keys
from tests.socket_world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def who(world: World, text: str) -> Who:
    principal = world.house.tokens.identify(text, "127.0.0.1")
    assert principal is not None
    return Who(principal, "127.0.0.1")


def test_a_narrowed_key_cannot_make_its_owner_a_wider_one(world: World) -> None:
    narrow = world.made_key("anna", role="admin", scopes=["keys.manage"])
    with pytest.raises(Refused) as refused:
        keys.create(world.house, who(world, narrow.text), narrow.key.user.id, "live", "wider")
    assert refused.value.code == "permission_denied"
    assert len(world.accounts.keys()) == 1


def test_an_unnarrowed_key_of_an_administrator_may_make_keys(world: World) -> None:
    wide = world.made_key("anna", role="admin")
    made = keys.create(world.house, who(world, wide.text), wide.key.user.id, "live", "more", ["aircraft.view"])
    assert made.key.scopes == frozenset({"aircraft.view"})
