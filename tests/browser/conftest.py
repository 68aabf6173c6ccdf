"""A real browser and a real server, whose receiver the tests control."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.receiver import Receiver, aircraft
from tests.conftest import ROOT, missing
from tests.wire.serving import Operator, Server

playwright = pytest.importorskip("playwright.sync_api", reason="the Python package playwright is not installed")

# How fast a page is no test claims by the clock: a busy machine has time.
playwright.expect.set_options(timeout=20_000)

HERE = Path(__file__).parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
HOSTILE = '"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'[:64]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """Forty aircraft; one military, one with an emergency, one without a callsign, one with hostile text."""
    special = {
        3: {"dbFlags": 1},
        4: {"squawk": "7700", "emergency": "general"},
        5: {"flight": None},
        6: {"ownOp": HOSTILE, "desc": HOSTILE, "r": "<b>x</b>"},
    }
    made = Receiver([aircraft(number, **special.get(number, {})) for number in range(1, 41)])
    yield made
    made.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Server]:
    """A server with that receiver. Tests restore its settings."""
    if not all((ROOT / "static" / "vendor" / name).exists() for name in ("socket.io.esm.min.js", "acars-decoder.min.js")):
        missing("static/vendor is not filled: `make browser` (needs npm) fills it")
    made = Server(tmp_path_factory.mktemp("browser"), SKYSPY_FEEDS=f"{receiver.url}#interval=0.5")
    yield made
    made.stop()


@pytest.fixture(scope="session")
def operator(server: Server) -> Iterator[Operator]:
    made = Operator(server.folder)
    yield made
    made.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.Browser]:
    path = shutil.which("chromium")
    if path is None:
        missing("chromium is not installed")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class Complaints(list[str]):
    """The errors of the page's console and scripts."""


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def page(chromium: playwright.Browser, server: Server, complaints: Complaints) -> Iterator[playwright.Page]:
    """An empty page at 1280 px; it must end without errors."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=server.url)
    context.set_default_timeout(10_000)
    made = context.new_page()
    made.on("console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None)
    made.on("pageerror", lambda error: complaints.append(str(error)))
    yield made
    context.close()
    assert complaints == []
