"""The longest recording, decoded once, against its golden file: too long for tests/unit."""

from __future__ import annotations

import json

import pytest

from skyspy.aircraft import SOURCES, clean_fields, clean_hex
from tests.support.captures import CAPTURES, LONG, observed, summary


def test_a_flight_of_hours_gives_the_counts_of_its_golden_file_and_clean_observations() -> None:
    (capture,) = (one for one in CAPTURES if one.name == LONG)
    if capture.missing:
        pytest.skip(f"recording not here: {capture.missing}")
    observations, counts = observed(capture)
    assert summary(observations, counts) == json.loads(capture.golden.read_text(encoding="utf-8"))
    for observation in observations[:20_000]:
        assert clean_fields(observation.fields) == observation.fields
        assert clean_hex(observation.hex) == observation.hex
        assert observation.source in SOURCES
        assert observation.messages >= 0
