"""Faults of the machine and of others, made for real on loopback. A test's name begins with its row of the catalogue (`test_f49_…`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.security.asking import ask
from tests.wire.serving import Server

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.wire)


class Health:
    """What a healthy client was answered at /healthz meanwhile: `answers` are statuses, `longest_s` the longest wait for one."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.longest_s = 0.0


@contextmanager
def watched_health(server: Server, every: float = 0.1) -> Iterator[Health]:
    """Ask for the server's health again and again."""
    health, done = Health(), threading.Event()

    def watch() -> None:
        while not done.wait(every):
            began = time.monotonic()
            try:
                health.answers.append(ask(server, "/healthz").status)
            except OSError:
                health.answers.append(0)
            health.longest_s = max(health.longest_s, time.monotonic() - began)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield health
    finally:
        done.set()
        thread.join()
