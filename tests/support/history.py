"""A main store and the history beside it, on every kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from skyspy.config import HISTORY_FILE, history_url_of
from skyspy.store import Connection, Store
from skyspy.store.history import HistoryStore
from skyspy.store.history.statistics import Minute
from tests.conftest import StillClock
from tests.support.databases import migrated_url
from tests.support.sites import copy_database

TOY = MetaData()
NOTES = Table("notes", TOY, Column("id", Integer, primary_key=True), Column("owner_id", Integer), Column("text", String(200)))
"""A tenant whose rows belong to users."""


@dataclass
class Stores:
    """One installation; `again()` is the history as a new start of the server makes it."""

    url: str
    main: Store
    history: HistoryStore
    clock: StillClock

    def again(self) -> HistoryStore:
        self.history.close()
        self.history = HistoryStore(history_url_of(self.url), self.main, self.clock, TOY)
        self.history.open()
        return self.history


@contextmanager
def open_stores(kind: str, folder: Path) -> Iterator[Stores]:
    with migrated_url(kind, folder) as url:
        clock = StillClock()
        main = Store(url)
        if kind == "sqlite":
            copy_database(folder / HISTORY_FILE, HISTORY_FILE)
        history = HistoryStore(history_url_of(url), main, clock, TOY)
        history.upgrade()
        history.commit_now(TOY.create_all)
        stores = Stores(url, main, history, clock)
        try:
            yield stores
        finally:
            stores.history.close()
            main.close()


def note(connection: Connection, text: str, owner: int | None = None) -> None:
    connection.execute(insert(NOTES).values(text=text, owner_id=owner))


def write_notes(connection: Connection, texts: list[str]) -> None:
    for text in texts:
        note(connection, text)


def notes(history: HistoryStore) -> list[str]:
    """The texts of all notes, in the order in which they were written."""
    return history.read(lambda c: list(c.execute(select(NOTES.c.text).order_by(NOTES.c.id)).scalars()))


def a_minute(minute: int, samples: int = 60, **more: object) -> Minute:
    values = {
        "sky": "live",
        "aircraft_max": 10,
        "aircraft_avg": 9.5,
        "with_position_max": 8,
        "military_max": 1,
        "emergency_max": 0,
        "messages": 4000,
        "max_distance_nm": 120.5,
        "demo": False,
    }
    return Minute(minute=minute, samples=samples, **{**values, **more})  # type: ignore[arg-type]
