"""One installation at which people sign in, and the means to forge what it gives them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest

from skyspy.auth.passwords import Passwords
from skyspy.auth.principal import TokenError
from skyspy.auth.tokens import Grant, Tokens
from skyspy.store import Store
from skyspy.store.accounts import Accounts, Actor, User
from skyspy.store.audit import AuditLog
from skyspy.store.settings import SettingsTable
from tests.conftest import StillClock
from tests.databases import KINDS, open_store

BOSS = Actor("user", "boss", "192.0.2.7")
QUICK = Passwords(memory_kib=8, passes=1)
PASSWORD = "correct horse battery staple"
SECRET = "s" * 40


class Desk:
    """One installation: everything a test needs to sign in, look and change."""

    def __init__(self, store: Store, clock: StillClock, secret: str = SECRET) -> None:
        self.store, self.clock = store, clock
        self.accounts = Accounts(store, clock)
        self.settings = SettingsTable(store, clock=clock)
        self.tokens = Tokens(self.accounts, self.settings, secret, clock, QUICK)
        self.log = AuditLog(store, clock)

    def user(self, name: str = "ben", role: str = "operator") -> User:
        return self.accounts.create_user(name, role, QUICK.hash(PASSWORD, 8), BOSS)

    def login(self, name: str = "ben", password: object = PASSWORD, client: str = "192.0.2.1") -> Grant:
        return self.tokens.login(name, password, client)

    def code(self, token: object, client: str | None = None) -> str:
        with pytest.raises(TokenError) as caught:
            self.tokens.identify(token, client)
        return caught.value.code

    def forge(self, change: dict[str, Any] | None = None, *, drop: str = "", key: bytes | None = None, **header: Any) -> str:
        """An access token signed as ours are, but for what is said."""
        genuine = jwt.decode(self.login().access, options={"verify_signature": False})
        claims = {name: value for name, value in {**genuine, **(change or {})}.items() if name != drop}
        return sign(
            {"alg": "HS256", "typ": "JWT", **header}, claims, self.tokens.secret.key("access token") if key is None else key
        )


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict[str, Any], claims: object, key: bytes) -> str:
    """A JWT by hand, so that nothing keeps a test from writing a wrong one."""
    body = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(str(header.get("alg")), hashlib.sha256)
    return body + "." + ("" if header.get("alg") == "none" else b64(hmac.digest(key, body.encode(), digest)))


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path, clock: StillClock) -> Iterator[Desk]:
    with open_store(request.param, tmp_path) as store:
        yield Desk(store, clock)


@pytest.fixture
def one(tmp_path: Path, clock: StillClock) -> Iterator[Desk]:
    """A desk on SQLite, for what has nothing to do with the database."""
    with open_store("sqlite", tmp_path) as store:
        desk = Desk(store, clock)
        desk.user()
        yield desk
