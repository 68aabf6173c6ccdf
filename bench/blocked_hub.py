"""Where the hub of a worker is blocked: the application of wsgi.py with a native thread beside it that looks every 2 ms.

    python bench/hostile.py --blocked 30 --only unread

A stretch in which the hub made no round for at least BLOCKED_HUB_MS milliseconds is a line of the file BLOCKED_HUB_FILE: how long it was
and how much processor time the worker took meanwhile, in milliseconds (little: others had the machine), and the stacks in it with their
number of samples. What holds the interpreter's lock is seen when it has let it go.
"""

from __future__ import annotations

# First: it patches the standard library.
from wsgi import app  # isort: skip

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import gevent
from gevent import monkey

LOOK_SECONDS, DEPTH = 0.002, 7
_rounds = [0]


def _stack(frame: FrameType | None) -> str:
    """The innermost functions with their lines; "" where the hub waits for sockets and timers."""
    if frame is None or (frame.f_code.co_name == "run" and frame.f_code.co_filename.endswith("gevent/hub.py")):
        return ""
    found: list[str] = []
    while frame is not None and len(found) < DEPTH:
        found.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(found)


def _watch(thread: int, most_ms: float, path: str) -> None:
    sleep = monkey.get_original("time", "sleep")
    began, cpu, seen, stacks = time.monotonic(), time.process_time(), -1, Counter[str]()
    while True:
        sleep(LOOK_SECONDS)
        now, rounds, stack = time.monotonic(), _rounds[0], _stack(sys._current_frames().get(thread))
        if rounds != seen or not stack:
            if (now - began) * 1000 >= most_ms and stacks:
                with Path(path).open("a") as file:
                    took = round((now - began) * 1000), round((time.process_time() - cpu) * 1000)
                    file.write(json.dumps([*took, stacks.most_common(4)]) + "\n")
            began, cpu, seen = now, time.process_time(), rounds
            stacks.clear()
        if stack:
            stacks[stack] += 1


def _round() -> None:
    _rounds[0] += 1


_check = gevent.get_hub().loop.check(ref=False)
_check.start(_round)
monkey.get_original("_thread", "start_new_thread")(
    _watch, (monkey.get_original("_thread", "get_ident")(), float(os.environ["BLOCKED_HUB_MS"]), os.environ["BLOCKED_HUB_FILE"])
)
__all__ = ["app"]
