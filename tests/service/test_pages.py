"""Pages, static files and the headers of every answer; the page's model of the sky."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from skyspy.app import Components, create_app
from skyspy.pages import FOR_EVER, stamp_of
from skyspy.server import server_of
from tests.support.machine import ROOT, missing
from tests.support.sites import QUICK
from tests.support.world import World

PAGES = ("/", "/api/docs/", "/nothing")
EVERYTHING = (
    *PAGES,
    "/api/aircraft/",
    "/api/nothing",
    "/api/auth/me/",
    "/api/aircraft/x/",
    "/data/aircraft.json",
    "/v2/all",
    "/healthz",
    "/readyz",
    "/favicon.ico",
    "/static/css/skyspy.css",
    "/static/nothing.js",
    "/assets/x/../../setup.cfg",
)


def directives(policy: str) -> dict[str, list[str]]:
    return {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}


@pytest.mark.parametrize("path", EVERYTHING)
def test_s17_every_answer_carries_the_headers_errors_too(world: World, path: str) -> None:
    headers = world.get(path).headers
    policy = directives(headers["Content-Security-Policy"])
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == policy["connect-src"] == ["'self'"]
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    assert headers["Cache-Control"]


def test_s17_a_crash_carries_them_too(tmp_path: Path) -> None:
    def crash() -> str:
        raise RuntimeError("inside")

    app = create_app({"SKYSPY_INSTANCE": str(tmp_path)}, components=Components(passwords=lambda: QUICK))
    app.add_url_rule("/crash", view_func=crash)
    answer = app.test_client().get("/crash")
    server_of(app).store.close()
    assert answer.status_code == 500
    assert "Content-Security-Policy" in answer.headers
    assert b"inside" not in answer.data


@pytest.mark.parametrize("path", ["/api/auth/me/", "/api/stats/", "/api/nothing", "/data/nothing.json"])
def test_no_cache_keeps_what_the_api_answers(world: World, path: str) -> None:
    assert world.get(path, world.jwt()).headers["Cache-Control"] == "no-store"


def test_transport_security_is_asked_for_behind_tls_only(tmp_path: Path) -> None:
    plain = World(tmp_path / "a")
    assert "Strict-Transport-Security" not in plain.get("/", **{"X-Forwarded-Proto": "https"}).headers
    assert "Strict-Transport-Security" in plain.client.get("/", base_url="https://sky.example").headers
    plain.close()
    proxied = World(tmp_path / "b", SKYSPY_TRUSTED_PROXIES="127.0.0.1")
    assert "Strict-Transport-Security" in proxied.get("/", **{"X-Forwarded-Proto": "https"}).headers
    assert "Strict-Transport-Security" not in proxied.get("/", **{"X-Forwarded-Proto": "https, http"}).headers
    proxied.close()


class Reader(HTMLParser):
    """What a page loads, and what is inline."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [f"{tag} {name}" for name in given if name == "style" or name.startswith("on")]
        if tag == "style":
            self.inline.append("style")
        if tag in ("script", "img", "iframe") or (tag == "link" and given.get("rel") != "help"):
            self.loads.append(given.get("src") or given.get("href") or "inline")


@pytest.mark.parametrize("path", PAGES)
def test_s17_no_page_holds_a_script_or_style_or_loads_from_elsewhere(world: World, path: str) -> None:
    reader = Reader()
    reader.feed(world.get(path).get_data(as_text=True))
    assert reader.inline == []
    assert reader.loads
    assert all(address.startswith("/assets/") for address in reader.loads)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_loads_only_what_is_there(world: World, path: str) -> None:
    for address in re.findall(r'"(/assets/[^"]+)"', world.get(path).get_data(as_text=True)):
        if "/vendor/" in address and not (ROOT / "static" / "vendor" / Path(address).name).exists():
            continue
        answer = world.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == FOR_EVER


def test_an_old_pages_files_are_served_but_not_kept(world: World) -> None:
    answer = world.get("/assets/000000000000/js/main.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    "path", ["..%2fsetup.cfg", "../setup.cfg", "%2e%2e/setup.cfg", "/etc/passwd", "js/main.js%00.css", "js", ""]
)
def test_s26_nothing_but_static_files_is_served_as_one(world: World, path: str) -> None:
    assert world.client.get(f"/assets/x/{path}", follow_redirects=True).status_code in (404, 400)


def test_the_stamp_moves_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    first = stamp_of(tmp_path)
    (tmp_path / "a.js").write_text("2")
    second = stamp_of(tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({first, second, stamp_of(tmp_path)}) == 3


def test_s18_the_browser_code_never_makes_markup_of_text() -> None:
    for path in (ROOT / "static" / "js").rglob("*.js"):
        text = path.read_text()
        if path.name == "renew.js":
            # A part of a page, fetched from the template that made it first.
            text = text.replace("made.innerHTML = text;", "", 1)
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert word not in text, f"{path.name}: {word}"


def test_no_sheet_loads_anything() -> None:
    for sheet in (ROOT / "static" / "css").glob("*.css"):
        assert not re.search(r"@import|url\(|https?:", sheet.read_text()), sheet.name


# -- the page's model of the sky, run as it is


def run(script: str) -> Any:
    """The output, as JSON, of a script that imports the model."""
    node = shutil.which("node")
    if node is None:
        missing("node is not installed")
    where = (ROOT / "static" / "js" / "model.js").as_uri()
    whole = f'const {{ Sky, passes, wordsOf, inEmergency }} = await import("{where}");\n{script}'
    command = [node, "--no-warnings", "--input-type=module", "-e", whole]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return json.loads(done.stdout)


BEGIN = """
const sky = new Sky();
sky.snapshot({ aircraft: [{ hex: "A", gs: 1, seen: 2 }, { hex: "B", gs: 2 }], epoch: "e", seq: 5 }, 10000);
const delta = (prev, seq, changed, removed = [], epoch = "e") => sky.delta({ epoch, prev, seq, changed, removed }, 20000);
const shown = () => Object.fromEntries([...sky.records].map(([hex, { fields }]) => [hex, fields]));
const print = (value) => console.log(JSON.stringify(value));
"""


def test_a_delta_changes_adds_and_removes() -> None:
    result = run(
        BEGIN
        + 'delta(5, 6, [{ hex: "A", gs: null, track: 9 }, { hex: "C", gs: 3 }], [{ hex: "B" }]); print([shown(), sky.since])'
    )
    assert result == [{"A": {"hex": "A", "track": 9}, "C": {"hex": "C", "gs": 3}}, {"epoch": "e", "seq": 6}]


def test_a_gap_is_noticed_and_changes_nothing() -> None:
    assert run(BEGIN + 'print([delta(7, 8, [{ hex: "A", gs: 9 }]).outcome, sky.seq, shown().A.gs])') == ["gap", 5, 1]


def test_a_delta_of_another_epoch_is_a_gap() -> None:
    assert run(BEGIN + 'print(delta(5, 6, [], [], "other").outcome)') == "gap"


def test_what_is_older_than_what_is_shown_changes_nothing() -> None:
    script = """
    delta(5, 6, [{ hex: "A", gs: 7 }]);
    const late = delta(4, 5, [{ hex: "A", gs: 1 }]).outcome;
    const snapshot = sky.snapshot({ aircraft: [], epoch: "e", seq: 5 }, 0);
    print([late, snapshot, shown().A.gs, sky.seq]);
    """
    assert run(BEGIN + script) == ["old", False, 7, 6]


def test_one_delta_with_all_that_was_missed_closes_a_gap() -> None:
    script = """
    const gap = delta(6, 7, [{ hex: "A", gs: 8 }]).outcome;
    const missed = delta(5, 7, [{ hex: "A", gs: 8 }, { hex: "B", gs: 4 }]).outcome;
    print([gap, missed, shown().A.gs, shown().B.gs, sky.seq]);
    """
    assert run(BEGIN + script) == ["gap", "applied", 8, 4, 7]


def test_what_was_missed_is_applied_where_a_part_of_it_is_known() -> None:
    script = (
        'print([delta(3, 7, [{ hex: "A", gs: 8 }]).outcome, delta(3, 7, [{ hex: "A", gs: 1 }]).outcome, shown().A.gs, sky.seq])'
    )
    assert run(BEGIN + script) == ["applied", "old", 8, 7]


def test_a_restarted_server_brings_a_whole_new_sky() -> None:
    script = 'sky.snapshot({ aircraft: [{ hex: "Z" }], epoch: "new", seq: 1 }, 0); print([Object.keys(shown()), sky.since])'
    assert run(BEGIN + script) == [["Z"], {"epoch": "new", "seq": 1}]


def test_ages_are_counted_on_the_pages_own_clock() -> None:
    script = """
    const heard = sky.records.get("A").heard;
    delta(5, 6, [{ hex: "A", gs: 2 }]);
    print([heard, sky.records.get("A").heard]);
    """
    assert run(BEGIN + script) == [8000, 20000]


def test_every_word_of_the_filter_must_match() -> None:
    script = """
    const one = { hex: "4B1805", flight: "SWR123", t: "A320", squawk: "1000", military: true };
    const none = new Set();
    print([
      passes(one, wordsOf("swr"), none), passes(one, wordsOf("swr a320"), none), passes(one, wordsOf("swr b738"), none),
      passes(one, wordsOf(""), new Set(["military"])), passes(one, wordsOf(""), new Set(["emergency"])),
      passes({ hex: "X" }, wordsOf("1"), none), inEmergency({ emergency: "none" }), inEmergency({ emergency: "nordo" }),
    ]);
    """
    assert run(BEGIN + script) == [True, True, False, True, False, False, False, True]
