"""Claims about what waits for a client (skyspy/transport/outbox.py): framed once, bounded in bytes and in packets."""

from __future__ import annotations

import contextlib
from queue import Empty
from typing import Any

import pytest
from engineio.packet import MESSAGE, PING, Packet
from engineio.payload import Payload
from hypothesis import given
from hypothesis import strategies as st

from skyspy.transport.frames import TEXT, frame
from skyspy.transport.outbox import MAX_WAITING_BYTES, MAX_WAITING_PACKETS, Frame, Outbox, frame_of


class Reader:
    """A client's connection that only takes notes."""

    def __init__(self, takes_frames: bool) -> None:
        self.takes_frames = takes_frames
        self.closed: list[tuple[int, int]] = []

    def frame(self, packet: Any) -> Frame:
        return frame_of(packet)[0]

    def close_slow(self, packets: int, size: int) -> None:
        self.closed.append((packets, size))


def outbox(takes_frames: bool = True) -> tuple[Outbox, Reader]:
    made, reader = Outbox(), Reader(takes_frames)
    made.connection = reader
    return made, reader


def test_one_packet_waits_for_many_websockets_as_one_bytes_object() -> None:
    boxes = [outbox()[0] for _ in range(50)]
    packet = Packet(MESSAGE, '2["aircraft:update",{"flight":"Zürich ✈"}]')
    for box in boxes:
        box.put(packet)
    waiting = [box.get(block=False) for box in boxes]
    assert {id(item) for item in waiting} == {id(waiting[0])}
    assert waiting[0] == frame(TEXT, packet.encode().encode())
    assert waiting[0].encode() is waiting[0], "the engine hands on the frame itself"


def test_the_same_packet_reaches_a_polling_client_as_text() -> None:
    packet = Packet(MESSAGE, '2["x",{"flight":"Zürich ✈"}]')
    (fast, _), (slow, _) = outbox(), outbox(takes_frames=False)
    fast.put(packet)
    slow.put(packet)
    slow.put(Packet(PING))
    assert isinstance(fast.get(block=False), Frame)
    packets = [slow.get(block=False), slow.get(block=False)]
    assert Payload(packets).encode() == '42["x",{"flight":"Zürich ✈"}]\x1e2'


@given(st.one_of(st.text(max_size=300), st.integers(65_000, 66_000).map(lambda size: "é" * (size // 2))))
def test_a_poll_that_wakes_up_after_the_upgrade_reads_the_packet_all_the_same(text: str) -> None:
    packet = Packet(MESSAGE, text)
    built, is_new = frame_of(packet)
    assert is_new
    assert Payload([built]).encode() == "4" + text


def test_a_packet_is_framed_once() -> None:
    packet = Packet(MESSAGE, "2[1]")
    assert [frame_of(packet)[1] for _ in range(3)] == [True, False, False]


@pytest.mark.parametrize("takes_frames", [True, False])
def test_what_waits_is_counted_in_bytes(takes_frames: bool) -> None:
    box, _ = outbox(takes_frames)
    box.put(Packet(MESSAGE, "é" * 1000))
    header = 1 + 4 if takes_frames else 0
    assert (box.waiting_bytes, box.sent_bytes) == (2000 + header, 0)
    box.get(block=False)
    assert (box.waiting_bytes, box.sent, box.sent_bytes) == (0, 1, 2000 + header)


@pytest.mark.parametrize("takes_frames", [True, False])
def test_s28_a_client_that_does_not_read_is_closed_at_the_bound_on_bytes(takes_frames: bool) -> None:
    box, reader = outbox(takes_frames)
    packet = Packet(MESSAGE, "é" * 50_000)
    for _ in range(200):
        box.put(packet)
    ((packets, size),) = reader.closed
    assert packets == box.qsize() == MAX_WAITING_BYTES // 100_000 + 1
    assert MAX_WAITING_BYTES < size == box.waiting_bytes < MAX_WAITING_BYTES + 101_000


def test_s28_a_client_that_does_not_read_is_closed_at_the_bound_on_packets() -> None:
    box, reader = outbox()
    for _ in range(MAX_WAITING_PACKETS + 100):
        box.put(Packet(PING))
    assert box.qsize() == MAX_WAITING_PACKETS
    assert len(reader.closed) == 1


def test_one_packet_may_be_larger_than_the_bound() -> None:
    box, reader = outbox()
    box.put(Packet(MESSAGE, "x" * (MAX_WAITING_BYTES * 2)))
    assert (box.qsize(), reader.closed) == (1, [])


def test_the_end_of_a_session_passes_a_full_outbox_and_nobody_waits_for_its_reader() -> None:
    box, _ = outbox()
    for _ in range(MAX_WAITING_PACKETS + 1):
        box.put(Packet(PING))
    box.put(None)
    assert box.qsize() == MAX_WAITING_PACKETS + 1
    assert box.join()


def test_lag_is_the_time_since_something_has_been_waiting() -> None:
    box, _ = outbox()
    assert box.lag() == 0
    box.put(Packet(PING))
    assert box.lag() >= 0
    box.get(block=False)
    assert box.lag() == 0


def polled(box: Outbox) -> list[Any]:
    """What Engine.IO answers one poll with: the first item it waits for, and those that are there already."""
    items = [box.get(timeout=1)]
    with contextlib.suppress(Empty):
        while True:
            items.append(box.get(block=False))
    return items


def test_a_poll_takes_sixteen_packets_at_most() -> None:
    box, _ = outbox(takes_frames=False)
    for number in range(40):
        box.put(Packet(MESSAGE, str(number)))
    box.put(None)
    taken = [polled(box) for _ in range(3)]
    assert [len(items) for items in taken] == [16, 16, 9]
    assert [item.data for items in taken for item in items if item is not None] == [str(number) for number in range(40)]


def test_a_poll_takes_64_kb_at_most_or_one_packet() -> None:
    box, _ = outbox(takes_frames=False)
    for size in (100_000, 30_000, 30_000, 30_000, 10, 64_001, 10):
        box.put(Packet(MESSAGE, "x" * size))
    assert [[len(item.data) for item in polled(box)] for _ in range(5)] == [
        [100_000],
        [30_000, 30_000],
        [30_000, 10],
        [64_001],
        [10],
    ]


def test_a_websocket_takes_all_that_waits() -> None:
    box, _ = outbox()
    for number in range(100):
        box.put(Packet(MESSAGE, str(number) * 2000))
    assert len(polled(box)) == 100


def test_the_newest_packets_are_those_of_one_poll_and_stay() -> None:
    box, _ = outbox(takes_frames=False)
    assert box.newest() == []
    for number in range(40):
        box.put(Packet(MESSAGE, str(number)))
    box.put(None)
    assert [item.data for item in box.newest()] == [str(number) for number in range(24, 40)]
    box.put(Packet(MESSAGE, "x" * 100_000))
    assert [len(item.data) for item in box.newest()] == [100_000]
    assert box.qsize() == 42
