"""S29: whatever a source sends, it harms itself only: its answers are bounded, others are served meanwhile, and it is said."""

from __future__ import annotations

import os
import threading
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest

from skyspy.store import audit
from tests.security.asking import Answer, ask
from tests.support.sources import Flood
from tests.wire.serving import Operator, Server

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHECK = "/api/admin/feeds/check/"
FLOODS = [
    pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", "interim answers", id="continue"),
    pytest.param(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n", "status lines", id="trailers"),
    pytest.param(CHUNKED, b"1;" + b"x" * 60_000 + b"\r\n{\r\n", "status lines", id="chunk extensions"),
    pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", b"{", "larger than 16 MiB", id="body"),
]


@pytest.mark.parametrize(("begins", "goes_on", "words"), FLOODS)
def test_s29_a_source_that_never_ends_is_cut_off_and_everybody_else_is_served(
    server: Server, operator: Operator, begins: bytes, goes_on: bytes, words: str
) -> None:
    operator.user("root")
    token, flood, answers = operator.key("root"), Flood(begins, goes_on), []
    url = f"http://127.0.0.1:{flood.port}/a.json"
    worker = server.worker

    def check() -> None:
        answers.append(ask(server, CHECK, send={"url": url}, token=token))

    checking = threading.Thread(target=check)
    checking.start()
    healthy = 0
    while checking.is_alive():
        assert ask(server, "/healthz").status == 200
        healthy += 1
    flood.close()
    assert words in answers[0].json()["error"]
    assert healthy > 0
    assert server.worker == worker


def test_s29_a_fifo_and_files_outside_the_folder_are_not_opened_and_the_tries_are_written_down(
    server: Server, operator: Operator, tmp_path: Path
) -> None:
    operator.user("root")
    token, fifo = operator.key("root"), tmp_path / "fifo"
    os.mkfifo(fifo)
    (inside := server.folder / "instance" / "replay").mkdir(exist_ok=True)
    os.mkfifo(inside / "fifo")
    said = set()
    for path in (fifo, inside / "fifo", Path("/etc/shadow"), Path("/etc/no-such-file"), Path("/dev/zero")):
        for route in ("/api/admin/feeds/", CHECK):
            answer = ask(server, route, send={"url": f"replay://{quote(str(path))}"}, token=token)
            assert answer.status == 400, path
            said.add(answer.json()["error"]["message"])
    assert said == {f"Replay:// may open only what is below {inside}", "Fifo is neither a regular file nor a directory"}
    assert ask(server, "/healthz").status == 200
    (inside / "fifo").unlink()
    assert "feed replay:///etc/shadow" in {row.object for row in operator.store.read(audit.page, 100, action="access.refused")}


def test_s29_of_many_checks_at_once_one_is_done_and_the_others_are_told_so(server: Server, operator: Operator) -> None:
    operator.user("root")
    answers: list[Answer] = []
    body, tokens = {"url": "demo://?aircraft=10000"}, [operator.key("root") for _ in range(2)]

    def check(number: int) -> None:
        answers.append(ask(server, CHECK, send=body, token=tokens[number % 2]))

    checks = [threading.Thread(target=check, args=(number,)) for number in range(20)]
    for one in checks:
        one.start()
    for one in checks:
        one.join()
    counted = Counter(answer.status for answer in answers)
    assert set(counted) == {200, 503}
    assert counted[200] < len(checks) // 2
    done = next(answer.json() for answer in answers if answer.status == 200)
    assert 0 < done["aircraft"] <= 240
    assert "Another check of yours is running" in next(answer.text for answer in answers if answer.status == 503)
