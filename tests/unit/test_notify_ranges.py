"""S19: every form in which an address that is not public can be written or resolved is refused, and the public ones are not."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.notify.guard import GuardError, check, check_host
from skyspy.notify.ranges import Reach, host_of, judge, refuse
from skyspy.outbound.resolver import Address, Resolver

PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
    "::1", "fc00::1", "fd12:3456:789a::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:c0a8:0101", "64:ff9b::7f00:1", "64:ff9b::10.1.2.3",
]  # fmt: skip
NEVER = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.9",
    "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "2001:0:4136:e378::1", "2001:db8::1",
    "2002:7f00:1::", "2002:c0a8:101::1", "::127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1",
    "100::1", "5f00::1", "3fff::1", "fec0::1", "4000::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.167.1.1", "2606:4700::1111", "2a00:1450::1",
    "64:ff9b::808:808", "::ffff:8.8.8.8"]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_s19_a_private_address_is_for_who_may_manage_settings(address: str) -> None:
    with pytest.raises(GuardError, match="only who may manage settings"):
        refuse(address, may_private=False)
    refuse(address, may_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_s19_an_address_that_is_no_servers_is_refused_for_everybody(address: str) -> None:
    for may_private in (False, True):
        with pytest.raises(GuardError, match="no alert is sent there"):
            refuse(address, may_private=may_private)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_for_everybody(address: str) -> None:
    refuse(address, may_private=False)


@given(st.ip_addresses())
def test_s19_what_the_standard_library_calls_not_global_is_not_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not address.is_global or address.is_multicast or address.is_reserved:
        embeds = address.version == 6 and address in ipaddress.ip_network("64:ff9b::/96")
        mapped = address.version == 6 and getattr(address, "ipv4_mapped", None) is not None
        assert embeds or mapped or judge(str(address)).reach is not Reach.PUBLIC


@pytest.mark.parametrize(
    "written",
    ["2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1", "127.0.0.0x1", "0", "0x0", "00000000", "127.0.0.01", "1.2.3",
     "999.1.1.1", "１２７.1", "0xa9.0xfe.0xa9.0xfe", "2852039166", "8.8.8.8.8", "hooks.1", "a.0x1"],
)  # fmt: skip
def test_s19_an_address_in_another_form_than_four_numbers_is_refused(written: str) -> None:
    with pytest.raises(GuardError, match="four decimal numbers"):
        host_of(written)


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("Hooks.Example.", "hooks.example"),
        ("8.8.8.8", "8.8.8.8"),
        ("8.8.8.8.", "8.8.8.8"),
        ("１２７.0.0.1", "127.0.0.1"),
        ("[2606:4700:0:0:0:0:0:1111]", "2606:4700::1111"),
        ("[::FFFF:8.8.8.8]", "::ffff:808:808"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("under_score.example", "under_score.example"),
        ("localhost", "localhost"),
    ],
)
def test_a_host_is_brought_to_one_form(written: str, host: str) -> None:
    assert host_of(written) == host


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        ".",
        "a..b",
        "-a.example",
        "a b",
        "a/b",
        "a@b",
        "a\nb",
        "a\x00b",
        "[::1",
        "::g",
        "1:2",
        "a" * 64,
        "a." * 130,
        "a%00b",
        "é" * 70,
        "#",
    ],
)
def test_what_is_no_host_is_refused(written: str) -> None:
    if written == "[::1":
        assert host_of(written) == "::1"
        return
    with pytest.raises(GuardError):
        host_of(written)


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "LOCALHOST.", "127.0.0.1", "[::1]", "192.168.0.9", "１２７.0.0.1"])
def test_s19_a_host_of_this_machine_or_its_network_is_refused_when_it_is_saved(host: str) -> None:
    with pytest.raises(GuardError, match="only who may manage settings"):
        check_host(host, may_private=False)
    check_host(host, may_private=True)


class Names:
    """A resolver's lookup. Each name has the answers that are given one after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self.asked = 0
        self._answers = list(answers)

    def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        return [(10 if ":" in address else 2, (address, port)) for address in self._answers.pop(0)]


@pytest.mark.parametrize(
    "answer", [["8.8.8.8", "10.0.0.1"], ["2606:4700::1111", "::1"], ["127.0.0.1"], ["::ffff:127.0.0.1"], ["169.254.169.254"]]
)
def test_s19_where_one_address_of_a_name_is_refused_none_is_used(answer: list[str]) -> None:
    with pytest.raises(GuardError):
        check("hooks.example", 443, Resolver(Names(answer)), 5.0, may_private=False)


def test_s19_a_name_is_resolved_once_and_what_was_judged_is_what_is_connected_to() -> None:
    names = Names(["8.8.8.8"], ["127.0.0.1"])
    found = check("rebinding.example", 443, Resolver(names), 5.0, may_private=False)
    assert (found, names.asked) == ([(2, ("8.8.8.8", 443))], 1)


def test_s19_a_refusal_says_no_address_of_the_inner_network() -> None:
    with pytest.raises(GuardError) as refused:
        check("inner.example", 443, Resolver(Names(["10.77.88.99"])), 5.0, may_private=False)
    assert "10.77" not in str(refused.value)
