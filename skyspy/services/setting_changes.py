"""Application: reading, previewing and changing the settings, among them the auth mode and the access level of each feature.

Invariants: needs `settings.manage`. A preview counts what a change would do to the sessions of every process, by the same rule
(auth/policy.impact) that reauthorizes them after the change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from skyspy.server import Context, Server
from skyspy.services.caller import Caller, as_refusals
from skyspy.services.impact import impact_on_sessions
from skyspy.store.registry import check, parse, row_of
from skyspy.store.settings import Setting, Settings, change_settings

MANAGE = "settings.manage"


@dataclass(frozen=True, slots=True)
class SettingsImpact:
    """What a change of settings would do now. `current` and `settings` are the settings before and after it.

    `disconnected`, `namespaces` and `where` count the sessions that would end: by kind of principal, by namespace, and by both.
    `lost` counts, by topic, the sessions that would stay and lose that topic. Of those that would end, `own` belong to the
    caller, and `near` are anonymous and come from the caller's address (usually other tabs of the caller's browser).
    """

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
    """Every setting with its value, who changed it, and when."""
    caller.require(context, MANAGE)
    return context.settings.rows()


def preview_change(server: Server, caller: Caller, changes: Mapping[str, object]) -> SettingsImpact:
    """What these changes would do to the live sessions; changes nothing. Raises Refused for invalid values."""
    caller.require(server, MANAGE)
    with as_refusals():
        current = server.settings.fresh()
        wanted = _with(current, changes)
    disconnected: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    where: dict[str, Counter[str]] = {}
    own = near = 0
    for row, impact in impact_on_sessions(server, server.presence.all_sessions(), wanted):
        lost.update(impact.lost)
        if impact.principal is None:
            disconnected[row.kind] += 1
            where.setdefault(row.kind, Counter())[row.namespace] += 1
            own += row.kind != "anonymous" and row.user_id == caller.principal.user_id
            near += row.kind == "anonymous" and row.address == caller.address
    namespaces = sum(where.values(), Counter[str]())
    return SettingsImpact(current, wanted, dict(disconnected), dict(lost), dict(namespaces), where, own, near)


def value(context: Context, caller: Caller, name: str) -> object:
    """The value of one setting, read from the database now."""
    caller.require(context, MANAGE)
    with as_refusals():
        return getattr(context.settings.fresh(0.0), row_of(name).name)


def change(context: Context, caller: Caller, changes: Mapping[str, object]) -> Settings:
    """Make all of the changes in one transaction; None restores the default. Raises Refused."""
    snapshot = caller.act(context, MANAGE, lambda here: change_settings(here.connection, changes, here.actor, here.at))
    return context.settings.adopt(snapshot)


def _with(current: Settings, changes: Mapping[str, object]) -> Settings:
    """The settings with these changes; raises SettingError."""
    values: dict[str, Any] = {}
    for name, value in changes.items():
        row = row_of(name)
        values[row.name] = row.default if value is None else parse(row, value, getattr(current, row.name))
    wanted = replace(current, **values)
    check(wanted)
    return wanted
