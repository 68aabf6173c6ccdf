"""Starting, and starting again: what the master makes before it forks, a reload, a port that is taken, a database that is shared."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.security.asking import ask
from tests.support.databases import python
from tests.wire.serving import WORKER, Server, eventually

AS_MASTER = "import runpy; runpy.run_path('gunicorn.conf.py');"


def test_the_master_starts_no_thread_opens_nothing_and_imports_none_of_our_code() -> None:
    done = python(
        AS_MASTER
        + """
import os, sys
print(len(os.listdir("/proc/self/task")))
links = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]
print([link for link in links if link.startswith("socket:") or ".db" in link or ".sqlite3" in link])
print([name for name in sys.modules if name.partition(".")[0] in ("skyspy", "wsgi")])
"""
    )
    assert done.stdout.splitlines() == ["1", "[]", "[]"], done.stderr


def test_a_worker_imports_no_library_that_the_master_has_not() -> None:
    done = python(
        AS_MASTER
        + """
import sys
before = set(sys.modules)
import skyspy.app
print(sorted(name for name in set(sys.modules) - before if name.partition(".")[0] not in {"skyspy", *sys.stdlib_module_names}))
"""
    )
    assert done.stdout.strip() == "[]", f"these are missing in LIBRARIES of gunicorn.conf.py: {done.stdout}{done.stderr}"


def test_a_server_starts_with_the_libraries_of_requirements_lock_alone() -> None:
    # What the tests need is installed beside them here, but not where `make run` made the folder.
    done = python(
        """
import importlib.metadata, re, sys
def plain(name): return re.sub("[-_.]+", "-", name).lower()
pinned = {plain(line.partition("==")[0]) for line in open("requirements.lock") if "==" in line} | {"skyspy"}
owners = {name: set(map(plain, found)) for name, found in importlib.metadata.packages_distributions().items()}
class Missing:
    def find_spec(self, name, path=None, target=None):
        if owners.get(name.partition(".")[0], pinned).isdisjoint(pinned):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
"""
        + AS_MASTER
        + """
import skyspy.app, skyspy.cli
print("started")
"""
    )
    assert done.stdout.strip() == "started", done.stderr


def test_a_killed_worker_is_replaced_and_a_reload_takes_the_code_of_now(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for name in ("skyspy", "templates", "static"):
        shutil.copytree(ROOT / name, tree / name)
    for name in ("wsgi.py", "gunicorn.conf.py"):
        shutil.copy(ROOT / name, tree)
    server = Server(tmp_path, tree=tree)
    try:
        before = ask(server, "/api/openapi.json").json()["info"]["version"]
        killed = server.worker
        os.kill(killed, signal.SIGKILL)
        server.wait()
        assert server.worker != killed
        init = tree / "skyspy" / "__init__.py"
        init.write_text(init.read_text().replace(f'"{before}"', '"99.0.0"'))
        server.process.send_signal(signal.SIGHUP)
        assert eventually(lambda: ask(server, "/api/openapi.json").json()["info"]["version"] == "99.0.0")
    finally:
        server.stop()
    assert server.process.returncode == 0
    assert "Traceback" not in server.log()


def test_f55_a_second_server_on_one_port_is_one_line_and_the_first_goes_on(tmp_path: Path) -> None:
    first = Server(tmp_path)
    try:
        done = begun(tmp_path / "second", f"127.0.0.1:{first.port}")
        assert done.returncode == 2
        assert (
            done.stderr
            == f"skyspy: 127.0.0.1:{first.port} is in use, by another server or program: stop it, or choose another address with -b HOST:PORT (make run ADDRESS=HOST:PORT)\n"
        )
        assert ask(first, "/healthz").status == 200
    finally:
        first.stop()


def test_an_address_of_another_machine_is_one_line(tmp_path: Path) -> None:
    done = begun(tmp_path, "192.0.2.1:8000")
    assert done.returncode == 2
    assert done.stderr.startswith("skyspy: cannot listen at 192.0.2.1:8000: ")
    assert done.stderr.count("\n") == 1


def test_a_server_waits_for_one_that_is_ending(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        process = subprocess.Popen(command(address), cwd=ROOT, env=environ(tmp_path), stderr=subprocess.PIPE, text=True)
        time.sleep(2.0)
    try:
        assert eventually(lambda: answers(address), 60.0)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=30)
    assert "in use" not in said


def test_f55_a_second_server_on_one_database_is_another_process_of_the_same_site(tmp_path: Path) -> None:
    servers = [Server(tmp_path, wait=False) for _ in range(2)]
    try:
        for server in servers:
            server.wait()
        servers[0].cli("settings", "set", "AUTH_MODE", "private")
        for server in servers:
            assert eventually(lambda server=server: ask(server, "/api/aircraft/").status == 401, 3.0)
    finally:
        for server in servers:
            server.stop()
    for server in servers:
        assert " ERROR " not in server.log()
        assert "Traceback" not in server.log()


def command(address: str) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "-k", WORKER, "-w", "1", "-b", address, "wsgi:app"]


def environ(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SKYSPY_")}
    return {**kept, "SKYSPY_INSTANCE": str(folder / "instance")}


def begun(folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    """A server that cannot start."""
    return subprocess.run(
        command(address), cwd=ROOT, env=environ(folder), capture_output=True, text=True, timeout=60, check=False
    )


def answers(address: str) -> bool:
    host, port = address.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5) as line:
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return line.recv(12) == b"HTTP/1.1 200"
    except OSError:
        return False
