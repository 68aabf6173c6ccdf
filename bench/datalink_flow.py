"""Measures the way of datalink messages through a whole server: how many are lost, and how late the event loop runs meanwhile.

    python -m bench.datalink_flow [--per-second 500] [--seconds 30] [--database URL]

A server runs as its users run it, and listens for the datagrams of a decoder. This process sends so many messages a second, each of another
aircraft or with another text, and is a client of `/acars`. In the server a timer of 1 ms measures how late the event loop runs: for
IDLE_S before, and while the messages flow. Printed are what arrived, what is stored, what the counters of the server say was lost, and
the lateness in milliseconds. The machine's other load raises the lateness: that of the time before says how much, and how long the event
loop's thread itself worked without a pause says what is ours.

Exits with 1 where a message is lost, arrives twice or is not stored, or where the p99 of the lateness is not below 20 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PROBE = "BENCH_LATENESS_FILE"
TICK_S = 0.001
IDLE_S = 5.0
PIECE_S = 0.02
"""Datagrams are sent in pieces of this length: a decoder on four channels does not send them one by one either."""
SETTLE_S = 20.0
LIMIT_MS = 20.0
WORDS = (
    "POSITION",
    "WEATHER",
    "REQUEST",
    "FUEL",
    "GATE",
    "DEPARTURE",
    "CLEARANCE",
    "METAR",
    "WIND",
    "ENGINE",
    "REPORT",
    "ROUTE",
    "LEVEL",
)


def probed_app() -> Any:
    """The server's application, with a greenlet beside it that writes each second how late the event loop ran, in milliseconds."""
    import gevent

    from wsgi import app

    def probe() -> None:
        with Path(os.environ[PROBE]).open("w") as file:
            until, found = time.monotonic() + 1.0, []
            while True:
                due, worked = time.monotonic() + TICK_S, time.thread_time()
                gevent.sleep(TICK_S)
                now = time.monotonic()
                found.append((round((now - due) * 1000, 2), round((time.thread_time() - worked) * 1000, 2)))
                if now >= until:
                    print(json.dumps(found), file=file, flush=True)
                    until, found = now + 1.0, []

    gevent.spawn(probe)
    return app


Lateness = list[tuple[float, float]]
"""Of each tick: by how much it was late, and how long the event loop's thread has worked in it, in milliseconds."""


def lateness(file: Path, skip: int = 0) -> Lateness:
    """What the probe has written, without its first `skip` lines."""
    return [tuple(pair) for line in file.read_text().splitlines()[skip:] for pair in json.loads(line)]


def shown(title: str, pairs: Lateness) -> float:
    """Print the lateness; returns its p99 in milliseconds."""
    late, worked = (sorted(column) for column in zip(*pairs, strict=True))

    def at(share: float, values: list[float]) -> float:
        return values[min(len(values) - 1, int(share * len(values)))]

    for what, values in (("late", late), ("at work without a pause", worked)):
        print(
            f"  event loop {what}, {title}: p50 {at(0.5, values):.1f} ms, p99 {at(0.99, values):.1f} ms, at most {values[-1]:.1f} ms"
        )
    return at(0.99, late)


def message(number: int) -> bytes:
    """A downlink, as acarsdec sends it."""
    words = " ".join(WORDS[(number * 7 + place) % len(WORDS)] for place in range(3 + number % 20))
    sent = {
        "timestamp": time.time(),
        "station_id": f"STATION-{number % 4}",
        "freq": 131.55,
        "level": -20.5,
        "error": 0,
        "mode": "2",
        "label": ("H1", "5Z", "80", "B6")[number % 4],
        "block_id": str(number % 10),
        "ack": False,
        "tail": f".D-A{chr(65 + number % 26)}{chr(65 + number // 26 % 26)}{chr(65 + number // 676 % 26)}",
        "flight": f"LH{number % 9999:04d}",
        "msgno": f"M{number % 100:02d}A",
        "text": f"{number:07d} {words}",
    }
    return json.dumps(sent).encode()


def metric(url: str, token: str, name: str) -> float:
    """The sum of a metric over the receivers and states of the live sky."""
    request = urllib.request.Request(url + "/metrics", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read().decode()
    found = re.findall(rf'^{name}\{{[^}}]*sky="live"[^}}]*\}} ([0-9.e+]+)$', text, re.MULTILINE)
    return sum(float(value) for value in found)


def stored_messages(url: str, token: str) -> int:
    """How many messages the statistics of today and yesterday count."""
    request = urllib.request.Request(url + "/api/acars/stats/", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(json.loads(answer.read())["messages"])


def measure(per_second: int, seconds: int, database: str | None) -> bool:
    """One run; whether nothing was lost and the event loop was on time."""
    from tests.wire.datalink import Listener, Udp
    from tests.wire.serving import Operator, Server, eventually

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "instance").mkdir(mode=0o700)
        decoder, probe = Udp(), folder / "lateness"
        environ = {"SKYSPY_FEEDS": decoder.url} | ({} if database is None else {"SKYSPY_DATABASE_URL": database})
        os.environ[PROBE] = str(probe)
        server = Server(folder, app="bench.datalink_flow:probed_app()", **environ)
        operator = Operator(folder, **({} if database is None else {"SKYSPY_DATABASE_URL": database}))
        listener = Listener(server, operator.jwt())
        try:
            decoder.send_until(lambda: listener.texts("/acars"), message(0), seconds=60)
            time.sleep(IDLE_S)
            idle = lateness(probe, skip=2)
            before = len(probe.read_text().splitlines())
            total = _send(decoder, per_second, seconds)
            eventually(lambda: len(listener.texts("/acars")) >= total + 1, SETTLE_S)
            busy = lateness(probe, skip=before)
            counted = Counter(text[:7] for text in listener.texts("/acars"))
            token = operator.jwt()
            eventually(lambda: stored_messages(server.url, token) >= total + 1, SETTLE_S)
            return _judged(total, counted, stored_messages(server.url, token), server.url, token, idle, busy)
        finally:
            listener.close()
            operator.close()
            decoder.close()
            server.stop()


def _send(decoder: Any, per_second: int, seconds: int) -> int:
    """Send the messages 1 and later; returns how many."""
    total, sent, began = per_second * seconds, 0, time.monotonic()
    while sent < total:
        due = min(total, int((time.monotonic() - began + PIECE_S) * per_second))
        decoder.send(*(message(number) for number in range(sent + 1, due + 1)))
        sent = due
        time.sleep(PIECE_S)
    print(f"{total} messages sent in {time.monotonic() - began:.1f} s")
    return total


def _judged(total: int, counted: Counter[str], stored: int, url: str, token: str, idle: Lateness, busy: Lateness) -> bool:
    twice = sum(count > 1 for count in counted.values())
    names = (
        "skyspy_datalink_datagrams_lost_total",
        "skyspy_datalink_blocks_dropped_total",
        "skyspy_datalink_messages_lost_total",
    )
    lost = {name: metric(url, token, name) for name in names}
    arrived = len(counted) - ("0000000" in counted)
    print(f"  arrived at the client of /acars: {arrived}, twice: {twice}; stored: {stored - 1}")
    print(f"  left out by the system, the queue, the store: {', '.join(f'{value:g}' for value in lost.values())}")
    shown("before", idle)
    p99 = shown("while the messages flow", busy)
    return arrived == total and not twice and stored == total + 1 and not any(lost.values()) and p99 < LIMIT_MS


def main() -> int:
    """Measure, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-second", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--database", help="a database that is empty; default: SQLite in a folder of its own")
    given = parser.parse_args()
    is_met = measure(given.per_second, given.seconds, given.database)
    print("met" if is_met else "NOT met")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
