"""Measures what drivers cost a server: CPU per position, and how long a position waits for its list of threats.

    python bench/cannonball.py [--sockets 200] [--hz 5] [--aircraft 500] [--threats 25] [--seconds 10]

One gunicorn on loopback, whose receiver is an aircraft.json that this program serves: so many aircraft that move, some of them police
helicopters within the drivers' radius. So many sockets of `/cannonball` send positions, spread over a square of 20 nm, each at its own
time. Printed are the worker's CPU time with the sockets open and silent, and with positions, the difference per position, and the median and
99th percentile from sending a position to its list. The clients are greenlets of this process: on a machine of two cores they take part of
the waits. Everything ends by itself, after about twice `--seconds` and the start.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402
from urllib.request import urlopen  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import gevent  # noqa: E402

from tests.browser.receiver import Plain, Receiver, aircraft  # noqa: E402
from tests.wire.raw import Gone, Ws  # noqa: E402
from tests.wire.serving import Operator, Server, eventually  # noqa: E402

PATH = "/cannonball"
LAT, LON = 47.5, 8.5
SIDE_DEG = 1 / 3


def sky(count: int, threats: int) -> list[Plain]:
    """So many aircraft, the first of them police helicopters near the drivers."""
    rows = [aircraft(number) for number in range(count)]
    for number, row in enumerate(rows[:threats]):
        place = {"lat": LAT + number % 5 / 30, "lon": LON + number // 5 / 25}
        row.update(
            place, hex=f"{0x3DD2A0 + number:06x}", flight=f"EDL{number}", r=f"D-HA{number:02}", t="EC35", category="A7", gs=60.0
        )
    return rows


class Driver:
    """One socket that sends positions and notes how long each list took."""

    def __init__(self, server: Server, number: int) -> None:
        self.client = Ws(server)
        self.client.join(PATH)
        self.client.until("session_started")
        self.client.tell("set_radius", {"radius_nm": 30}, namespace=PATH)
        self.number = number
        self.waits: list[float] = []
        self.listed = 0
        self.errors = 0
        self.unanswered = 0

    def position(self, step: int) -> dict[str, float]:
        lat = LAT + self.number % 15 / 15 * SIDE_DEG + step * 4e-6
        return {"lat": round(lat, 7), "lon": LON + self.number // 15 / 15 * SIDE_DEG, "heading": 0.0}

    def drive(self, hz: float, seconds: float, phase: float) -> None:
        """Send positions for so long; each is answered before the next one is sent; without an answer it ends."""
        began = time.monotonic() + phase
        for step in range(int(hz * seconds)):
            time.sleep(max(0.0, began + step / hz - time.monotonic()))
            sent, position = time.monotonic(), self.position(step)
            self.client.tell("position_update", position, namespace=PATH)
            try:
                self.read_until(f'"position":{{"lat":{position["lat"]},'.encode())
            except (TimeoutError, Gone):
                self.unanswered += 1
                return  # a socket that timed out cannot be read any more
            self.waits.append(time.monotonic() - sent)

    def read_until(self, part: bytes) -> None:
        """Read until a list with this in it. Nothing is parsed: the clients' work would be most of what is measured."""
        while True:
            _, frame = self.client.frame(5.0)
            if frame == b"2":
                self.client.send("3")
            elif b'"threats"' in frame[:30]:
                self.listed += frame.count(b'"hex"')
                if part in frame:
                    return
            elif b'"error"' in frame[:30]:
                self.errors += 1


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000 if values else float("nan")


def measure(server: Server, given: argparse.Namespace) -> None:
    drivers = [Driver(server, number) for number in range(given.sockets)]
    before, began = server.cpu_seconds(), time.monotonic()
    time.sleep(given.seconds / 2)  # before a position nothing is sent to them
    silent = (server.cpu_seconds() - before) / (time.monotonic() - began)
    before, began = server.cpu_seconds(), time.monotonic()
    gevent.joinall(
        [gevent.spawn(one.drive, given.hz, given.seconds, place / given.sockets / given.hz) for place, one in enumerate(drivers)]
    )
    took = time.monotonic() - began
    busy = (server.cpu_seconds() - before) / took
    waits = [wait for driver in drivers for wait in driver.waits]
    sent = len(waits) + sum(driver.unanswered for driver in drivers)
    listed = sum(driver.listed for driver in drivers) / max(1, len(waits))
    print(f"{given.sockets} sockets at {given.hz:g} Hz, {given.aircraft} aircraft, {listed:.1f} threats in a list on average")
    print(f"positions sent {sent} in {took:.1f} s ({sent / took:.0f} a second), unanswered {sent - len(waits)}, "
          f"errors {sum(driver.errors for driver in drivers)}")  # fmt: skip
    print(f"worker CPU: silent {silent * 100:.1f} %, with positions {busy * 100:.1f} %; "
          f"per position {(busy - silent) * took / max(1, sent) * 1e6:.0f} us")  # fmt: skip
    print(f"position -> threats: p50 {percentile(waits, 0.5):.1f} ms, p99 {percentile(waits, 0.99):.1f} ms, "
          f"longest {percentile(waits, 1.0):.1f} ms")  # fmt: skip
    for driver in drivers:
        driver.client.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--hz", type=float, default=4.9, help="positions a second of each socket; the server answers 5 at most")
    parser.add_argument("--aircraft", type=int, default=500)
    parser.add_argument("--threats", type=int, default=25)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    receiver = Receiver(sky(given.aircraft, given.threats))
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), SKYSPY_FEEDS=receiver.url)
        try:
            operator = Operator(server.folder)
            operator.choose(MAX_CONNECTIONS=max(1000, 2 * given.sockets), CONNECTIONS_PER_ADDRESS=max(1000, 2 * given.sockets))
            operator.close()
            if not eventually(lambda: json.loads(server_get(server, "/api/stats/"))["total_aircraft"] >= given.aircraft):
                raise SystemExit("the server does not hear the aircraft")
            measure(server, given)
        finally:
            server.stop()
            receiver.stop()


def server_get(server: Server, path: str) -> bytes:
    """The body of a page of the server."""
    with urlopen(server.url + path, timeout=10) as answer:
        return bytes(answer.read())


if __name__ == "__main__":
    main()
