"""Claims about stored users and roles, and the audit row of every change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from skyspy.permissions import BUILTIN_ROLES, PERMISSION_NAMES
from skyspy.store import audit, families, keys, roles, users
from skyspy.store.keys import KeyUse
from skyspy.store.roles import AccountError, NotFound
from tests.conftest import StillClock
from tests.support.accounts import ANNA, HASH, both_at_once, make, make_key, start_family, version
from tests.support.databases import Db, change

# Users


def test_a_user_is_found_by_name_in_any_case_and_unicode_form(db: Db) -> None:
    made = make(db, "Änna")
    for name in ("änna", "ÄNNA", "Änna", "Ａ\u0308nna"):
        assert db.store.read(users.by_name, name) == made
    assert db.store.read(users.by_name, "anna") is None


def test_names_that_fold_to_the_same_text_cannot_both_exist(db: Db) -> None:
    make(db, "anna")
    for name in ("Anna", "ANNA", "ａnna"):
        with pytest.raises(AccountError, match="already"):
            make(db, name)


@pytest.mark.parametrize("name", ["", " ", "a b", "a\nb", "a" * 65, "<b>", "a/b", "a\x00", "\u202eanna", "a'b"])
def test_an_invalid_user_name_is_refused(db: Db, name: str) -> None:
    with pytest.raises(AccountError, match="letters"):
        make(db, name)


def test_a_user_with_an_unknown_role_is_refused(db: Db) -> None:
    with pytest.raises(NotFound, match=r"viewer, operator, admin"):
        make(db, "anna", "pilot")
    assert db.store.read(users.count) == 0


def test_a_password_hash_is_in_no_repr(db: Db) -> None:
    assert HASH not in repr(make(db, "anna"))


def test_every_change_writes_one_row_and_raises_the_version(db: Db, clock: StillClock) -> None:
    boss = make(db, "boss", "admin")
    ben = make(db, "ben")
    key = make_key(db, ben)
    changes: list[tuple[Callable[[], object], str, object, object]] = [
        (lambda: change(db, users.set_role, ben.id, "operator", ANNA), "user.set-role", {"role": "viewer"}, {"role": "operator"}),
        (lambda: change(db, users.set_disabled, ben.id, True, ANNA), "user.disable", {"disabled": False}, {"disabled": True}),
        (lambda: change(db, users.set_disabled, ben.id, False, ANNA), "user.enable", {"disabled": True}, {"disabled": False}),
        (lambda: change(db, users.set_password, ben.id, "other", ANNA), "user.set-password", None, None),
        (lambda: change(db, users.sign_out_everywhere, ben.id, ANNA), "user.sign-out", None, {"families": 0}),
        (lambda: change(db, keys.revoke, key.id, ANNA), "key.revoke", None, {"owner": "ben"}),
        (
            lambda: change(db, roles.create, "guest", frozenset({"stats.view"}), "", ANNA),
            "role.create",
            None,
            {"permissions": ["stats.view"]},
        ),
        (
            lambda: change(db, roles.change, "guest", frozenset(), None, ANNA),
            "role.change",
            {"permissions": ["stats.view"]},
            {"permissions": []},
        ),
        (lambda: change(db, roles.remove, "guest", ANNA), "role.delete", {"permissions": []}, None),
        (lambda: change(db, users.remove, ben.id, ANNA), "user.delete", {"role": "operator"}, None),
    ]
    for act, action, before, after in changes:
        rows, at = len(db.store.read(audit.page, 1000)), version(db)
        clock.pass_by(1)
        act()
        newest = db.store.read(audit.page, 1000)
        assert len(newest) == rows + 1, action
        assert (newest[0].action, newest[0].before, newest[0].after) == (action, before, after)
        assert (newest[0].actor, newest[0].address, newest[0].at) == ("anna", "192.0.2.7", clock.wall())
        assert version(db) == at + 1
    assert [user.name for user in db.store.read(users.every)] == [boss.name]


def test_a_refused_change_writes_nothing(db: Db) -> None:
    boss = make(db, "boss", "admin")
    rows, at = db.store.read(audit.page), version(db)
    with pytest.raises(AccountError):
        change(db, users.set_role, boss.id, "viewer", ANNA)
    assert (db.store.read(audit.page), version(db)) == (rows, at)


# The last administrator


def test_the_last_administrator_can_neither_be_demoted_disabled_nor_deleted(db: Db) -> None:
    boss = make(db, "boss", "admin")
    make(db, "ben", "operator")
    for act in (
        lambda: change(db, users.set_role, boss.id, "operator", ANNA),
        lambda: change(db, users.set_disabled, boss.id, True, ANNA),
        lambda: change(db, users.remove, boss.id, ANNA),
    ):
        with pytest.raises(AccountError, match="last administrator"):
            act()
    assert db.store.read(users.by_id, boss.id) == boss


def test_an_administrator_who_cannot_sign_in_does_not_count(db: Db) -> None:
    boss = make(db, "boss", "admin")
    make(db, "invited", "admin", None)
    resting = make(db, "resting", "admin")
    change(db, users.set_disabled, resting.id, True, ANNA)
    with pytest.raises(AccountError, match="last administrator"):
        change(db, users.set_disabled, boss.id, True, ANNA)
    change(db, users.set_disabled, resting.id, False, ANNA)
    change(db, users.set_disabled, boss.id, True, ANNA)


def test_two_administrators_who_remove_each_other_at_once_leave_one(db: Db) -> None:
    first, second = make(db, "first", "admin"), make(db, "second", "admin")
    for _ in range(5):
        errors = both_at_once(
            lambda: change(db, users.set_role, first.id, "viewer", ANNA),
            lambda: change(db, users.set_disabled, second.id, True, ANNA),
        )
        able = [user for user in db.store.read(users.every) if user.role == "admin" and not user.disabled]
        assert (len(errors), len(able)) == (1, 1)
        change(db, users.set_role, first.id, "admin", ANNA)
        change(db, users.set_disabled, second.id, False, ANNA)


def test_a_user_id_is_never_reused(db: Db) -> None:
    make(db, "boss", "admin")
    ben = make(db, "ben")
    key = make_key(db, ben)
    change(db, users.remove, ben.id, ANNA)
    carl = make(db, "carl")
    assert carl.id != ben.id
    assert make_key(db, carl).id != key.id


def test_deleting_a_user_deletes_keys_and_families_and_keeps_the_log(db: Db) -> None:
    make(db, "boss", "admin")
    ben = make(db, "ben")
    key = make_key(db, ben)
    start_family(db, ben)
    db.store.write(keys.record_uses, {key.id: KeyUse(db.clock.wall(), "192.0.2.7")})
    change(db, users.remove, ben.id, ANNA)
    assert db.store.read(keys.every) == []
    assert db.store.read(families.by_ids, ["f1"]) == {}
    assert {row.action for row in db.store.read(audit.page, about="ben")} >= {"user.create", "login.ok", "user.delete"}


# Roles


def test_builtin_roles_have_the_permissions_of_the_code(db: Db) -> None:
    assert {role.name: role.permissions for role in db.store.read(roles.every)} == BUILTIN_ROLES
    assert all(role.builtin for role in db.store.read(roles.every))


def test_a_custom_role_has_exactly_its_permissions_and_a_change_applies_at_once(db: Db) -> None:
    change(db, roles.create, "listener", frozenset({"audio.view"}), "hears the tower", ANNA)
    ben = make(db, "ben", "listener")
    assert ben.permissions == {"audio.view"}
    change(db, roles.change, "listener", frozenset({"audio.view", "acars.view"}), None, ANNA)
    assert db.store.read(users.by_id, ben.id).permissions == {"audio.view", "acars.view"}
    role = db.store.read(roles.by_name, "listener")
    assert (role.users, role.description, role.builtin) == (1, "hears the tower", False)


def test_a_changed_role_description_is_in_the_audit_log(db: Db) -> None:
    change(db, roles.create, "listener", frozenset({"audio.view"}), "hears the tower", ANNA)
    change(db, roles.change, "listener", frozenset({"audio.view"}), "hears everything", ANNA)
    row = db.store.read(audit.page, 1)[0]
    assert row.before == {"permissions": ["audio.view"], "says": "hears the tower"}
    assert row.after == {"permissions": ["audio.view"], "says": "hears everything"}


def test_a_builtin_role_cannot_be_changed_and_a_role_in_use_not_deleted(db: Db) -> None:
    change(db, roles.create, "listener", frozenset({"audio.view"}), "", ANNA)
    make(db, "ben", "listener")
    for act, says in (
        (lambda: change(db, roles.change, "viewer", PERMISSION_NAMES, None, ANNA), "built in"),
        (lambda: change(db, roles.remove, "admin", ANNA), "built in"),
        (lambda: change(db, roles.remove, "listener", ANNA), "1 user holds"),
        (lambda: change(db, roles.create, "listener", frozenset(), "", ANNA), "already"),
        (lambda: change(db, roles.create, "admin", frozenset(), "", ANNA), "already"),
        (lambda: change(db, roles.create, "Bad Name", frozenset(), "", ANNA), "small letters"),
        (lambda: change(db, roles.create, "sonar", frozenset({"sonar.view"}), "", ANNA), "no permission"),
    ):
        with pytest.raises(AccountError, match=says):
            act()


def test_a_stored_permission_that_the_code_does_not_know_is_ignored(db: Db) -> None:
    change(db, roles.create, "old", frozenset({"stats.view"}), "", ANNA)
    db.store.write(
        lambda c: (
            c.exec_driver_sql("""UPDATE roles SET permissions = '["sonar.view", "stats.view", 7]' WHERE name = 'old'""").rowcount
        )
    )
    assert db.store.read(roles.by_name, "old").permissions == {"stats.view"}
    db.store.write(lambda c: c.exec_driver_sql("UPDATE roles SET permissions = '{broken' WHERE name = 'old'").rowcount)
    assert db.store.read(roles.by_name, "old").permissions == frozenset()
