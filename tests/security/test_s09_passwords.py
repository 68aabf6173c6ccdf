"""S9: how a password is stored, however it was set, and that its length is limited."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

import pytest
from argon2 import PasswordHasher

from skyspy.store import users
from tests.conftest import ROOT
from tests.security.asking import Browser, ask
from tests.support.databases import change
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server

KEPT = re.compile(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+\Z")
PASSPHRASE = "zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich!"


def kept(operator: Operator, name: str) -> str:
    """The stored hash of a user's password."""
    user = operator.store.read(users.by_name, name)
    assert user is not None
    assert user.password_hash is not None
    return user.password_hash


def is_strong(text: str) -> bool:
    """Whether it is argon2id of version 1.3 at OWASP's cost or above."""
    match = KEPT.match(text)
    return match is not None and int(match[1]) >= 19456 and int(match[2]) >= 2


def signs_in(server: Server, name: str, password: str) -> int:
    return ask(server, "/api/auth/token/", send={"username": name, "password": password}).status


def test_s09_a_password_is_kept_as_argon2id_whoever_set_it(server: Server, operator: Operator) -> None:
    environ = {"PATH": "/usr/bin:/bin", "SKYSPY_INSTANCE": str(server.folder / "instance")}
    command = [sys.executable, "-m", "skyspy", "user", "create", "cli-made", "--role", "viewer", "--password-stdin"]
    subprocess.run(
        command, cwd=ROOT, env=environ, input=f"{PASSPHRASE}\n", text=True, check=True, capture_output=True, timeout=60
    )
    operator.user("chief")
    chief = Browser(server)
    assert chief.sign_in("chief").status == 303
    invited = change(operator, users.create, "invited", "viewer", None, OPERATOR)
    page = chief.post(f"/admin/users/{invited.id}/link/")
    path = "/admin/invite/" + page.text.split("/admin/invite/", 1)[1].split('"')[0].split("<")[0]
    guest = Browser(server)
    guest.get(path)
    assert guest.post(path, {"password": PASSPHRASE, "again": PASSPHRASE}).status == 303
    hashes = [kept(operator, name) for name in ("cli-made", "invited")]
    assert all(is_strong(text) for text in hashes)
    assert hashes[0] != hashes[1], "each has a salt of its own"
    assert [signs_in(server, name, PASSPHRASE) for name in ("cli-made", "invited")] == [200, 200]


def test_s09_a_passphrase_of_64_letters_works_and_every_letter_of_it_counts(server: Server, operator: Operator) -> None:
    assert len(PASSPHRASE) == 64
    hashed = operator.passwords.hash(PASSPHRASE, 10)
    change(operator, users.create, "long", "viewer", hashed, OPERATOR)
    assert signs_in(server, "long", PASSPHRASE) == 200
    assert signs_in(server, "long", PASSPHRASE[:-1]) == 401
    assert signs_in(server, "long", PASSPHRASE[:-1] + "?") == 401
    assert Browser(server).sign_in("long", PASSPHRASE).status == 303


def test_s09_a_password_without_end_is_refused(server: Server, operator: Operator) -> None:
    operator.user("plain")
    assert signs_in(server, "plain", PASSWORD) == 200
    assert signs_in(server, "plain", PASSWORD + "x" * 2000) in (400, 401)
    browser = Browser(server)
    assert browser.sign_in("plain", "x" * 2000).status == 401
    assert not browser.is_in()
    assert signs_in(server, "plain", PASSWORD) == 200


@pytest.mark.parametrize(("path", "kind"), [("/admin/sign-in/", "x-www-form-urlencoded"), ("/api/auth/token/", "json")])
def test_s09_a_megabyte_is_refused_by_its_declared_length_before_it_is_sent(server: Server, path: str, kind: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/{kind}\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        line.sendall(f"{head}Content-Length: 1000000\r\n\r\n".encode())
        assert line.recv(64).startswith(b"HTTP/1.1 413 ")
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as line:
        # In chunks it declares nothing: it is read up to the limit, and no further.
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        line.sendall((b"10000\r\n" + b"x" * 0x10000 + b"\r\n") * 2)
        assert line.recv(64).split(b" ")[1] in (b"400", b"413")


def test_s09_a_hash_of_lesser_cost_is_made_anew_at_the_next_sign_in(server: Server, operator: Operator) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    change(operator, users.create, "weak", "viewer", weak, OPERATOR)
    assert signs_in(server, "weak", "a wrong password") == 401
    assert kept(operator, "weak") == weak
    assert signs_in(server, "weak", PASSWORD) == 200
    assert is_strong(kept(operator, "weak"))
    assert signs_in(server, "weak", PASSWORD) == 200
