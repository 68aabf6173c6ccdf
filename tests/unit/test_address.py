"""Claims about whose address a request carries (skyspy/address.py)."""

from __future__ import annotations

import ipaddress

import pytest

from skyspy.address import (
    Peer,
    canonical_origin,
    canonical_prefix,
    client_address,
    enter_prefix,
    is_loopback,
    is_trusted,
    limit_key,
    parse,
    peer_of,
    resolve_peer,
)

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128"))


@pytest.mark.parametrize(
    ("remote", "header", "expected"),
    [
        ("203.0.113.5", None, "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),  # an untrusted peer may claim what it likes
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # what the client wrote stays left
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.0.0.1", "10.1.1.1", "10.1.1.1"),  # every hop trusted: the leftmost is the client
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("::1", '"[2001:db8::5]:4711"', "2001:db8::5"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("", None, "127.0.0.1"),
        (None, "198.51.100.1", "127.0.0.1"),
        ("not-an-address", "1.2.3.4", "not-an-address"),
        ("10.0.0.1", ",".join(["1.1.1.1"] * 10_000), "1.1.1.1"),
    ],
)
def test_s27_the_rightmost_untrusted_address_is_the_client(remote: str | None, header: str | None, expected: str) -> None:
    assert client_address(remote, header, PROXIES) == expected


def test_s27_without_trusted_proxies_no_header_is_believed() -> None:
    assert client_address("127.0.0.1", "198.51.100.1", ()) == "127.0.0.1"
    assert not is_trusted("10.0.0.1", ())
    assert is_trusted("10.0.0.1", PROXIES)


def test_an_ipv6_subscriber_is_one_key_for_limits() -> None:
    assert limit_key("2001:db8:1:2::1") == limit_key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert limit_key("2001:db8:1:3::1") != limit_key("2001:db8:1:2::1")
    assert limit_key("198.51.100.1") == "198.51.100.1"


def test_loopback_is_known_in_every_writing() -> None:
    assert all(is_loopback(text) for text in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "[::1]:80"))
    assert not any(is_loopback(text) for text in ("198.51.100.1", "2001:db8::1", "rubbish", ""))
    assert parse("fe80::1%eth0") == ipaddress.ip_address("fe80::1")


def request(**headers: str) -> dict[str, str]:
    """A WSGI environ as the server makes it: from a proxy at 10.0.0.1, without TLS."""
    return {"REMOTE_ADDR": "10.0.0.1", "wsgi.url_scheme": "http", "HTTP_HOST": "sky.local:8000", **headers}


FORWARDED = {
    "HTTP_X_FORWARDED_FOR": "6.6.6.6, 198.51.100.1",
    "HTTP_X_FORWARDED_PROTO": "http, https",
    "HTTP_X_FORWARDED_HOST": "evil.example, Sky.Example:443",
}


def test_s27_a_trusted_proxys_last_words_say_who_the_peer_is() -> None:
    assert resolve_peer(request(**FORWARDED), PROXIES) == Peer("198.51.100.1", True, "https://sky.example")


def test_s27_what_any_other_peer_says_of_itself_is_not_believed() -> None:
    assert resolve_peer(request(**FORWARDED), ()) == Peer("10.0.0.1", False, "http://sky.local:8000")
    assert resolve_peer(request(**FORWARDED, REMOTE_ADDR="203.0.113.5"), PROXIES).address == "203.0.113.5"


def test_tls_to_this_server_itself_counts() -> None:
    assert resolve_peer(request(**{"wsgi.url_scheme": "https"}), ()).secure
    assert not resolve_peer(request(HTTP_X_FORWARDED_PROTO=""), PROXIES).secure


@pytest.mark.parametrize("host", ["", "a b/c", "user@sky.example", "[::1", "sky.example:x", "sky.example/path"])
def test_a_host_that_is_none_makes_no_origin(host: str) -> None:
    assert resolve_peer(request(HTTP_HOST=host), ()).origin == "", "no page can have it"


def test_a_request_has_one_peer_however_often_it_is_asked_for() -> None:
    environ = request(**FORWARDED)
    peer = peer_of(environ, PROXIES)
    environ["HTTP_X_FORWARDED_FOR"] = "203.0.113.9"
    assert peer_of(environ, PROXIES) is peer
    assert resolve_peer(environ, PROXIES).address == "203.0.113.9"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("HTTPS://Map.Example:443/", "https://map.example"),
        (" http://[2001:DB8::1]:80", "http://[2001:db8::1]"),
        ("http://map.example:443", "http://map.example:443"),
        ("null", None),
        ("*", None),
        ("ftp://map.example", None),
        ("https://map.example?x", None),
    ],
)
def test_one_origin_is_written_in_one_way(text: str, origin: str | None) -> None:
    assert canonical_origin(text) == origin


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("/skyspy", "/skyspy"),
        ("/skyspy/", "/skyspy"),
        ("/a/b-c_d.e~f", "/a/b-c_d.e~f"),
        ("/" + "a" * 127, "/" + "a" * 127),
        ("/", ""),
        *(
            (bad, None)
            for bad in ("", "skyspy", "//evil.example", "/a//b", "/a//", "/..", "/a/../b", "/.", "/.well-known", "/a b")
        ),
        *((bad, None) for bad in ("/a\\b", "/%61", "/a?b", "/a#b", '/"', "/a\n", "/\u00e9", "/\u0661", "/" + "a" * 128)),
    ],
)
def test_s27_a_path_prefix_is_one_slash_and_plain_characters(text: str, prefix: str | None) -> None:
    assert canonical_prefix(text) == prefix


def entered(path: str, said: str = "/skyspy", remote: str = "10.0.0.1") -> tuple[str, str, str]:
    """Why the prefix of a request is ignored, and its SCRIPT_NAME and PATH_INFO afterwards."""
    environ = request(HTTP_X_FORWARDED_PREFIX=said, REMOTE_ADDR=remote, SCRIPT_NAME="", PATH_INFO=path)
    ignored = enter_prefix(environ, PROXIES)
    assert enter_prefix(environ, PROXIES) == "", "the second call does nothing"
    return ignored, environ["SCRIPT_NAME"], environ["PATH_INFO"]


def test_a_prefix_is_taken_off_the_path_where_the_proxy_left_it() -> None:
    assert entered("/api/docs/") == entered("/skyspy/api/docs/") == ("", "/skyspy", "/api/docs/")
    assert entered("/skyspy") == entered("/skyspy/") == ("", "/skyspy", "/")
    assert entered("/skyspyglass/") == ("", "/skyspy", "/skyspyglass/")
    assert entered("/skyspy/skyspy/x") == ("", "/skyspy", "/skyspy/x"), "once, however often it is asked for"
    assert entered("/x", "/evil, /skyspy") == ("", "/skyspy", "/x"), "the nearest proxy has the last word"
    assert entered("/x", "/") == entered("/x", "") == ("", "", "/x")


def test_s27_a_prefix_counts_only_from_a_trusted_proxy() -> None:
    ignored, *rest = entered("/skyspy/x", remote="203.0.113.5")
    assert "SKYSPY_TRUSTED_PROXIES" in ignored and rest == ["", "/skyspy/x"]
    ignored, *rest = entered("/x", "//evil.example")
    assert "such as /skyspy" in ignored and rest == ["", "/x"]


@pytest.mark.parametrize("prefix", ["/data", "/admin/", "/api/sky", "/socket.io"])
def test_a_prefix_that_is_a_path_of_our_own_is_ignored(prefix: str) -> None:
    ignored, *rest = entered("/data/aircraft.json", prefix)
    assert "of SkySpy's own" in ignored and rest == ["", "/data/aircraft.json"]
    assert entered("/x", "/database") == ("", "/database", "/x")
