"""The licences of what SkySpy needs: each is allowed, and docs/licences.md names them all."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from tests.conftest import ROOT

MADE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "make_licences.py"))
PACKAGES = [*MADE["runtime"](), *MADE["extra"](), *MADE["development"](), *MADE["data"]()]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_the_licence_of_every_locked_package_is_allowed(package: Any) -> None:
    assert MADE["is_allowed"](package.licence), f"{package.name} {package.version}: {package.licence}"


def test_the_page_of_licences_is_up_to_date() -> None:
    assert MADE["PAGE"].read_text(encoding="utf-8") == MADE["page"](), "run `make licences`"


def test_every_line_of_the_locks_is_on_the_page() -> None:
    names = ("requirements.lock", "requirements-dev.lock", MADE["OLD_CLIENTS"], MADE["NOTIFY"])
    locks = "".join((ROOT / name).read_text(encoding="utf-8") for name in names)
    pinned = [line.partition("==")[0] for line in locks.splitlines() if "==" in line and not line.startswith("#")]
    assert {package.name for package in PACKAGES if package.language == "Python"} == set(pinned)


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("GPL-2.0-only OR MIT", True),
        ("LGPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_a_licence_is_allowed_only_where_every_part_of_it_is(licence: str, allowed: bool) -> None:
    assert MADE["is_allowed"](licence) is allowed
