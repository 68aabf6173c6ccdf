"""The form for a new API key: what was typed, what it means, and how it is shown again with what is wrong.

Law: only what can be told without the database is checked here; who may give what is decided by operate/keys.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from flask import render_template
from werkzeug.datastructures import MultiDict

from skyspy.admin.forms import Choice, Field, one_line
from skyspy.admin.routes import Asked
from skyspy.permissions import PERMISSIONS
from skyspy.store.users import User

DAY_S = 86400
NEVER, ON_A_DATE = "never", "date"
DAYS = (("7", "In 7 days"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))
ALL, SOME = "all", "some"
MOST_NETWORKS = 50
LONGEST_NETWORKS = 2000


@dataclass(frozen=True, slots=True)
class Typed:
    """The form's fields as they came."""

    kind: str = "live"
    name: str = ""
    may: str = SOME
    scopes: frozenset[str] = frozenset()
    ends: str = "90"
    on: str = ""
    networks: str = ""


EMPTY = Typed()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What they mean: None in `scopes` is everything the owner may do, in `networks` anywhere, in `expires_at` never."""

    scopes: frozenset[str] | None
    expires_at: float | None
    networks: tuple[str, ...] | None


def read(form: MultiDict[str, str]) -> Typed:
    """The form as it came, cut to what its fields take."""
    return Typed(
        one_line(form, "kind", 16),
        one_line(form, "name", 64),
        one_line(form, "may", 16),
        frozenset(scope[:64] for scope in form.getlist("scopes")[:100]),
        one_line(form, "ends", 16),
        one_line(form, "on", 16),
        form.get("networks", "")[:LONGEST_NETWORKS],
    )


def understood(typed: Typed, now: float) -> tuple[Wanted, dict[str, str]]:
    """What the form asks for, and what is wrong with which field. `now` is wall seconds."""
    errors: dict[str, str] = {}
    if typed.kind not in ("live", "test"):
        errors["kind"] = "Choose what the key is for."
    if not typed.name:
        errors["name"] = "Give the key a name by which you will know it again."
    if typed.may != ALL and not typed.scopes:
        errors["scopes"] = "Tick at least one: a key that may do nothing is of no use."
    expires_at = _ends(typed, now, errors)
    networks = tuple(word for word in re.split(r"[\s,;]+", typed.networks) if word)
    wrong = next((word for word in networks if not _is_network(word)), None)
    if wrong is not None:
        errors["networks"] = f"“{wrong[:64]}” is no address such as 192.0.2.7 and no network such as 192.0.2.0/24."
    elif len(networks) > MOST_NETWORKS:
        errors["networks"] = f"At most {MOST_NETWORKS} addresses and networks."
    return Wanted(None if typed.may == ALL else typed.scopes, expires_at, networks or None), errors


def page(asked: Asked, owner: User, typed: Typed, errors: Mapping[str, str], error: str = "") -> str:
    """The form, with what was typed and what is wrong with it."""
    fields = {field.name: field for field in _fields(owner, typed, errors)}
    told = error if error and not errors else ""
    return render_template("admin/key_new.html", owner=owner, mine=owner.id == asked.principal.user_id, f=fields, error=told)


def _fields(owner: User, typed: Typed, errors: Mapping[str, str]) -> tuple[Field, ...]:
    kinds = (
        Choice("live", "Live", "Sees your real sky. Starts with sk_live_."),
        Choice(
            "test", "Test", "Sees simulated aircraft only and operates nothing, for trying out programs. Starts with sk_test_."
        ),
    )
    ways = (
        Choice(SOME, "Only what is ticked below"),
        Choice(ALL, f"Everything {owner.name} may do, now and later"),
    )
    scopes = tuple(
        Choice(p.name, p.says, p.name, "" if p.name in owner.permissions else f"{owner.name} may not do this")
        for p in PERMISSIONS
    )
    ends = (*(Choice(*pair) for pair in DAYS), Choice(ON_A_DATE, "On a date"), Choice(NEVER, "Never"))
    return (
        Field(
            "name",
            "Name",
            value=typed.name,
            says="What will use it, such as “kitchen display”.",
            error=errors.get("name", ""),
            required=True,
            longest=64,
        ),
        Field("kind", "Kind", "radio", typed.kind, error=errors.get("kind", ""), choices=kinds),
        Field("may", "What it may do", "radio", typed.may if typed.may == ALL else SOME, choices=ways),
        Field("scopes", "Permissions", "checks", typed.scopes, error=errors.get("scopes", ""), choices=scopes),
        Field("ends", "When it ends", "select", typed.ends, error=errors.get("ends", ""), choices=ends),
        Field("on", "Last day", "date", typed.on, "Until the end of that day, UTC.", errors.get("on", "")),
        Field(
            "networks",
            "Allowed addresses",
            "area",
            typed.networks,
            "One or several, such as 192.0.2.7 or 2001:db8::/32. From anywhere else the key is refused. Empty: from anywhere.",
            errors.get("networks", ""),
            longest=LONGEST_NETWORKS,
            plain=True,
        ),
    )


def _ends(typed: Typed, now: float, errors: dict[str, str]) -> float | None:
    if typed.ends == NEVER:
        return None
    if typed.ends in dict(DAYS):
        return now + int(typed.ends) * DAY_S
    if typed.ends != ON_A_DATE:
        errors["ends"] = "Choose one of the list."
        return None
    try:
        last = datetime.combine(date.fromisoformat(typed.on), time.max, UTC).timestamp()
    except (ValueError, OverflowError):
        errors["on"] = "Choose a day, such as 2030-12-31."
        return None
    if last <= now:
        errors["on"] = "That day is over."
    return last


def _is_network(word: str) -> bool:
    try:
        ipaddress.ip_network(word)
    except ValueError:
        return False
    return True
