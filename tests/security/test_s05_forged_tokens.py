"""S5: every token not signed by this server, or not for this purpose, is refused over HTTP and at the sockets without an error."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.security.asking import ask
from tests.wire.raw import Gone, Ws
from tests.wire.serving import PASSWORD, Operator, Server

ME = "/api/auth/me/"
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
CLAIMS = ("iss", "aud", "sub", "jti", "iat", "nbf", "exp", "typ", "fam")
HARMLESS = (("jti", ""), ("iat", -1), ("nbf", -1))
"""Valid under the server's signature: any text is an id, and a time before 1970 is past."""

FOREIGN = b"another key, of forty bytes at the least"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Forger:
    """Has one genuine token and the server's own key: the strongest possible forger, to show that each check matters."""

    def __init__(self, server: Server, operator: Operator) -> None:
        operator.user("mark")
        pair = ask(server, "/api/auth/token/", send={"username": "mark", "password": PASSWORD}).json()
        self.genuine, self.refresh = pair["access"], pair["refresh"]
        self.claims: dict[str, Any] = jwt.decode(self.genuine, options={"verify_signature": False})
        self.header: dict[str, Any] = jwt.get_unverified_header(self.genuine)
        self.key = operator.secret.key("access token")
        self.other = operator.jwt("nora")

    def sign(self, header: dict[str, Any] | None = None, claims: object = None, key: bytes | None = None, **more: Any) -> str:
        """A token with these headers added, and these claims replaced or added."""
        head = {**self.header, **(header or {})}
        head = {name: value for name, value in head.items() if value is not ...}
        body = {**self.claims, **more} if claims is None else claims
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if value is not ...}
        text = b64(json.dumps(head).encode()) + "." + b64(json.dumps(body).encode())
        hashed = HASHES.get(str(head.get("alg")), hashlib.sha256)
        return text + "." + b64(hmac.digest(self.key if key is None else key, text.encode(), hashed))

    def forged(self) -> Iterator[tuple[str, str]]:
        """Every forgery, by name."""
        head, body, signature = self.genuine.split(".")
        for alg in ("none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256", "RS512", "ES256", "PS256", "EdDSA", "hs256"):
            yield f"alg {alg!r}", self.sign({"alg": alg})
        for alg in (None, 7, ["HS256"], {"alg": "HS256"}, ...):
            yield f"alg {alg!r}", self.sign({"alg": alg})
        none = b64(json.dumps({**self.header, "alg": "none"}).encode())
        yield "alg none without a signature", f"{none}.{body}."
        yield "alg none with the old signature", f"{none}.{body}.{signature}"
        yield "no signature", f"{head}.{body}."
        yield "half a signature", f"{head}.{body}.{signature[:21]}"
        yield "another signature", f"{head}.{body}.{b64(bytes(32))}"
        yield "another key", self.sign(key=FOREIGN)
        yield "an empty key", self.sign(key=b"")
        yield (
            "other claims under the old signature",
            f"{head}.{b64(json.dumps({**self.claims, 'sub': '1'}).encode())}.{signature}",
        )
        for name in CLAIMS:
            yield f"no {name}", self.sign(**{name: ...})
            for value in (None, [], {}, "", True, 1.5, -1):
                if (name, value) not in HARMLESS:
                    yield f"{name} {value!r}", self.sign(**{name: value})
        yield "nbf in the future", self.sign(nbf=int(time.time()) + 3600)
        yield "iat in the future", self.sign(iat=int(time.time()) + 3600)
        yield "issued by another", self.sign(iss="evil")
        yield "for another", self.sign(aud="evil")
        yield "for others", self.sign(aud=["evil", "else"])
        yield "for us, in a list", self.sign(aud=["skyspy"])
        yield "beyond every calendar", self.sign(exp=2**70)
        yield "another type", self.sign(typ="refresh")
        yield "an unknown sign-in", self.sign(fam="0" * 32)
        yield "another user's sign-in", self.sign(fam=jwt.decode(self.other, options={"verify_signature": False})["fam"])
        yield "another user", self.sign(sub="1" if self.claims["sub"] != "1" else "2")
        yield "a refresh token", self.refresh
        for kid in ("../../x", "../../../../dev/null", "x' OR 1=1 --", "", "0" * 16, ["x"], 7, None):
            yield f"kid {kid!r}", self.sign({"kid": kid}) if kid is not None else self.sign({"kid": None}, key=FOREIGN)
        for header in ({"jku": "http://127.0.0.1:9/"}, {"x5u": "http://127.0.0.1:9/"}, {"x5c": ["eA"]}):
            yield f"{next(iter(header))}", self.sign(header, key=FOREIGN)
        yield "jwk", self.sign({"jwk": {"kty": "oct", "k": b64(FOREIGN)}}, key=FOREIGN)
        yield "crit", self.sign({"crit": ["x"], "x": 1})
        yield "not encoded", self.sign({"b64": False, "crit": ["b64"]})
        for claims in ([1], "x", 7, True, [], {}):
            yield f"claims {claims!r}", self.sign(claims=claims)
        deep = b64(b'{"a":' * 400 + b"1" + b"}" * 400)
        yield "a deep header", f"{deep}.{body}.{signature}"
        yield "deep claims", f"{head}.{deep}.{signature}"
        yield "claims that are no JSON", f"{head}.{b64(b'{')}.{signature}"
        yield "claims that are no text", f"{head}.{b64(bytes([255, 254]))}.{signature}"
        yield "five parts", self.genuine + ".x.y"
        yield "one part", head
        yield "blanks", f"{head} .{body}.{signature}"
        yield "with padding", f"{head}=.{body}.{signature}"
        yield "eight kilobytes", self.sign(jti="x" * 6000)


@pytest.fixture(scope="module")
def forger(server: Server, operator: Operator) -> Forger:
    return Forger(server, operator)


@pytest.fixture
def private(operator: Operator) -> Iterator[None]:
    operator.choose(AUTH_MODE="private")
    yield
    operator.choose(AUTH_MODE="hybrid")


def test_s05_a_forger_who_changes_nothing_is_believed(server: Server, forger: Forger) -> None:
    assert forger.sign() == forger.genuine or ask(server, ME, token=forger.sign()).status == 200
    assert ask(server, ME, token=forger.genuine).json()["name"] == "mark"


def test_s05_every_forged_token_is_401_over_http(server: Server, forger: Forger, address: str) -> None:
    wrong = {}
    for name, token in forger.forged():
        answer = ask(server, ME, token=token, source=address)
        if answer.status != 401 or answer.json()["error"]["code"] not in ("token_invalid", "token_revoked", "token_expired"):
            wrong[name] = (answer.status, answer.text)
    assert wrong == {}
    assert ask(server, ME, token=forger.sign(exp=int(time.time()) - 1)).json()["error"]["code"] == "token_expired"
    assert "Traceback" not in server.log()


def test_s05_every_forged_token_is_refused_at_the_sockets(server: Server, forger: Forger, private: None) -> None:
    wrong = {}
    for name, token in forger.forged():
        with Ws(server) as client:
            kind, answer = client.join("/", {"token": token})
            if kind != "refused" or answer["data"]["code"] not in ("token_invalid", "token_revoked", "token_expired"):
                wrong[name] = (kind, answer)
    assert wrong == {}
    everything = list(forger.forged())
    for some in range(0, len(everything), 40):
        with Ws(server) as client:
            assert client.join("/", {"token": forger.genuine})[0] == "connect"
            for name, token in everything[some : some + 40]:
                client.tell("authenticate", {"token": token})
                assert client.until("error")["code"] in ("token_invalid", "token_revoked", "token_expired"), name
            assert client.alive(), "who holds a good token is not sent away for offering bad ones"
    assert "Traceback" not in server.log()


@pytest.mark.parametrize(
    "token", [None, True, 7, 1.5, [], {}, ["x"], {"token": "x"}, "", " ", "\x00", "Bearer x", "\ud83d\ude00" * 99]
)
def test_s05_what_is_no_text_is_no_identity(server: Server, private: None, token: object) -> None:
    with Ws(server) as client:
        kind, answer = client.join("/", {"token": token})
        assert (kind, answer["data"]["code"]) in {("refused", "token_missing"), ("refused", "token_invalid")}


def test_s05_a_megabyte_is_refused_and_the_server_lives(server: Server, forger: Forger, private: None) -> None:
    megabyte = forger.sign(jti="x" * 750_000)
    assert len(megabyte) > 1_000_000
    sent = (
        lambda: ask(server, ME, token=megabyte),
        lambda: ask(server, "/api/auth/token/refresh/", send={"refresh": megabyte}),
        lambda: ask(server, "/api/auth/token/revoke/", send={"token": megabyte}),
    )
    for send in sent:
        # What is too large need not be read to its end: the answer may come, and the connection close, before all is sent.
        with contextlib.suppress(ConnectionError):
            assert send().status in (400, 401, 413, 431)
    with Ws(server) as client, pytest.raises((Gone, ConnectionError)):
        client.join("/", {"token": megabyte})
    with Ws(server) as client:
        assert client.join("/", {"token": megabyte[:60_000]})[1]["data"]["code"] == "token_invalid"
    assert ask(server, ME, token=forger.genuine).status == 200
    assert "Traceback" not in server.log()


def test_s05_tokens_are_not_taken_for_each_other(server: Server, operator: Operator, forger: Forger) -> None:
    for token in (forger.genuine, operator.key(), forger.sign(typ="refresh")):
        answer = ask(server, "/api/auth/token/refresh/", send={"refresh": token})
        assert (answer.status, answer.json()["error"]["code"]) == (401, "token_invalid")
    assert ask(server, ME, token=forger.refresh).status == 401
