"""Decoded recordings against golden files, which change only on purpose (see tests/support/captures.py).

The longest one is in tests/service/test_decode_long_recording.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from skyspy.aircraft import SOURCES, Observation, clean_fields, clean_hex
from tests.support.captures import CAPTURES, LONG, Capture, observed, summary


@dataclass(frozen=True, slots=True)
class Recording:
    """A capture and what its decoder made of it."""

    capture: Capture
    observations: list[Observation]
    counts: dict[str, int]


@pytest.fixture(
    scope="module", params=[capture for capture in CAPTURES if capture.name != LONG], ids=lambda capture: capture.name
)
def recording(request: pytest.FixtureRequest) -> Recording:
    """Each capture, decoded once for all claims about it."""
    if request.param.missing:
        pytest.skip(f"recording not here: {request.param.missing}")
    return Recording(request.param, *observed(request.param))


def test_a_recording_gives_the_counts_of_its_golden_file(recording: Recording) -> None:
    golden = json.loads(recording.capture.golden.read_text(encoding="utf-8"))
    assert summary(recording.observations, recording.counts) == golden


def test_every_observation_of_a_recording_is_clean(recording: Recording) -> None:
    for observation in recording.observations[:20_000]:
        assert clean_fields(observation.fields) == observation.fields
        assert clean_hex(observation.hex) == observation.hex
        assert observation.source in SOURCES
        assert observation.messages >= 0


def test_every_golden_file_belongs_to_a_capture() -> None:
    folder = CAPTURES[0].golden.parent
    assert {path.name for path in folder.glob("decode_*.json")} == {capture.golden.name for capture in CAPTURES}
