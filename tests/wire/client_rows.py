"""The clients of the client table: each library with each transport, in a process of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

HERE = Path(__file__).parent / "clients"
OLD_PYTHON = ROOT / ".venv" / "old-clients" / "bin" / "python"
JAVASCRIPT = {"js 4.8": "socket.io-client", "js 4.0": "socket.io-client-4.0", "js 3.1": "socket.io-client-3.1"}
PYTHON = {"python 5.18": Path(sys.executable), "python 5.3": OLD_PYTHON}
TRANSPORTS: dict[str, list[str] | None] = {"websocket": ["websocket"], "polling": ["polling"], "upgrade": None}
CLAIMS = ("connect", "refusal", "subscribe", "delta", "60 s stopped", "kill -9", "eviction")
NAMES = [(library, transport) for library in (*JAVASCRIPT, *PYTHON) for transport in TRANSPORTS]


def lacks(library: str) -> str | None:
    """What this machine lacks for a library; None when it has it in the version that its name says."""
    if library in PYTHON:
        # The version of an installed one is what the client says itself, when it begins.
        return None if PYTHON[library].exists() else "python-socketio 5.3 in .venv/old-clients (make oldclients)"
    if shutil.which("node") is None:
        return "node"
    package = ROOT / "node_modules" / JAVASCRIPT[library] / "package.json"
    if not package.is_file():
        return f"{JAVASCRIPT[library]} in node_modules (npm ci)"
    assert json.loads(package.read_text())["version"].startswith(library.split()[1])
    return None


@dataclass
class Row:
    """One client. `cells` are what came of each claim: "ok" with a word on how, or what went wrong."""

    package: str
    transport: str
    cells: dict[str, str] = field(default_factory=dict)
    told: list[dict[str, Any]] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    key: Any = None

    def __post_init__(self) -> None:
        self._heard = threading.Condition()

    def start(self, url: str) -> None:
        """Start the process, and read what it says."""
        given = {
            "url": url,
            "transports": TRANSPORTS[self.transport],
            "token": self.key.text,
            "greeting": self.transport == "upgrade",
        }
        if self.package in PYTHON:
            command = [str(PYTHON[self.package]), str(HERE / "client.py")]
        else:
            command = ["node", str(HERE / "client.mjs")]
            given["library"] = JAVASCRIPT[self.package]
        self.process = subprocess.Popen(
            [*command, json.dumps(given)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.endswith("\n"):
                return  # it was killed while it wrote this
            with self._heard:
                self.told.append({"at": time.monotonic(), **json.loads(line)})
                self._heard.notify_all()

    def _read_errors(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told.append({"at": time.monotonic(), "what": "stderr", "line": line.rstrip()})

    def mark(self) -> int:
        """The place from which `until` and `said` may look for what comes now."""
        return len(self.told)

    def said(self, what: str, since: int = 0) -> dict[str, Any] | None:
        """The first report of this kind."""
        return next((line for line in self.told[since:] if line["what"] == what), None)

    def until(self, what: str, deadline: float, since: int = 0) -> dict[str, Any]:
        """Wait for a report; raises TimeoutError."""
        with self._heard:
            self._heard.wait_for(lambda: self.said(what, since) is not None, max(0.0, deadline - time.monotonic()))
        found = self.said(what, since)
        if found is None:
            raise TimeoutError(f"it never said {what}")
        return found

    def summary(self, since: int) -> str:
        """What it said, without the aircraft."""
        last = [{name: value for name, value in line.items() if name not in ("aircraft", "at")} for line in self.told[since:]]
        return f"it said {[line for line in last if line['what'] not in ('delta', 'state')][-8:]}"

    def state(self, deadline: float) -> dict[str, Any]:
        """What it holds now."""
        assert self.process is not None
        assert self.process.stdin is not None
        since = self.mark()
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.until("state", deadline, since)

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


def table(rows: list[Row]) -> str:
    """The rows as text."""
    lines = [["client", "transport", *CLAIMS]]
    lines += [[row.package, row.transport, *(row.cells.get(claim, "-").split(";")[0][:30] for claim in CLAIMS)] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in lines)
