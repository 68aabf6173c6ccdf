"""The process for Apprise: `python -m skyspy.notify.apprise_worker`, started by apprise_child.py.

It reads requests from standard input and writes answers to standard output, each a line of JSON: {"id", "url", "title", "body",
"most_characters", "may_private"}, and {"id", "ok", "status", "reason"}; its first line is {"ready": Apprise's version}. Each request has a thread of
its own. The process ends at the end of its input.

Apprise resolves and connects by itself, and an address of it may name files, templates and attachments. What a request may not do is refused
where it would happen, by an audit hook of the interpreter, which no code can remove: connections to addresses that the guard refuses,
files outside the interpreter's own, and other processes.
"""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from apprise import Apprise, AppriseAsset
from apprise import __version__ as apprise_version

from skyspy.notify.ranges import GuardError, is_address, refuse
from skyspy.notify.schemes import SCHEMES
from skyspy.notify.shorten import MAX_TITLE, shortened

NICENESS = 10
MAX_MEMORY_BYTES = 1024 * 1024 * 1024
MAX_SOCKET_S = 10.0
"""Seconds that Apprise waits for a connection, and for more of an answer."""

_STATUS = re.compile(r"\berror=(\d{3})\b")
_REFUSED_EVENTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.forkpty",
    "os.spawn",
    "sqlite3.connect",
)
_READ_FOLDERS = tuple(
    os.path.realpath(path) + os.sep
    for path in (
        *(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(__file__).parent),
        "/usr/share/zoneinfo",
        "/etc/ssl",
    )
)
"""What an import and a TLS connection read."""
_READ_FILES = frozenset({os.devnull, "/dev/urandom", "/etc/mime.types"})


class _Request(threading.local):
    """What the request of this thread may do, and what was refused of it."""

    is_running = False
    may_private = False
    refusal: str | None = None
    status: int | None = None


_now = _Request()


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    """Called by the interpreter before it does something. Raises where a request may not."""
    rule = _RULES.get(event)
    if rule is not None:
        rule(arguments)


def _on_connect(arguments: tuple[Any, ...]) -> None:
    host = arguments[1][0] if isinstance(arguments[1], tuple) else ""
    # A name would be resolved behind this hook: connections are made to addresses that were resolved before.
    if not isinstance(host, str) or not is_address(host.partition("%")[0]):
        raise PermissionError("a connection goes to an address")
    try:
        refuse(host, may_private=_now.may_private)
    except GuardError as error:
        _now.refusal = str(error)
        raise PermissionError(str(error)) from None


def _on_open(arguments: tuple[Any, ...]) -> None:
    path = arguments[0]
    if not _now.is_running or isinstance(path, int):
        return
    name = os.path.realpath(os.fsdecode(path))
    writes = isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or not (name.startswith(_READ_FOLDERS) or name in _READ_FILES):
        _now.refusal = "the address names a file, and no file is read for an alert"
        raise PermissionError(_now.refusal)


def _on_process(_arguments: tuple[Any, ...]) -> None:
    raise PermissionError("no process is started for an alert")


_RULES: dict[str, Callable[[tuple[Any, ...]], None]] = {
    "socket.connect": _on_connect,
    "socket.sendto": _on_connect,
    "open": _on_open,
    **dict.fromkeys(_REFUSED_EVENTS, _on_process),
}


class _Statuses(logging.Handler):
    """Keeps the status of HTTP that Apprise logs of a request, and nothing else of its log: the rest may hold secrets."""

    def emit(self, record: logging.LogRecord) -> None:
        found = _STATUS.search(record.getMessage())
        if found is not None:
            _now.status = int(found.group(1))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Send what one request says; the answer to it. Never raises an Exception."""
    _now.is_running, _now.may_private = True, bool(request.get("may_private"))
    _now.refusal = _now.status = None
    try:
        reason = _failure(request)
    except Exception as error:  # noqa: BLE001 - what a plugin raises might hold a secret: its type alone is said
        reason = f"Apprise failed ({type(error).__name__})"
    return {"id": request.get("id"), "ok": not reason, "status": _now.status, "reason": reason and _said(reason)}


def _said(reason: str) -> str:
    """The reason of a failure: what was refused, or answered, where that is known."""
    if _now.refusal is not None:
        return _now.refusal
    return reason if _now.status is None else f"the service answered {_now.status}"


def _failure(request: dict[str, Any]) -> str:
    """Send what a request says; why it could not be sent, "" where it was."""
    name = request["url"].partition("://")[0].lower()
    if name not in SCHEMES or (SCHEMES[name].needs_manage and not request["may_private"]):
        return "this service of Apprise may not be used"
    asset = AppriseAsset(http_redirects=False, storage_mode="memory", secure_logging=True)
    plugin = Apprise.instantiate(request["url"], asset=asset, suppress_exceptions=True)
    if plugin is None:
        return "Apprise cannot read the address of this destination"
    # Whatever the address itself says of these.
    plugin.redirects = False
    plugin.verify_certificate = plugin.verify_certificate or not request["may_private"]
    plugin.socket_read_timeout = min(plugin.socket_read_timeout, MAX_SOCKET_S)
    plugin.socket_connect_timeout = min(plugin.socket_connect_timeout, MAX_SOCKET_S)
    title, body = _fitted(plugin, request["title"], request["body"], request.get("most_characters"))
    return "" if plugin.notify(body=body, title=title) else "the service did not take it"


def _fitted(plugin: Any, title: str, body: str, most: int | None) -> tuple[str, str]:
    """Title and text within the limits of the service: `title_maxlen` and `body_maxlen` of its plugin, in characters. Where a service has no titles,
    or they count as part of the text, there is less room for it."""
    if plugin.title_maxlen > 0:
        title = shortened(title, min(MAX_TITLE, plugin.title_maxlen))
    room = max(1, plugin.body_maxlen - len(title) - 4) if plugin.body_maxlen > 0 else len(body)
    return title, shortened(body, min(room, most or room))


def _work(request: dict[str, Any], write: Callable[[dict[str, Any]], None]) -> None:
    write(answer(request))


def main() -> None:
    """Answer requests until the input ends."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Whatever prints to standard output must not be taken for an answer.
    output: BinaryIO = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    logger = logging.getLogger("apprise")
    logger.handlers[:] = [_Statuses()]
    logger.propagate = False
    lock = threading.Lock()

    def write(document: dict[str, Any]) -> None:
        with lock:
            output.write(json.dumps(document).encode() + b"\n")
            output.flush()

    sys.addaudithook(_audit)
    write({"ready": apprise_version})
    for line in sys.stdin.buffer:
        threading.Thread(target=_work, args=(json.loads(line), write), daemon=True).start()
    # Threads that wait for a service are not waited for.
    os._exit(0)


if __name__ == "__main__":
    main()
