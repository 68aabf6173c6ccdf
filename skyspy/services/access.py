"""Heart: the auth mode, who may see what, and every other setting.

Law: `settings.manage`. What a change would do to those who are connected, to whichever process, is told before it is
made, by the same table that will judge them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from skyspy.server import Server
from skyspy.services.caller import Caller, Context, as_refusals
from skyspy.services.impact import impacts
from skyspy.store.registry import check, parse, row_of
from skyspy.store.settings import Setting, Settings

MANAGE = "settings.manage"


@dataclass(frozen=True, slots=True)
class SettingsImpact:
    """What a change would do now: sockets told to go, by kind of principal, by namespace, and by both; topics that sockets
    lose which may stay; and of those told to go, how many are of whoever asks, and how many strangers at the asker's
    address (their own other tabs, as a rule). `current` and `settings`: before and after."""

    current: Settings
    settings: Settings
    disconnected: Mapping[str, int]
    lost: Mapping[str, int]
    namespaces: Mapping[str, int]
    where: Mapping[str, Mapping[str, int]]
    own: int = 0
    near: int = 0

    @property
    def total(self) -> int:
        return sum(self.disconnected.values())


def rows(context: Context, caller: Caller) -> list[Setting]:
    """Every setting with its value, and who chose it when."""
    caller.require(context, MANAGE)
    return context.settings.rows()


def preview(server: Server, caller: Caller, changes: Mapping[str, object]) -> SettingsImpact:
    """What these changes would do to the live sockets. Raises Refused for values that do not fit."""
    caller.require(server, MANAGE)
    with as_refusals():
        current = server.settings.fresh()
        wanted = _with(current, changes)
    gone: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    where: dict[str, Counter[str]] = {}
    own = near = 0
    for row, becomes in impacts(server, server.presence.everybody(), wanted):
        lost.update(becomes.lost)
        if becomes.principal is None:
            gone[row.kind] += 1
            where.setdefault(row.kind, Counter())[row.namespace] += 1
            own += row.kind != "anonymous" and row.user_id == caller.principal.user_id
            near += row.kind == "anonymous" and row.address == caller.address
    namespaces = sum(where.values(), Counter[str]())
    return SettingsImpact(current, wanted, dict(gone), dict(lost), dict(namespaces), where, own, near)


def value(context: Context, caller: Caller, name: str) -> object:
    """The value of one setting as the database has it now."""
    caller.require(context, MANAGE)
    with as_refusals():
        return getattr(context.settings.fresh(0.0), row_of(name).name)


def change(context: Context, caller: Caller, changes: Mapping[str, object]) -> Settings:
    """Make the changes, all or none; None chooses the default."""
    caller.require(context, MANAGE)
    with as_refusals():
        return context.settings.change(changes, caller.actor)


def _with(current: Settings, changes: Mapping[str, object]) -> Settings:
    """The settings as they would be; raises SettingError."""
    values: dict[str, Any] = {}
    for name, value in changes.items():
        row = row_of(name)
        values[row.name] = row.default if value is None else parse(row, value, getattr(current, row.name))
    wanted = replace(current, **values)
    check(wanted)
    return wanted
