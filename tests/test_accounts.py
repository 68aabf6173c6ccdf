"""Accounts: users, roles, keys and families as they are kept, and what is written of every change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from skyspy.permissions import BUILTIN_ROLES, PERMISSION_NAMES
from skyspy.store import Store, links, state
from skyspy.store.accounts import AccountError, Accounts, Actor, Key, NewKey, NotFound, Use, User
from skyspy.store.audit import AuditLog
from tests.conftest import StillClock
from tests.databases import KINDS, open_store

ANNA = Actor("user", "anna", "192.0.2.7")
HASH = "a stand-in for a hash"


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def accounts(store: Store, clock: StillClock) -> Accounts:
    return Accounts(store, clock)


def make(accounts: Accounts, name: str, role: str = "viewer", password_hash: str | None = HASH) -> User:
    return accounts.create_user(name, role, password_hash, ANNA)


def make_key(accounts: Accounts, owner: User, digest: str = "d1", **more: object) -> Key:
    new = NewKey("live", "my app", digest, "sk_live_Abcd", **more)  # type: ignore[arg-type]
    return accounts.create_key(owner.id, new, ANNA)


def start_family(accounts: Accounts, user: User, family: str = "f1", digest: str = "r1", lives: float = 100) -> bool:
    ends = accounts.clock.wall() + lives
    return accounts.start_family(family, user, digest, ends, Actor("user", user.name, "192.0.2.7"))


def version(accounts: Accounts) -> int:
    return accounts.store.read(state.version)


def both_at_once(first: Callable[[], object], second: Callable[[], object]) -> list[Exception]:
    """Run both in threads of their own; what they raised."""
    errors: list[Exception] = []

    def run(job: Callable[[], object]) -> None:
        try:
            job()
        except AccountError as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,)) for job in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


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


# Keys as they are kept


def test_a_key_is_kept_with_its_limits(accounts: Accounts, clock: StillClock) -> None:
    ben = make(accounts, "ben")
    made = make_key(accounts, ben, scopes=frozenset({"stats.view"}), networks=("192.0.2.0/24",), expires_at=clock.wall() + 60)
    assert accounts.key_by_digest("d1") == made
    assert (made.scopes, made.networks, made.user.name) == ({"stats.view"}, ("192.0.2.0/24",), "ben")
    assert accounts.keys_of(ben.id) == [made]
    assert accounts.key_by_digest("d2") is None


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"scopes": frozenset({"settings.manage"})}, "does not hold"),
        ({"scopes": frozenset({"sonar.view"})}, "no permission"),
        ({"networks": ("here",)}, "not a network"),
        ({"expires_at": 5.0}, "future"),
    ],
)
def test_a_key_that_cannot_be_is_refused(accounts: Accounts, more: dict[str, object], says: str) -> None:
    ben = make(accounts, "ben")
    with pytest.raises(AccountError, match=says):
        make_key(accounts, ben, **more)
    assert accounts.keys() == []


@pytest.mark.parametrize(("kind", "name"), [("prod", "x"), ("live", ""), ("live", "a\nb"), ("live", "x" * 65)])
def test_a_key_needs_a_kind_and_a_name(accounts: Accounts, kind: str, name: str) -> None:
    ben = make(accounts, "ben")
    with pytest.raises(AccountError):
        accounts.create_key(ben.id, NewKey(kind, name, "d", "h"), ANNA)


def test_a_disabled_user_gets_no_new_key(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    accounts.set_disabled(ben.id, True, ANNA)
    with pytest.raises(AccountError, match="disabled"):
        make_key(accounts, ben)


def test_a_rotated_key_lives_on_for_the_overlap_and_never_longer_than_it_would_have(
    accounts: Accounts, clock: StillClock
) -> None:
    ben = make(accounts, "ben")
    old = make_key(accounts, ben, scopes=frozenset({"stats.view"}), expires_at=clock.wall() + 50)
    new = accounts.rotate_key(old.id, "d2", "sk_live_Efgh", 3600, ANNA)
    assert (new.name, new.scopes, new.expires_at, new.kind) == (old.name, old.scopes, old.expires_at, old.kind)
    after = accounts.key_by_id(old.id)
    assert (after.rotated_to, after.expires_at, after.revoked_at) == (new.id, clock.wall() + 50, None)
    with pytest.raises(AccountError, match="rotated already"):
        accounts.rotate_key(old.id, "d3", "h", 0, ANNA)
    accounts.rotate_key(new.id, "d3", "h", 0, ANNA)
    assert accounts.key_by_id(new.id).revoked_at == clock.wall()


def test_revoking_twice_is_no_error_and_one_row(accounts: Accounts) -> None:
    key = make_key(accounts, make(accounts, "ben"))
    accounts.revoke_key(key.id, ANNA)
    accounts.revoke_key(key.id, ANNA)
    assert len(AuditLog(accounts.store).page(action="key.revoke")) == 1
    with pytest.raises(NotFound):
        accounts.revoke_key(999, ANNA)


def test_uses_are_counted_by_day_and_move_no_version(accounts: Accounts, clock: StillClock) -> None:
    key = make_key(accounts, make(accounts, "ben"))
    at = version(accounts)
    accounts.note_key_uses({key.id: Use(clock.wall(), "192.0.2.7", 3), 999: Use(clock.wall(), "x")})
    accounts.note_key_uses({key.id: Use(clock.wall() + 1, "2001:db8::1", 2)})
    accounts.note_key_uses({key.id: Use(clock.wall() + 86400, "192.0.2.9")})
    day = int(clock.wall() // 86400)
    assert accounts.key_uses_per_day(key.id) == {day: 5, day + 1: 1}
    after = accounts.key_by_id(key.id)
    assert (after.last_used_at, after.last_used_from) == (clock.wall() + 86400, "192.0.2.9")
    assert version(accounts) == at


def test_thousands_of_ids_are_looked_up_in_one_call(accounts: Accounts) -> None:
    key = make_key(accounts, make(accounts, "ben"))
    assert list(accounts.keys_by_id(range(1, 3000))) == [key.id]
    assert list(accounts.families_by_id(str(n) for n in range(3000))) == []
    assert list(accounts.users_by_id(range(3000))) == [key.user.id]


# Families


def test_a_family_starts_only_for_the_user_whose_password_was_checked(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    assert start_family(accounts, ben)
    accounts.set_password_hash(ben.id, "other", ANNA)
    assert not start_family(accounts, ben, "f2", "r2")
    now = accounts.user_by_id(ben.id)
    accounts.set_disabled(ben.id, True, ANNA)
    assert not start_family(accounts, now, "f3", "r3")
    assert set(accounts.families_by_id(["f1", "f2", "f3"])) == {"f1"}


@pytest.mark.parametrize("change", ["disable", "password", "everywhere"])
def test_what_ends_a_user_ends_his_families(accounts: Accounts, change: str) -> None:
    ben = make(accounts, "ben")
    start_family(accounts, ben)
    {
        "disable": lambda: accounts.set_disabled(ben.id, True, ANNA),
        "password": lambda: accounts.set_password_hash(ben.id, "other", ANNA),
        "everywhere": lambda: accounts.sign_out_everywhere(ben.id, ANNA),
    }[change]()
    assert accounts.families_by_id(["f1"])["f1"].revoked_at is not None
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "revoked"
    assert accounts.user_by_id(ben.id).session_epoch == ben.session_epoch + 1


def test_a_refresh_token_works_once_and_its_second_use_ends_the_family(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    start_family(accounts, ben)
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "good"
    at = version(accounts)
    assert accounts.exchange_refresh("r1", "r3", 100, "203.0.113.9").outcome == "reused"
    assert version(accounts) == at + 1
    assert accounts.exchange_refresh("r2", "r4", 100, "").outcome == "revoked"
    (row,) = AuditLog(accounts.store).page(action="token.reused")
    assert (row.object, row.address) == ("user ben", "203.0.113.9")


def test_of_two_refreshes_at_once_one_is_good_and_the_other_ends_the_family(accounts: Accounts) -> None:
    ben = make(accounts, "ben")
    for turn in range(5):
        start_family(accounts, ben, f"f{turn}", f"r{turn}")
        outcomes: list[str] = []
        both_at_once(
            lambda turn=turn, outcomes=outcomes: outcomes.append(
                accounts.exchange_refresh(f"r{turn}", f"a{turn}", 100, "").outcome
            ),
            lambda turn=turn, outcomes=outcomes: outcomes.append(
                accounts.exchange_refresh(f"r{turn}", f"b{turn}", 100, "").outcome
            ),
        )
        assert sorted(outcomes) == ["good", "reused"]
        assert accounts.families_by_id([f"f{turn}"])[f"f{turn}"].revoked_at is not None


def test_a_refresh_token_ages_and_each_exchange_gives_a_whole_life(accounts: Accounts, clock: StillClock) -> None:
    start_family(accounts, make(accounts, "ben"))
    clock.pass_by(99)
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "good"
    clock.pass_by(99)
    assert accounts.exchange_refresh("r2", "r3", 100, "").outcome == "good"
    clock.pass_by(100)
    assert accounts.exchange_refresh("r3", "r4", 100, "").outcome == "expired"
    assert accounts.exchange_refresh("never", "r5", 100, "").outcome == "unknown"


def test_families_are_forgotten_by_age_with_their_tokens(accounts: Accounts, clock: StillClock) -> None:
    start_family(accounts, make(accounts, "ben"))
    clock.pass_by(101)
    assert accounts.prune() == 1
    assert accounts.exchange_refresh("r1", "r2", 100, "").outcome == "unknown"


def test_ending_a_family_twice_is_one_row(accounts: Accounts) -> None:
    start_family(accounts, make(accounts, "ben"))
    family = accounts.family_of_refresh("r1")
    assert family is not None
    assert accounts.end_family(family, ANNA)
    assert not accounts.end_family(family, ANNA)
    assert len(AuditLog(accounts.store).page(action="token.revoked")) == 1


# Links and the log


def test_a_link_works_once_and_only_for_its_purpose_and_time(accounts: Accounts) -> None:
    store = accounts.store
    store.write(lambda c: links.add(c, "d1", "invite", "7", 100.0, ANNA, 0.0))
    assert store.write(lambda c: links.use(c, "d1", "reset", ANNA, 1.0)) is None
    assert store.write(lambda c: links.use(c, "d1", "invite", ANNA, 100.0)) is None
    used: list[object] = []
    both_at_once(
        lambda: used.append(store.write(lambda c: links.use(c, "d1", "invite", ANNA, 1.0))),
        lambda: used.append(store.write(lambda c: links.use(c, "d1", "invite", ANNA, 1.0))),
    )
    assert sorted(link is None for link in used) == [False, True]
    assert store.write(lambda c: links.prune(c, 101.0)) == 1


def test_the_log_is_filtered_and_paged(accounts: Accounts, clock: StillClock) -> None:
    log = AuditLog(accounts.store, clock)
    for number in range(5):
        log.record(Actor("user", f"u{number % 2}", "192.0.2.1"), "login.failed", f"user x{number}%_")
        clock.pass_by(10)
    first = log.page(2)
    assert [row.object for row in first] == ["user x4%_", "user x3%_"]
    assert [row.object for row in log.page(2, first[-1].id)] == ["user x2%_", "user x1%_"]
    assert len(log.page(actor="u1")) == 2
    assert len(log.page(action="login.")) == len(log.page(action="login.failed")) == 5
    assert log.page(action="login") == []
    assert [row.object for row in log.page(about="3%")] == ["user x3%_"]
    assert len(log.page(since=clock.wall() - 20, until=clock.wall() - 10)) == 1
    assert log.page(address="192.0.2.2") == []


def test_a_row_cannot_forge_a_line_nor_a_flood_of_text(accounts: Accounts) -> None:
    log = AuditLog(accounts.store)
    log.record(
        Actor("user", "a\n2026 INFO admin ok" + "x" * 500, "1.2.3.4\r\n"), "login.failed", "user \x1b[31m\u202e" + "y" * 500
    )
    (row,) = log.page()
    for cell in (row.actor, row.address, row.object):
        assert cell.isprintable()
        assert len(cell) <= 128


def test_old_rows_of_the_log_are_removed_by_age_only(accounts: Accounts, clock: StillClock) -> None:
    log = AuditLog(accounts.store, clock)
    log.record(ANNA, "a.b", "old")
    clock.pass_by(8 * 86400)
    log.record(ANNA, "a.b", "new")
    assert log.prune(7) == 1
    assert [row.object for row in log.page()] == ["new"]


def test_nothing_in_the_code_changes_a_row_of_the_log() -> None:
    package = Path(__file__).resolve().parent.parent / "skyspy"
    text = "\n".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    assert "update(AUDIT" not in text
    assert text.count("delete(AUDIT") == 1
