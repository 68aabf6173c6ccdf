"""Claims about the outbox of alerts: the order for each destination, tries, quiet hours, dead letters; on every kind of database."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from skyspy.store.history import outbox
from skyspy.store.history.kinds import DAY_S, KINDS, HistoryLimits
from skyspy.store.history.outbox import DEAD, HELD, PENDING, SENT, SUMMARIZED, TOO_MANY, Delivery, DeliverySearch, key_of
from skyspy.store.history.retention import Deletion
from tests.support.alerts import DAY, alert, deliveries_of, delivery, write
from tests.support.history import Stores

LATER = DAY + 1000


def due(stores: Stores, now: float = LATER, limit: int = 10) -> list[str]:
    return [one.id for one in stores.history.read(outbox.due, now, limit)]


def commit(stores: Stores, fn: object, *args: object) -> object:
    return stores.history.commit_now(fn, *args)  # type: ignore[arg-type]


def add(stores: Stores, *deliveries: Delivery) -> None:
    """Store these deliveries with an alert each."""
    numbers = sorted({int(str(one.alert_id)[2:]) for one in deliveries})
    write(stores, *(alert(number) for number in numbers), to=deliveries)


def summarize(held: Sequence[Delivery], now: float) -> Delivery:
    first = held[0]
    return delivery(
        900 + first.destination_id,
        first.destination_id,
        alert_id=None,
        title=f"{len(held)} alerts",
        body="; ".join(one.body for one in held),
        created_at=now,
        next_try=now,
    )


def test_a_delivery_is_read_as_it_was_written(stores: Stores) -> None:
    add(stores, delivery())
    assert stores.history.read(outbox.due, LATER, 1) == [delivery()]
    assert stores.history.read(outbox.one, 7, "msg_0001") == delivery()
    assert stores.history.read(outbox.one, 8, "msg_0001") is None


def test_of_each_destination_only_the_oldest_is_due(stores: Stores) -> None:
    add(stores, delivery(1), delivery(2), delivery(3, 2), delivery(4, 2))
    add(stores, delivery(5, 3))
    assert due(stores) == ["msg_0001", "msg_0003", "msg_0005"]
    assert due(stores, limit=2) == ["msg_0001", "msg_0003"]
    commit(stores, outbox.sent, "msg_0001", LATER)
    assert due(stores) == ["msg_0002", "msg_0003", "msg_0005"]
    assert deliveries_of(stores)["msg_0001"].sent_at == LATER


def test_those_of_one_moment_are_sent_in_the_order_in_which_they_were_written(stores: Stores) -> None:
    same = [delivery(number, created_at=DAY, next_try=DAY) for number in (9, 3, 6)]
    add(stores, *same)
    found = []
    while ready := due(stores):
        found += ready
        commit(stores, outbox.sent, ready[0], LATER)
    assert found == ["msg_0009", "msg_0003", "msg_0006"]


def test_while_the_oldest_waits_for_its_next_try_the_others_wait_behind_it(stores: Stores) -> None:
    add(stores, delivery(1), delivery(2), delivery(3, 2))
    commit(stores, outbox.retry, "msg_0001", LATER + 5, "status 500", 500)
    assert due(stores) == ["msg_0003"]
    found = deliveries_of(stores)["msg_0001"]
    assert (found.state, found.attempts, found.last_error, found.last_status) == (PENDING, 1, "status 500", 500)
    assert due(stores, LATER + 5) == ["msg_0003", "msg_0001"]
    commit(stores, outbox.dead, "msg_0001", LATER + 6, "given up" * 100, None)
    assert due(stores, LATER + 6) == ["msg_0002", "msg_0003"]
    found = deliveries_of(stores)["msg_0001"]
    assert (found.state, found.attempts, found.dead_at, len(found.last_error or "")) == (DEAD, 2, LATER + 6, 300)


def test_what_is_done_is_not_noted_again(stores: Stores) -> None:
    add(stores, delivery())
    commit(stores, outbox.sent, "msg_0001", LATER)
    commit(stores, outbox.dead, "msg_0001", LATER + 1, "too late", None)
    commit(stores, outbox.retry, "msg_0001", LATER + 1, "too late", None)
    found = deliveries_of(stores)["msg_0001"]
    assert (found.state, found.attempts, found.last_error) == (SENT, 1, None)


def test_the_next_time_at_which_something_is_to_be_done(stores: Stores) -> None:
    assert stores.history.read(outbox.next_due) is None
    add(stores, delivery(1, next_try=DAY + 70), delivery(2, next_try=DAY + 3), delivery(3, 2, state=HELD, next_try=DAY + 90))
    assert stores.history.read(outbox.next_due) == DAY + 70, "the second waits behind the first"
    commit(stores, outbox.retry, "msg_0001", DAY + 95, "down", None)
    assert stores.history.read(outbox.next_due) == DAY + 90


# Quiet hours


def test_held_ones_are_not_due_and_keep_no_other_waiting(stores: Stores) -> None:
    add(stores, delivery(1, state=HELD, next_try=DAY + 90), delivery(2))
    assert due(stores) == ["msg_0002"]
    assert not stores.history.read(outbox.held_due, DAY + 89)
    assert stores.history.read(outbox.held_due, DAY + 90)


def test_at_the_end_of_quiet_hours_each_destination_gets_one_summary(stores: Stores) -> None:
    held = [
        delivery(number, destination, state=HELD, next_try=DAY + 90) for number, destination in ((1, 1), (2, 1), (3, 2), (4, 1))
    ]
    add(stores, *held, delivery(5, 1, state=HELD, next_try=LATER + 1), delivery(6, 2))
    assert commit(stores, outbox.release_held, DAY + 90, summarize) == 4
    assert due(stores) == ["msg_0006", "msg_0901"]
    found = deliveries_of(stores)
    assert (found["msg_0901"].title, found["msg_0901"].body) == ("3 alerts", "SWR1 is low; SWR2 is low; SWR4 is low")
    assert {one.id for one in found.values() if (one.state, one.summary_id) == (SUMMARIZED, "msg_0901")} == {
        "msg_0001",
        "msg_0002",
        "msg_0004",
    }
    assert found["msg_0003"].state == PENDING, "a single one is sent as it is"
    assert found["msg_0005"].state == HELD, "its quiet hours go on"
    commit(stores, outbox.sent, "msg_0006", LATER)
    assert sorted(due(stores)) == ["msg_0003", "msg_0901"]
    assert commit(stores, outbox.release_held, DAY + 90, summarize) == 0


# Dead letters


def test_a_dead_letter_is_sent_again_behind_what_waits_with_the_same_id_by_its_owner_alone(stores: Stores) -> None:
    add(stores, delivery(1), delivery(2))
    commit(stores, outbox.retry, "msg_0001", DAY, "down", 503)
    commit(stores, outbox.dead, "msg_0001", LATER, "down", 503)
    assert commit(stores, outbox.resend, 8, "msg_0001", LATER) is None
    assert commit(stores, outbox.resend, 7, "msg_0002", LATER) is None, "it is not dead"
    again = commit(stores, outbox.resend, 7, "msg_0001", LATER)
    assert isinstance(again, Delivery)
    assert (again.state, again.attempts, again.dead_at, again.next_try) == (PENDING, 0, None, LATER)
    assert due(stores) == ["msg_0002"]
    commit(stores, outbox.sent, "msg_0002", LATER)
    assert due(stores) == ["msg_0001"]


def test_what_waits_for_a_destination_is_given_up_when_the_destination_is(stores: Stores) -> None:
    add(stores, delivery(1), delivery(2, state=HELD, next_try=LATER), delivery(3, 2))
    assert commit(stores, outbox.discard_for_destination, 8, 1, LATER, "deleted") == 0
    assert commit(stores, outbox.discard_for_destination, 7, 1, LATER, "deleted") == 2
    assert {one.id: (one.state, one.last_error) for one in deliveries_of(stores).values()} == {
        "msg_0001": (DEAD, "deleted"),
        "msg_0002": (DEAD, "deleted"),
        "msg_0003": (PENDING, None),
    }


def test_what_waits_for_one_destination_is_bounded_and_the_rest_stands_as_dead(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_WAITING", 3)
    add(stores, delivery(1), delivery(2), delivery(3, 2))
    add(stores, delivery(4), delivery(5), delivery(6, 2))
    found = deliveries_of(stores)
    assert {one.id for one in found.values() if one.state == DEAD} == {"msg_0005"}
    assert found["msg_0005"].last_error == TOO_MANY


# For people


def test_a_page_of_deliveries_is_the_owners_the_newest_first_and_filtered(stores: Stores) -> None:
    add(stores, *(delivery(number, number % 2) for number in range(1, 6)), delivery(6, owner_id=8))
    commit(stores, outbox.sent, "msg_0001", LATER)
    first = stores.history.read(outbox.page, 7, DeliverySearch(), None, 3)
    assert [one.id for one in first] == ["msg_0005", "msg_0004", "msg_0003"]
    rest = stores.history.read(outbox.page, 7, DeliverySearch(), key_of(first[-1]), 3)
    assert [one.id for one in rest] == ["msg_0002", "msg_0001"]
    for search, expected in (
        (DeliverySearch(state=SENT), ["msg_0001"]),
        (DeliverySearch(destination_id=0), ["msg_0004", "msg_0002"]),
        (DeliverySearch(alert_id="a-0003"), ["msg_0003"]),
        (DeliverySearch(since=DAY + 5), ["msg_0005"]),
        (DeliverySearch(until=DAY + 2), ["msg_0001"]),
    ):
        assert [one.id for one in stores.history.read(outbox.page, 7, search, None, 9)] == expected
    assert stores.history.read(outbox.counts, 7) == {PENDING: 4, HELD: 0, SUMMARIZED: 0, SENT: 1, DEAD: 0}
    assert stores.history.read(outbox.counts)[PENDING] == 5


def test_retention_deletes_old_alerts_and_deliveries_but_not_those_that_wait(stores: Stores) -> None:
    add(stores, delivery(1), delivery(2, state=HELD, next_try=LATER), delivery(3))
    commit(stores, outbox.sent, "msg_0001", LATER)
    now = DAY + 400 * DAY_S
    Deletion(stores.history, stores.clock, lambda: True, 0.0).delete_expired(HistoryLimits.same(1.0), now)
    assert set(deliveries_of(stores)) == {"msg_0002", "msg_0003"}
    assert {kind.name for kind in KINDS if kind.group == "alerts"} == {"alerts", "alert_deliveries"}
    assert write(stores, alert(1)) > 0, "the alerts of before are gone"
