"""Heart: the auth mode, who may see what, and every other setting.

Law: `settings.manage`. What a change would do to those who are connected is told before it is made, by the
same table that will judge them. Counts are of this process's sockets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from skyspy import topics
from skyspy.auth.policy import TokenOutcome, decide, may
from skyspy.house import House
from skyspy.live import Session
from skyspy.operate.who import Who, told
from skyspy.store.registry import check, parse, row_of
from skyspy.store.settings import Setting, Settings

MANAGE = "settings.manage"


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would do now: sockets told to go, by kind of principal, and topics that sockets lose."""

    settings: Settings
    disconnected: Mapping[str, int]
    lost: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.disconnected.values())


def rows(house: House, who: Who) -> list[Setting]:
    """Every setting with its value, and who chose it when."""
    who.needs(house, MANAGE)
    return house.settings.rows()


def preview(house: House, who: Who, changes: Mapping[str, object]) -> Preview:
    """What these changes would do to the live sockets. Raises Refused for values that do not fit."""
    who.needs(house, MANAGE)
    with told():
        current = house.settings.fresh()
        wanted = _with(current, changes)
    gone: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for session in house.live:
        if not _stays(session, wanted):
            gone[session.principal.kind] += 1
            continue
        for topic in session.topics:
            if not may(session.principal, topics.TOPICS[topic].permission, wanted):
                lost[topic] += 1
    return Preview(wanted, dict(gone), dict(lost))


def change(house: House, who: Who, changes: Mapping[str, object]) -> Settings:
    """Make the changes, all or none; None chooses the default."""
    who.needs(house, MANAGE)
    with told():
        return house.settings.change(changes, who.actor)


def _stays(session: Session, settings: Settings) -> bool:
    principal = session.principal
    known = principal if principal.identified else None
    needs = topics.NAMESPACES[session.namespace].permission
    return decide(TokenOutcome(known, session.token_error), settings, needs).admitted


def _with(current: Settings, changes: Mapping[str, object]) -> Settings:
    """The settings as they would be; raises SettingError."""
    values: dict[str, Any] = {}
    for name, value in changes.items():
        row = row_of(name)
        values[row.name] = row.default if value is None else parse(row, value, getattr(current, row.name))
    wanted = replace(current, **values)
    check(wanted)
    return wanted
