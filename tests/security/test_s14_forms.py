"""S14: neither a form without this session's token nor any GET changes anything."""

from __future__ import annotations

import pytest

from tests.security.asking import Browser, ask
from tests.security.crawl import Things, api, form_of, kept, panel, signed_in, things
from tests.wire.serving import Operator, Server

FORMS = list(panel("POST"))


@pytest.fixture(scope="module")
def found(server: Server, operator: Operator) -> Things:
    operator.user("root")
    return things(server, operator, "crawled-s14")


@pytest.fixture(scope="module")
def root(server: Server, operator: Operator, found: Things) -> Browser:
    return signed_in(server, operator)


@pytest.fixture(scope="module")
def foreign(server: Server, operator: Operator, found: Things) -> str:
    """A valid CSRF token of another session of another user."""
    return signed_in(server, operator, "mallory", "admin").token


@pytest.mark.parametrize(("route", "pattern"), FORMS, ids=lambda one: getattr(one, "endpoint", ""))
def test_s14_no_form_does_anything_without_its_token_or_from_elsewhere(
    server: Server, operator: Operator, found: Things, root: Browser, foreign: str, route: object, pattern: str
) -> None:
    path, form, good = found.path(pattern), form_of(route), root.token  # type: ignore[arg-type]
    before = kept(operator)
    tries = {
        "without": root.post(path, form, token=""),
        "another session's": root.post(path, form, token=foreign),
        "made up": root.post(path, form, token="x" * 90),
        "without, in a header": root.post(path, form, token="", X_CSRFToken=foreign),
        "another site's page": root.post(path, form, token=good, Sec_Fetch_Site="cross-site"),
        "a neighbour's page": root.post(path, form, token=good, Sec_Fetch_Site="same-site"),
        "another origin": root.post(path, form, token=good, Origin="https://evil.example"),
        "another port": root.post(path, form, token=good, Origin="http://127.0.0.1:1"),
    }
    assert {what: answer.status for what, answer in tries.items()} == dict.fromkeys(tries, 400)
    assert kept(operator) == before
    assert root.is_in()


def test_s14_no_get_of_the_panel_changes_anything(server: Server, operator: Operator, found: Things, root: Browser) -> None:
    before, seen = kept(operator), {}
    for route, pattern in (*panel("GET"), *FORMS):
        path = found.path(pattern)
        for query in ("", "?sure=yes&permissions=stats.view&role=operator&BROADCAST_HZ=5"):
            for method in ("GET", "HEAD", "OPTIONS"):
                sent = {**root.headers, "Cookie": "; ".join(f"{name}={value}" for name, value in root.cookies.items())}
                status = ask(server, path + query, method=method, headers=sent).status
                assert status < 500, (method, path)
                seen[route.method, method, status] = path
        # Asked all the time: a client that does not answer pings is closed.
        assert found.client.alive(), path
    assert kept(operator) == before
    assert ("GET", "GET", 200) in seen
    assert ("POST", "GET", 405) in seen


def test_s14_no_get_of_the_api_changes_anything(server: Server, operator: Operator, found: Things) -> None:
    token = operator.key("root")
    before, seen = kept(operator), set()
    for pattern in {*api("GET"), *api("POST"), *api("DELETE")}:
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = ask(server, found.path(pattern), method=method, token=token)
            assert answer.status < 500, (method, pattern)
            seen.add((method, answer.status))
    assert kept(operator) == before
    assert {("GET", 200), ("GET", 405)} <= seen


def test_s14_a_method_written_into_a_form_or_header_is_not_heard(server: Server, operator: Operator, found: Things) -> None:
    token, path = operator.key("root"), found.path("/api/admin/users/<user_id>/")
    before = kept(operator)
    for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-Method-Override": "DELETE"}, {"X-HTTP-Method": "DELETE"}):
        assert ask(server, path + "?_method=DELETE", token=token, headers=headers).status == 200
    assert kept(operator) == before


def test_s14_the_api_takes_no_form_and_no_text_that_another_site_could_send(server: Server, operator: Operator) -> None:
    # A browser sends these three types to another site without asking it first.
    token, before = operator.key("root"), kept(operator)
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"):
        body = '{"name": "sent", "role": "viewer"}'
        answer = ask(server, "/api/admin/users/", body=body, token=token, headers={"Content-Type": kind})
        assert answer.status == 415, kind
    assert kept(operator) == before
