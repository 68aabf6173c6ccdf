"""Claims about whose address a request carries (skyspy/address.py)."""

from __future__ import annotations

import ipaddress

import pytest

from skyspy.address import client_address, is_loopback, is_trusted, limit_key, parse

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
