"""One watcher per process: it follows changes, also after a failure, and at once in the process that made them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from skyspy.store import Store, StoreError, state
from skyspy.store.audit import Actor
from skyspy.store.settings import Settings, SettingsTable
from skyspy.watcher import POLL_S, Watcher
from tests.support.breakable import BreakableSettings
from tests.support.clock import EventClock, StillClock
from tests.support.sites import copy_database

BOSS = Actor("system", "test")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    copy_database(tmp_path / "skyspy.db")
    made = Store(f"sqlite:///{tmp_path / 'skyspy.db'}")
    yield made
    made.close()


class Scene:
    """A watcher and the calls it made."""

    def __init__(self, store: Store) -> None:
        self.clock = StillClock()
        self.settings = BreakableSettings(store, clock=self.clock)
        self.watcher = Watcher(self.settings, self.clock)
        self.called: list[tuple[str, int]] = []
        self.answer: object = True

    def follow(self, settings: Settings) -> bool:
        self.called.append(("follow", settings.version))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer is True

    def poll(self) -> None:
        self.clock.pass_by(POLL_S)
        self.watcher.poll()


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def test_a_subscriber_is_called_once_per_version(scene: Scene, store: Store) -> None:
    known = scene.settings.current.version
    scene.watcher.on_version("test", scene.follow, known)
    scene.poll()
    assert scene.called == []
    SettingsTable(store, clock=scene.clock).change({"BROADCAST_HZ": 3.0}, BOSS)  # another process
    scene.poll()
    scene.poll()
    assert scene.called == [("follow", known + 1)]


@pytest.mark.parametrize("fault", [False, StoreError("busy"), RuntimeError("a bug")])
def test_a_subscriber_that_fails_is_called_again_and_does_not_affect_others(scene: Scene, store: Store, fault: object) -> None:
    others: list[int] = []
    scene.answer = fault
    scene.watcher.on_version("failing", scene.follow)
    scene.watcher.on_version("good", lambda settings: others.append(settings.version) is None)
    scene.poll()
    scene.answer = True
    scene.poll()
    scene.poll()
    assert len(scene.called) == 2
    assert len(others) == 1


def test_while_the_database_cannot_be_read_time_still_passes(scene: Scene, store: Store) -> None:
    polls: list[int] = []
    scene.watcher.on_poll("test", lambda: polls.append(1))
    scene.watcher.on_version("test", scene.follow)
    scene.settings.fault = StoreError("the disk is gone")
    scene.poll()
    assert (polls, scene.called) == ([1], [])
    scene.settings.fault = None
    scene.poll()
    assert len(scene.called) == 1


def test_the_process_that_makes_a_change_follows_it_at_once(store: Store) -> None:
    clock = EventClock()
    settings = SettingsTable(store, clock=clock)
    watcher = Watcher(settings, clock)
    called: list[int] = []
    watcher.on_version("test", lambda now: called.append(now.version) is None, settings.current.version)
    store.after_write = watcher.wake
    watcher.start()
    with gevent.Timeout(10):
        while watcher.loop.rounds < 1:
            gevent.sleep(0.001)
        clock.pass_by(1.0)
        version = store.write(state.bump)
        while not called:
            gevent.sleep(0.001)
    watcher.stop()
    assert called == [version]
