"""Claims about stored alert rules, watchlists and destinations: each owner's own, in one sky."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from skyspy.store import alert_destinations, alert_rules, audit, owned, users, watchlists
from skyspy.store.alert_destinations import NewDestination
from skyspy.store.alert_rules import NewRule
from skyspy.store.owned import Noun, Owner
from skyspy.store.roles import AccountError, NotFound
from skyspy.store.schema import ALERT_DESTINATIONS, ALERT_RULES, WATCHLIST_ENTRIES, WATCHLISTS
from skyspy.store.watchlists import EntryRow
from tests.conftest import StillClock
from tests.support.accounts import ANNA, make, version
from tests.support.databases import Db, change

MATCH = {"all": [{"field": "military", "op": "is", "value": True}]}
RULE = NewRule("Secret plans", {"name": "Secret plans", "match": MATCH, "paused": False}, False, None, None)
HOOK = NewDestination("My hook", "webhook", {"shown": "https://hooks.example/…"}, b"sealed hush", None)
ENTRIES = [EntryRow("hex", "4B1800", False, "hush"), EntryRow("callsign", "SWR12", True)]
TABLES = (ALERT_RULES, WATCHLISTS, WATCHLIST_ENTRIES, ALERT_DESTINATIONS)


@pytest.fixture
def ben(db: Db) -> Owner:
    return Owner(make(db, "ben").id, "live")


@pytest.fixture
def eve(db: Db) -> Owner:
    return Owner(make(db, "eve").id, "live")


def numbers(db: Db) -> list[int]:
    """How many rows each table has."""
    return [
        db.store.read(lambda connection, table=table: connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in TABLES
    ]


def fill(db: Db, owner: Owner) -> tuple[int, int, int]:
    """A rule, a watchlist and a destination of this owner; their ids."""
    rule = change(db, alert_rules.create, owner, RULE, ANNA)
    found = change(db, watchlists.create, owner, "Neighbours", ENTRIES, ANNA)
    destination = change(db, alert_destinations.create, owner, HOOK, ANNA)
    return rule.id, found.id, destination.id


def test_a_rule_is_kept_changed_paused_and_deleted_and_each_time_the_version_rises(db: Db, ben: Owner, clock: StillClock) -> None:
    versions = [version(db)]
    made = change(db, alert_rules.create, ben, replace(RULE, expires_at=5e9, scopes=frozenset({"alerts.view"})), ANNA)
    versions.append(version(db))
    assert (made.name, made.document, made.version, made.paused) == ("Secret plans", RULE.document, 1, False)
    assert (made.expires_at, made.scopes, made.created_at) == (5e9, {"alerts.view"}, clock.wall())
    paused = change(db, alert_rules.set_paused, ben, made.id, True, ANNA)
    versions.append(version(db))
    assert (paused.paused, paused.document["paused"], paused.version, paused.scopes) == (True, True, 2, {"alerts.view"})
    other = replace(RULE, name="Other", paused=True, document={"name": "Other", "match": MATCH})
    assert change(db, alert_rules.change, ben, made.id, other, ANNA).version == 3
    versions.append(version(db))
    assert [rule.name for rule in db.store.read(alert_rules.page, ben)] == ["Other"]
    change(db, alert_rules.remove, ben, made.id, ANNA)
    versions.append(version(db))
    assert db.store.read(alert_rules.page, ben) == []
    assert versions == sorted(set(versions))
    actions = [row.action for row in db.store.read(audit.page) if row.action.startswith("rule.")]
    assert actions == ["rule.delete", "rule.change", "rule.pause", "rule.create"]


def test_a_rule_that_was_changed_meanwhile_is_not_changed(db: Db, ben: Owner, clock: StillClock) -> None:
    made = change(db, alert_rules.create, ben, RULE, ANNA)
    db.store.write(alert_rules.change, ben, made.id, RULE, ANNA, clock.wall(), 1)
    with pytest.raises(AccountError, match="meanwhile"):
        db.store.write(alert_rules.change, ben, made.id, replace(RULE, name="Late"), ANNA, clock.wall(), 1)
    assert db.store.read(alert_rules.one, ben, made.id).name == "Secret plans"


def test_running_rules_are_neither_paused_nor_expired_and_of_one_sky(db: Db, ben: Owner, eve: Owner, clock: StillClock) -> None:
    now = clock.wall()
    on = change(db, alert_rules.create, ben, RULE, ANNA)
    later = change(db, alert_rules.create, eve, replace(RULE, expires_at=now + 1), ANNA)
    change(db, alert_rules.create, ben, replace(RULE, expires_at=now), ANNA)
    change(db, alert_rules.create, ben, replace(RULE, paused=True), ANNA)
    sandbox = change(db, alert_rules.create, Owner(ben.user_id, "sandbox"), RULE, ANNA)
    assert [rule.id for rule in db.store.read(alert_rules.running, "live", now)] == [on.id, later.id]
    assert [rule.id for rule in db.store.read(alert_rules.running, "sandbox", now)] == [sandbox.id]


def attempts(rule: int, listed: int, entry: int, destination: int) -> list[Callable[[Db, Owner], object]]:
    """Everything that takes an id, with ids of somebody else."""
    return [
        lambda db, owner: db.store.read(alert_rules.one, owner, rule),
        lambda db, owner: change(db, alert_rules.change, owner, rule, RULE, ANNA),
        lambda db, owner: change(db, alert_rules.set_paused, owner, rule, True, ANNA),
        lambda db, owner: change(db, alert_rules.remove, owner, rule, ANNA),
        lambda db, owner: db.store.read(watchlists.one, owner, listed),
        lambda db, owner: db.store.read(watchlists.entries_page, owner, listed),
        lambda db, owner: change(db, watchlists.rename, owner, listed, "Mine", ANNA),
        lambda db, owner: change(db, watchlists.add, owner, listed, ENTRIES, ANNA),
        lambda db, owner: change(db, watchlists.remove_entry, owner, listed, entry, ANNA),
        lambda db, owner: change(db, watchlists.remove, owner, listed, ANNA),
        lambda db, owner: db.store.read(alert_destinations.one, owner, destination),
        lambda db, owner: change(db, alert_destinations.change, owner, destination, HOOK, ANNA),
        lambda db, owner: change(db, alert_destinations.set_secrets, owner, destination, b"x", ANNA),
        lambda db, owner: change(db, alert_destinations.set_enabled, owner, destination, None, ANNA),
        lambda db, owner: change(db, alert_destinations.set_disabled, owner, destination, "no", ANNA),
        lambda db, owner: change(db, alert_destinations.remove, owner, destination, ANNA),
    ]


@pytest.mark.parametrize("sky", ["live", "sandbox"])
def test_nobody_reads_or_changes_what_is_anothers_or_of_another_sky(db: Db, ben: Owner, eve: Owner, sky: str) -> None:
    rule, listed, destination = fill(db, ben)
    entry = db.store.read(watchlists.entries_page, ben, listed)[0].id
    other = eve if sky == "live" else Owner(ben.user_id, "sandbox")
    before = numbers(db)
    for theirs, nobodys in zip(attempts(rule, listed, entry, destination), attempts(999, 999, 999, 999), strict=True):
        with pytest.raises(NotFound) as hers:
            theirs(db, other)
        with pytest.raises(NotFound) as nothing:
            nobodys(db, other)
        assert str(hers.value) == str(nothing.value)
    listed_to_other: list[list[Any]] = [
        db.store.read(alert_rules.page, other),
        db.store.read(watchlists.page, other),
        db.store.read(alert_destinations.page, other),
    ]
    assert listed_to_other == [[], [], []]
    assert numbers(db) == before
    assert db.store.read(alert_destinations.one, ben, destination).secrets == b"sealed hush"


def test_deleting_a_user_deletes_everything_of_theirs_and_nothing_else(db: Db, ben: Owner, eve: Owner) -> None:
    fill(db, ben)
    fill(db, eve)
    assert numbers(db) == [2, 2, 4, 2]
    change(db, users.remove, ben.user_id, ANNA)
    assert numbers(db) == [1, 1, 2, 1]
    assert len(db.store.read(alert_rules.page, eve)) == 1


def test_ids_are_never_reused(db: Db, ben: Owner) -> None:
    first = fill(db, ben)
    change(db, alert_rules.remove, ben, first[0], ANNA)
    change(db, watchlists.remove, ben, first[1], ANNA)
    change(db, alert_destinations.remove, ben, first[2], ANNA)
    assert all(new > old for new, old in zip(fill(db, ben), first, strict=True))


def test_the_audit_log_has_nothing_of_what_rules_lists_and_destinations_are_about(db: Db, ben: Owner) -> None:
    rule, listed, destination = fill(db, ben)
    change(db, alert_rules.change, ben, rule, RULE, ANNA)
    change(db, watchlists.rename, ben, listed, "Hush", ANNA)
    change(db, watchlists.add, ben, listed, [EntryRow("type", "A320")], ANNA)
    change(db, alert_destinations.set_secrets, ben, destination, b"hush", ANNA)
    change(db, alert_destinations.set_disabled, ben, destination, "hush", ANNA)
    rows = [row for row in db.store.read(audit.page) if row.action.partition(".")[0] in ("rule", "watchlist", "destination")]
    assert len(rows) == 8
    for word in ("Secret", "hush", "Hush", "military", "Neighbours", "4B1800", "A320", "example", "My hook"):
        assert word not in str(rows)
    assert {row.object for row in rows} == {f"alert rule {rule}", f"watchlist {listed}", f"destination {destination}"}


def test_secrets_are_in_no_representation(db: Db, ben: Owner) -> None:
    fill(db, ben)
    assert "hush" not in repr(db.store.read(alert_destinations.page, ben))
    assert "hush" not in repr(HOOK)


LIMITS: list[tuple[Noun, Any, Callable[[Db, Owner], object]]] = [
    (alert_rules.NOUN, ALERT_RULES, lambda db, owner: change(db, alert_rules.create, owner, RULE, ANNA)),
    (watchlists.NOUN, WATCHLISTS, lambda db, owner: change(db, watchlists.create, owner, "One", [], ANNA)),
    (alert_destinations.NOUN, ALERT_DESTINATIONS, lambda db, owner: change(db, alert_destinations.create, owner, HOOK, ANNA)),
]


@pytest.mark.parametrize(("noun", "table", "make_one"), LIMITS, ids=lambda value: getattr(value, "action", ""))
def test_an_owner_has_only_so_many(
    db: Db, ben: Owner, eve: Owner, noun: Noun, table: Any, make_one: Callable[[Db, Owner], object]
) -> None:
    make_one(db, ben)

    def copies(connection: Any) -> None:
        row = dict(connection.execute(select(table)).mappings().one())
        del row["id"]
        connection.execute(table.insert(), [row] * (noun.most - 1))

    db.store.write(copies)
    with pytest.raises(AccountError, match=f"{noun.most} {noun.name}s already"):
        make_one(db, ben)
    assert db.store.read(owned.count, table, ben) == noun.most
    make_one(db, eve)
    make_one(db, Owner(ben.user_id, "sandbox"))


# -- watchlists -----------------------------------------------------------------------------------


def test_an_entry_is_on_a_list_once_and_a_list_can_be_replaced(db: Db, ben: Owner, clock: StillClock) -> None:
    listed = change(db, watchlists.create, ben, "Neighbours", ENTRIES, ANNA)
    assert listed.entries == 2
    more = [*ENTRIES, EntryRow("hex", "4B1800", True), EntryRow("type", "A320"), EntryRow("type", "A320", False, "twice")]
    assert change(db, watchlists.add, ben, listed.id, more, ANNA) == (2, 3)
    found = db.store.read(watchlists.entries_page, ben, listed.id)
    assert [(row.kind, row.value, row.exclude) for row in found] == [
        ("hex", "4B1800", False), ("callsign", "SWR12", True), ("hex", "4B1800", True), ("type", "A320", False),
    ]  # fmt: skip
    assert db.store.read(watchlists.entries_page, ben, listed.id, found[1].id, 1) == [found[2]]
    change(db, watchlists.remove_entry, ben, listed.id, found[0].id, ANNA)
    assert db.store.read(watchlists.one, ben, listed.id).entries == 3
    db.store.write(watchlists.add, ben, listed.id, [EntryRow("type", "B738")], ANNA, clock.wall(), replace=True)
    assert db.store.read(watchlists.entries_of, [listed.id]) == {listed.id: [EntryRow("type", "B738")]}


def test_an_entry_of_another_list_of_ones_own_is_not_taken_off(db: Db, ben: Owner) -> None:
    first = change(db, watchlists.create, ben, "One", ENTRIES, ANNA)
    second = change(db, watchlists.create, ben, "Two", [], ANNA)
    entry = db.store.read(watchlists.entries_page, ben, first.id)[0].id
    with pytest.raises(NotFound):
        change(db, watchlists.remove_entry, ben, second.id, entry, ANNA)


def test_an_owner_has_at_most_5000_entries_on_all_lists(db: Db, ben: Owner, clock: StillClock) -> None:
    many = [EntryRow("hex", f"{number:06X}") for number in range(watchlists.MAX_ENTRIES - 1)]
    first = change(db, watchlists.create, ben, "Many", many, ANNA)
    second = change(db, watchlists.create, ben, "More", [EntryRow("type", "A320")], ANNA)
    with pytest.raises(AccountError, match="5,000"):
        change(db, watchlists.add, ben, second.id, [EntryRow("type", "B738")], ANNA)
    assert db.store.write(watchlists.add, ben, first.id, many, ANNA, clock.wall(), replace=True).added == len(many)
    assert db.store.read(watchlists.one, ben, second.id).entries == 1


# -- destinations ---------------------------------------------------------------------------------


def test_a_destination_is_turned_off_and_on_with_the_reason(db: Db, ben: Owner, clock: StillClock) -> None:
    made = change(db, alert_destinations.create, ben, HOOK, ANNA)
    off = change(db, alert_destinations.set_disabled, ben, made.id, "gone\n", ANNA)
    assert (off.disabled_at, off.disabled_reason) == (clock.wall(), "gone?")
    assert db.store.read(alert_destinations.in_sky, "live") == []
    on = change(db, alert_destinations.set_enabled, ben, made.id, 4, ANNA)
    assert (on.disabled_at, on.disabled_reason, on.maker_key_id, on.secrets) == (None, "", 4, b"sealed hush")
    assert db.store.write(alert_destinations.disable_for_delivery, made.id, "410", clock.wall())
    assert not db.store.write(alert_destinations.disable_for_delivery, made.id, "410 again", clock.wall())
    assert not db.store.write(alert_destinations.disable_for_delivery, 999, "410", clock.wall())
    assert db.store.read(alert_destinations.one, ben, made.id).disabled_reason == "410"
    assert db.store.read(audit.page, action="destination.disable")[0].actor_kind == "system"
    again = change(db, alert_destinations.change, ben, made.id, HOOK, ANNA)
    assert (again.disabled_at, again.disabled_reason, again.maker_key_id) == (None, "", None)


def test_a_deleted_destination_leaves_the_rules_of_its_owner_only(db: Db, ben: Owner, eve: Owner, clock: StillClock) -> None:
    named = replace(RULE, document=dict(RULE.document) | {"destinations": ["7", "8"]})
    his, hers = (change(db, alert_rules.create, owner, named, ANNA) for owner in (ben, eve))
    db.store.write(alert_rules.forget_destination, ben, 7, clock.wall())
    assert db.store.read(alert_rules.one, ben, his.id).document["destinations"] == ["8"]
    assert db.store.read(alert_rules.one, ben, his.id).version == 2
    assert db.store.read(alert_rules.one, eve, hers.id).document["destinations"] == ["7", "8"]


def test_secrets_are_sealed_again_where_that_is_wanted(db: Db, ben: Owner, eve: Owner) -> None:
    first = change(db, alert_destinations.create, ben, HOOK, ANNA)
    second = change(db, alert_destinations.create, eve, HOOK, ANNA)
    change(db, alert_destinations.create, eve, replace(HOOK, kind="browser", secrets=None), ANNA)

    def again(owner_id: int, sealed: bytes) -> bytes | None:
        return sealed + b"!" if owner_id == ben.user_id else None

    assert db.store.write(alert_destinations.seal_again, again) == 1
    assert db.store.read(alert_destinations.one, ben, first.id).secrets == b"sealed hush!"
    assert db.store.read(alert_destinations.one, eve, second.id).secrets == b"sealed hush"


def test_a_damaged_row_harms_no_other_one(db: Db, ben: Owner) -> None:
    rule, _, destination = fill(db, ben)

    def damage(connection: Any) -> None:
        connection.execute(ALERT_RULES.update().values(document="{", scopes="nonsense"))
        connection.execute(ALERT_DESTINATIONS.update().values(settings="[]"))

    db.store.write(damage)
    assert db.store.read(alert_rules.one, ben, rule).document == {}
    assert db.store.read(alert_rules.one, ben, rule).scopes == frozenset()
    assert db.store.read(alert_destinations.one, ben, destination).settings == {}
