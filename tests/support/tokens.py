"""One installation at which people sign in, and the means to forge what it gives them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

import jwt
import pytest

from skyspy.auth.apikeys import ApiKeys
from skyspy.auth.passwords import Passwords
from skyspy.auth.principal import TokenError
from skyspy.auth.secret import Secret
from skyspy.auth.signin import SignIn
from skyspy.auth.throttle import LoginThrottle
from skyspy.auth.tokens import IssuedTokens, Tokens
from skyspy.clock import Clock
from skyspy.config import FormerKey
from skyspy.store import Store, users
from skyspy.store.audit import Actor
from skyspy.store.settings import SettingsTable
from skyspy.store.users import User
from tests.support.clock import StillClock
from tests.support.databases import change
from tests.support.sites import QUICK

BOSS = Actor("user", "boss", "192.0.2.7")
PASSWORD = "correct horse battery staple"
SECRET = "s" * 40


@dataclass(frozen=True)
class Parts:
    """What knows who somebody is, wired as app.py wires it."""

    secret: Secret
    passwords: Passwords
    sign_in: SignIn
    api_keys: ApiKeys
    tokens: Tokens


def parts(
    store: Store,
    settings: SettingsTable,
    secret: str,
    clock: Clock,
    passwords: Passwords = QUICK,
    former: FormerKey | None = None,
) -> Parts:
    keyed = Secret(secret, former, clock)
    sign_in = SignIn(store, passwords, LoginThrottle(store, keyed, clock), clock)
    api_keys = ApiKeys(store, keyed, clock)
    return Parts(keyed, passwords, sign_in, api_keys, Tokens(store, settings, keyed, sign_in, api_keys, clock))


class Desk:
    """One installation: everything a test needs to sign in, look and change."""

    def __init__(self, store: Store, clock: StillClock, secret: str = SECRET) -> None:
        self.store, self.clock = store, clock
        self.settings = SettingsTable(store, clock=clock)
        self.parts = parts(store, self.settings, secret, clock)
        self.secret, self.api_keys, self.tokens = self.parts.secret, self.parts.api_keys, self.parts.tokens

    def user(self, name: str = "ben", role: str = "operator") -> User:
        return change(self, users.create, name, role, QUICK.hash(PASSWORD, 8), BOSS)

    def login(self, name: str = "ben", password: object = PASSWORD, client: str = "192.0.2.1") -> IssuedTokens:
        return self.tokens.login(name, password, client)

    def code(self, token: object, client: str | None = None) -> str:
        with pytest.raises(TokenError) as caught:
            self.tokens.identify(token, client)
        return caught.value.code

    def forge(self, change: dict[str, Any] | None = None, *, drop: str = "", key: bytes | None = None, **header: Any) -> str:
        """An access token signed as ours are, but for what is said."""
        genuine = jwt.decode(self.login().access, options={"verify_signature": False})
        claims = {name: value for name, value in {**genuine, **(change or {})}.items() if name != drop}
        return sign({"alg": "HS256", "typ": "JWT", **header}, claims, self.secret.key("access token") if key is None else key)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(header: dict[str, Any], claims: object, key: bytes) -> str:
    """A JWT by hand, so that nothing keeps a test from writing a wrong one."""
    body = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(str(header.get("alg")), hashlib.sha256)
    return body + "." + ("" if header.get("alg") == "none" else b64(hmac.digest(key, body.encode(), digest)))
