"""The settings table, and each process's copy of it.

Invariants: the table has one row per setting that was ever chosen; the environment's value counts only where there never was a
row. A change is checked as a whole, committed with its audit row and a raised version, and then replaces the copy as one frozen
object. Access decisions use `fresh`, and refuse when it raises; where a value may be slightly old, `current` is enough.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from skyspy import wirejson
from skyspy.clock import Clock
from skyspy.store import Store, StoreError, audit, state
from skyspy.store.audit import Actor
from skyspy.store.registry import ROWS, SettingError, SettingRow, Settings, check, parse, row_of, settings_from_rows, to_json
from skyspy.store.schema import SETTINGS

__all__ = ["Setting", "SettingError", "Settings", "SettingsTable"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as a form shows it: its row, its value, whether that is the default, and by whom and when (wall seconds) it was
    chosen (None: never)."""

    row: SettingRow
    value: Any
    is_default: bool
    changed_by: str | None
    changed_at: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The rows as read, the settings made from them, and the installation that the database names."""

    rows: Mapping[str, str | None]
    settings: Settings
    installation: str | None = None


def _never_foreign(_installation: str | None) -> str:
    return ""


class SettingsTable:
    """The table, and this process's copy of it.

    `first` are the environment's values by setting name; an invalid one raises StoreError, in force or not, so
    that a mistake in the environment is found at the start.
    """

    def __init__(self, store: Store, initial: Mapping[str, str] | None = None, clock: Clock | None = None) -> None:
        self._store = store
        self._clock = clock or Clock()
        self._reading = threading.Lock()
        self._failure: StoreError | None = None
        self._failed_at = 0.0
        self._checked_at = self._clock.steady()
        self._snapshot = Snapshot({}, Settings())
        self._why_foreign: Callable[[str | None], str] = _never_foreign
        self.closed = ""
        """Why AUTH_MODE is private whatever the table says; "" where it is as the table says."""
        self.adopt(self._with_initial(initial or {}))

    @property
    def current(self) -> Settings:
        """The settings as last read; makes no query."""
        return self._snapshot.settings

    def fresh(self, max_age: float = 0.25) -> Settings:
        """The settings as they were in the database at most `max_age` seconds ago.

        Raises StoreError or StoreBusy when they cannot be read: the caller refuses. Concurrent callers share one query, and its
        error.
        """
        wanted_at = self._clock.steady()
        if wanted_at - self._checked_at <= max_age:
            return self.current
        with self._reading:
            if self._failure is not None and self._failed_at >= wanted_at:
                raise self._failure
            asked_at = self._clock.steady()
            if asked_at - self._checked_at > max_age:
                self._reload()
                self._checked_at = asked_at
        return self.current

    def _reload(self) -> None:
        self._failure = None
        known = self._snapshot.settings.version
        try:
            snapshot = self._store.read(_read)
            if snapshot.settings.version < known:
                # Else no change would be in force here until the version is as high as it was.
                log.warning("the database went back to an earlier state: was a backup restored? Taking it over")
                snapshot = self._store.write(_take_over, known)
            if snapshot.rows != self._snapshot.rows and snapshot.settings.version == self._snapshot.settings.version:
                # Changed by hand in the database: raise the version, so that every process and open session follows.
                log.warning("the settings table was changed from outside; taking it over")
                snapshot = self._store.write(_take_over)
        except StoreError as error:
            self._failure, self._failed_at = error, self._clock.steady()
            raise
        self.adopt(snapshot)

    def change(self, values: Mapping[str, object], actor: Actor) -> Settings:
        """Set several from texts or JSON values (None: the default; the environment's value does not apply again), all or none,
        with one audit row each. Raises SettingError, StoreError."""
        snapshot = self._store.write(change_settings, values, actor, self._clock.wall())
        return self.adopt(snapshot)

    def rows(self) -> list[Setting]:
        """Every setting as stored now, in the registry's order. Raises StoreError."""
        return self._store.read(_rows)

    def close_while(self, why_foreign: Callable[[str | None], str]) -> None:
        """From now on AUTH_MODE is private while `why_foreign`, asked for the installation that the database names, says why."""
        self._why_foreign = why_foreign
        self.adopt(self._snapshot)

    def adopt(self, snapshot: Snapshot) -> Settings:
        """Use the settings that a transaction left, unless newer ones are known already; returns them."""
        # Two reads may end in the reverse order of their start: never replace a newer snapshot.
        if snapshot.settings.version >= self._snapshot.settings.version:
            if snapshot.settings.problems and snapshot.settings.problems != self._snapshot.settings.problems:
                log.error("settings: %s", "; ".join(snapshot.settings.problems))
            self._snapshot = self._checked(snapshot)
        return snapshot.settings

    def _checked(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot; where the database is not this installation's, it is private, and the metrics are not public either."""
        before, self.closed = self.closed, self._why_foreign(snapshot.installation)
        if not self.closed:
            return snapshot
        if self.closed != before:
            log.error("%s", self.closed)
        return replace(snapshot, settings=replace(snapshot.settings, AUTH_MODE="private", METRICS_PUBLIC=False))

    def _with_initial(self, initial: Mapping[str, str]) -> Snapshot:
        try:
            settings = check_initial(initial)
        except SettingError as error:
            raise StoreError(f"in the environment: {error}") from None
        if set(initial) - self._store.read(_chosen):
            return self._store.write(_keep_initial, settings, set(initial), self._clock.wall())
        return self._store.read(_read)


def check_initial(initial: Mapping[str, str]) -> Settings:
    """The defaults with the environment's values; raises SettingError."""
    values = {name: parse(row_of(name), text) for name, text in initial.items()}
    settings = replace(Settings(), **values)
    check(settings)
    return settings


def _chosen(connection: Connection) -> set[str]:
    """The settings that were ever chosen; `changed_by` is empty in rows of the first migration."""
    return set(connection.execute(select(SETTINGS.c.name).where(SETTINGS.c.changed_by != "")).scalars())


def _read(connection: Connection) -> Snapshot:
    version, installation = state.version_and_installation(connection)
    rows = {row.name: row.value for row in connection.execute(select(SETTINGS.c.name, SETTINGS.c.value))}
    return Snapshot(rows, settings_from_rows(rows, version), installation)


def _rows(connection: Connection) -> list[Setting]:
    settings = _read(connection).settings
    chosen = {row.name: row for row in connection.execute(select(SETTINGS))}
    return [_setting(row, settings, chosen.get(row.name)) for row in ROWS.values()]


def _take_over(connection: Connection, known: int = 0) -> Snapshot:
    """What the table holds, under a version that is higher than its own and `known`."""
    state.bump(connection, known)
    return _read(connection)


def _keep(connection: Connection, name: str, value: Any, actor: Actor, at: float) -> None:
    text = None if value is None else wirejson.dumps(to_json(value))
    connection.execute(delete(SETTINGS).where(SETTINGS.c.name == name))
    connection.execute(insert(SETTINGS).values(name=name, value=text, changed_at=at, changed_by=audit.printable(actor.name, 64)))


def change_settings(connection: Connection, values: Mapping[str, object], actor: Actor, at: float) -> Snapshot:
    """Set several settings at once (None: the default), all or none, with one audit row each. Raises SettingError."""
    state.bump(connection)
    new = _read(connection).settings
    for name, value in values.items():
        row = row_of(name)
        now = getattr(new, row.name)
        chosen = row.default if value is None else parse(row, value, now)
        new = replace(new, **{row.name: chosen})
        _keep(connection, row.name, None if value is None else chosen, actor, at)
        before, after = {"value": to_json(now)}, {"value": to_json(chosen)}
        audit.record(connection, actor, "setting.set" if value is not None else "setting.reset", row.name, at, before, after)
    check(new)
    # Read back: this includes problems that other rows still have, or no longer have.
    return _read(connection)


def _keep_initial(connection: Connection, settings: Settings, names: set[str], at: float) -> Snapshot:
    actor = Actor("environment", "environment")
    state.bump(connection)
    for name in sorted(names - _chosen(connection)):
        value = getattr(settings, name)
        _keep(connection, name, value, actor, at)
        audit.record(connection, actor, "setting.set", name, at, None, {"value": to_json(value)})
    return _read(connection)


def _setting(row: SettingRow, settings: Settings, chosen: Any) -> Setting:
    value = getattr(settings, row.name)
    if chosen is None or not chosen.changed_by:
        return Setting(row, value, value == row.default, None, None)
    return Setting(row, value, value == row.default, chosen.changed_by, chosen.changed_at)
