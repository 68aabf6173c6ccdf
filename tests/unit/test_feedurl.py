"""A receiver is a URL, and reads the same wherever it is written."""

from __future__ import annotations

import pytest

from skyspy.feedurl import SCHEMES, FeedUrlError, is_datalink, parse, parse_list


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=lambda s: s.name)
def test_every_example_in_the_table_can_be_parsed(scheme: object) -> None:
    assert parse(scheme.example).scheme is scheme  # type: ignore[attr-defined]


def test_a_port_left_out_is_the_formats_usual_one() -> None:
    assert [parse(f"{name}://pi").port for name in ("beast", "avr", "sbs", "json", "uat")] == [30005, 30002, 30003, 30047, 30979]


LINKS = ("acars", "vdlm2", "hfdl", "imsl", "irdm")


def test_the_usual_ports_of_data_links_are_those_of_acars_router() -> None:
    # Its README: inputs 5550, 5555 to 5558; served over TCP at 15550, 15555 to 15558.
    assert [parse(f"{link}+udp://0.0.0.0").port for link in LINKS] == [5550, 5555, 5556, 5557, 5558]
    assert [parse(f"{link}+tcp://pi").port for link in LINKS] == [15550, 15555, 15556, 15557, 15558]
    assert all(parse(f"{link}+{way}://pi").scheme.is_datalink for link in LINKS for way in ("udp", "tcp"))
    assert not parse("beast://pi").scheme.is_datalink


def test_a_listener_is_where_its_url_says_and_without_an_address_on_loopback() -> None:
    heard = [
        (parse(text).host, parse(text).port)
        for text in ("acars+udp://0.0.0.0:5550", "acars+udp://:5551", "acars+udp://[::1]:5552", "ACARS+UDP://")
    ]
    assert heard == [("0.0.0.0", 5550), ("127.0.0.1", 5551), ("::1", 5552), ("127.0.0.1", 5550)]


def test_vdl2_is_another_name_of_vdlm2() -> None:
    assert (parse("vdl2+udp://:5555").scheme, parse("vdl2+tcp://pi").scheme) == (
        parse("vdlm2+udp://").scheme,
        parse("vdlm2+tcp://pi").scheme,
    )
    assert [is_datalink(text) for text in ("vdl2+udp://:5555", "IRDM+tcp://pi", "beast://pi", "nothing", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_password_is_not_shown() -> None:
    feed = parse("http://me:hunter2@pi/data/aircraft.json")
    assert feed.shown == "http://***@pi/data/aircraft.json"


def test_an_http_query_belongs_to_its_server_and_options_stand_behind_the_hash() -> None:
    feed = parse("http://pi/aircraft.json?x=1#interval=2")
    assert (feed.text, feed.options) == ("http://pi/aircraft.json?x=1#interval=2", {"interval": "2"})


def test_commas_and_blanks_separate_and_a_repeated_feed_counts_once() -> None:
    assert [f.scheme.name for f in parse_list(" beast://a, sbs://b\n beast://a ")] == ["beast", "sbs"]


@pytest.mark.parametrize(
    "text",
    ["", "pi:30005", "ftp://pi", "file:///etc/passwd", "beast://", "beast://pi:99999", "replay://", "replay:///x?speed=nan", "replay:///x?speed=0",
     "demo://?planes=4", "demo://?incidents=many", "demo://?datalink=many", "acars+tcp://", "acars+tcp://:15550", "acars+udp://:99999", "acars+udp://?speed=1", "acars://pi", "beast://pi?speed=1", "http://pi/\x00", "gopher://pi"],
)  # fmt: skip
def test_what_is_no_feed_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(FeedUrlError) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["gopher://op:hush@host/", "beast://op:hush@", "beast://op:hush@host:99999", "http://op:hu@hush@[host/", "x//op:hush@h", "op:hush@pi",
     "beast://op:hush#x@pi:1", "beast://op:hush/x@pi", "avr:///op:hush@pi"],
)  # fmt: skip
def test_s20_what_is_wrong_with_a_url_is_said_without_its_password(text: str) -> None:
    with pytest.raises(FeedUrlError) as caught:
        parse(text)
    assert "hush" not in str(caught.value)
