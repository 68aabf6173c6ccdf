"""S12: no account exists by default, and the first one is made with a link that works once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.security.asking import Answer, Browser, ask
from tests.wire.serving import PASSWORD, Server

COMMON = ("admin", "root", "skyspy", "administrator", "password", "changeme")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without a user. The last test of this file makes its first administrator."""
    made = Server(tmp_path_factory.mktemp("fresh"))
    yield made
    made.stop()
    assert "Traceback" not in made.log()


def link_to(server: Server) -> str:
    """The path of a new link for the first administrator."""
    return "/admin/first/" + server.cli("admin-link").rpartition("/")[2] + "/"


def make_admin(server: Server, path: str, name: str) -> Answer:
    browser = Browser(server)
    browser.get(path)
    return browser.post(path, {"name": name, "password": PASSWORD, "again": PASSWORD})


def test_s12_no_login_works_on_a_fresh_install(fresh: Server) -> None:
    for number, name in enumerate(COMMON):
        # From addresses of their own, so that no guess is refused for its number.
        source = f"127.8.0.{number + 1}"
        for password in COMMON:
            answer = ask(fresh, "/api/auth/token/", send={"username": name, "password": password}, source=source)
            assert (answer.status, "access" in answer.text) == (401, False), (name, password)
        assert Browser(fresh, source).sign_in(name, name).status == 401


def test_s12_without_a_link_nobody_becomes_administrator(fresh: Server) -> None:
    path = link_to(fresh)
    forged = path[:-2] + ("A" if path[-2] != "A" else "B") + "/"
    for wrong in ("/admin/first/", "/admin/first/x/", forged, path.replace("/first/", "/invite/")):
        assert Browser(fresh).get(wrong).status in (404, 410), wrong
        assert make_admin(fresh, wrong, "eve").status in (400, 404, 405, 410), wrong
    assert fresh.cli("user", "list").splitlines()[1:] == []


def test_s12_of_two_bootstraps_at_once_one_makes_an_administrator_and_every_link_dies(fresh: Server) -> None:
    paths, answers = [link_to(fresh) for _ in range(2)], []
    began = threading.Barrier(4)

    def make(path: str, name: str) -> None:
        browser = Browser(fresh)
        browser.get(path)
        began.wait()
        answers.append(browser.post(path, {"name": name, "password": PASSWORD, "again": PASSWORD}).status)

    threads = [threading.Thread(target=make, args=(paths[n % 2], f"first{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[0] == 303
    assert [status for status in answers if status == 303] == [303]
    users = fresh.cli("user", "list").splitlines()[1:]
    assert [line.split()[1] for line in users] == ["admin"]
    name = users[0].split()[0]
    for path in paths:
        assert Browser(fresh).get(path).status == 410
        assert make_admin(fresh, path, "second").status in (400, 410)
    assert len(fresh.cli("user", "list").splitlines()) == 2
    browser = Browser(fresh)
    assert (browser.sign_in(name).status, browser.is_in()) == (303, True)
