"""The list of host names: what is a name, and which requests are addressed to one of them."""

from __future__ import annotations

import pytest

from skyspy.hosts import HostError, is_allowed_host, parse_list


def test_a_list_is_separated_by_commas_or_blanks_and_ports_do_not_matter() -> None:
    listed = parse_list("Sky.Example, sky.local:8000  192.0.2.7 [2001:db8::1]:443,2001:db8::2 sky.dot. \N{SNOWMAN}.example")
    assert listed == {
        "sky.example", "sky.local", "192.0.2.7", "2001:db8::1", "2001:db8::2", "sky.dot", "xn--n3h.example"
    }  # fmt: skip
    assert parse_list(" , ") == frozenset()


@pytest.mark.parametrize(
    "word", ["http://sky.example", "sky.example/", "sky@example", "*.example", "a..b", "[::1", ":80", "sky:port"]
)
def test_what_is_no_host_name_is_named(word: str) -> None:
    with pytest.raises(HostError, match="is not a host name"):
        parse_list(f"good.example {word}")


@pytest.mark.parametrize(
    "origin",
    [
        "https://sky.example",
        "http://sky.example:8000",
        "http://sky.example.",
        "http://localhost:8000",
        "http://127.0.0.1:1",
        "http://[::1]",
    ],
)
def test_listed_names_and_those_of_this_machine_are_answered(origin: str) -> None:
    assert is_allowed_host(origin, frozenset({"sky.example"}))


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "http://evil.example",
        "http://sky.example.evil.example",
        "http://192.0.2.7",
        "http://x.sky.example",
        "http://127.0.0.1%evil.example",
        "http://[::1%25evil.example]",
        'http://"127.0.0.1"',
    ],
)
def test_other_names_are_answered_only_where_there_is_no_list(origin: str) -> None:
    assert not is_allowed_host(origin, frozenset({"sky.example"}))
    assert is_allowed_host(origin, frozenset())
