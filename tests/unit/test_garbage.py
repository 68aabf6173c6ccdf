"""Searches for garbage look at what is new, and now and then at everything."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from skyspy.garbage import Freezer


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def freezer() -> Iterator[Freezer]:
    gc.disable()
    made = Freezer(full_every=3)
    made.install()
    yield made
    gc.callbacks.remove(made)
    gc.unfreeze()
    gc.enable()


def test_what_survives_a_search_is_searched_again_only_with_everything(freezer: Freezer) -> None:
    cycle = Cycle()
    ended = weakref.ref(cycle)
    gc.collect()
    del cycle
    gc.collect()
    assert ended() is not None, "it was frozen while it was in use"
    gc.collect()
    assert ended() is None
    assert freezer.full == 1


def test_garbage_made_since_is_found_by_the_next_search_and_what_has_no_cycle_at_once(freezer: Freezer) -> None:
    cycle = Cycle()
    ended = weakref.ref(cycle)
    del cycle
    gc.collect()
    assert ended() is None
    kept = {1: Freezer()}
    freed = weakref.ref(kept[1])
    gc.collect()
    kept.clear()
    assert freed() is None
    assert gc.get_freeze_count() > 0
