"""Each destination's own limit shortens its own text; topics hold what an alert says and nothing that changes their levels."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from skyspy import wirejson
from skyspy.notify import topics
from skyspy.notify.destination import Message
from skyspy.notify.shorten import MARK, payload, shortened, shortened_bytes, within

LONG = Message("msg_1", "title", "word " * 50_000, {"id": "a-1", "hex": "4b1234"}, 1_800_000_000.0)


def test_a_text_within_its_limit_stays_as_it_is() -> None:
    assert shortened("exactly ten", 11) == "exactly ten"


def test_a_text_is_cut_after_a_word_and_says_so() -> None:
    assert shortened("a helicopter of the coast guard", 27) == "a helicopter of the coast…"


@example("𐀀𐀀", 7)
@given(st.text(), st.integers(0, 50))
def test_no_text_is_longer_than_its_limit(text: str, most: int) -> None:
    assert len(shortened(text, most)) <= most or text == shortened(text, most)
    assert len(shortened_bytes(text, most).encode("utf-8", "replace")) <= most


def test_a_limit_of_one_destination_changes_no_other_message() -> None:
    short = within(LONG, 40)
    assert len(short.body) <= 40 and short.body.endswith(MARK)
    assert len(LONG.body) == 250_000 and within(LONG, None).body == LONG.body


@given(st.text(max_size=3000), st.integers(1024, 8192))
def test_a_payload_is_json_within_its_bytes_whatever_the_text(text: str, most: int) -> None:
    made = payload(Message("msg_1", "title", text, {"id": "a-1", "more": text[:1500]}, 1_800_000_000.0), most)
    assert len(made) <= most
    assert wirejson.loads(made)["id"] == "msg_1"


def test_a_payload_that_is_too_long_has_less_text_first_and_says_so() -> None:
    document = wirejson.loads(payload(LONG, 64 * 1024))
    assert document["data"]["hex"] == "4b1234" and document["data"]["shortened"] is True
    assert 60_000 < len(document["data"]["text"]) < 65_536


def test_a_payload_whose_data_are_too_long_names_the_alert() -> None:
    many = Message("msg_1", "title", "short text", {"id": "a-1", "hex": "4b1234", "aircraft": "x" * 100_000}, 1_800_000_000.0)
    assert wirejson.loads(payload(many, 2048))["data"] == {
        "id": "a-1", "hex": "4b1234", "shortened": True, "title": "title", "text": "short text",
    }  # fmt: skip


def test_a_payload_says_what_it_is_and_when_it_was_made() -> None:
    document = wirejson.loads(payload(Message("msg_1", "t", "b", {"id": "a-1"}, 1_800_000_000.0), 4096))
    assert document == {
        "id": "msg_1", "type": "alert.triggered", "timestamp": "2027-01-15T08:00:00.000Z", "data": {"id": "a-1", "title": "t", "text": "b"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("template", "topic"),
    [
        ("skyspy/alerts/{owner}", "skyspy/alerts/7"),
        ("a/{hex}/{callsign}/{rule}", "a/4b1234/REGA1/3"),
        ("plain", "plain"),
    ],
)
def test_a_topic_is_made_of_its_template(template: str, topic: str) -> None:
    topics.check(template)
    assert topics.fill(template, 7, {"rule_id": "3", "hex": "4b1234", "callsign": "REGA1 "}) == topic


@pytest.mark.parametrize("value", ["#", "+/x", "../a", "a/b", "$SYS", "a\x00b", "", None, "a\nb"])
def test_s33_what_an_aircraft_says_adds_no_level_and_no_wildcard_to_a_topic(value: str | None) -> None:
    topic = topics.fill("skyspy/{owner}/{callsign}", 7, {"callsign": value})
    assert topic.startswith("skyspy/7/") and topic.count("/") == 2
    assert not set("+#$\x00\n") & set(topic) and not topic.endswith("/")
