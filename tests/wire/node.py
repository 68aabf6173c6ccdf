"""A JavaScript client in a process of its own, which reports what happens to it as lines of JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, missing


class Told:
    """The reports of a client in another process, line by line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []

    def until(self, what: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                self.lines.append(json.loads(line))
                if self.lines[-1]["what"] == what:
                    return self.lines[-1]
        raise AssertionError(f"the client never said {what}: {self.lines} {self.process.communicate()}")

    def rest(self) -> list[str]:
        """All reports until the process ends."""
        out, _ = self.process.communicate(timeout=60)
        self.lines += [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        return [line["what"] for line in self.lines]


def node(folder: Path, text: str, *arguments: str) -> Told:
    """Run a module under node with the project's libraries."""
    if not (ROOT / "node_modules" / "socket.io-client").is_dir():
        missing("the browser libraries in node_modules (npm ci)")
    script = folder / "client.mjs"
    script.write_text(text, encoding="utf-8")
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    try:
        command = ["node", str(script), *arguments]
        return Told(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    except FileNotFoundError:
        missing("node")
        raise
