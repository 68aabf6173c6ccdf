"""Measures how long blocking work delays the event loop: done as the server does it, and done directly in a greenlet.

    python bench/hub.py [--runs 5]

A greenlet measures how late its timers are while the work runs. Each row is one kind of work: as the server does it (in a
worker thread, or in pieces), and inline for comparison, in the same run. Printed is the longest delay in milliseconds as
median (minimum to maximum), and the ratio of inline to server. Other load on the machine raises both, the ratio less.
"""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402
import os  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import gevent  # noqa: E402
from argon2 import PasswordHasher  # noqa: E402
from sqlalchemy import update  # noqa: E402

from skyspy import wirejson  # noqa: E402
from skyspy.auth.passwords import Passwords  # noqa: E402
from skyspy.clock import Clock  # noqa: E402
from skyspy.decode import FORMATS, Context  # noqa: E402
from skyspy.feedurl import parse  # noqa: E402
from skyspy.receivers.documents import decode_document  # noqa: E402
from skyspy.receivers.receiver import Receiver  # noqa: E402
from skyspy.store import Store  # noqa: E402
from skyspy.store.schema import STATE  # noqa: E402
from skyspy.store.sqlite import engine_for  # noqa: E402
from skyspy.store.worker_pool import WorkerPool  # noqa: E402
from tests.support.mode_s import beast, traffic  # noqa: E402

TICK_S = 0.002
Work = Callable[[], object]


class NoReader:
    """A reader that reads nothing: the benchmark passes the bytes to the receiver itself."""

    up_state = "up"

    def read(self, _receiver: Receiver) -> None:
        return None


def receiver(carries: str) -> Receiver:
    """A started receiver of a format that discards its observations."""
    made = Receiver("bench", parse("sbs://127.0.0.1:1"), carries, NoReader(), lambda _record: None, Clock())
    made.begin_session(FORMATS[carries].make(Context(None)))
    return made


def max_delay(work: Work) -> float:
    """The largest delay of a timer in milliseconds while the work runs."""
    worst = 0.0

    def tick() -> None:
        nonlocal worst
        while True:
            due = time.perf_counter() + TICK_S
            gevent.sleep(TICK_S)
            worst = max(worst, time.perf_counter() - due)

    ticker = gevent.spawn(tick)
    gevent.sleep(5 * TICK_S)
    worst = 0.0
    work()
    gevent.sleep(2 * TICK_S)
    ticker.kill()
    return worst * 1000


def concurrently(work: Work, times: int) -> Work:
    """The work, started `times` times at the same moment."""
    return lambda: gevent.joinall([gevent.spawn(work) for _ in range(times)], raise_error=True)


def passwords() -> tuple[Work, Work]:
    ours, theirs = Passwords(), PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
    return concurrently(lambda: ours.check(None, "a wrong password"), 8), concurrently(lambda: theirs.hash("a wrong password"), 8)


def commits(folder: Path) -> tuple[Work, Work]:
    store = Store(f"sqlite:///{folder / 'bench.db'}")
    store.upgrade()
    change = update(STATE).values(version=STATE.c.version + 1)
    engine = engine_for(store._url, "BEGIN IMMEDIATE")

    def inline() -> None:
        with engine.connect() as connection, connection.begin():
            for _ in range(2000):
                connection.execute(change)

    def in_worker() -> None:
        def write(connection: object) -> None:
            for _ in range(2000):
                connection.execute(change)  # type: ignore[attr-defined]

        store.write(write)

    return in_worker, inline


def document() -> tuple[Work, Work]:
    fields = {"lat": 47.1, "lon": 8.2, "alt_baro": 30000, "gs": 440.1, "track": 12.3, "squawk": "1234", "nic": 8, "rc": 186}
    rows = [{"hex": f"{0x4B0000 + n:06x}", "flight": "ABC1", "seen": 0.1, "messages": 5, **fields} for n in range(10_000)]
    body = wirejson.dump_bytes({"now": 1.0, "messages": 1, "aircraft": rows})
    ours, theirs, decoding = receiver("aircraft.json"), FORMATS["aircraft.json"].make(Context(None)), WorkerPool(native=True)
    return lambda: decode_document(ours, body, decoding), lambda: theirs.feed(body, 1000.0)


def flood() -> tuple[Work, Work]:
    data = b"".join(beast(frame) for _, frame in traffic(250, 20))
    ours, theirs = receiver("beast"), FORMATS["beast"].make(Context(None))
    return lambda: ours.decode_stream(data), lambda: theirs.feed(data, 1000.0)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    runs = options.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        rows = {
            "eight passwords (argon2id)": passwords(),
            "2000 statements of SQLite": commits(Path(folder)),
            "10,000 aircraft in one document": document(),
            "20 s of 250 aircraft at once": flood(),
        }
        print(f"largest delay of a timer, {runs} runs, load {os.getloadavg()[0]:.1f}")
        for name, (ours, theirs) in rows.items():
            waits = [(max_delay(ours), max_delay(theirs)) for _ in range(runs)]
            mine, peers = zip(*waits, strict=True)
            ratio = statistics.median(peer / own for own, peer in waits)
            print(
                f"  {name:34}{statistics.median(mine):7.1f} ms ({min(mine):.1f} to {max(mine):.1f})"
                f"   inline {statistics.median(peers):7.1f} ms   {ratio:.1f} times"
            )


if __name__ == "__main__":
    main()
