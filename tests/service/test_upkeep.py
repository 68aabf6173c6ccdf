"""Upkeep: what was gathered is written, also at the end, and a failing round stops nothing."""

from __future__ import annotations

from typing import Any

import pytest

from skyspy.auth.upkeep import ROUNDS_PER_TIDYING, Upkeep
from skyspy.store import StoreBusy
from tests.running_clock import RunningClock, turns_until


class Tokens:
    """Counts what is asked of it; raises what it is told to."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.flushes = self.tidyings = 0
        self.fault = fault

    def flush_uses(self) -> int:
        self.flushes += 1
        if self.fault is not None:
            raise self.fault
        return 0

    def tidy(self) -> None:
        self.tidyings += 1


def upkeep_of(tokens: Any) -> Upkeep:
    return Upkeep(tokens, RunningClock())


def test_uses_are_written_every_round_and_tidying_comes_once_an_hour() -> None:
    tokens = Tokens()
    upkeep = upkeep_of(tokens)
    for _ in range(ROUNDS_PER_TIDYING + 1):
        upkeep.round()
    assert (tokens.flushes, tokens.tidyings) == (ROUNDS_PER_TIDYING + 1, 2)


def test_what_is_left_is_written_at_the_end() -> None:
    tokens = Tokens()
    upkeep = upkeep_of(tokens)
    upkeep.start()
    upkeep.stop()
    assert tokens.flushes == 1


@pytest.mark.parametrize("fault", [StoreBusy("busy"), RuntimeError("a bug")])
def test_a_round_that_fails_does_not_end_the_others(fault: Exception) -> None:
    tokens = Tokens(fault)
    upkeep = upkeep_of(tokens)
    upkeep.start()
    turns_until(lambda: tokens.flushes > 2)
    upkeep.stop()
