"""Claims about long work in pieces (skyspy/cooperate.py): all of it together takes little of each round of the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent
import pytest

from skyspy.cooperate import MAX_BUSY_SECONDS, Turns, Yielder
from tests.conftest import StillClock
from tests.support.hub import Rounds, rounds_counted

PIECE = 0.001
"""Seconds that one piece of work takes, by the clock of the test."""


class Crew:
    """Greenlets that work in pieces, and how much was worked in each round of the hub."""

    def __init__(self, rounds: Rounds) -> None:
        self.clock = StillClock()
        self.turns = Turns(self.clock.steady)
        self.worked: Counter[int] = Counter()
        self.order: list[str] = []
        self._rounds = rounds

    def spawn(self, name: str, pieces: int, failing: Callable[[], None] = lambda: None) -> Any:
        return gevent.spawn(self._work, name, pieces, failing)

    def _work(self, name: str, pieces: int, failing: Callable[[], None]) -> None:
        yielder = Yielder(self.clock.steady, self.turns)
        # What each does at its beginning is its own: from here on it waits for its turns.
        yielder.pause()
        for _ in range(pieces):
            self.clock.pass_by(PIECE)
            self.worked[self._rounds.count] += 1
            self.order.append(name)
            yielder.maybe_yield()
        failing()


def test_ten_who_work_at_once_take_as_much_of_a_round_as_one() -> None:
    with rounds_counted() as rounds:
        crew = Crew(rounds)
        gevent.joinall([crew.spawn(str(number), 20) for number in range(10)], timeout=10, raise_error=True)
    assert sum(crew.worked.values()) == 200
    assert max(crew.worked.values()) <= MAX_BUSY_SECONDS / PIECE + 1


def test_each_has_its_turn_as_often_as_the_others() -> None:
    with rounds_counted() as rounds:
        crew = Crew(rounds)
        gevent.joinall([crew.spawn(name, 50) for name in "abcd"], timeout=10, raise_error=True)
    half = Counter(crew.order[:100])
    assert set(half) == set("abcd")
    assert max(half.values()) - min(half.values()) <= 2 * MAX_BUSY_SECONDS / PIECE


def test_many_with_little_to_do_share_a_round() -> None:
    with rounds_counted() as rounds:
        crew = Crew(rounds)
        gevent.joinall([crew.spawn(str(number), 1) for number in range(30)], timeout=10, raise_error=True)
    assert max(crew.worked.values()) >= MAX_BUSY_SECONDS / PIECE / 2


def test_one_that_is_ended_while_it_waits_keeps_nobody_from_working() -> None:
    with rounds_counted() as rounds:
        crew = Crew(rounds)
        ended, other = crew.spawn("ended", 5), crew.spawn("other", 5)
        gevent.sleep(0)
        ended.kill()
        other.join(timeout=10)
    assert crew.order == ["other"] * 5


def test_an_error_of_one_is_its_own() -> None:
    def failing() -> None:
        raise ValueError("a bug")

    with rounds_counted() as rounds:
        crew = Crew(rounds)
        broken, other = crew.spawn("broken", 1, failing), crew.spawn("other", 20)
        other.join(timeout=10)
        with pytest.raises(ValueError, match="a bug"):
            broken.get()
    assert crew.order.count("other") == 20
