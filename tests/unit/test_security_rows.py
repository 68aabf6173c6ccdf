"""The security rows of the page: each has tests that carry its name, at least one against a real server, and docs/security.md says which."""

from __future__ import annotations

import re

import pytest

from skyspy.store.registry import ROWS
from tests.conftest import ROOT

TESTS = ROOT / "tests"
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NUMBERS = (*range(1, 34), 35)
OVER_THE_WIRE = ("security", "wire", "browser")
"""Folders whose tests ask a server in a process of its own."""

NOT_YET = {
    ("S25", "Redis down"): "there is no bus",
    ("S26", "audio files"): "no audio is taken or served",
}
"""Halves of rows that nothing in the server can break yet, and why; a row is never missing whole."""


def names_by_file() -> dict[str, list[str]]:
    """The names of all tests, by file below tests/."""
    found = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        found[path.relative_to(TESTS).as_posix()] = re.findall(r"^ *def (test_\w+)\(", text, re.M)
    return found


def rows_of(name: str) -> set[int]:
    """The rows that a test's name begins with, as in test_s18_s20_…."""
    begins = re.match(r"test_((?:s\d\d_)+)", name)
    return {int(word[1:]) for word in begins[1].split("_") if word} if begins else set()


NAMES = names_by_file()
TOLD = {
    int(row): (says, re.findall(r"`([\w/.]+\.py)`", files))
    for row, says, files in re.findall(r"^\| S(\d+) \| (.+) \| (`.+`) \|$", PAGE, re.M)
}


def carries(file: str, number: int) -> bool:
    """Whether a test of that file carries the row."""
    return any(number in rows_of(name) for name in NAMES[file])


@pytest.mark.parametrize("number", NUMBERS)
def test_every_row_is_proved_by_a_test_against_a_real_server(number: int) -> None:
    found = [file for file in NAMES if file.partition("/")[0] in OVER_THE_WIRE and carries(file, number)]
    assert found, f"no test below {', '.join(OVER_THE_WIRE)} begins with test_s{number:02}_"


@pytest.mark.parametrize("number", NUMBERS)
def test_every_row_is_in_the_page_with_files_that_prove_it(number: int) -> None:
    says, files = TOLD[number]
    assert says.strip()
    assert files
    assert [file for file in files if not carries(file, number)] == []


def test_the_page_and_the_tests_know_no_other_rows() -> None:
    assert set(TOLD) == set(NUMBERS)
    assert {number for names in NAMES.values() for name in names for number in rows_of(name)} == set(NUMBERS)


@pytest.mark.parametrize(("row", "what"), NOT_YET)
def test_what_cannot_apply_yet_is_said_with_its_reason(row: str, what: str) -> None:
    assert re.search(rf"^\| {row} \| {what} \| .+ \|$", PAGE, re.M)


def test_the_page_names_no_setting_that_does_not_exist() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE)) - {"SKYSPY_HOSTS", "SKYSPY_TRUSTED_PROXIES"}
    assert named - set(ROWS) == set()


def test_the_page_is_found_from_the_readme() -> None:
    assert "(docs/security.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
