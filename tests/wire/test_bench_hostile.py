"""The benchmark of attacks runs, and leaves nothing behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

COMMAND = (sys.executable, "bench/hostile.py", "--aircraft", "20", "--seconds", "1", "--only")


def children() -> set[str]:
    """This process's children."""
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}


def test_an_attack_is_measured_beside_its_quiet_baseline_and_everything_ends() -> None:
    before = children()
    done = subprocess.run([*COMMAND, "garbage"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    rows = [line for line in done.stdout.splitlines() if line.startswith("garbage")]
    assert len(rows) == 1, done.stdout
    for row in rows:
        before_p50, before_p99, p50, p99, longest = map(float, re.findall(r"\d+(?:\.\d+)?", row)[:5])
        assert 0 < before_p50 <= before_p99, row
        assert 0 < p50 <= p99 <= longest + 1, row
        assert int(row.rpartition("|")[2]) > 0, row
    assert children() == before


def test_an_attack_that_does_not_exist_is_said_with_those_that_do() -> None:
    done = subprocess.run([*COMMAND, "nonsense"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "there is no attack nonsense" in done.stderr
