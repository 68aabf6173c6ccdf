"""S19: the server connects only to receivers that an administrator named, by known schemes, and each is audited."""

from __future__ import annotations

import itertools

import pytest

from skyspy.store import audit
from tests.security.asking import ask
from tests.security.crawl import signed_in
from tests.support.sources import Web, document, http
from tests.wire.serving import Operator, Server

REFUSED = (
    "file:///etc/passwd", "FILE:///etc/passwd", "gopher://127.0.0.1:6379/_INFO", "ftp://127.0.0.1/x", "dict://127.0.0.1:11211/stat",
    "ldap://127.0.0.1/", "tftp://127.0.0.1/x", "jar:http://127.0.0.1!/x", "data:application/json,{}", "javascript:alert(1)",
    "unix:///run/x.sock", "netdoc:///etc/passwd", "http+unix://%2Frun%2Fx.sock/", "//127.0.0.1/x", "127.0.0.1:30005", "http:///x", "beast://",
    "beast://127.0.0.1:70000", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/ file:///etc/passwd", " ", "http://[::1", "beast://127.0.0.1:-1",
)  # fmt: skip


def count(operator: Operator) -> int:
    """The number of audit rows about receivers."""
    return len(operator.store.read(audit.page, 1000, action="feed."))


@pytest.mark.parametrize("url", REFUSED)
def test_s19_what_is_no_receivers_scheme_is_refused_before_anything_is_opened(
    server: Server, operator: Operator, url: str
) -> None:
    operator.user("root")
    token, before = operator.key("root"), count(operator)
    for path in ("/api/admin/feeds/", "/api/admin/feeds/check/"):
        answer = ask(server, path, send={"url": url}, token=token)
        assert (answer.status, "error" in answer.json()) == (400, True), path
    assert count(operator) == before
    assert ask(server, "/api/admin/feeds/", token=token).json()["feeds"][0]["url"] == "demo://"


def test_s19_the_panels_forms_refuse_the_same(server: Server, operator: Operator) -> None:
    root, before = signed_in(server, operator), count(operator)
    for url in REFUSED:
        for path in ("/admin/feeds/add/", "/admin/feeds/try/"):
            assert root.post(path, {"url": url}).status == 400, (path, url)
    assert count(operator) == before


def test_s19_only_administrators_add_try_or_see_where_receivers_stand(server: Server, operator: Operator) -> None:
    operator.user("olga", "operator")
    token, browser = operator.key("olga"), signed_in(server, operator, "olga", "operator")
    web, before = Web(lambda _head: http(document(None))), count(operator)
    url = f"http://127.0.0.1:{web.port}/data/aircraft.json"
    for path in ("/api/admin/feeds/", "/api/admin/feeds/check/"):
        assert ask(server, path, send={"url": url}, token=token).status == 403
        assert ask(server, path, send={"url": url}).status == 401
    for path in ("/admin/feeds/add/", "/admin/feeds/try/"):
        assert browser.post(path, {"url": url}).status == 403
    assert ask(server, "/api/admin/feeds/", token=token).status == 403
    assert browser.get("/admin/feeds/").status == 403
    assert (web.connections, count(operator)) == (0, before)
    for asked in (None, token):
        assert not [row for row in ask(server, "/api/feeds/", token=asked).json()["feeds"] if "url" in row or "error" in row]
    web.close()


def test_s19_a_receiver_may_be_private_and_looking_at_it_is_written_down(server: Server, operator: Operator) -> None:
    operator.user("root")
    web = Web(lambda _head: http(document(1_800_000_000.0, "4b1805")))
    url = f"http://127.0.0.1:{web.port}/data/aircraft.json"
    assert ask(server, "/api/admin/feeds/check/", send={"url": url}, token=operator.key("root")).status == 200
    row = operator.store.read(audit.page, 1, action="feed.")[0]
    assert (row.action, row.actor.partition(" ")[0], row.object) == ("feed.check", "root", f"feed {url}")
    web.close()


def test_s19_a_receiver_that_sends_elsewhere_opens_no_other_scheme_and_shows_nothing_of_it(
    server: Server, operator: Operator
) -> None:
    operator.user("root")
    elsewhere = itertools.cycle(("file:///etc/passwd", "gopher://127.0.0.1:1/", "ftp://127.0.0.1/x"))
    web = Web(lambda _head: http(b"", "302 Found", f"Location: {next(elsewhere)}"))
    url = f"http://127.0.0.1:{web.port}/data/aircraft.json"
    answer = ask(server, "/api/admin/feeds/check/", send={"url": url}, token=operator.key("root"))
    assert answer.status == 200
    assert answer.json()["error"]
    assert "root:" not in answer.text
    web.close()
