"""Write docs/licences.md: every package that the locks name, with its version and its licence.

    make licences

Python packages state their licence in their installed metadata, browser packages in package-lock.json; what states it in no form that
a program can read was looked up by hand, below. `tests/unit/test_licences.py` refuses a licence that is not allowed here, and a page
that is out of date. Needs no part of SkySpy.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"

ALLOWED = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense", "ZPL-2.1", "Zlib",
}  # fmt: skip
"""SPDX names of licences under which SkySpy may use and ship a package ("BSD": the package does not say which one)."""
AS_A_LIBRARY = {"LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later"}
"""Allowed too: SkySpy imports such a package unchanged, and anybody can put another version in its place."""

OLD_CLIENTS = "tests/wire/clients/requirements-old.lock"
NOTIFY = "requirements-notify.lock"

BY_HAND = {
    "apprise": "BSD-2-Clause",  # may be missing here: `make notify` installs it
    "base64-arraybuffer": "MIT",  # its package.json names it in a form that the lock leaves out
    "Markdown": "BSD-3-Clause",  # as apprise
    "oauthlib": "BSD-3-Clause",  # as apprise
    "requests-oauthlib": "ISC",  # as apprise
    "gevent-websocket": "Apache-2.0",  # its metadata hold the licence's notice, not its name
    "xmlhttprequest-ssl": "MIT",  # its package.json names it in a form that the lock leaves out
}
SPELLED = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""How packages spell a licence that has an SPDX name."""


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One package. `language` is Python or JavaScript, for data what was taken from it; `licence` an SPDX expression, "unknown" where none was found."""

    name: str
    version: str
    licence: str
    language: str


def runtime() -> list[Package]:
    """What the server and its pages need."""
    return sorted([*_python("requirements.lock"), *_javascript(dev=False)], key=_by_name)


def extra() -> list[Package]:
    """What `skyspy[notify]` brings besides: a process of its own imports it."""
    return sorted(_python(NOTIFY), key=_by_name)


def development() -> list[Package]:
    """What tests and checks need besides; a package may be there in several versions."""
    return sorted({*_python("requirements-dev.lock"), *_python(OLD_CLIENTS), *_javascript(dev=True)}, key=_by_name)


def data() -> list[Package]:
    """The packages that `skyspy/data/airports.bin` was made from (`make airports`), as it names them itself."""
    with (ROOT / "skyspy" / "data" / "airports.bin").open("rb") as file:
        sources = json.loads(file.readlines(2 * 4096)[1])["sources"]
    return [Package(one["name"], one["version"], one["licence"], one["holds"]) for one in sources]


def is_allowed(licence: str) -> bool:
    """Whether an SPDX expression is allowed: all parts joined by AND, and one of those joined by OR."""
    parts = [part.strip(" ()") for part in licence.split(" AND ")]
    return all(any(one.strip(" ()") in ALLOWED | AS_A_LIBRARY for one in part.split(" OR ")) for part in parts)


def page() -> str:
    """The page as the locks and the installed packages have it now."""
    return f"""# Licences

SkySpy itself is under the MIT license (see `LICENSE`). `make licences` writes this page from the locks; a test refuses it while it is out
of date, and refuses a licence that is not allowed in `docs/make_licences.py`. Names are those of [SPDX](https://spdx.org/licenses/).

## What the server and its pages need

From `requirements.lock` and `package-lock.json`.

{_table(runtime())}
## What the extra `skyspy[notify]` needs besides

From `{NOTIFY}`; installed by `make notify`, and imported by a process of its own.

{_table(extra())}
## What data files are made from

{_table(data())}
`skyspy/data/airports-licence.txt` holds the notices of both. The modules that read the other tables in `skyspy/data` name their sources: facts of
the ICAO's documents, and data under CC0-1.0.

## What tests and checks need besides

From `requirements-dev.lock`, `{OLD_CLIENTS}` and `package-lock.json`; no part of an installation.

{_table(development())}"""


def _by_name(package: Package) -> tuple[str, str, str]:
    return package.name.lower(), package.language, package.version


def _table(packages: list[Package]) -> str:
    rows = "".join(f"| `{p.name}` | {p.version} | {p.licence} | {p.language} |\n" for p in packages)
    return f"| package | version | licence | for |\n|---|---|---|---|\n{rows}"


def _python(lock: str) -> list[Package]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    locked = [line.partition("==") for line in lines if re.match(r"[A-Za-z0-9]", line)]
    return [Package(name, version, _stated(name), "Python") for name, _, version in locked]


def _javascript(dev: bool) -> list[Package]:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    found = []
    for place, package in packages.items():
        name = place.rpartition("node_modules/")[2]
        if name and package.get("dev", False) == dev:
            found.append(Package(name, package["version"], package.get("license") or BY_HAND.get(name, "unknown"), "JavaScript"))
    return found


def _stated(name: str) -> str:
    """The licence that an installed package states."""
    if name in BY_HAND:
        return BY_HAND[name]
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return "unknown"
    if expression := said.get("License-Expression"):
        return str(expression)
    stated = said.get("License") or ""
    if "\n" in stated or not 0 < len(stated) < 60:
        # The whole text, or nothing: what the classifiers say counts.
        lines = [text.rpartition("::")[2].strip() for text in said.get_all("Classifier") or [] if text.startswith("License")]
        return " AND ".join(SPELLED.get(line, line) for line in lines) or "unknown"
    return SPELLED.get(stated, stated)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
