"""The words of docstrings and comments: plain and technical, nobody is "he", and no old nickname of a layer comes back."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "skyspy"
BANNED = re.compile(
    r"\bLaw:|\b(?:he|him|his|himself|she|her)\b|^(?:Ground|Pure) floor\b|^(?:Heart|Doors|Tools|Cellar|Roof):|\bthe house\b|\bthe cellar\b",
    re.I | re.M,
)

ANYWHERE = re.compile(BANNED.pattern.replace("^", ""), re.I)
"""Matches wherever BANNED may match, and more: in code, and inside lines."""


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "versions" not in path.parts)


def prose(path: Path) -> list[tuple[int, str]]:
    """The docstrings (also those below attributes) and comments of a module, with their lines."""
    text = path.read_text(encoding="utf-8")
    found = [
        (node.lineno, node.value.value)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return found + [(token.start[0], token.string.lstrip("# ")) for token in tokens if token.type == tokenize.COMMENT]


def test_the_words_that_are_looked_for_are_found() -> None:
    assert BANNED.search("Law: nothing is kept")
    assert BANNED.search("what he may do")
    assert not BANNED.search("the header of the cache")


def test_docstrings_and_comments_are_plain() -> None:
    # Most modules hold no such word anywhere: to parse and tokenize them all takes seconds.
    suspects = [path for path in modules() if ANYWHERE.search(path.read_text(encoding="utf-8"))]
    found = [
        f"{path}:{line}: {match.group()}" for path in suspects for line, text in prose(path) if (match := BANNED.search(text))
    ]
    assert found == []
