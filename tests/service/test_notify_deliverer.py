"""F47: every alert arrives once, by its id, and in order, or stands as given up; and a destination delays no other and not the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import gevent
import pytest

from skyspy.clock import Clock
from skyspy.notify.deliverer import AFTER_CRASH_S, MAX_AT_ONCE, MAX_PER_OWNER, NOT_THERE, Deliverer
from skyspy.notify.destination import Destination, Message, Outcome, Timing
from skyspy.notify.retries import WAITS_S
from skyspy.notify.send import Senders
from skyspy.notify.vault import VaultError
from skyspy.notify.webhook import Webhooks
from skyspy.outbound.resolver import Resolver
from skyspy.store.errors import StoreBusy, StoreError
from skyspy.store.history.lease import Fenced
from tests.support.clock import StillClock
from tests.support.notify import (
    NOW,
    OK,
    HookServer,
    MemoryDestinations,
    MemoryOutbox,
    Row,
    answers,
    destination,
    free_port,
    silent,
    trickling,
)
from tests.support.sources import wait_for

QUICK = Timing(connect_s=5.0, total_s=0.3)
LONG = Timing(connect_s=30.0, total_s=60.0)


@dataclass(slots=True)
class Desk:
    """A deliverer with its outbox, its destinations and a clock that the test moves."""

    outbox: MemoryOutbox
    destinations: MemoryDestinations
    clock: StillClock
    deliverer: Deliverer
    holds: bool = True

    def round(self) -> None:
        """One round, and what it began has ended."""
        self.deliverer.round()
        wait_for(lambda: not self.deliverer.under_way)

    def until_quiet(self, rounds: int = 100) -> None:
        """Rounds until nothing is due."""
        for _ in range(rounds):
            if not self.outbox.due(self.clock.wall(), 1):
                return
            self.round()
        raise AssertionError("something is due for ever")


@contextmanager
def delivering(*rows: Row, to: list[Destination], timing: Timing = LONG, senders: Any = None) -> Iterator[Desk]:
    clock = StillClock(NOW)
    made = senders or Senders({"webhook": Webhooks(Resolver(), Clock(), timing)}, clock)
    outbox, destinations = MemoryOutbox(*rows), MemoryDestinations(*to)
    desk = Desk(outbox, destinations, clock, Deliverer(outbox, destinations, made, clock, lambda: desk.holds, lambda: 0.0))
    try:
        yield desk
    finally:
        desk.deliverer.stop()


def rows(count: int, **of: Any) -> list[Row]:
    return [Row(f"msg_{of.get('destination_id', 1)}_{number}", **of) for number in range(count)]


def to(server: HookServer, **of: Any) -> Destination:
    return destination("webhook", {"url": server.url}, **of)


def test_alerts_arrive_in_order_once_each() -> None:
    server = HookServer()
    with delivering(*rows(20), to=[to(server)]) as desk:
        desk.until_quiet()
        assert server.ids == [f"msg_1_{number}" for number in range(20)]
        assert set(desk.outbox.states().values()) == {"sent"}
        assert (server.most_open, desk.deliverer.sent) == (1, 20)
    server.close()


def test_f47_a_receiver_that_is_down_for_a_minute_gets_every_alert_once_and_in_order() -> None:
    port = free_port()
    there = destination("webhook", {"url": f"http://127.0.0.1:{port}/"})
    with delivering(*rows(5), to=[there]) as desk:
        desk.until_quiet()
        assert desk.outbox.rows["msg_1_0"].error == "the connection failed: connection refused"
        desk.clock.pass_by(WAITS_S[0])
        desk.until_quiet()
        desk.clock.pass_by(60)
        desk.until_quiet()
        assert desk.outbox.rows["msg_1_0"].attempts == 2, "only the oldest one is tried"
        assert desk.outbox.rows["msg_1_1"].attempts == 0
        server = HookServer(port=port)
        desk.clock.pass_by(WAITS_S[1])
        desk.until_quiet()
        assert server.ids == [f"msg_1_{number}" for number in range(5)]
        assert set(desk.outbox.states().values()) == {"sent"}
        server.close()


@pytest.mark.parametrize("behavior", [answers("500 X"), answers("429 X", "Retry-After: 1"), silent, trickling])
def test_f47_a_receiver_that_fails_for_a_while_gets_the_rest_in_order_with_the_same_id(behavior: Any) -> None:
    server = HookServer(OK, behavior, behavior, OK)
    with delivering(*rows(3), to=[to(server)], timing=QUICK) as desk:
        desk.until_quiet()
        for wait in WAITS_S[:2]:
            desk.clock.pass_by(wait)
            desk.until_quiet()
        assert server.ids == ["msg_1_0", "msg_1_1", "msg_1_1", "msg_1_1", "msg_1_2"]
        assert set(desk.outbox.states().values()) == {"sent"}
    server.close()


def test_f47_what_cannot_be_delivered_for_three_days_is_given_up_and_the_destination_is_disabled() -> None:
    server = HookServer(answers("500 X"))
    with delivering(*rows(3), to=[to(server)]) as desk:
        for _ in range(len(WAITS_S) + 1):
            desk.until_quiet()
            desk.clock.pass_by(WAITS_S[-1])
        desk.until_quiet()
        assert desk.outbox.states() == {"msg_1_0": "dead", "msg_1_1": "dead", "msg_1_2": "dead"}
        assert (desk.outbox.rows["msg_1_0"].attempts, server.ids) == (10, ["msg_1_0"] * 10)
        assert "three days" in desk.destinations.disabled[1] and "500" in desk.destinations.disabled[1]
        assert desk.outbox.rows["msg_1_1"].error == NOT_THERE
    server.close()


def test_410_disables_the_destination_at_once() -> None:
    server = HookServer(answers("410 Gone"))
    with delivering(*rows(3), to=[to(server)]) as desk:
        desk.until_quiet()
        assert set(desk.outbox.states().values()) == {"dead"}
        assert (len(server.received), desk.outbox.rows["msg_1_0"].status) == (1, 410)
        assert desk.destinations.disabled == {1: "the server answered 410 Gone"}
    server.close()


def test_a_message_that_is_refused_for_what_it_is_is_given_up_and_the_next_one_goes() -> None:
    server = HookServer(answers("413 X"), OK)
    with delivering(*rows(2), to=[to(server)]) as desk:
        desk.until_quiet()
        assert desk.outbox.states() == {"msg_1_0": "dead", "msg_1_1": "sent"}
        assert desk.destinations.disabled == {}
    server.close()


def test_f47_a_silent_destination_delays_no_other_one() -> None:
    stuck, well = HookServer(silent), HookServer()
    with delivering(*rows(2), *rows(10, destination_id=2), to=[to(stuck), to(well, id=2)]) as desk:
        for _ in range(100):
            desk.deliverer.round()
            gevent.sleep(0.005)
            if len(well.received) == 10:
                break
        assert well.ids == [f"msg_2_{number}" for number in range(10)]
        assert (stuck.ids, stuck.open) == (["msg_1_0"], 1), "it is still waited for"
    stuck.close()
    well.close()


def test_f47_the_silent_destinations_of_one_owner_leave_room_for_others() -> None:
    stuck, well = HookServer(silent), HookServer()
    hostile = [to(stuck, id=number, owner_id=66) for number in range(100, 100 + MAX_AT_ONCE * 2)]
    flood = [Row(f"msg_{one.id}", one.id, 66) for one in hostile]
    with delivering(*flood, *rows(1, destination_id=2), to=[*hostile, to(well, id=2)]) as desk:
        desk.deliverer.round()
        wait_for(lambda: well.received)
        wait_for(lambda: stuck.open == MAX_PER_OWNER)
        desk.deliverer.round()
        gevent.sleep(0.01)
        assert stuck.most_open == MAX_PER_OWNER
    stuck.close()
    well.close()


def test_so_many_tries_are_under_way_at_once_and_no_more() -> None:
    stuck = HookServer(silent)
    many = [to(stuck, id=number, owner_id=number) for number in range(1, MAX_AT_ONCE + 20)]
    with delivering(*(Row(f"msg_{one.id}", one.id, one.owner_id) for one in many), to=many) as desk:
        desk.deliverer.round()
        desk.deliverer.round()
        assert desk.deliverer.under_way == MAX_AT_ONCE
        wait_for(lambda: stuck.open == MAX_AT_ONCE)
    assert desk.deliverer.under_way == 0
    stuck.close()


def test_a_try_that_ends_while_the_outbox_is_read_is_not_repeated_by_what_was_read_before() -> None:
    server = HookServer()
    with delivering(*rows(2), to=[to(server)]) as desk:
        real = desk.outbox.due

        def slow(now: float, limit: int) -> list[Row]:
            found = real(now, limit)
            wait_for(lambda: not desk.deliverer.under_way)
            return found

        desk.deliverer.round()
        desk.outbox.due = slow  # type: ignore[method-assign]
        desk.deliverer.round()
        desk.outbox.due = real  # type: ignore[method-assign]
        desk.until_quiet()
        assert server.ids == ["msg_1_0", "msg_1_1"]
    server.close()


# -- the process, the databases --------------------------------------------------------------------


def test_a_process_that_does_not_write_the_history_sends_nothing() -> None:
    server = HookServer()
    with delivering(*rows(1), to=[to(server)]) as desk:
        desk.holds = False
        desk.round()
        assert server.received == []
        desk.holds = True
        desk.round()
        assert server.ids == ["msg_1_0"]
    server.close()


def test_a_process_that_lost_the_lease_before_it_sends_does_not_send() -> None:
    server = HookServer()
    with delivering(*rows(1), to=[to(server)]) as desk:
        real = desk.destinations.get

        def stopped_meanwhile(destination_id: int) -> Destination | None:
            desk.holds = False
            return real(destination_id)

        desk.destinations.get = stopped_meanwhile  # type: ignore[method-assign]
        desk.round()
        assert (server.received, desk.outbox.states()) == ([], {"msg_1_0": "pending"})
    server.close()


def test_what_was_sent_and_could_not_be_noted_is_not_sent_again() -> None:
    server = HookServer()
    with delivering(*rows(2), to=[to(server)]) as desk:
        desk.outbox.failing = StoreBusy("the disk is full")
        for _ in range(3):
            desk.round()
        assert (server.ids, desk.deliverer.unnoted) == (["msg_1_0"], 1)
        desk.outbox.failing = None
        desk.until_quiet()
        assert server.ids == ["msg_1_0", "msg_1_1"]
        assert (set(desk.outbox.states().values()), desk.deliverer.unnoted) == ({"sent"}, 0)
    server.close()


def test_what_another_process_goes_on_with_is_not_noted_here() -> None:
    server = HookServer()
    with delivering(*rows(1), to=[to(server)]) as desk:
        desk.outbox.failing = Fenced("another process writes")
        desk.round()
        assert (server.ids, desk.deliverer.unnoted, desk.outbox.states()) == (["msg_1_0"], 0, {"msg_1_0": "pending"})
    server.close()


def test_what_waited_to_be_noted_is_dropped_with_the_lease() -> None:
    server = HookServer()
    with delivering(*rows(1), to=[to(server)]) as desk:
        desk.outbox.failing = StoreError("gone")
        desk.round()
        desk.holds = False
        desk.round()
        assert desk.deliverer.unnoted == 0
    server.close()


def test_while_destinations_cannot_be_read_alerts_wait_and_no_try_counts() -> None:
    server = HookServer()
    with delivering(*rows(1), to=[to(server)]) as desk:
        desk.clock.sleep = lambda seconds: gevent.sleep(0)  # type: ignore[method-assign]
        desk.destinations.failing = StoreBusy("the database is busy")
        desk.round()
        assert (desk.outbox.rows["msg_1_0"].attempts, server.received) == (0, [])
        desk.destinations.failing = None
        desk.until_quiet()
        assert server.ids == ["msg_1_0"]
    server.close()


def test_secrets_that_cannot_be_read_are_said_and_tried_again() -> None:
    with delivering(*rows(1), to=[]) as desk:
        desk.destinations.failing = VaultError("its secrets cannot be read")
        desk.round()
        row = desk.outbox.rows["msg_1_0"]
        assert (row.state, row.error, row.next_try) == ("pending", "its secrets cannot be read", NOW + WAITS_S[0])


def test_s33_a_delivery_of_another_owner_than_the_destinations_is_given_up() -> None:
    server = HookServer()
    with delivering(Row("msg_x", 1, owner_id=8), to=[to(server, owner_id=7)]) as desk:
        desk.until_quiet()
        assert (server.received, desk.outbox.rows["msg_x"].error) == ([], NOT_THERE)
    server.close()


def test_a_delivery_whose_destination_is_gone_is_given_up() -> None:
    with delivering(*rows(1), to=[]) as desk:
        desk.until_quiet()
        assert (desk.outbox.rows["msg_1_0"].state, desk.outbox.rows["msg_1_0"].error) == ("dead", NOT_THERE)


class Crashing:
    """A sender that fails in a way that nobody expects."""

    def send(self, destination: Destination, message: Message) -> Outcome:
        raise RuntimeError("canary")

    def close(self) -> None:
        pass


def test_s20_a_sender_that_crashes_costs_its_own_delivery_a_try_and_says_no_text(logged: list[Any]) -> None:
    server, clock = HookServer(), StillClock(NOW)
    both = Senders({"webhook": Webhooks(Resolver(), Clock()), "mqtt": Crashing()}, clock)
    broken = replace(to(server, id=2), kind="mqtt")
    with delivering(*rows(1), *rows(1, destination_id=2), to=[to(server), broken], senders=both) as desk:
        desk.until_quiet()
        assert desk.outbox.states() == {"msg_1_0": "sent", "msg_2_0": "pending"}
        assert desk.outbox.rows["msg_2_0"].error == "an error of the server (RuntimeError)"
    assert "canary" not in str([record.getMessage() for record in logged])
    server.close()


def test_an_error_of_the_server_itself_holds_up_its_destination_and_not_the_others(logged: list[Any]) -> None:
    server = HookServer()
    with delivering(*rows(1), *rows(1, destination_id=2), to=[to(server), to(server, id=2)]) as desk:
        waits: list[float] = []
        desk.clock.sleep = waits.append  # type: ignore[method-assign]
        real = desk.destinations.get

        def broken(destination_id: int) -> Destination | None:
            if destination_id == 1:
                raise RuntimeError("canary")
            return real(destination_id)

        desk.destinations.get = broken  # type: ignore[method-assign]
        desk.round()
        assert (server.ids, waits) == (["msg_2_0"], [AFTER_CRASH_S])
        assert "RuntimeError in broken" in logged[-1].getMessage()
        assert "canary" not in logged[-1].getMessage()
    server.close()


def test_the_loop_sends_what_is_added_and_goes_on_at_once_with_the_next() -> None:
    server = HookServer()
    with delivering(to=[to(server)]) as desk:
        loop = Deliverer(
            desk.outbox, desk.destinations, Senders({"webhook": Webhooks(Resolver(), Clock())}, Clock()), Clock(), lambda: True
        )
        loop.start()
        desk.outbox.rows |= {row.id: row for row in rows(5)}
        loop.wake()
        wait_for(lambda: len(server.received) == 5, 10.0)
        wait_for(lambda: set(desk.outbox.states().values()) == {"sent"})
        loop.stop()
        assert not loop.loop.running
    server.close()


def test_stopping_lets_a_try_end_and_notes_it() -> None:
    server = HookServer(lambda sock: (gevent.sleep(0.1), sock.sendall(OK)))  # type: ignore[arg-type, return-value]
    with delivering(*rows(1), to=[to(server)]) as desk:
        desk.deliverer.round()
        wait_for(lambda: server.open)
        desk.deliverer.stop()
        assert desk.outbox.states() == {"msg_1_0": "sent"}
    server.close()
