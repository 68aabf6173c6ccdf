"""The names that clients, operators and scripts rely on, collected from the code and the docs; and the golden files made of them.

    .venv/bin/python tests/golden/make.py        at a release, after `make test`: takes what was added into the golden files

`tests/unit/test_golden.py` compares the present names with the golden files: later versions only add. The first golden files were made
by running this script on the code of commit 6feff02. It refuses to drop or change a name that a golden file holds. (openapi.json in this
folder is made by openapi.py.)
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

import skyspy
from skyspy import registration
from skyspy.aircraft import FIELDS
from skyspy.app import create_app
from skyspy.auth.principal import MESSAGES
from skyspy.cli import main as cli
from skyspy.config import VARIABLES
from skyspy.feedurl import SCHEMES
from skyspy.permissions import ACCESS_LEVELS, BUILTIN_ROLES, FEATURES, PERMISSION_NAMES
from skyspy.store.registry import ROWS
from skyspy.store.schema import METADATA
from skyspy.topics import EVENTS, NAMESPACES, TOPICS

HERE = Path(__file__).parent
PACKAGE = Path(skyspy.__file__).parent
PROTOCOL = PACKAGE.parent / "docs" / "protocol.md"
ACTION = re.compile(
    r"(?:access|delivery|destination|event|feed|key|link|live|login|logout|role|rule|secret|setting|token|user|watchlist)\.[a-z]+(?:-[a-z]+)*"
)
CHOICE = re.compile(r"<any\(([^)]*)\):\w+>")
COMPOSED_ACTIONS = ("logout", "token.reused", "token.revoked")
"""Audit actions that do not look like one, or stand in the code in two parts."""


def words(text: str) -> list[str]:
    """The names in a payload such as `{topics, joined, denied}` or in the backquoted parts of a cell."""
    return sorted(set(re.findall(r"[a-z]\w*", text, re.IGNORECASE)))


def plain(value: Any) -> Any:
    if isinstance(value, (tuple, list, frozenset)):
        return list(value)
    return value if isinstance(value, str | int | float | bool | None) else dict(value)


def events() -> dict[str, Any]:
    """Every event on the wire with the names in its payload; topics; namespaces; why a token is refused."""
    named: dict[str, Any] = {}
    for event in EVENTS:
        named.setdefault(f"{event.namespace} {event.sender} {event.name}", []).extend(words(event.payload))
    topics = {t.name: {"permission": t.permission, "snapshot": t.snapshot, "holds": t.holds} for t in TOPICS.values()}
    namespaces = {n.path: {"permission": n.permission, "greeting": n.greeting} for n in NAMESPACES.values()}
    return {"events": named, "topics": topics, "namespaces": namespaces, "refusals": dict(MESSAGES)}


def permissions() -> dict[str, Any]:
    roles = {name: sorted(held) for name, held in BUILTIN_ROLES.items()}
    return {
        "permissions": sorted(PERMISSION_NAMES),
        "roles": roles,
        "features": list(FEATURES),
        "access levels": list(ACCESS_LEVELS),
    }


def settings() -> dict[str, Any]:
    return {row.name: {"type": row.kind, "default": plain(row.default), "choices": list(row.choices)} for row in ROWS.values()}


def environment() -> dict[str, Any]:
    """Variables with their aliases, and their defaults where these are one word (others are explained in prose)."""
    return {v.name: {"aliases": list(v.aliases), **({"default": v.default} if " " not in v.default else {})} for v in VARIABLES}


def receivers() -> dict[str, Any]:
    return {name: list(scheme.options) for name, scheme in SCHEMES.items()}


def aircraft() -> dict[str, Any]:
    return {name: {"type": field.kind, "unit": field.unit} for name, field in (FIELDS | registration.FIELDS).items()}


def tables() -> dict[str, Any]:
    return {
        table.name: {column.name: type(column.type).__name__ for column in table.columns}
        for table in METADATA.tables.values()
        if table.schema is None
    }


def spelled(path: str) -> list[str]:
    """The paths that `<any(a, b):name>` in a route's path stands for."""
    match = CHOICE.search(path)
    if match is None:
        return [path]
    words = (word.strip() for word in match[1].split(","))
    return [other for word in words for other in spelled(path[: match.start()] + word + path[match.end() :])]


def routes() -> dict[str, Any]:
    """Methods by rule; what a rule calls its variable parts is no promise."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app({"SKYSPY_INSTANCE": folder})
        app.extensions["skyspy"].store.close()
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        for path in spelled(rule.rule):
            found.setdefault(re.sub(r"<[^>]+>", "<>", path), set()).update((rule.methods or set()) - {"HEAD", "OPTIONS"})
    return {rule: sorted(methods) for rule, methods in sorted(found.items())}


def commands(group: click.Command = cli, name: str = "skyspy") -> dict[str, Any]:
    """Arguments and options by command; an option's words are its other names, `required`, `flag`, `multiple`."""
    if isinstance(group, click.Group):
        return {n: row for word, each in sorted(group.commands.items()) for n, row in commands(each, f"{name} {word}").items()}
    arguments = [(p.metavar or p.name or "").upper() for p in group.params if isinstance(p, click.Argument)]
    options = {p.opts[0]: _kinds(p) for p in group.params if isinstance(p, click.Option)}
    return {name: {"arguments": " ".join(arguments), "options": options}}


def _kinds(option: click.Option) -> list[str]:
    kinds = {"required": option.required, "flag": option.is_flag, "multiple": option.multiple}
    return [*option.opts[1:], *(kind for kind, holds in kinds.items() if holds)]


def audit() -> dict[str, Any]:
    """The actions of the audit log, as the code writes them."""
    texts = set(_texts())
    found = {text for text in texts if ACTION.fullmatch(text)}
    found |= {action for action in COMPOSED_ACTIONS if action in texts or set(re.findall(r"\w+\.|\w+$", action)) <= texts}
    return {"actions": sorted(found)}


def _texts() -> Iterator[str]:
    """Every text in the code, docstrings too, and the parts of texts that are put together."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def protocol() -> dict[str, Any]:
    """The rows of the tables of docs/protocol.md by their first cell, with the names in their other cells; and its two lists."""
    page = PROTOCOL.read_text(encoding="utf-8")
    rows: dict[str, list[str]] = {}
    for first, rest in re.findall(r"^\| `([^`]+)`[^|]*\|(.*)", page, re.MULTILINE):
        rows.setdefault(re.sub(r"<[^>]+>", "<>", first), []).extend(words(" ".join(re.findall(r"`([^`]*)`", rest))))
    lists = {name: _paragraph(page, start) for name, start in (("requests", "Request types:"), ("errors", "`error` codes:"))}
    return {"rows": {first: sorted(set(found)) for first, found in rows.items()}, **lists}


def _paragraph(page: str, start: str) -> list[str]:
    """The first word of each backquoted part of the paragraph that begins so, up to its first full stop."""
    found = re.search(rf"^{re.escape(start)}(.*?)\.(?:\s|$)", page, re.MULTILINE | re.DOTALL)
    return sorted(set(re.findall(r"`([a-z_-]+)", found.group(1)))) if found else []


AREAS: dict[str, Callable[[], dict[str, Any]]] = {
    "aircraft": aircraft,
    "audit": audit,
    "commands": commands,
    "environment": environment,
    "events": events,
    "permissions": permissions,
    "protocol": protocol,
    "receivers": receivers,
    "routes": routes,
    "settings": settings,
    "tables": tables,
}
"""One golden file each."""


def golden(area: str) -> dict[str, Any]:
    """The golden file of an area."""
    return dict(json.loads((HERE / f"{area}.json").read_text(encoding="utf-8")))


def lost(old: Any, new: Any, at: str = "") -> list[str]:
    """Where the new names lack or change what the old ones hold. Of a list every item stays, in any order."""
    if isinstance(old, dict):
        if not isinstance(new, dict):
            return [f"{at}: {old} is {new}"]
        return [line for name, value in old.items() for line in lost(value, new.get(name, "gone"), f"{at} / {name}".strip(" /"))]
    if isinstance(old, list) and isinstance(new, list):
        return [f"{at}: {item} is gone" for item in old if item not in new]
    return [] if old == new else [f"{at}: {old} is {new}"]


def main() -> None:
    for area, collect in AREAS.items():
        new = collect()
        if (HERE / f"{area}.json").exists() and (wrong := lost(golden(area), new, area)):
            sys.exit("a promise is broken:\n" + "\n".join(wrong))
        (HERE / f"{area}.json").write_text(json.dumps(new, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
