"""Decoded recordings against golden files, which change only on purpose (see tests/captures.py)."""

from __future__ import annotations

import json

import pytest

from skyspy.aircraft import SOURCES, clean_fields, clean_hex
from tests.captures import CAPTURES, Capture, observed, summary

every_capture = pytest.mark.parametrize("capture", CAPTURES, ids=lambda capture: capture.name)


def here(capture: Capture) -> None:
    if capture.missing:
        pytest.skip(f"recording not here: {capture.missing}")


@every_capture
def test_a_recording_gives_the_counts_of_its_golden_file(capture: Capture) -> None:
    here(capture)
    assert summary(capture) == json.loads(capture.golden.read_text(encoding="utf-8"))


@every_capture
def test_every_observation_of_a_recording_is_clean(capture: Capture) -> None:
    here(capture)
    observations, _ = observed(capture)
    for observation in observations[:20_000]:
        assert clean_fields(observation.fields) == observation.fields
        assert clean_hex(observation.hex) == observation.hex
        assert observation.source in SOURCES
        assert observation.messages >= 0


def test_every_golden_file_belongs_to_a_capture() -> None:
    folder = CAPTURES[0].golden.parent
    assert {path.name for path in folder.glob("decode_*.json")} == {capture.golden.name for capture in CAPTURES}
