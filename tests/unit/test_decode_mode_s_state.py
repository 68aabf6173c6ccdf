"""Claims about what is kept of one Mode S address (skyspy/decode/mode_s_state.py)."""

from __future__ import annotations

import gc
from math import inf

import pytest

from skyspy.decode import FORMATS, Context
from skyspy.decode.cpr import CprDecoder
from skyspy.decode.mode_s_state import READINGS, ModeSState, Reading
from tests.support.mode_s import all_call, beast


def parts(state: ModeSState) -> list[object]:
    """The objects that were made for this state alone."""
    return [part for part in gc.get_referents(state) if isinstance(part, Reading | CprDecoder)]


def test_an_address_of_which_nothing_else_is_said_costs_one_object() -> None:
    decoder = FORMATS["beast"].make(Context(None))
    assert len(decoder.feed(b"".join(beast(all_call(f"4b{n:04x}")) for n in range(500)), 1.0)) == 500
    states = [state for state in gc.get_objects() if isinstance(state, ModeSState)]
    assert len(states) >= 500
    assert not any(map(parts, [ModeSState(), *(state for state in states if state.heard_at == 1.0)]))


def test_a_reading_is_made_when_it_is_asked_for_and_stays() -> None:
    state = ModeSState()
    for name in READINGS:
        reading = getattr(state, name)
        assert (reading.value, reading.at) == (0.0, -inf)
        reading.set(5.0, 2.0)
        assert getattr(state, name) is reading
    assert state.cpr is state.cpr
    assert len(parts(state)) == len(READINGS) + 1
    with pytest.raises(AttributeError, match="nothing"):
        state.nothing  # noqa: B018 - that it is not there is the claim
