"""Datalink messages from a decoder's socket to the sockets of clients: each once, on both namespaces, over restarts and takeovers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, missing
from tests.security.asking import ask
from tests.support.datalink_samples import RECORDED
from tests.wire.datalink import NAMESPACES, Listener, Tcp, Udp, acarsdec
from tests.wire.node import node
from tests.wire.serving import OPERATOR, Operator, Server, eventually
from tests.wire.test_clients import javascript, pointed_at

GOLDEN: dict[str, Any] = json.loads((ROOT / "tests" / "golden" / "datalink.json").read_text(encoding="utf-8"))["files"]
CALMS_DOWN_S = 1.5
"""Longer than the rounds in which a second event of a message would come."""


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def recordings() -> dict[str, list[bytes]]:
    found = {path.name: path.read_bytes().splitlines() for path in RECORDED if path.exists()}
    if len(found) < len(RECORDED):
        missing("the recordings of acars_router in shared/data")
    return found


def written_by_hand(name: str) -> list[dict[str, Any]]:
    """What each line of a recording says, as it was read by hand; `text` is the whole text of the line."""
    golden = GOLDEN[name]
    rows = [golden["every"] | dict(zip(golden["columns"], row, strict=True)) for row in golden["rows"]]
    return [row | {"text": raw_text(line)} for row, line in zip(rows, recordings()[name], strict=True)]


def raw_text(line: bytes) -> str | None:
    """The text in an object of acarsdec, vdlm2dec or dumpvdl2."""
    found: Any = json.loads(line)
    if "vdl2" in found:
        found = found["vdl2"]["avlc"].get("acars", {})
    return found.get("text", found.get("msg_text"))


def sent_once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with an ACARS block, of those that say the same the first one: a message that is heard again is no other one."""
    names = ("hex", "tail", "label", "msgno", "block_id", "text")
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        if row.get("label") is not None:
            found.setdefault(tuple(row.get(name) for name in names), row)
    return list(found.values())


def brief(message: dict[str, Any]) -> tuple[Any, ...]:
    text = message.get("text", "")
    return (
        message["label"],
        message.get("tail"),
        message.get("flight"),
        message.get("msgno"),
        message["link"],
        message.get("app"),
        message["freq"],
        len(text),
        text[:16],
    )


def brief_of(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("label", "tail", "flight", "msgno", "link", "app", "freq", "text_length", "text_start")
    return tuple(row.get(name) for name in names)


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_every_recorded_sample_comes_out_right_on_both_namespaces_and_is_stored(
    way: str, tmp_path: Path, stack: ExitStack
) -> None:
    lines = [line for recorded in recordings().values() for line in recorded]
    decoder = stack.enter_context(closing(Udp() if way == "udp" else Tcp(lines)))
    server = Server(tmp_path, SKYSPY_FEEDS=decoder.url)
    stack.callback(server.stop)
    operator = stack.enter_context(closing(Operator(tmp_path)))
    ann, ben = (stack.enter_context(closing(Listener(server, operator.jwt(name)))) for name in ("ann", "ben"))
    expected = sorted((brief_of(row) for name in recordings() for row in sent_once(written_by_hand(name))), key=repr)
    if isinstance(decoder, Udp):
        decoder.send_until(lambda: ann.messages("/"), lines[0])
        decoder.send(*lines)
    else:
        decoder.go.set()
    assert eventually(lambda: all(len(one.messages(name)) >= len(expected) for one in (ann, ben) for name in NAMESPACES))
    time.sleep(CALMS_DOWN_S)
    for one in (ann, ben):
        for name in NAMESPACES:
            assert sorted((brief(message) for message in one.messages(name)), key=repr) == expected
    answer = ask(server, "/api/acars/messages/?limit=200", token=operator.jwt("ann")).json()
    assert {message["id"] for message in answer["messages"]} == {message["id"] for message in ann.messages("/acars")}
    # Frames without an ACARS block are counted, and make no message.
    frames = sum(row.get("label") is None for name in recordings() for row in written_by_hand(name))
    assert frames > 0
    assert "Traceback" not in server.log()


def only_new(listener: Listener, *texts: str) -> None:
    """Exactly these texts arrived, each once in each namespace."""
    for name in NAMESPACES:
        assert eventually(lambda name=name: len(listener.texts(name)) >= len(texts))  # type: ignore[misc]
        assert listener.texts(name) == list(texts), name


def test_messages_arrive_once_in_two_processes_over_a_restart_and_a_kill(tmp_path: Path, stack: ExitStack) -> None:
    decoder = stack.enter_context(closing(Udp()))

    def begin() -> tuple[Server, Listener]:
        server = Server(tmp_path, SKYSPY_FEEDS=decoder.url)
        stack.callback(server.stop)
        listener = Listener(server)
        stack.callback(listener.close)
        return server, listener

    writer, here = begin()
    other, there = begin()
    assert eventually(lambda: "the history is written by" in other.log())

    # Heard by one process, told in both; a second station is no second event.
    decoder.send_until(here.texts, acarsdec("ONE"))
    assert eventually(lambda: there.texts("/acars") == ["ONE"])
    decoder.send(acarsdec("ONE", station="HUT"))
    time.sleep(CALMS_DOWN_S)
    for one in (here, there):
        only_new(one, "ONE")

    # A clean stop: the other one takes over at once. A copy that arrives then is no new message.
    decoder.send(acarsdec("TWO", block_id="4", msgno="M56A"))
    assert eventually(lambda: there.texts() == ["ONE", "TWO"])
    here.close()
    writer.end()
    writer.stop()
    decoder.send_until(
        lambda: "THREE" in there.texts(),
        acarsdec("TWO", station="HUT", block_id="4", msgno="M56A"),
        acarsdec("THREE", block_id="5", msgno="M57A"),
    )
    only_new(there, "ONE", "TWO", "THREE")

    # A new process knows what was stored, and tells none of it again; then the writer is killed.
    again, back = begin()
    assert [message["text"] for message in back.snapshot] == ["THREE", "TWO", "ONE"]
    other.kill()
    decoder.send_until(lambda: back.texts() == ["FOUR"], acarsdec("FOUR", block_id="6", msgno="M58A"), seconds=40)
    time.sleep(CALMS_DOWN_S)
    only_new(back, "FOUR")
    operator = stack.enter_context(closing(Operator(tmp_path)))
    answer = ask(again, "/api/acars/messages/", token=operator.jwt("ann")).json()
    assert [message["text"] for message in answer["messages"]] == ["FOUR", "THREE", "TWO", "ONE"]
    heard_by = {message["text"]: {station["station"] for station in message["stations"]} for message in answer["messages"]}
    assert heard_by["ONE"] == heard_by["TWO"] == {"HOME", "HUT"}
    assert "Traceback" not in again.log() + other.log() + writer.log()


DATALINK_REPORT = """
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));
client.socket.on('connect', () => say('connect', { namespace: client.socket.nsp }));
client.socket.on('acars:message', (data) => say('message', { text: data.text }));
client.socket.on('error', (data) => say('error', data));
client.socket.on('disconnect', (reason) => {
  say('disconnect', { reason, active: client.socket.active });
  process.exit(0);
});
setTimeout(() => process.exit(0), 60000);
"""


def test_the_documents_client_gets_messages_on_the_namespace_until_the_setting_closes_it(
    tmp_path: Path, stack: ExitStack
) -> None:
    decoder = stack.enter_context(closing(Udp()))
    server = Server(tmp_path, SKYSPY_FEEDS=decoder.url)
    stack.callback(server.stop)
    operator = stack.enter_context(closing(Operator(tmp_path)))
    listener = stack.enter_context(closing(Listener(server)))
    client = node(tmp_path, pointed_at(javascript(), f"{server.url}/acars", operator.key()) + DATALINK_REPORT)
    stack.callback(client.process.kill)
    assert client.until("connect")["namespace"] == "/acars"
    decoder.send_until(lambda: listener.texts("/acars"), acarsdec("ONE"))
    assert client.until("message")["text"] == "ONE"

    began = time.monotonic()
    operator.settings.change({"ACARS_NAMESPACE": False}, OPERATOR)
    assert client.until("disconnect") == {"what": "disconnect", "reason": "io server disconnect", "active": False}
    assert time.monotonic() - began < 2.0
    assert [line["code"] for line in client.lines if line["what"] == "error"] == ["unknown_namespace"]
    # The topic on the main namespace goes on.
    decoder.send_until(lambda: "TWO" in listener.texts("/"), acarsdec("TWO", block_id="4", msgno="M56A"))
    assert listener.texts("/acars") == ["ONE"]
