"""F57: a server that records is killed at random moments, under load."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT


def test_f57_a_server_killed_at_random_moments_loses_nothing_that_was_stored() -> None:
    # In a process of its own, which gevent patches before anything else is imported.
    command = [sys.executable, "-m", "tests.faults.kills", "--kills", "10", "--aircraft", "150"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing that was acknowledged is lost" in done.stdout
