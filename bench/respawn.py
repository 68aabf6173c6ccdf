"""How long a server is away after its worker was killed, beside another tree of this project in the same run.

    .venv/bin/python bench/respawn.py OTHER_TREE [--rounds 10]

Both servers are started as the README says, with an instance folder of their own. In each round each worker gets a SIGKILL in turn, and
the time runs until a request of before the new worker is answered. Prints both medians in milliseconds and the ratio here / other.
"""

from __future__ import annotations

import argparse
import http.client
import os
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
WORKER = "geventwebsocket.gunicorn.workers.GeventWebSocketWorker"


class Running:
    """One server of one tree."""

    def __init__(self, tree: Path, folder: Path) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        descriptor = listener.fileno()
        command = [str(tree / ".venv/bin/gunicorn"), "-k", WORKER, "-w", "1", "-b", f"fd://{descriptor}", "wsgi:app"]
        environ = {**{n: v for n, v in os.environ.items() if not n.startswith("SKYSPY_")}, "SKYSPY_INSTANCE": str(folder)}
        with listener, (folder.parent / f"log.{self.port}").open("w") as log:
            self.process = subprocess.Popen(command, cwd=tree, env=environ, stdout=log, stderr=log, pass_fds=[descriptor])

    def answer(self, seconds: float = 60.0) -> None:
        """Return when a request is answered."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
            try:
                line.request("GET", "/healthz")
                if line.getresponse().status == 200:
                    return
            except (OSError, http.client.HTTPException):
                # The old worker was still there, or the listener is not yet.
                time.sleep(0.002)
            finally:
                line.close()
        raise SystemExit("a server does not answer")

    def worker(self) -> int:
        """The process id of the worker."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return int(children[-1])

    def respawn(self) -> float:
        """Kill the worker; seconds until a new one answers."""
        killed = self.worker()
        began = time.perf_counter()
        os.kill(killed, signal.SIGKILL)
        self.answer()
        took = time.perf_counter() - began
        assert self.worker() != killed
        return took

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("other", type=Path, help="another tree with a .venv of its own, made by `make deps`")
    arguments.add_argument("--rounds", type=int, default=10)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trees = {"here": HERE, "other": given.other.resolve()}
        for name in trees:
            (Path(folder) / name).mkdir(mode=0o700)
        servers = {name: Running(tree, Path(folder) / name / "instance") for name, tree in trees.items()}
        try:
            for server in servers.values():
                server.answer()
            took: dict[str, list[float]] = {name: [] for name in servers}
            for _ in range(given.rounds):
                for name, server in servers.items():
                    time.sleep(1.0)
                    took[name].append(server.respawn())
        finally:
            for server in servers.values():
                server.stop()
    medians = {name: statistics.median(times) for name, times in took.items()}
    for name, times in took.items():
        print(f"{name:6} median {medians[name] * 1000:7.0f} ms  worst {max(times) * 1000:7.0f} ms  ({trees[name]})")
    print(f"ratio  {medians['here'] / medians['other']:.2f}")


if __name__ == "__main__":
    main()
