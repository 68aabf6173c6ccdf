"""The page about faults: each row has a test that carries its name, and no such test is missing from it."""

from __future__ import annotations

import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
TOLD = {int(row): file for row, file in re.findall(r"^\| F(\d+) \| .+ \| `([\w/.]+\.py)` \|$", PAGE, re.M)}


def test_the_page_has_the_faults_that_the_tests_make_and_no_others() -> None:
    made = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        for number in re.findall(r"^def test_f(\d+)_", path.read_text(encoding="utf-8"), re.M):
            made[int(number)] = path.relative_to(ROOT / "tests").as_posix()
    assert made == TOLD


def test_the_page_is_found_from_the_readme() -> None:
    assert "(docs/faults.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
