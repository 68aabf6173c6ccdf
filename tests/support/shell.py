"""The command line as an operator meets it: a shell with a database of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from skyspy.auth.passwords import Passwords
from skyspy.auth.tokens import Tokens
from skyspy.cli import main
from skyspy.clock import Clock
from skyspy.store import Store
from skyspy.store.settings import SettingsTable
from tests.support.machine import ROOT
from tests.support.tokens import parts

PASSWORD = "correct horse battery staple"
SECRET = "s" * 40


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


class Shell:
    """Runs commands on one installation."""

    def __init__(self, instance: Path, patch: pytest.MonkeyPatch) -> None:
        self.environ = {"PATH": os.environ["PATH"], "SKYSPY_INSTANCE": str(instance), "SKYSPY_SECRET_KEY": SECRET}
        self.url = f"sqlite:///{instance / 'skyspy.db'}"
        self._patch = patch

    def run(self, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> Done:
        """Run a command in this process, as `skyspy` would; what needs a process of its own uses `process`."""
        out, err = StringIO(), StringIO()
        with self._patch.context() as patch, redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as left:
            for name, value in {**self.environ, **(environ or {})}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", StringIO(stdin))
            main(words)
        return Done(int(left.value.code or 0), out.getvalue(), err.getvalue())

    def process(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, env=self.environ, check=False)

    def good(self, *words: str, stdin: str = "") -> str:
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def bad(self, *words: str, stdin: str = "", environ: Mapping[str, str] | None = None) -> str:
        """The one line that a mistake is."""
        done = self.run(*words, stdin=stdin, environ=environ)
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stdout == ""
        assert re.fullmatch(r"skyspy: [^\n]+\n", done.stderr), done.stderr
        return done.stderr

    def create(self, name: str, role: str = "admin") -> None:
        self.good("user", "create", name, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")


def tokens_of(shell: Shell) -> Tokens:
    store = Store(shell.url)
    return parts(store, SettingsTable(store), SECRET, Clock(), Passwords()).tokens
