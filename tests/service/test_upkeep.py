"""Upkeep: what was gathered is written, also at the end, and a failing round stops nothing."""

from __future__ import annotations

import pytest

from skyspy.auth.upkeep import ROUNDS_PER_TIDYING, Upkeep
from skyspy.store import StoreBusy
from tests.support.running_clock import RunningClock, turns_until


class Work:
    """Counts what is asked of it; raises what it is told to."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.flushes = self.tidyings = 0
        self.fault = fault

    def flush(self) -> int:
        self.flushes += 1
        if self.fault is not None:
            raise self.fault
        return 0

    def tidy(self) -> None:
        self.tidyings += 1


def upkeep_of(work: Work) -> Upkeep:
    return Upkeep((work,), work.tidy, RunningClock())


def test_uses_are_written_every_round_and_tidying_comes_once_an_hour() -> None:
    work = Work()
    upkeep = upkeep_of(work)
    for _ in range(ROUNDS_PER_TIDYING + 1):
        upkeep.round()
    assert (work.flushes, work.tidyings) == (ROUNDS_PER_TIDYING + 1, 2)


def test_what_is_left_is_written_at_the_end() -> None:
    work = Work()
    upkeep = upkeep_of(work)
    upkeep.start()
    upkeep.stop()
    assert work.flushes == 1


@pytest.mark.parametrize("fault", [StoreBusy("busy"), RuntimeError("a bug")])
def test_a_round_that_fails_does_not_end_the_others(fault: Exception) -> None:
    work = Work(fault)
    upkeep = upkeep_of(work)
    upkeep.start()
    turns_until(lambda: work.flushes > 2)
    upkeep.stop()
