"""Claims about decoding what clients send (skyspy/transport/packets.py)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from socketio import packet

from skyspy.transport.packets import NOT_AN_OBJECT, REFUSED, RESERVED, Packet


def decoded(text: object) -> Packet:
    return Packet(encoded_packet=text)


@pytest.mark.parametrize(
    ("text", "kind", "namespace", "ident", "data"),
    [
        ("0", packet.CONNECT, "/", None, None),
        ('0{"token":"x"}', packet.CONNECT, "/", None, {"token": "x"}),
        ('0/audio,{"token":"x"}', packet.CONNECT, "/audio", None, {"token": "x"}),
        ("0/audio?token=x,", packet.CONNECT, "/audio", None, None),
        ("1", packet.DISCONNECT, "/", None, None),
        ("1/acars,", packet.DISCONNECT, "/acars", None, None),
        ('2["ping"]', packet.EVENT, "/", None, ["ping"]),
        ('2["ping",null]', packet.EVENT, "/", None, ["ping", None]),
        ('2/audio,17["ping",{"a":1}]', packet.EVENT, "/audio", 17, ["ping", {"a": 1}]),
        ('212["ping"]', packet.EVENT, "/", 12, ["ping"]),
        ('25["a-b","c-d"]', packet.EVENT, "/", 5, ["a-b", "c-d"]),
        ('31["whatever"]', packet.ACK, "/", 1, []),
    ],
)
def test_an_honest_packet_is_read(text: str, kind: int, namespace: str, ident: int | None, data: object) -> None:
    made = decoded(text)
    assert (made.packet_type, made.namespace, made.id, made.data, made.attachment_count) == (kind, namespace, ident, data, 0)


@pytest.mark.parametrize("name", sorted(RESERVED | {REFUSED}))
def test_a_reserved_name_never_reaches_its_handler(name: str) -> None:
    made = decoded(f"2/audio,7{json.dumps([name, {}, {}])}")
    assert (made.data[0], made.data[1]["code"]) == (REFUSED, "reserved_event")
    assert (made.namespace, made.id) == ("/audio", 7)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_packet"),
        ("x", "bad_packet"),
        ("9", "bad_packet"),
        ("٤", "bad_packet"),
        ("2", "bad_packet"),
        ("2{", "bad_packet"),
        ('2{"a":1}', "bad_packet"),
        ("2[]", "bad_packet"),
        ("2[1]", "bad_packet"),
        ("2[NaN]", "bad_packet"),
        ('2["' + "n" * 65 + '"]', "bad_packet"),
        ('2[""]', "bad_packet"),
        ("2" + "1" * 16 + '["ping"]', "bad_packet"),
        ("2" + "1" * 101 + '["ping"]', "bad_packet"),
        ("2/" + "n" * 70 + ',["ping"]', "bad_packet"),
        ("4", "bad_packet"),
        ("45999999-", "bad_packet"),
        ('51-["x",{"_placeholder":true,"num":0}]', "binary_refused"),
        ('599999999-["x"]', "binary_refused"),
        ('5["x"]', "binary_refused"),
        ('61-1["x"]', "binary_refused"),
        ("2" + "[" * 30_000, "bad_packet"),
        ('2["x",' + '{"a":' * 20_000, "bad_packet"),
        (None, "bad_packet"),
        (b"\x00\x01", "bad_packet"),
        ({"a": 1}, "bad_packet"),
        (7, "bad_packet"),
    ],
)
def test_what_is_no_packet_becomes_an_answerable_event(text: object, code: str) -> None:
    made = Packet()
    assert made.decode(text) == 0
    assert made.packet_type == packet.EVENT
    assert (made.data[0], made.data[1]["code"]) == (REFUSED, code)


@pytest.mark.parametrize("auth", ["[1]", '"token"', "7", "true", "[]", "0", "false", '""', "{", "NaN"])
def test_credentials_that_are_no_object_are_a_bad_token_and_not_none(auth: str) -> None:
    assert decoded("0" + auth).data == NOT_AN_OBJECT
    assert decoded("0/audio," + auth).data == NOT_AN_OBJECT


@given(
    st.one_of(
        st.text(max_size=200), st.binary(max_size=50), st.from_regex(r"[0-9][0-9]*-?(/[a-z?]*,?)?[0-9]*[\[{].*", fullmatch=True)
    )
)
def test_decoding_never_raises(text: object) -> None:
    made = Packet()
    made.decode(text)
    if made.packet_type == packet.EVENT:
        assert isinstance(made.data, list)
        assert isinstance(made.data[0], str)
        assert made.data[0] not in RESERVED


def test_what_the_server_sends_is_text_whatever_it_holds() -> None:
    made = Packet(packet.EVENT, data=["a", {"x": float("nan")}], namespace="/audio")
    assert made.encode() == '2/audio,["a",{"x":null}]'
