"""What work costs, counted in lines of our own code that it runs: the same on a busy machine as on a quiet one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def lines_run(room: str, work: Callable[[], object]) -> int:
    """How many lines of a room (`tracker`, `simulate`) a call runs."""
    lines = 0

    def count(frame: Any, event: str, _argument: object) -> Any:
        nonlocal lines
        if f"/skyspy/{room}" not in frame.f_code.co_filename:
            return None
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def longest_piece(room: str, work: Callable[[Callable[[], None]], object]) -> int:
    """The most lines of a room that a call runs between two calls of the function that it is given, which is called between pieces."""
    longest = since = 0

    def pause() -> None:
        nonlocal longest, since
        longest, since = max(longest, since), 0

    def count(frame: Any, event: str, _argument: object) -> Any:
        nonlocal since
        if f"/skyspy/{room}" not in frame.f_code.co_filename:
            return None
        since += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work(pause)
    finally:
        sys.settrace(before)
    return max(longest, since)
