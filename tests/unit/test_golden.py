"""What was promised stays: each name in the golden files is still there, with the same meaning; later versions only add.

See tests/golden/make.py, which is run at each release.
"""

from __future__ import annotations

import pytest

from tests.golden.make import AREAS, commands, golden, lost


@pytest.mark.parametrize("area", AREAS)
def test_every_name_of_the_golden_file_is_still_there(area: str) -> None:
    assert lost(golden(area), AREAS[area](), area) == []


def test_no_command_asks_for_an_option_that_it_did_not_ask_for_before() -> None:
    now = commands()
    for name, old in golden("commands").items():
        required = {option for option, kinds in now[name]["options"].items() if "required" in kinds}
        assert required <= set(old["options"]), name


@pytest.mark.parametrize(
    ("old", "new", "tells"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": ["x", "y"]}, {"a": ["y", "z", "x"]}, []),
        ({"a": {"b": 1}}, {"a": {}}, ["a / b: 1 is gone"]),
        ({"a": 1}, {"a": 2}, ["a: 1 is 2"]),
        ({"a": ["x", "y"]}, {"a": ["y"]}, ["a: x is gone"]),
        ({"a": ["x"]}, {"a": None}, ["a: ['x'] is None"]),
    ],
)
def test_what_was_added_is_no_loss_and_what_changed_or_went_is(old: object, new: object, tells: list[str]) -> None:
    assert lost(old, new) == tells
