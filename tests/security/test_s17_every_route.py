"""S17: every route answers with the headers; no page of the panel has an inline script or style."""

from __future__ import annotations

from tests.security.asking import ask
from tests.security.crawl import api, panel, signed_in, things
from tests.security.test_s17_headers import assert_carried
from tests.service.test_pages import Reader
from tests.wire.serving import Operator, Server

BAD_WORDS = ("x" * 300, "..%2f..%2fsetup.cfg", "%00", "%ff", "<svg>")


def test_s17_every_route_of_the_api_carries_the_headers_to_whoever_asks(server: Server, operator: Operator) -> None:
    operator.user("root")
    token, found = operator.key("root"), things(server, operator, "crawled-s17")
    seen = set()
    for pattern in sorted({*api("GET"), *api("POST"), *api("DELETE")}):
        for method, headers in (("GET", {}), ("HEAD", {}), ("OPTIONS", {}), ("PUT", {}), ("GET", {"X-API-Key": token})):
            answer = ask(server, found.path(pattern), method=method, headers=headers)
            assert_carried(answer)
            seen.add(answer.status)
        assert_carried(ask(server, found.path(pattern), method="POST", body="{", headers={"Content-Type": "application/json"}))
    assert {200, 401, 405} <= seen
    found.client.close()


def test_s17_every_page_of_the_panel_carries_them_and_holds_no_script_or_style(server: Server, operator: Operator) -> None:
    operator.user("root")
    found, browser = things(server, operator, "crawled-s17-panel"), signed_in(server, operator)
    seen, inside = set(), []
    for route, pattern in panel("GET"):
        answer = browser.get(found.path(pattern))
        assert_carried(answer)
        assert answer.header("Cache-Control") == "no-store", pattern
        seen.add(answer.status)
        if "text/html" not in (answer.header("Content-Type") or "") or not answer.body:
            continue
        reader = Reader()
        reader.feed(answer.text)
        inside += [(route.endpoint, what) for what in reader.inline]
        inside += [(route.endpoint, where) for where in reader.loads if not where.startswith("/assets/")]
    assert inside == []
    assert 200 in seen
    found.client.close()


def test_s17_what_goes_wrong_carries_them_too(server: Server, operator: Operator) -> None:
    browser = signed_in(server, operator)
    seen = set()
    for word in BAD_WORDS:
        for path in (f"/{word}", f"/admin/{word}/", f"/admin/users/{word}/", f"/api/aircraft/{word}/", f"/assets/{word}/{word}"):
            answer = ask(server, path)
            assert_carried(answer)
            assert answer.status < 500
            seen.add(answer.status)
    for _, pattern in panel("POST"):
        if "<" not in pattern:
            answer = browser.post(pattern, token="")
            assert_carried(answer)
            seen.add(answer.status)
    long = ask(server, "/admin/sign-in/", method="POST", body="x" * 70_000, headers={"Content-Type": "text/plain"})
    assert_carried(long)
    assert {400, 404} <= seen
