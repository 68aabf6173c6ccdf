"""Attacks a server of its own, and measures what healthy clients notice of each attack.

    python bench/hostile.py [--aircraft 500,10000] [--seconds 5] [--only NAME,NAME] [--blocked MS]

Four healthy clients ping 15 times a second each: before an attack, which is the row's quiet baseline, and during it. Printed are
the median and the 99th percentile of their waits before and during, the longest wait during, how often one of them lost its connection, the
worker's memory and descriptors before and at their most, and how often the attack did what it does (bytes, for floods). `!` is
a worker that ended. The server is one gunicorn on loopback with the limits it comes with, whose receiver is an aircraft.json
that this program serves, each aircraft moving. `--blocked`: below a row, where the hub was blocked for at least so many
milliseconds during the attack (bench/blocked_hub.py). Everything ends by itself; the whole table takes about seven minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.attacks import ATTACKS, Page, Target  # noqa: E402
from skyspy import wirejson  # noqa: E402
from tests.wire.raw import Gone, Ws  # noqa: E402
from tests.wire.serving import Operator, Server, eventually  # noqa: E402

HEALTHY, PINGS_PER_SECOND = 4, 15
PREPARE_SECONDS, END_SECONDS = 30.0, 45.0
SETTLE_SECONDS = 20.0


@dataclass
class Latencies:
    """What healthy clients waited for their pongs, in milliseconds, and how often one lost its connection."""

    each: list[float] = field(default_factory=list)
    lost: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.each) if self.each else 0.0

    @property
    def p99(self) -> float:
        return sorted(self.each)[int(len(self.each) * 0.99)] if self.each else 0.0


def healthy(server: Server, until: float, waits: Latencies) -> None:
    """One client that pings until then. What is not answered by then counts with the time it waited."""
    client: Ws | None = None
    while (began := time.monotonic()) < until:
        try:
            if client is None:
                client = Ws(server)
                client.join(auth={"greeting": False})
                began = time.monotonic()
            client.tell("ping")
            client.until("pong", max(0.05, until - began))
        except (TimeoutError, Gone, OSError, AssertionError):
            waits.lost += time.monotonic() < until
            if client is not None:
                client.close()
                client = None
        waits.each.append((time.monotonic() - began) * 1000)
        time.sleep(max(0.0, began + 1 / PINGS_PER_SECOND - time.monotonic()))
    if client is not None:
        client.close()


@dataclass
class Most:
    """Memory in MB and descriptors of a worker, at their most."""

    memory: float = 0.0
    files: int = 0

    def look(self, server: Server) -> None:
        with contextlib.suppress(OSError, AssertionError):  # between two workers
            self.memory = max(self.memory, server.rss_mb())
            self.files = max(self.files, len(list(Path(f"/proc/{server.worker}/fd").iterdir())))


def measured(server: Server, seconds: float) -> tuple[Latencies, Most]:
    """The waits of the healthy clients for so long, and what the worker took at most."""
    waits, most, until = Latencies(), Most(), time.monotonic() + seconds
    threads = [threading.Thread(target=healthy, args=(server, until, waits)) for _ in range(HEALTHY)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        most.look(server)
        time.sleep(0.1)
    return waits, most


def serve_sky(aircraft: int, pipe: Connection) -> None:
    """In a process of its own: an aircraft.json of so many aircraft, which move; ends when the pipe does."""
    rows = [
        {"hex": f"{0x4B0000 + n:06x}", "flight": f"SKY{n:05d}", "type": "adsb_icao", "seen": 0.1, "seen_pos": 0.1, "messages": 90,
         "lat": 46.0 + n * 0.37 % 3, "lon": 7.0 + n * 0.61 % 3, "alt_baro": 20_000 + n % 200 * 100, "gs": 440.1, "track": 90.0,
         "squawk": f"{n % 4096:04o}", "category": "A3", "nic": 8, "rc": 186, "r": f"HB-{n:05d}", "t": "A320"}
        for n in range(aircraft)
    ]  # fmt: skip

    def body() -> bytes:
        for row in rows:
            row["lon"] = round(float(row["lon"]) + 0.0017, 4)  # type: ignore[arg-type]
        return wirejson.dump_bytes({"now": time.time(), "messages": 1, "aircraft": rows})

    page = Page(body)
    pipe.send(page.url)
    with contextlib.suppress(EOFError):
        pipe.recv()
    page.close()


def run_attack(name: str, port: int, key: str, seconds: float, pipe: Connection) -> None:
    """In a process of its own: one attack; says "begun", then how often it did what it does."""
    pipe.send(ATTACKS[name](Target(port, key, seconds, lambda: pipe.send("begun"))))


def started(work: Callable[..., None], *args: object) -> tuple[Any, Connection]:
    """A process of this program's, and our end of its pipe."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=work, args=(*args, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def ask(server: Server, method: str, path: str, key: str) -> Any:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        line.request(method, path, headers={"Authorization": f"Bearer {key}"})
        data = line.getresponse().read()
    finally:
        line.close()
    return json.loads(data) if data else None


def feeds(server: Server, key: str) -> list[Any]:
    with contextlib.suppress(OSError, http.client.HTTPException, ValueError, KeyError):
        return list(ask(server, "GET", "/api/admin/feeds/", key)["feeds"])
    return []


def tidied(server: Server, key: str, files: int) -> None:
    """Remove the receivers that an attack added, and wait until its connections are gone."""

    def removed() -> bool:
        found = feeds(server, key)
        for row in found:
            if row["id"] is not None:
                with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                    ask(server, "DELETE", f"/api/admin/feeds/{row['id']}/", key)
        return bool(found) and all(row["id"] is None for row in found)

    def quiet() -> bool:
        now = Most()
        now.look(server)
        return now.files <= files + 5

    eventually(removed, SETTLE_SECONDS)
    eventually(quiet, SETTLE_SECONDS)


HEAD = f"{'attack':15}{'p50':>8}{'p99':>8}  | {'p50':>8}{'p99':>8}{'max':>8}{'times':>7}{'lost':>5}  | {'MB':>5}{'most':>6}{'files':>7}{'most':>6}  |   did"


def row(server: Server, name: str, key: str, seconds: float) -> str:
    """One attack, measured."""
    worker = server.worker
    before, had = measured(server, seconds)
    process, pipe = started(run_attack, name, server.port, key, seconds)
    did: object = "did not begin"
    try:
        if pipe.poll(PREPARE_SECONDS) and pipe.recv() == "begun":
            during, most = measured(server, seconds)
            did = pipe.recv() if pipe.poll(END_SECONDS) else "did not end"
        else:
            during, most = Latencies(), Most()
    except EOFError:
        during, most, did = Latencies(), Most(), "failed"
    process.join(1.0)
    process.terminate()
    died = "!" if server.process.poll() is not None or _worker(server) != worker else " "
    tidied(server, key, had.files)
    return (
        f"{name:15}{before.median:8.1f}{before.p99:8.1f}  | {during.median:8.1f}{during.p99:8.1f}{max(during.each, default=0):8.0f}"
        f"{during.p99 / max(before.p99, 0.1):7.1f}{during.lost:5}{died} | {had.memory:5.0f}{most.memory:6.0f}{had.files:7}{most.files:6}  | {did}"
    )


def _worker(server: Server) -> int:
    with contextlib.suppress(OSError, AssertionError):
        return server.worker
    return 0


def print_blocked(found: Path, limit: int = 6) -> None:
    """The longest stretches in which the hub made no round, and forget them."""
    rows = sorted(map(json.loads, found.read_text().splitlines()), key=lambda row: -row[1]) if found.exists() else []
    for milliseconds, worked, stacks in rows[:limit]:
        print(
            f"  blocked for {milliseconds} ms, {worked} ms of processor time",
            *(f"{samples:6} {stack}" for stack, samples in stacks),
            sep="\n",
        )
    found.unlink(missing_ok=True)


def table(aircraft: int, names: list[str], seconds: float, folder: Path, blocked: float = 0) -> None:
    """All attacks on one server with so many aircraft. `blocked`: milliseconds, 0 for none."""
    source, pipe = started(serve_sky, aircraft)
    found = folder / "blocked"
    watched = {"BLOCKED_HUB_MS": str(blocked), "BLOCKED_HUB_FILE": str(found)}
    server = Server(folder, app="bench.blocked_hub:app" if blocked else "wsgi:app", SKYSPY_FEEDS=pipe.recv(), **watched)
    operator = Operator(folder)
    try:
        operator.user("root")
        key = operator.key("root")
        heard = eventually(lambda: any((row["aircraft"] or 0) >= aircraft * 0.99 for row in feeds(server, key)), 60)
        print(
            f"\n{aircraft} aircraft{'' if heard else ' (not all heard)'}; milliseconds before | during, load {os.getloadavg()[0]:.1f}\n{HEAD}"
        )
        for name in names:
            print(row(server, name, key, seconds), flush=True)
            if blocked:
                print_blocked(found)
    finally:
        operator.close()
        server.stop()
        pipe.close()
        source.join(2.0)
        source.terminate()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--aircraft", default="500,10000")
    options.add_argument("--seconds", type=float, default=5.0)
    options.add_argument("--only", default=",".join(ATTACKS), help=", ".join(ATTACKS))
    options.add_argument("--blocked", type=float, default=0, metavar="MS", help="show where the hub is blocked for so long")
    chosen = options.parse_args()
    names = chosen.only.split(",")
    if unknown := [name for name in names if name not in ATTACKS]:
        options.error(f"there is no attack {', '.join(unknown)}")
    for aircraft in map(int, chosen.aircraft.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            table(aircraft, names, chosen.seconds, Path(folder), chosen.blocked)


if __name__ == "__main__":
    main()
