"""The secrets of the fixture installation: computed here at run time, written into no file.

An installation keeps only digests of its keys, tokens, cookies and links. Each plaintext below is computed from a label, in the
format that commit 6feff02 gave it, and by the standard library, itsdangerous and PyJWT alone: no code of SkySpy takes part, so
that a later version that reads these formats in another way fails the test.

`make.py` gives 6feff02 these same values in place of random ones, and stops where the result differs from what is computed here.
Times are wall seconds.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import string
import zlib
from typing import Any

import jwt
from flask.json.tag import TaggedJSONSerializer
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

SECRET_KEY = "the fixture's secret key, of no real installation"
MADE_AT = 2_524_608_000.0
"""2050-01-01: the installation's first moment. So far ahead that nothing in it ends by the machine's own clock."""
NOW = MADE_AT + 10 * 86400
"""The moment at which the installation was left, and at which the tests look at it."""
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HOME = "192.0.2.1"
"""The address from which everybody signed in."""
_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase


def password(name: str) -> str:
    """The password of a user."""
    return f"the password of {name}"


def random_bytes(label: str, use: str, nth: int = 0) -> bytes:
    """32 bytes in place of random ones."""
    return hashlib.sha256(f"{SECRET_KEY}/{label}/{use}/{nth}".encode()).digest()


def token_hex(label: str, size: int = 16, nth: int = 0) -> str:
    """What `secrets.token_hex` gives under this label when it is called for the `nth` time."""
    return random_bytes(label, "hex", nth)[:size].hex()


def token_urlsafe(label: str, size: int = 32, nth: int = 0) -> str:
    """What `secrets.token_urlsafe` gives under this label when it is called for the `nth` time."""
    return base64.urlsafe_b64encode(random_bytes(label, "urlsafe", nth)[:size]).rstrip(b"=").decode()


def choice(label: str, letters: str, nth: int = 0) -> str:
    """What `secrets.choice` gives under this label when it is called for the `nth` time."""
    return letters[int.from_bytes(random_bytes(label, "choice", nth)) % len(letters)]


def api_key(label: str, kind: str = "live") -> str:
    """The key with that name: its prefix, 32 letters and digits, and its CRC-32 as six base-62 digits."""
    body = f"sk_{kind}_" + "".join(choice(label, _LETTERS, nth) for nth in range(32))
    number, check = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, len(_LETTERS))
        check = _LETTERS[digit] + check
    return body + check


def refresh_token(label: str) -> str:
    """The refresh token that was given under this label."""
    return "rt_" + token_urlsafe(label)


def access_token(label: str, user_id: int, issued_at: float, lifetime_s: int) -> str:
    """The access token that came with the sign-in under this label."""
    claims = {
        "iss": "skyspy",
        "aud": "skyspy",
        "sub": str(user_id),
        "jti": token_hex(label, nth=1),
        "iat": int(issued_at),
        "nbf": int(issued_at),
        "exp": int(issued_at) + lifetime_s,
        "typ": "access",
        "fam": token_hex(label),
    }
    return jwt.encode(claims, _key("access token"), "HS256", {"kid": _digest("key id", "")[:16]})


def panel_secret(label: str) -> str:
    """The secret inside the panel cookie of a browser that signed in under this label."""
    return token_urlsafe(label)


def panel_cookie(label: str) -> str:
    """The value of that browser's `skyspy_panel` cookie: Flask's signed session."""
    options = {"key_derivation": "hmac", "digest_method": hashlib.sha1}
    signer = URLSafeTimedSerializer(
        SECRET_KEY, salt="cookie-session", serializer=TaggedJSONSerializer(), signer=_Then, signer_kwargs=options
    )
    return _text(signer.dumps({"_fresh": True, "_user_id": panel_secret(label)}))


def link(label: str, kind: str, user_id: int, epoch: int, maker_id: int) -> str:
    """The token of a one-time link, made at NOW: for a user in one session epoch, by another user."""
    signer = URLSafeTimedSerializer(SECRET_KEY, salt=f"skyspy link {kind}", signer=_Then)
    return _text(signer.dumps([user_id, epoch, maker_id, token_urlsafe(label, 16)]))


class _Then(TimestampSigner):
    """Signs at NOW."""

    def get_timestamp(self) -> int:
        return int(NOW)


def _text(signed: Any) -> str:
    return signed if isinstance(signed, str) else signed.decode()


def _key(purpose: str) -> bytes:
    return hmac.digest(SECRET_KEY.encode(), b"skyspy " + purpose.encode(), hashlib.sha256)


def _digest(purpose: str, text: str) -> str:
    return hmac.digest(_key(purpose), text.encode(), hashlib.sha256).hex()
