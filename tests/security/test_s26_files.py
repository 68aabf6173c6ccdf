"""S26: no address reads a file that is not meant to be served, however it is written."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.security.asking import ask
from tests.wire.serving import Operator, Server

CLIMBS = (
    "../setup.cfg", "..%2fsetup.cfg", "..%2Fsetup.cfg", "%2e%2e/setup.cfg", "%2e%2e%2fsetup.cfg", "..%5csetup.cfg", "..\\setup.cfg",
    "....//setup.cfg", "..;/setup.cfg", "%252e%252e%252fsetup.cfg", "..%c0%afsetup.cfg", "%c0%ae%c0%ae/setup.cfg", "js/../../setup.cfg",
    "js/%2e%2e/%2e%2e/setup.cfg", "/etc/passwd", "%2fetc%2fpasswd", "//etc/passwd", "file:///etc/passwd", "../../../../../../etc/passwd",
    "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "js/main.js%00", "js/main.js%00.css", "%00", "js", "js/", "", ".", "..", "%2e", "con",
    "css/skyspy.css%0a", "~root/.bashrc", "../instance/skyspy.db", "../instance/secret_key", "../.git/config", "js/main.js::$DATA", "x" * 5000,
)  # fmt: skip
SERVING = (
    "/assets/x/",
    "/assets/",
    "/static/",
    "/api/",
    "/api/docs/",
    "/data/",
    "/v2/hex/",
    "/admin/",
    "/admin/audit/",
    "/favicon.ico/",
    "/",
)


def raw(server: Server, target: str, *headers: str) -> tuple[int, bytes]:
    """Request a target unchanged, which a client library would normalize."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        lines = (f"GET {target} HTTP/1.1", "Host: x", "Connection: close", *headers, "", "")
        line.sendall("\r\n".join(lines).encode("latin-1"))
        got = b""
        while data := line.recv(65536):
            got += data
    return int(got.split()[1]), got.partition(b"\r\n\r\n")[2]


def secrets(server: Server) -> tuple[bytes, ...]:
    """Texts of files that must not be served."""
    instance = server.folder / "instance"
    return ((instance / "secret_key").read_bytes().strip(), b"SQLite format 3", b"root:x:", b"[metadata]", b"[core]")


@pytest.mark.parametrize("prefix", SERVING)
def test_s26_no_address_climbs_out(server: Server, prefix: str) -> None:
    hidden = secrets(server)
    for climb in CLIMBS:
        if prefix == "/" and climb in ("", ".", "..", "%2e"):
            continue
        for target in (prefix + climb, f"{prefix}?name={climb}"):
            status, body = raw(server, target)
            assert not [text for text in hidden if text in body], target
            assert status < 500, target
            if prefix.startswith(("/assets", "/static")):
                assert status in (400, 404, 308), (target, status)
    for target in ("/../setup.cfg", "/%2e%2e/setup.cfg", "http://x/../../etc/passwd", "*", "file:///etc/passwd"):
        status, body = raw(server, target)
        assert status in (400, 404) and not [text for text in hidden if text in body], target


def test_s26_a_link_among_the_files_leads_nowhere_that_was_not_asked_for(server: Server) -> None:
    # What is served lies in one folder, and nothing in it points out of it.
    outside = [
        path for path in (ROOT / "static").rglob("*") if path.is_symlink() and not path.resolve().is_relative_to(ROOT / "static")
    ]
    assert outside == []
    assert raw(server, "/assets/x/js/main.js")[0] == 200


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-99999999999999999999", "bytes=-99999999999999999999", "bytes=99999999999-", "bytes=5-1", "bytes=a-b", "bytes=" + "0-1," * 2000 + "0-1",
     "bytes=" + "9" * 5000 + "-", "lines=1-2", "bytes=0-0,-1", "bytes="],
    ids=lambda text: text[:24],
)  # fmt: skip
def test_s26_a_range_that_is_huge_or_none_costs_nothing_and_gives_no_more_than_the_file(server: Server, asked: str) -> None:
    whole = (ROOT / "static" / "css" / "skyspy.css").read_bytes()
    status, body = raw(server, "/assets/x/css/skyspy.css", f"Range: {asked}")
    assert status in (200, 206, 400, 416, 431)
    if status in (200, 206):
        assert body in whole or whole == body


def test_s26_what_is_downloaded_says_that_it_is_a_file(server: Server, operator: Operator) -> None:
    operator.user("root")
    for path in ("/api/openapi.json", "/data/aircraft.json"):
        answer = ask(server, path)
        assert (answer.header("X-Content-Type-Options"), answer.header("Content-Type")) == ("nosniff", "application/json")
    assert Path(server.folder / "instance").stat().st_mode & 0o077 == 0, "nobody else on the machine reads the database"
