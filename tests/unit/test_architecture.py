"""The architecture's rules: layers, banned imports of pure packages, one emitter, small modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "skyspy"

LAYERS: dict[str, int] = {
    # base
    "skyspy": 1, "aircraft": 1, "aircraft_state": 1, "address": 1, "clock": 1, "config": 1, "cooperate": 1, "feedurl": 1, "files": 1, "garbage": 1, "geo": 1, "headers": 1, "hosts": 1, "logs": 1,
    "loop": 1, "metrics": 1, "military": 1, "permissions": 1, "process_stats": 1, "timeline": 1, "wirejson": 1, "zones": 1,
    # domain (pure)
    "airports": 2, "airspace": 2, "alerts": 2, "datalink": 2, "decode": 2, "filters": 2, "movements": 2, "registration": 2, "rollups": 2, "safety": 2, "simulate": 2, "threats": 2,
    "topics": 2, "tracker": 2, "tracks": 2, "visits": 2,
    # store, auth, infrastructure, application
    "store": 3, "auth": 4, "broadcast": 5, "fetch": 5, "notify": 5, "outbound": 5, "presence": 5, "receivers": 5, "transport": 5, "server": 6, "services": 6, "sky": 6, "watcher": 6,
    # interfaces and app
    "admin": 7, "api": 7, "cli": 7, "pages": 7, "sockets": 7, "__main__": 8, "app": 8,
}  # fmt: skip
"""The layer of every package; a package that is missing here fails the test."""

WITHIN_LAYER = {
    "airports": -1,
    "registration": -1,
    "visits": -1,
    "safety": 0,
    "airspace": 0,
    "datalink": 0,
    "tracker": 1,
    "decode": 1,
    "movements": 1,
    "simulate": 2,
    "threats": 2,
    "outbound": -1,
    "fetch": 0,
    "notify": 0,
    "receivers": 0,
    "alerts": 2,
    "presence": 0,
    "transport": 1,
    "broadcast": 2,
    "sky": 0,
    "server": 1,
    "services": 2,
}
"""Packages of one layer that may import each other, and in which direction."""

PURE_BANS = {
    "time", "datetime", "random", "secrets", "socket", "select", "threading", "subprocess", "logging", "os", "io",
    "gevent", "flask", "flask_socketio", "sqlalchemy", "requests", "urllib",
}  # fmt: skip
"""A pure package takes time, bytes and values as arguments; it reads no clock, opens nothing, logs nothing."""

MAX_MODULE, MAX_FUNCTION, MAX_CLASS = 400, 60, 250


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)


def package_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "skyspy" if parts == ("__init__",) else parts[0]


def imported_packages(path: Path) -> Iterator[tuple[str, int]]:
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom):
            if node.level:
                pytest.fail(f"{path}: relative import on line {node.lineno}; write the whole name")
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "skyspy" else [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "skyspy" and len(parts) > 1 and parts[1] != "__version__":
                yield parts[1], node.lineno


@cache
def parsed(path: Path) -> ast.Module:
    """A module's syntax tree, parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Everything in a module's syntax tree."""
    return list(ast.walk(parsed(path)))


def test_every_package_has_a_layer() -> None:
    unknown = sorted({package_of(path) for path in modules()} - set(LAYERS))
    assert unknown == []


def may_import(package: str, other: str) -> bool:
    beside = package in WITHIN_LAYER and other in WITHIN_LAYER and LAYERS[package] == LAYERS[other]
    same_layer = beside and WITHIN_LAYER[other] < WITHIN_LAYER[package]
    return other == package or LAYERS[other] < LAYERS[package] or same_layer or LAYERS[package] == LAYERS[other] == 1


def test_a_package_imports_only_from_layers_below_it() -> None:
    upward = [
        f"{path}:{line}: {package_of(path)} (layer {LAYERS[package_of(path)]}) imports {other} (layer {LAYERS[other]})"
        for path in modules()
        for other, line in imported_packages(path)
        if not may_import(package_of(path), other)
    ]
    assert upward == []


def test_the_base_layer_has_no_circle() -> None:
    graph = {
        package_of(path): {other for other, _ in imported_packages(path) if other != package_of(path)}
        for path in modules()
        if LAYERS.get(package_of(path)) == 1
    }
    order: list[str] = []
    while len(order) < len(graph):
        free = [package for package, needs in graph.items() if package not in order and needs <= set(order)]
        assert free, f"these import each other: {sorted(set(graph) - set(order))}"
        order += free


def test_a_pure_package_reads_no_clock_and_opens_nothing() -> None:
    pure = [path for path in modules() if LAYERS.get(package_of(path)) == 2]
    assert len(pure) > 20
    for path, node in ((one, node) for one in pure for node in nodes(one)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0]]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}, f"{path}:{node.lineno} calls {node.func.id}"
        assert not PURE_BANS.intersection(names), f"{path}:{getattr(node, 'lineno', '?')} imports {names}"


def test_only_broadcast_emits() -> None:
    emitters = []
    for path in modules():
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
                emitters.append(str(path.relative_to(PACKAGE)))
    assert set(emitters) == {"broadcast.py"}


def imports_below(node: ast.AST) -> Iterator[ast.stmt]:
    """The imports that stand in this function or class: statements alone are walked."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from imports_below(child)


def test_nothing_is_imported_inside_a_function() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    inside = [
        f"{path}:{found.lineno}"
        for path in modules()
        for node in nodes(path)
        if isinstance(node, functions)
        for found in imports_below(node)
    ]
    assert inside == []


def test_modules_say_what_they_hold_and_stay_small() -> None:
    for path in modules():
        text = path.read_text(encoding="utf-8")
        assert ast.get_docstring(parsed(path)) or not text.strip(), f"{path}: a module begins by saying what it holds"
        assert text.count("\n") <= MAX_MODULE, path
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno < MAX_FUNCTION, f"{path}: {node.name} is too long"
            elif isinstance(node, ast.ClassDef):
                assert (node.end_lineno or 0) - node.lineno < MAX_CLASS, f"{path}: {node.name} is too long"


def test_no_dispatch_by_composed_attribute_names() -> None:
    for path in modules():
        for node in nodes(path):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
                assert not isinstance(node.args[1], ast.JoinedStr), f"{path.name} line {node.lineno}"


def test_top_level_holds_only_what_was_agreed() -> None:
    allowed = {
        "setup.cfg", "skyspy", "templates", "static", "tests", "wsgi.py", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE",
        "Makefile", "gunicorn.conf.py", "pyproject.toml", "package.json", "package-lock.json", "requirements.lock",
        "requirements-dev.lock", "requirements-notify.lock", "docs", "bench", "deploy", ".ci", ".gitignore", ".npmrc",
    }  # fmt: skip
    made = {
        ".git",
        ".venv",
        "instance",
        "node_modules",
        "skyspy.egg-info",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
        "__pycache__",
    }
    assert {path.name for path in ROOT.iterdir()} - allowed - made == set()
