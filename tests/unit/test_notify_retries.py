"""When a delivery is tried again, and when it is given up."""

from __future__ import annotations

import pytest

from skyspy.notify.destination import Outcome
from skyspy.notify.retries import JITTER, MAX_RETRY_AFTER_S, WAITS_S, Plan, plan

NOW = 1_800_000_000.0
DOWN = Outcome(ok=False, reason="no answer")


def wait_after(outcome: Outcome, tries: int, jitter: float = 0.0) -> float | None:
    found = plan(outcome, tries, NOW, lambda: jitter).next_try
    return None if found is None else found - NOW


def test_it_is_tried_again_later_and_later_for_three_days_and_then_given_up() -> None:
    waits = [wait_after(DOWN, tries) for tries in range(1, 11)]
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, None]
    assert plan(DOWN, 10, NOW, lambda: 0.0) == Plan(None, is_exhausted=True)
    assert 3 * 86400 < sum(WAITS_S) < 3.5 * 86400


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_jitter_makes_a_wait_longer_and_never_shorter(jitter: float) -> None:
    assert wait_after(DOWN, 2, jitter) == 300 * (1 + JITTER * jitter)


@pytest.mark.parametrize(
    ("asked", "wait"), [(1.0, 300.0), (600.0, 600.0), (1e9, MAX_RETRY_AFTER_S), (-5.0, 300.0), (None, 300.0)]
)
def test_what_the_other_side_asks_for_is_respected_within_bounds(asked: float | None, wait: float) -> None:
    assert wait_after(Outcome(ok=False, status=429, retry_after_s=asked), 2) == wait


def test_a_message_that_is_refused_for_what_it_is_does_not_hold_up_others_for_days() -> None:
    assert wait_after(Outcome(ok=False, status=413), 1) is None
    for status in (400, 422):
        assert [wait_after(Outcome(ok=False, status=status), tries) for tries in (1, 2, 3)] == [5, 300, None]
        assert not plan(Outcome(ok=False, status=status), 3, NOW, lambda: 0.0).is_exhausted


@pytest.mark.parametrize("outcome", [Outcome(ok=False, status=410, is_gone=True), Outcome(ok=False, is_final=True)])
def test_what_cannot_succeed_is_not_tried_again(outcome: Outcome) -> None:
    assert plan(outcome, 1, NOW, lambda: 0.0) == Plan(None)


@pytest.mark.parametrize("status", [301, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504, None])
def test_every_other_failure_is_tried_again(status: int | None) -> None:
    assert wait_after(Outcome(ok=False, status=status), 1) == 5
