"""What a person writes about a destination is checked, and what is secret of it is kept apart."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from skyspy.notify.settings import ROTATION_S, Checked, DestinationError, check, key_of, new_secret

NOW = 1_800_000_000.0
URL = "https://hooks.example/T0KEN?key=canary"


def checked(kind: str, may_private: bool = False, former: dict[str, str] | None = None, **document: Any) -> Checked:
    return check(kind, document, may_private=may_private, now=NOW, former=former)


def errors(kind: str, may_private: bool = False, **document: Any) -> dict[str, str]:
    with pytest.raises(DestinationError) as refused:
        check(kind, document, may_private=may_private, now=NOW)
    return dict(refused.value.fields)


def test_the_address_of_a_webhook_is_secret_and_its_host_is_shown() -> None:
    made = checked("webhook", url=URL, name="mine")
    assert made.settings == {"shown": "https://hooks.example/…"}
    assert made.secrets["url"] == URL
    assert "canary" not in repr(made) and "whsec" not in repr(made)


def test_a_webhook_gets_a_secret_that_is_shown_once() -> None:
    made = checked("webhook", url=URL)
    assert made.shown_once == {"secret": made.secrets["secret"]}
    assert len(key_of(made.secrets["secret"])) == 32
    changed = checked("webhook", former=dict(made.secrets), max_characters=500)
    assert (changed.secrets, changed.shown_once) == (made.secrets, {})
    assert changed.settings["max_characters"] == 500


def test_a_secret_of_the_owners_own_is_taken_and_not_shown() -> None:
    own = new_secret()
    made = checked("webhook", url=URL, secret=own)
    assert (made.secrets["secret"], made.shown_once) == (own, {})


def test_while_a_secret_is_replaced_the_former_one_is_kept_for_a_day() -> None:
    made = checked("webhook", url=URL)
    rotated = checked("webhook", former=dict(made.secrets), rotate=True)
    assert rotated.secrets["secret"] == rotated.shown_once["secret"] != made.secrets["secret"]
    assert rotated.secrets["former_secret"] == made.secrets["secret"]
    assert float(rotated.secrets["former_until"]) == NOW + ROTATION_S
    kept = checked("webhook", former=dict(rotated.secrets))
    assert kept.secrets == rotated.secrets


@pytest.mark.parametrize(
    ("secret", "right"),
    [
        ("whsec_" + base64.b64encode(b"k" * 24).decode(), True),
        ("whsec_" + base64.b64encode(b"k" * 64).decode(), True),
        ("whsec_" + base64.b64encode(b"k" * 23).decode(), False),
        ("whsec_" + base64.b64encode(b"k" * 65).decode(), False),
        (base64.b64encode(b"k" * 32).decode(), False),
        ("whsec_canary!", False),
        ("whsec_", False),
    ],
)
def test_a_secret_is_in_the_form_of_standard_webhooks(secret: str, right: bool) -> None:
    if right:
        assert checked("webhook", url=URL, secret=secret).secrets["secret"] == secret
    else:
        wrong = errors("webhook", url=URL, secret=secret)
        assert list(wrong) == ["secret"] and "canary" not in str(wrong)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://hooks.example/", "begins with https"),
        ("file:///etc/passwd", "begins with https"),
        ("gopher://hooks.example/", "begins with https"),
        ("hooks.example", "begins with https"),
        ("https://", "not a name"),
        ("https://user:canary@hooks.example/", "no user and password"),
        ("https://hooks.example:99999/", "no address that can be read"),
        ("https://[::1", "no address that can be read"),
        ("https://hooks.example/a b", "characters"),
        ("https://hooks.example/a\r\nX: y", "characters"),
        ("https://hooks.example/é", "characters"),
        ("http://127.0.0.1/", "only who may manage"),
        ("http://localhost:8000/", "only who may manage"),
        ("http://[::ffff:127.0.0.1]/", "only who may manage"),
        ("http://2130706433/", "four decimal numbers"),
        ("http://0/", "four decimal numbers"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("https://hooks.example:22/", "ports 80, 443"),
        (7, "is a text"),
        ("", "is a text"),
        ("https://hooks.example/" + "x" * 2000, "is a text"),
    ],
)
def test_s19_an_address_that_a_webhook_cannot_have_is_refused_with_what_is_wrong(url: object, words: str) -> None:
    wrong = errors("webhook", url=url)
    assert list(wrong) == ["url"]
    assert words in wrong["url"] and "canary" not in wrong["url"]


def test_who_may_manage_settings_may_send_to_the_own_network_and_to_every_port() -> None:
    assert checked("webhook", may_private=True, url="http://192.168.1.5:81/x").secrets["url"] == "http://192.168.1.5:81/x"
    assert checked("mqtt", may_private=True, host="127.0.0.1", port=1883).settings["host"] == "127.0.0.1"
    assert "link-local" in errors("webhook", may_private=True, url="http://169.254.169.254/")["url"]


def test_a_broker_is_reached_over_tls_where_nothing_else_is_said() -> None:
    made = checked("mqtt", host="Broker.example")
    assert made.settings == {
        "host": "broker.example", "port": 8883, "tls": True, "topic": "skyspy/alerts/{owner}", "version": "3.1.1", "retain": False,
    }  # fmt: skip
    assert checked("mqtt", host="broker.example", tls=False).settings["port"] == 1883
    assert made.secrets == {}


def test_a_brokers_password_is_secret_and_kept_for_the_same_broker_only() -> None:
    made = checked("mqtt", host="broker.example", username="sky", password="canary")
    assert made.settings["username"] == "sky" and "canary" not in repr(made)
    former = dict(made.secrets)
    assert checked("mqtt", former=former, host="broker.example", username="sky", topic="x").secrets["password"] == "canary"
    for other in (
        {"host": "evil.example"},
        {"host": "broker.example", "port": 8884},
        {"host": "broker.example", "tls": False, "port": 8883},
    ):
        assert checked("mqtt", former=former, username="sky", **other).secrets == {}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "host"),
        ({"host": "10.0.0.1"}, "host"),
        ({"host": "broker.example", "port": 0}, "port"),
        ({"host": "broker.example", "port": True}, "port"),
        ({"host": "broker.example", "port": 25}, "port"),
        ({"host": "broker.example", "tls": "yes"}, "tls"),
        ({"host": "broker.example", "version": "4"}, "version"),
        ({"host": "broker.example", "password": "canary"}, "username"),
        ({"host": "broker.example", "ca": "canary"}, "ca"),
        ({"host": "broker.example", "topic": "a/#"}, "topic"),
        ({"host": "broker.example", "topic": "a/{nobody}"}, "topic"),
        ({"host": "broker.example", "topic": "{owner.id}"}, "topic"),
        ({"host": "broker.example", "topic": "$SYS/a"}, "topic"),
        ({"host": "broker.example", "topic": "a}"}, "topic"),
        ({"host": "broker.example", "color": "red"}, "color"),
        ({"host": "broker.example", "max_characters": 3}, "max_characters"),
    ],
)
def test_what_is_wrong_with_a_broker_is_said_by_field(document: dict[str, Any], field: str) -> None:
    wrong = errors("mqtt", **document)
    assert list(wrong) == [field] and "canary" not in str(wrong)


def test_every_wrong_field_is_named_at_once() -> None:
    assert set(errors("mqtt", host="10.0.0.1", port=-1, version="2", color="red")) == {"host", "port", "version", "color"}


@pytest.mark.parametrize("url", ["json://hooks.example/", "xmls://hooks.example", "form://h", "hassio://h/token", "JSON://h"])
def test_s19_services_of_apprise_that_reach_any_host_are_for_who_may_manage_settings(url: str) -> None:
    assert "only for who may manage" in errors("apprise", url=url)["url"]
    assert checked("apprise", may_private=True, url=url).secrets["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "syslog://",
        "dbus://",
        "gnome://",
        "windows://",
        "macosx://",
        "rsyslog://h",
        "file:///etc/passwd",
        "apprise://h/key",
        "mqtt://h/t",
        "nothing",
        "https://h/",
    ],
)
def test_s19_services_that_act_on_the_server_itself_are_for_nobody(url: str) -> None:
    for may_private in (False, True):
        assert "url" in errors("apprise", may_private=may_private, url=url)


def test_an_address_of_apprise_is_secret_and_its_scheme_is_shown() -> None:
    made = checked("apprise", url="tgram://123:canary/chat")
    assert made.settings == {"scheme": "tgram", "shown": "tgram://…"}
    assert "canary" not in repr(made)


def test_open_pages_need_no_settings_and_other_kinds_do_not_exist() -> None:
    assert checked("browser").settings == {}
    assert "kind" in errors("pigeon")
