"""Claims about stored alerts, on every kind of database."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from skyspy.config import history_url_of
from skyspy.store import StoreError, users
from skyspy.store.audit import Actor
from skyspy.store.history import HistoryStore, alerts, outbox
from skyspy.store.history.alerts import AlertSearch, Ended, OwnerCount, key_of
from skyspy.store.history.outbox import DeliverySearch
from tests.support.alerts import DAY, alert, deliveries_of, delivery, write
from tests.support.history import Stores

ACTOR = Actor("cli", "test")


def ids(found: list[alerts.Alert]) -> list[str]:
    return [one.id for one in found]


def test_an_alert_is_read_as_it_was_written(stores: Stores) -> None:
    written = alert(held_until=DAY + 90, ended_at=DAY + 9, suppressed=4, demo=True, notify=True)
    write(stores, written, alert(2, hex=None, callsign=None, aircraft=None, matched=()))
    assert stores.history.read(alerts.one, 7, written.id) == written
    second = stores.history.read(alerts.one, 7, "a-0002")
    assert second is not None
    assert (second.hex, second.aircraft, second.matched) == (None, None, ())


def test_alerts_and_deliveries_are_one_transaction(stores: Stores) -> None:
    def write_and_fail(connection: Connection) -> None:
        alerts.write_triggers(connection, [alert()], [delivery()])
        raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        stores.history.commit_now(write_and_fail)
    assert stores.history.read(alerts.one, 7, "a-0001") is None
    assert deliveries_of(stores) == {}
    write(stores, alert(), to=(delivery(),))
    assert list(deliveries_of(stores)) == ["msg_0001"]


def test_an_alert_that_is_written_again_changes_nothing_and_is_not_sent_again(stores: Stores) -> None:
    write(stores, alert(), to=(delivery(),))
    stores.history.commit_now(outbox.sent, "msg_0001", DAY + 5)
    write(stores, alert(message="another"), to=(delivery(2, alert_id="a-0001"),))
    write(stores, alert(id="a-0009"), to=(delivery(3, alert_id="a-0009"),))
    found = stores.history.read(alerts.page, 7, AlertSearch(), None, 9)
    assert [(one.id, one.message) for one in found] == [("a-0001", "SWR1 is low")]
    assert {one.id: one.state for one in deliveries_of(stores).values()} == {"msg_0001": "sent"}


def test_what_is_new_is_read_once_in_the_order_in_which_it_was_written(stores: Stores) -> None:
    first = write(stores, alert(2), alert(1))
    found = stores.history.read(alerts.changed_since, 0)
    assert (ids(found.alerts), found.upto) == (["a-0002", "a-0001"], first)
    assert stores.history.read(alerts.changed_since, found.upto).alerts == []
    assert write(stores, alert(3)) > first
    assert ids(stores.history.read(alerts.changed_since, found.upto).alerts) == ["a-0003"]
    assert len(stores.history.read(alerts.changed_since, 0, 2).alerts) == 2


def test_a_number_does_not_return_when_alerts_are_deleted(stores: Stores) -> None:
    before = write(stores, alert(5))
    stores.history.commit_now(lambda c: c.exec_driver_sql("DELETE FROM alert"))
    assert write(stores, alert(6)) > before


def test_the_latest_are_bounded_for_each_user_and_in_all(stores: Stores) -> None:
    write(stores, *(alert(number) for number in range(1, 6)), alert(6, owner_id=8))
    found = stores.history.read(alerts.latest, DAY + 2, 3, 100)
    assert ids(found.alerts) == ["a-0003", "a-0004", "a-0005", "a-0006"]
    assert found.upto == stores.history.read(alerts.last_change)
    assert ids(stores.history.read(alerts.latest, DAY + 5, 3, 100).alerts) == ["a-0005", "a-0006"]
    assert ids(stores.history.read(alerts.latest, DAY, 3, 2).alerts) == ["a-0005", "a-0006"]


def test_the_first_end_of_a_match_counts_and_one_that_ended_goes_on_no_more(stores: Stores) -> None:
    write(stores, alert(1), alert(2))
    stores.history.commit_now(alerts.write_triggers, [], [], [Ended("a-0001", DAY + 50)], ["a-0001", "a-0002"], DAY + 60)
    stores.history.commit_now(alerts.write_triggers, [], [], [Ended("a-0001", DAY + 90)], ["a-0001"], DAY + 99)
    found = {one.id: (one.matched_until, one.ended_at) for one in stores.history.read(alerts.active, DAY + 40)}
    assert found == {"a-0001": (DAY + 50, DAY + 50), "a-0002": (DAY + 60, None)}
    assert ids(stores.history.read(alerts.active, DAY + 51)) == ["a-0002"]


def test_a_page_goes_on_where_the_one_before_ended_and_holds_the_owners_alerts_alone(stores: Stores) -> None:
    write(stores, *(alert(number) for number in range(1, 8)), alert(9, owner_id=8), alert(10, triggered_at=DAY + 3))
    found, after = [], None
    while page := stores.history.read(alerts.page, 7, AlertSearch(), after, 3):
        found += ids(page)
        after = key_of(page[-1])
    assert found == ["a-0007", "a-0006", "a-0005", "a-0004", "a-0010", "a-0003", "a-0002", "a-0001"]
    assert stores.history.read(alerts.one, 8, "a-0001") is None
    assert ids(stores.history.read(alerts.page, 8, AlertSearch(), None, 9)) == ["a-0009"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (AlertSearch(since=DAY + 2), ["a-0003", "a-0002"]),
        (AlertSearch(until=DAY + 2), ["a-0001"]),
        (AlertSearch(rule_id=4), ["a-0003"]),
        (AlertSearch(hex="4B0002"), ["a-0002"]),
        (AlertSearch(callsign="swr1"), ["a-0001"]),
        (AlertSearch(callsign="%"), []),
        (AlertSearch(demo=True), ["a-0002"]),
    ],
)
def test_each_filter_of_a_list(stores: Stores, search: AlertSearch, expected: list[str]) -> None:
    write(stores, alert(1), alert(2, demo=True), alert(3, rule_id=4))
    assert ids(stores.history.read(alerts.page, 7, search, None, 9)) == expected


def test_operators_get_counts(stores: Stores) -> None:
    write(stores, alert(1), alert(2), alert(3, owner_id=8))
    assert stores.history.read(alerts.counts_by_owner, DAY + 2) == [OwnerCount(7, 1, DAY + 2), OwnerCount(8, 1, DAY + 3)]
    assert stores.history.read(alerts.count_of, 7, DAY) == 2


def test_stored_json_that_is_damaged_is_read_as_nothing(stores: Stores) -> None:
    write(stores, alert(), to=(delivery(),))
    stores.history.commit_now(lambda c: c.exec_driver_sql("UPDATE alert SET matched = '{', aircraft = '[1]'"))
    stores.history.commit_now(lambda c: c.exec_driver_sql("UPDATE alert_delivery SET data = '['"))
    found = stores.history.read(alerts.one, 7, "a-0001")
    assert found is not None
    assert (found.matched, found.aircraft) == ((), None)
    assert deliveries_of(stores)["msg_0001"].data == {}


def test_alerts_and_deliveries_of_a_deleted_user_are_deleted(stores: Stores) -> None:
    made = stores.main.write(users.create, "ann", "viewer", None, ACTOR, stores.clock.wall())
    write(stores, alert(1, owner_id=made.id), alert(2), to=(delivery(1, owner_id=made.id), delivery(2)))
    stores.main.write(users.remove, made.id, ACTOR, stores.clock.wall())
    history = HistoryStore(history_url_of(stores.url), stores.main, stores.clock)
    history.open()
    assert history.apply_deletions() == 2
    history.close()
    assert stores.history.read(alerts.page, made.id, AlertSearch(), None, 9) == []
    assert stores.history.read(outbox.page, made.id, DeliverySearch(), None, 9) == []
    assert list(deliveries_of(stores)) == ["msg_0002"]
