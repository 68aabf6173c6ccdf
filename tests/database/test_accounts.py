"""Accounts: users and roles as they are kept, and what is written of every change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from skyspy.permissions import BUILTIN_ROLES, PERMISSION_NAMES
from skyspy.store.accounts import AccountError, Accounts, NotFound, Use
from skyspy.store.audit import AuditLog
from tests.accounts_world import ANNA, HASH, accounts, both_at_once, make, make_key, start_family, store, version
from tests.conftest import StillClock

__all__ = ["accounts", "store"]


# Users


def test_a_user_is_found_in_any_case_and_form_of_his_name(accounts: Accounts) -> None:
    made = make(accounts, "Änna")
    for name in ("änna", "ÄNNA", "Änna", "Ａ\u0308nna"):
        assert accounts.user_by_name(name) == made
    assert accounts.user_by_name("anna") is None


def test_two_names_that_are_one_cannot_both_exist(accounts: Accounts) -> None:
    make(accounts, "anna")
    for name in ("Anna", "ANNA", "ａnna"):
        with pytest.raises(AccountError, match="already"):
            make(accounts, name)


@pytest.mark.parametrize("name", ["", " ", "a b", "a\nb", "a" * 65, "<b>", "a/b", "a\x00", "\u202eanna", "a'b"])
def test_a_name_that_could_be_mistaken_for_something_else_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(AccountError, match="letters"):
        make(accounts, name)


def test_a_user_of_a_role_that_is_not_there_is_refused(accounts: Accounts) -> None:
    with pytest.raises(NotFound, match=r"viewer, operator, admin"):
        make(accounts, "anna", "pilot")
    assert accounts.count_users() == 0


def test_a_password_hash_is_in_no_repr(accounts: Accounts) -> None:
    assert HASH not in repr(make(accounts, "anna"))


def test_every_change_writes_one_row_and_raises_the_version(accounts: Accounts, clock: StillClock) -> None:
    log = AuditLog(accounts.store)
    boss = make(accounts, "boss", "admin")
    ben = make(accounts, "ben")
    key = make_key(accounts, ben)
    changes: list[tuple[Callable[[], object], str, object, object]] = [
        (lambda: accounts.set_role(ben.id, "operator", ANNA), "user.set-role", {"role": "viewer"}, {"role": "operator"}),
        (lambda: accounts.set_disabled(ben.id, True, ANNA), "user.disable", {"disabled": False}, {"disabled": True}),
        (lambda: accounts.set_disabled(ben.id, False, ANNA), "user.enable", {"disabled": True}, {"disabled": False}),
        (lambda: accounts.set_password_hash(ben.id, "other", ANNA), "user.set-password", None, None),
        (lambda: accounts.sign_out_everywhere(ben.id, ANNA), "user.sign-out", None, {"families": 0}),
        (lambda: accounts.revoke_key(key.id, ANNA), "key.revoke", None, {"owner": "ben"}),
        (
            lambda: accounts.create_role("guest", frozenset({"stats.view"}), ANNA),
            "role.create",
            None,
            {"permissions": ["stats.view"]},
        ),
        (
            lambda: accounts.change_role("guest", frozenset(), ANNA),
            "role.change",
            {"permissions": ["stats.view"]},
            {"permissions": []},
        ),
        (lambda: accounts.delete_role("guest", ANNA), "role.delete", {"permissions": []}, None),
        (lambda: accounts.delete_user(ben.id, ANNA), "user.delete", {"role": "operator"}, None),
    ]
    for change, action, before, after in changes:
        rows, at = len(log.page(1000)), version(accounts)
        clock.pass_by(1)
        change()
        newest = log.page(1000)
        assert len(newest) == rows + 1, action
        assert (newest[0].action, newest[0].before, newest[0].after) == (action, before, after)
        assert (newest[0].actor, newest[0].address, newest[0].at) == ("anna", "192.0.2.7", clock.wall())
        assert version(accounts) == at + 1
    assert [user.name for user in accounts.users()] == [boss.name]


def test_a_change_that_is_refused_leaves_no_trace(accounts: Accounts) -> None:
    boss = make(accounts, "boss", "admin")
    rows, at = AuditLog(accounts.store).page(), version(accounts)
    with pytest.raises(AccountError):
        accounts.set_role(boss.id, "viewer", ANNA)
    assert (AuditLog(accounts.store).page(), version(accounts)) == (rows, at)


# The last administrator


def test_the_last_administrator_can_neither_be_demoted_disabled_nor_deleted(accounts: Accounts) -> None:
    boss = make(accounts, "boss", "admin")
    make(accounts, "ben", "operator")
    for change in (
        lambda: accounts.set_role(boss.id, "operator", ANNA),
        lambda: accounts.set_disabled(boss.id, True, ANNA),
        lambda: accounts.delete_user(boss.id, ANNA),
    ):
        with pytest.raises(AccountError, match="last administrator"):
            change()
    assert accounts.user_by_id(boss.id) == boss


def test_an_administrator_who_cannot_sign_in_does_not_count(accounts: Accounts) -> None:
    boss = make(accounts, "boss", "admin")
    make(accounts, "invited", "admin", None)
    resting = make(accounts, "resting", "admin")
    accounts.set_disabled(resting.id, True, ANNA)
    with pytest.raises(AccountError, match="last administrator"):
        accounts.set_disabled(boss.id, True, ANNA)
    accounts.set_disabled(resting.id, False, ANNA)
    accounts.set_disabled(boss.id, True, ANNA)


def test_two_administrators_who_remove_each_other_at_once_leave_one(accounts: Accounts) -> None:
    first, second = make(accounts, "first", "admin"), make(accounts, "second", "admin")
    for _ in range(5):
        errors = both_at_once(
            lambda: accounts.set_role(first.id, "viewer", ANNA),
            lambda: accounts.set_disabled(second.id, True, ANNA),
        )
        able = [user for user in accounts.users() if user.role == "admin" and not user.disabled]
        assert (len(errors), len(able)) == (1, 1)
        accounts.set_role(first.id, "admin", ANNA)
        accounts.set_disabled(second.id, False, ANNA)


def test_an_id_is_never_given_again(accounts: Accounts) -> None:
    make(accounts, "boss", "admin")
    ben = make(accounts, "ben")
    key = make_key(accounts, ben)
    accounts.delete_user(ben.id, ANNA)
    carl = make(accounts, "carl")
    assert carl.id != ben.id
    assert make_key(accounts, carl).id != key.id


def test_a_deleted_user_takes_keys_and_families_along_and_leaves_the_log(accounts: Accounts) -> None:
    make(accounts, "boss", "admin")
    ben = make(accounts, "ben")
    key = make_key(accounts, ben)
    start_family(accounts, ben)
    accounts.note_key_uses({key.id: Use(accounts.clock.wall(), "192.0.2.7")})
    accounts.delete_user(ben.id, ANNA)
    assert accounts.keys() == []
    assert accounts.families_by_id(["f1"]) == {}
    assert {row.action for row in AuditLog(accounts.store).page(about="ben")} >= {"user.create", "login.ok", "user.delete"}


# Roles


def test_the_builtin_roles_hold_what_the_table_says(accounts: Accounts) -> None:
    assert {role.name: role.permissions for role in accounts.roles()} == BUILTIN_ROLES
    assert all(role.builtin for role in accounts.roles())


def test_a_role_of_ones_own_gives_exactly_its_permissions_and_a_change_is_seen_at_once(accounts: Accounts) -> None:
    accounts.create_role("listener", frozenset({"audio.view"}), ANNA, "hears the tower")
    ben = make(accounts, "ben", "listener")
    assert ben.permissions == {"audio.view"}
    accounts.change_role("listener", frozenset({"audio.view", "acars.view"}), ANNA)
    assert accounts.user_by_id(ben.id).permissions == {"audio.view", "acars.view"}
    role = accounts.role_by_name("listener")
    assert (role.users, role.says, role.builtin) == (1, "hears the tower", False)


def test_a_role_that_is_said_to_be_for_something_else_leaves_that_in_the_log(accounts: Accounts) -> None:
    accounts.create_role("listener", frozenset({"audio.view"}), ANNA, "hears the tower")
    accounts.change_role("listener", frozenset({"audio.view"}), ANNA, "hears everything")
    row = AuditLog(accounts.store).page(1)[0]
    assert row.before == {"permissions": ["audio.view"], "says": "hears the tower"}
    assert row.after == {"permissions": ["audio.view"], "says": "hears everything"}


def test_a_builtin_role_cannot_be_changed_and_one_that_is_held_not_deleted(accounts: Accounts) -> None:
    accounts.create_role("listener", frozenset({"audio.view"}), ANNA)
    make(accounts, "ben", "listener")
    for change, says in (
        (lambda: accounts.change_role("viewer", PERMISSION_NAMES, ANNA), "built in"),
        (lambda: accounts.delete_role("admin", ANNA), "built in"),
        (lambda: accounts.delete_role("listener", ANNA), "1 user holds"),
        (lambda: accounts.create_role("listener", frozenset(), ANNA), "already"),
        (lambda: accounts.create_role("admin", frozenset(), ANNA), "already"),
        (lambda: accounts.create_role("Bad Name", frozenset(), ANNA), "small letters"),
        (lambda: accounts.create_role("sonar", frozenset({"sonar.view"}), ANNA), "no permission"),
    ):
        with pytest.raises(AccountError, match=says):
            change()


def test_a_permission_the_code_no_longer_knows_is_nobodys(accounts: Accounts) -> None:
    accounts.create_role("old", frozenset({"stats.view"}), ANNA)
    accounts.store.write(
        lambda c: (
            c.exec_driver_sql("""UPDATE roles SET permissions = '["sonar.view", "stats.view", 7]' WHERE name = 'old'""").rowcount
        )
    )
    assert accounts.role_by_name("old").permissions == {"stats.view"}
    accounts.store.write(lambda c: c.exec_driver_sql("UPDATE roles SET permissions = '{broken' WHERE name = 'old'").rowcount)
    assert accounts.role_by_name("old").permissions == frozenset()
