"""What a person writes about a destination, checked and divided into what may be shown and what is secret.

The document of each kind (`-` is optional; `name` and `kind`, which every destination has, are not looked at here):

| kind | fields |
|---|---|
| `webhook` | `url`, `secret`- (`whsec_…`), `rotate`- (a new secret; the former one signs too for a day), `ca`- (PEM) |
| `mqtt` | `host`, `port`-, `tls`-, `ca`-, `version`- ("3.1.1" or "5"), `username`-, `password`-, `topic`-, `retain`- |
| `apprise` | `url` |
| `browser` | none |

Each may have `max_characters`, the longest text that is sent to it. In a change, a secret field that is missing stays as it was.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from gevent import ssl

from skyspy.notify import guard, topics
from skyspy.notify.destination import APPRISE, BROWSER, MQTT, WEBHOOK, broker_of
from skyspy.notify.fields import Fields
from skyspy.notify.guard import GuardError
from skyspy.notify.schemes import SCHEMES, shown_url

MAX_URL, MAX_CA, MAX_WORD = 2000, 64 * 1024, 256
MIN_CHARACTERS, MAX_CHARACTERS = 40, 100_000
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64
SECRET_PREFIX = "whsec_"  # noqa: S105 - how a secret begins
ROTATION_S = 24 * 3600.0
"""After a rotation the former secret signs too for so long."""
WEB_PORTS = {"http": 80, "https": 443}
MQTT_PORTS = {False: 1883, True: 8883}
LOWEST_PORT = 1024
"""Below it an owner who may not use private networks has the ports of WEB_PORTS only."""


class DestinationError(ValueError):
    """A destination cannot be saved like this. `fields`: the message for each field that is wrong."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in fields.items()))
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Checked:
    """What is stored of a destination. `settings` may be shown to its owner, `secrets` is sealed (vault.py); `shown_once` is what was made
    just now and is shown in the answer, and never again."""

    settings: Mapping[str, Any]
    secrets: Mapping[str, str] = field(repr=False)
    shown_once: Mapping[str, str] = field(repr=False, default_factory=dict)


def check(
    kind: str, document: Mapping[str, Any], *, may_private: bool, now: float, former: Mapping[str, str] | None = None
) -> Checked:
    """The document of a destination of this kind, checked. `may_private`: the owner holds settings.manage. `now` is in wall seconds.
    `former`: the secrets that it has already, where it is changed. Raises DestinationError."""
    if kind not in _CHECKS:
        raise DestinationError({"kind": f"is one of {', '.join(_CHECKS)}"})
    fields = Fields({name: value for name, value in document.items() if name not in ("name", "kind")})
    found = _CHECKS[kind](fields, _Owner(may_private, now, former or {}))
    limit = fields.number("max_characters", None, MIN_CHARACTERS, MAX_CHARACTERS)
    if errors := fields.finished():
        raise DestinationError(errors)
    settings = {name: value for name, value in found.settings.items() if value is not None}
    return Checked(settings | ({} if limit is None else {"max_characters": limit}), found.secrets, found.shown_once)


@dataclass(frozen=True, slots=True)
class _Owner:
    """For whom a document is checked."""

    may_private: bool
    now: float
    former: Mapping[str, str] = field(repr=False)


def _check_webhook(fields: Fields, owner: _Owner) -> Checked:
    kept = {name: value for name, value in owner.former.items() if name in ("url", "secret", "former_secret", "former_until")}
    url = fields.text("url", kept.get("url"), MAX_URL)
    shown = ""
    with fields.errors_of("url"):
        url = None if url is None else _web_address(url, owner)
        shown = shown_url(url or "")
    given, rotate = fields.text("secret", None, 200), fields.flag("rotate", default=False)
    ca = _ca(fields)
    with fields.errors_of("secret"):
        if given is not None:
            key_of(given)
    made = None if given or (kept.get("secret") and not rotate) else new_secret()
    new = given or made
    signing = {name: text for name, text in kept.items() if name != "url"}
    if new and new != kept.get("secret"):
        signing = {"secret": new}
        if "secret" in kept:
            signing |= {"former_secret": kept["secret"], "former_until": str(owner.now + ROTATION_S)}
    return Checked({"shown": shown, "ca": ca}, {"url": url or "", **signing}, {"secret": made} if made else {})


def _check_mqtt(fields: Fields, owner: _Owner) -> Checked:
    host = fields.text("host", None, 253)
    with fields.errors_of("host"):
        host = None if host is None else guard.check_host(host, may_private=owner.may_private)
    tls = fields.flag("tls", default=True)
    port = fields.number("port", MQTT_PORTS[tls], 1, 65535)
    if port is not None and port < LOWEST_PORT and not owner.may_private:
        fields.fail("port", f"is {LOWEST_PORT} or more")
    topic = fields.text("topic", topics.DEFAULT, topics.MAX_TEMPLATE)
    with fields.errors_of("topic"):
        topics.check(topic or "")
    settings = {
        "host": host, "port": port, "tls": tls, "ca": _ca(fields), "topic": topic,
        "version": fields.one_of("version", "3.1.1", ("3.1.1", "5")), "retain": fields.flag("retain", default=False),
    }  # fmt: skip
    settings["username"] = fields.text("username", None, MAX_WORD)
    # A password is not kept for another broker.
    broker = broker_of(settings)
    kept = owner.former if owner.former.get("broker") == broker else {}
    password = fields.text("password", kept.get("password"), MAX_WORD, empty=True)
    if password and not settings["username"]:
        fields.fail("username", "is needed where a password is")
    return Checked(settings, {"broker": broker, "password": password} if password else {})


def _check_apprise(fields: Fields, owner: _Owner) -> Checked:
    url = fields.text("url", owner.former.get("url"), MAX_URL)
    shown = scheme = ""
    with fields.errors_of("url"):
        if url is not None:
            scheme = _apprise_scheme(url, owner)
            shown = shown_url(url)
    return Checked({"scheme": scheme, "shown": shown}, {"url": url or ""})


def _check_browser(_fields: Fields, _owner: _Owner) -> Checked:
    return Checked({}, {})


_CHECKS: Mapping[str, Callable[[Fields, _Owner], Checked]] = {
    WEBHOOK: _check_webhook,
    MQTT: _check_mqtt,
    APPRISE: _check_apprise,
    BROWSER: _check_browser,
}


# -- one field -------------------------------------------------------------------------------------


def new_secret() -> str:
    """A new secret by which webhooks are signed."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The key of a secret in the form of Standard Webhooks. Raises ValueError, which does not repeat it."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET_PREFIX) or not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError(f"is {SECRET_PREFIX} and base64 of {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes")
    return key


def _web_address(text: str, owner: _Owner) -> str:
    """The address of a webhook. Raises ValueError."""
    if not text.isascii() or any(ord(letter) < 33 or ord(letter) == 127 for letter in text):
        raise ValueError("holds characters that an address cannot have: write them as %XX")
    try:
        parts, port = urlsplit(text), urlsplit(text).port
    except ValueError:
        raise ValueError("is no address that can be read") from None
    if parts.scheme not in WEB_PORTS:
        raise ValueError("begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise ValueError("has no user and password: the signature shows who sends")
    guard.check_host(parts.hostname or "", may_private=owner.may_private)
    if port is not None and not owner.may_private and port < LOWEST_PORT and port not in WEB_PORTS.values():
        raise ValueError(f"has one of the ports 80, 443, and {LOWEST_PORT} or more")
    return parts._replace(fragment="").geturl()


def _apprise_scheme(text: str, owner: _Owner) -> str:
    """The scheme of an address of Apprise. Raises ValueError where its owner may not use it; Apprise itself judges the rest when it is first
    used."""
    name = text.partition("://")[0].lower()
    if "://" not in text or any(ord(letter) < 33 or ord(letter) == 127 for letter in text):
        raise ValueError("is an address of Apprise, such as ntfy://topic")
    scheme = SCHEMES.get(name)
    if scheme is None:
        raise ValueError(f"begins with one of {', '.join(f'{one}://' for one in SCHEMES)}")
    if scheme.needs_manage and not owner.may_private:
        raise ValueError(f"{name}:// is only for who may manage settings: it can reach any host")
    return name


def _ca(fields: Fields) -> str | None:
    """The certificate by which the other side's is checked, as PEM."""
    text = fields.text("ca", None, MAX_CA)
    if text is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
        except (ssl.SSLError, ValueError):
            fields.fail("ca", "is no certificate in the form of PEM")
            return None
    return text


__all__ = ["Checked", "DestinationError", "GuardError", "check", "key_of", "new_secret"]
