"""The docs, compared with the code's tables: every row of a table is documented."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from flask import Flask

from skyspy import registration
from skyspy.aircraft import FIELDS as SENT
from skyspy.cli import main as cli
from skyspy.config import VARIABLES
from skyspy.feedurl import SCHEMES
from skyspy.metrics import METRICS, Metric
from skyspy.permissions import BUILTIN_ROLES, PERMISSIONS
from skyspy.store.registry import ROWS, SettingRow
from skyspy.topics import EVENTS, NAMESPACES, TOPICS

DOCS = Path(__file__).resolve().parents[2] / "docs"
PROTOCOL = (DOCS / "protocol.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")


def rows(page: str) -> dict[str, str]:
    """The table rows of a page, by the word in backquotes at their beginning."""
    found = (re.match(r"\| `([^`]+)`[^|]*\|(.*)", line) for line in page.splitlines())
    return {match.group(1): match.group(2) for match in found if match}


PROTOCOL_ROWS, SETTINGS_ROWS = rows(PROTOCOL), rows(SETTINGS)


FIELDS = SENT | registration.FIELDS


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_aircraft_field_is_documented_with_its_unit(name: str) -> None:
    assert FIELDS[name].unit in PROTOCOL_ROWS[name]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: f"{e.sender}:{e.name}")
def test_every_event_is_documented(event: object) -> None:
    assert event.name in PROTOCOL_ROWS  # type: ignore[attr-defined]


def test_no_event_is_documented_that_does_not_exist() -> None:
    known = {event.name for event in EVENTS}
    assert {name for name in PROTOCOL_ROWS if re.fullmatch(r"[a-z_]+:[a-z_]+", name)} <= known


@pytest.mark.parametrize("name", sorted(TOPICS))
def test_every_topic_is_documented_with_its_permission_and_snapshot(name: str) -> None:
    topic = TOPICS[name]
    assert topic.permission in PROTOCOL_ROWS[name]
    assert (topic.snapshot or "stats:update") in PROTOCOL_ROWS[name]


@pytest.mark.parametrize("path", sorted(NAMESPACES))
def test_every_namespace_is_documented_with_its_permission(path: str) -> None:
    assert (NAMESPACES[path].permission or "nothing") in PROTOCOL_ROWS[path]


@pytest.mark.parametrize("permission", PERMISSIONS, ids=lambda p: p.name)
def test_every_permission_is_documented_with_the_roles_that_hold_it(permission: object) -> None:
    name = permission.name  # type: ignore[attr-defined]
    held = [cell.strip() == "yes" for cell in PROTOCOL_ROWS[name].split("|")[1:4]]
    assert held == [name in BUILTIN_ROLES[role] for role in ("viewer", "operator", "admin")]


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name)
def test_every_setting_is_documented_under_the_name_it_has_in_the_panel(row: SettingRow) -> None:
    assert SETTINGS_ROWS[row.name].startswith(f" {row.title} |")


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_every_metric_is_documented_with_its_labels(metric: Metric) -> None:
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    assert PROTOCOL_ROWS[metric.name] == f" {labels} | {metric.description} |"


def test_no_metric_is_documented_that_does_not_exist() -> None:
    assert {name for name in PROTOCOL_ROWS if name.startswith("skyspy_")} == set(METRICS)


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda v: v.name)
def test_every_environment_variable_is_documented_with_its_aliases(variable: object) -> None:
    line = SETTINGS_ROWS[variable.name]  # type: ignore[attr-defined]
    assert all(f"`{alias}`" in line for alias in variable.aliases)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(SCHEMES))
def test_every_feed_scheme_is_documented_with_its_options(name: str) -> None:
    line = SETTINGS_ROWS[SCHEMES[name].example]
    assert all(f"`{option}`" in line for option in SCHEMES[name].options)


def commands(group: click.Group, prefix: str = "skyspy") -> list[str]:
    found = []
    for name, command in sorted(group.commands.items()):
        words = f"{prefix} {name}"
        found += commands(command, words) if isinstance(command, click.Group) else [words]
    return found


@pytest.mark.parametrize("words", commands(cli))
def test_every_command_is_documented(words: str) -> None:
    assert any(row == words or row.startswith(words + " ") for row in SETTINGS_ROWS), words


def test_every_route_is_documented(app: Flask) -> None:
    documented = {re.sub(r"^(?:[A-Z]+(?:, )?)+ ", "", row) for row in PROTOCOL_ROWS}
    served = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/api/", "/data/", "/v2/", "/healthz", "/readyz", "/metrics"))
    }
    assert sorted(served - documented) == []
