"""Claims about audit rows of refusals: the first is written at once, repetitions as a number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skyspy.auth.refusals import MAX_REFUSALS, MAX_REFUSALS_PER_ACTOR, RefusalLog
from skyspy.store import Store, StoreBusy, audit, roles
from skyspy.store.audit import Actor
from tests.support.clock import StillClock
from tests.support.databases import change
from tests.support.sites import copy_database
from tests.support.world import OPERATOR, Panel, World

CARL = Actor("user", "carl", "192.0.2.1")


class Desk:
    """An audit log, and the RefusalLog that write to it."""

    def __init__(self, folder: Path) -> None:
        copy_database(folder / "log.sqlite3")
        self.store = Store(f"sqlite:///{folder / 'log.sqlite3'}")
        self.refusals = RefusalLog(self.store, StillClock())

    def rows(self) -> list[tuple[str, str, Any]]:
        return [
            (row.actor, row.object, row.after) for row in reversed(self.store.read(audit.page, 1000, action="access.refused"))
        ]


class Full(Store):
    """A database that cannot be written while `full`."""

    full = True

    def write(self, fn: Any, /, *args: Any, **more: Any) -> Any:
        if self.full:
            raise StoreBusy("busy")
        return super().write(fn, *args, **more)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


def refused(world: World) -> list[tuple[str, str, Any]]:
    return [
        (row.actor, row.object, row.after) for row in reversed(world.skyspy.store.read(audit.page, 1000, action="access.refused"))
    ]


def test_the_first_refusal_of_its_kind_is_written_at_once(desk: Desk) -> None:
    desk.refusals.note(CARL, "root", ["settings.manage", "audit.view"])
    assert desk.rows() == [("carl", "root", {"lacks": ["audit.view", "settings.manage"]})]
    desk.refusals.note(Actor("user", "dora"), "root", ["audit.view"])
    desk.refusals.note(CARL, "bob", ["audit.view"])
    assert [(caller, about) for caller, about, _ in desk.rows()] == [("carl", "root"), ("dora", "root"), ("carl", "bob")]


def test_a_flood_is_one_row_a_round_with_its_number_and_ends_with_the_flood(desk: Desk) -> None:
    for _ in range(500):
        desk.refusals.note(CARL, "root", ["audit.view"])
    assert len(desk.rows()) == 1
    desk.refusals.flush()
    desk.refusals.flush()
    assert desk.rows()[1:] == [("carl", "root", {"lacks": ["audit.view"], "times": 499})]
    desk.refusals.note(CARL, "root", ["audit.view"])
    assert len(desk.rows()) == 3, "after a quiet round it counts as new again"


def test_a_flood_that_goes_on_over_rounds_is_not_written_as_new_each_time(desk: Desk) -> None:
    for _ in range(5):
        for _ in range(10):
            desk.refusals.note(CARL, "root", ["audit.view"])
        desk.refusals.flush()
    assert [after.get("times") for _, _, after in desk.rows()] == [None, 9, 10, 10, 10, 10]


def test_many_different_refusals_of_one_actor_do_not_grow_the_log(desk: Desk) -> None:
    for number in range(300):
        desk.refusals.note(CARL, f"The role r{number}", ["audit.view"])
    desk.refusals.flush()
    assert len(desk.rows()) == MAX_REFUSALS_PER_ACTOR + 2
    assert desk.rows()[-1] == ("carl", "many other things", {"lacks": [], "times": 300 - MAX_REFUSALS_PER_ACTOR - 1})


def test_refusals_of_many_actors_do_not_grow_the_log(desk: Desk) -> None:
    for number in range(MAX_REFUSALS + 300):
        desk.refusals.note(Actor("key", f"ann / {number}", f"2001:db8::{number:x}"), "root", [])
    desk.refusals.flush()
    assert len(desk.rows()) <= MAX_REFUSALS + 2
    assert desk.rows()[-1][2] == {"lacks": [], "times": 299}


def test_a_database_that_cannot_be_written_changes_no_answer_and_no_count_is_lost(desk: Desk) -> None:
    store = Full(f"sqlite:///{desk.store.where}")
    refusals = RefusalLog(store, StillClock())
    refusals.note(CARL, "root", ["audit.view"])
    refusals.note(CARL, "root", ["audit.view"])
    with pytest.raises(StoreBusy):
        refusals.flush()
    store.full = False
    refusals.flush()
    assert desk.rows() == [("carl", "root", {"lacks": ["audit.view"], "times": 2})]


# -- where refusals come from ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "lacks"),
    [
        ("GET", "/api/admin/users/", "users.manage"),
        ("POST", "/api/admin/settings/", "settings.manage"),
        ("DELETE", "/api/admin/keys/<key_id>/", "keys.manage"),
        ("GET", "/api/admin/audit/", "audit.view"),
        ("POST", "/api/admin/feeds/check/", "settings.manage"),
    ],
)
def test_a_refusal_of_an_operators_route_is_written(world: World, method: str, path: str, lacks: str) -> None:
    key = world.made_key("vera", role="viewer")
    for token, caller in ((world.jwt("vera"), "vera"), (key.text, f"vera / {key.key.name}")):
        asked = path.replace("<key_id>", "7")
        for _ in range(3):
            answer = world.client.open(asked, method=method, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 403
        assert refused(world)[-1] == (caller, f"{method} {path}", {"lacks": [lacks]})
    assert len(refused(world)) == 2
    world.skyspy.refusals.flush()
    assert [after["times"] for _, _, after in refused(world)[2:]] == [2, 2]


def test_a_key_that_asks_for_keys_and_a_scope_beyond_ones_own_are_written_down(world: World) -> None:
    world.post("/api/auth/keys/", {"name": "x", "kind": "live"}, world.key("vera", role="viewer"))
    world.post("/api/auth/keys/", {"name": "x", "kind": "live", "scopes": ["audio.view"]}, world.jwt("vera"))
    assert [(about, after) for _, about, after in refused(world)] == [
        ("POST /api/auth/keys/", {"lacks": ["a sign-in"]}),
        ("The key", {"lacks": ["audio.view"]}),
    ]


def test_refusals_of_anonymous_clients_and_of_public_routes_are_not_written(world: World) -> None:
    world.choose(FEATURE_ACCESS={"stats": "permission"})
    change(world.skyspy, roles.create, "blind", frozenset(), "", OPERATOR)
    assert world.get("/api/admin/users/").status_code == 401
    assert world.get("/api/stats/").status_code == 403
    assert world.get("/api/stats/", world.jwt("bo", "blind")).status_code == 403
    assert refused(world) == []


def test_an_attempt_against_a_higher_user_is_one_row(world: World) -> None:
    change(world.skyspy, roles.create, "clerk", frozenset({"users.manage"}), "", OPERATOR)
    boss = world.user("root")
    token = world.jwt("carl", "clerk")
    for _ in range(20):
        assert world.post(f"/api/admin/users/{boss}/", {"disabled": True}, token).status_code == 403
    assert [(caller, about) for caller, about, _ in refused(world)] == [("carl", "root")]


def test_a_refused_panel_page_is_written_and_its_own_polling_is_not(panel: Panel) -> None:
    panel.user("root")
    panel.user("vera", "viewer")
    browser = panel.browser("vera")
    for _ in range(2):
        assert browser.get("/admin/users/").status_code == 403
    assert browser.post("/admin/users/new/", {"name": "friend", "role": "admin"}).status_code == 403
    assert browser.get("/admin/live/list/").status_code == 403
    rows = [(row.actor, row.object, row.address) for row in reversed(panel.log("access.refused"))]
    assert rows == [("vera", "GET /admin/users/", browser.address), ("vera", "POST /admin/users/new/", browser.address)]
