"""A real nginx with the project's deploy/nginx.conf, in front of servers of the tests."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.conftest import ROOT, missing
from tests.security.asking import Answer
from tests.support.browser_client import BrowserClient
from tests.wire.serving import Server, eventually

CONF = ROOT / "deploy" / "nginx.conf"
PREFIX = "/skyspy"
PROCESSES = "    server 127.0.0.1:8000;\n    server 127.0.0.1:8001;\n"

AROUND = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/skyspy.conf;
}}
"""
"""The lines around an included file; Debian's nginx.conf has the same sections."""


def program(name: str) -> str:
    """The path of a program of this machine, or the test is skipped by name."""
    # Debian puts nginx where only root looks.
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        missing(f"{name} is not installed")
    assert path is not None
    return path


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, made now and signed by itself."""
    made, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    return made, key


@dataclass(frozen=True, slots=True)
class Served:
    """One line of the access log; `process` is the address of the SkySpy that answered."""

    source: str
    path: str
    status: int
    process: str


LINE = re.compile(r'(\S+) \[[^]]+\] "\S+ ([^"]*)" (\d+) \d+ (\S+) "[^"]*"$')


class Nginx:
    """One nginx on a port of its own, below PREFIX. `changes` replaces lines of the file, each of which must be there."""

    def __init__(self, folder: Path, servers: Sequence[Server], changes: Mapping[str, str] | None = None) -> None:
        command = [program("nginx")]
        self.certificate, key = certificate(folder)
        self.log_file = folder / "access.log"
        self._errors = folder / "error.log"
        # Bound here and handed over, as nginx does when it is replaced while it runs: no other run takes the ports.
        with socket.socket() as tls, socket.socket() as plain:
            for listener in (tls, plain):
                listener.bind(("127.0.0.1", 0))
                listener.listen(128)
            self.port: int = tls.getsockname()[1]
            self.plain_port: int = plain.getsockname()[1]
            places = {
                PROCESSES: "".join(f"    server 127.0.0.1:{server.port};\n" for server in servers),
                "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
                "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
                "    listen [::]:80;\n": "",
                "    listen [::]:443 ssl;\n": "",
                "/etc/ssl/sky.example/fullchain.pem": str(self.certificate),
                "/etc/ssl/sky.example/privkey.pem": str(key),
                "/var/log/nginx/skyspy.log": str(self.log_file),
            }
            text = CONF.read_text(encoding="utf-8")
            for old, new in (*places.items(), *(changes or {}).items()):
                assert text.count(old) == 1, f"{CONF.name} has not one {old!r}"
                text = text.replace(old, new)
            (folder / "skyspy.conf").write_text(text, encoding="utf-8")
            user = "user root;" if os.getuid() == 0 else ""
            (folder / "nginx.conf").write_text(AROUND.format(user=user, folder=folder), encoding="utf-8")
            command += ["-e", str(self._errors), "-c", str(folder / "nginx.conf")]
            inherited = [tls.fileno(), plain.fileno()]
            environ = {**os.environ, "NGINX": "".join(f"{descriptor};" for descriptor in inherited)}
            with (folder / "nginx.out").open("w") as out:
                self.process = subprocess.Popen(command, env=environ, pass_fds=inherited, stdout=out, stderr=out)
        self._out = folder / "nginx.out"
        self.context = ssl.create_default_context(cafile=str(self.certificate))
        assert eventually(self._serves), f"nginx does not serve: {self._out.read_text()}{self.errors()}"

    def _serves(self) -> bool:
        assert self.process.poll() is None, f"nginx ended: {self._out.read_text()}{self.errors()}"
        try:
            return self.ask(f"{PREFIX}/healthz").status in (200, 404)
        except OSError:
            return False

    @property
    def origin(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def errors(self) -> str:
        """What nginx complained of, the notes on its own descriptors aside."""
        lines = self._errors.read_text().splitlines() if self._errors.exists() else []
        return "\n".join(line for line in lines if "[notice]" not in line)

    def served(self, path: str = "", source: str = "127.0.0.1") -> list[Served]:
        """The lines of the access log on this client's requests below a path. A WebSocket's line is written at its end."""
        found = [LINE.match(line) for line in self.log_file.read_text().splitlines()]
        assert all(found), "the log has the shape of deploy/nginx.conf"
        rows = [Served(match[1], match[2], int(match[3]), match[4]) for match in found if match]
        return [row for row in rows if row.source == source and row.path.startswith(PREFIX + path)]

    def processes(self, path: str = "", source: str = "127.0.0.1") -> set[str]:
        """The processes that answered this client's requests below a path."""
        return {row.process for row in self.served(path, source)}

    def ask(
        self,
        path: str,
        *,
        form: Mapping[str, str] | None = None,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        source: str = "127.0.0.1",
    ) -> Answer:
        """Send one request over TLS from a source address: GET, or POST with a body or form."""
        sent = dict(headers or {})
        if form is not None:
            body, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
        line = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, source_address=(source, 0), context=self.context)
        try:
            line.request("GET" if body is None else "POST", path, body, sent)
            answer = line.getresponse()
            return Answer(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            line.close()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Browser(BrowserClient[Answer]):
    """A browser before nginx, without scripts. Paths are below `prefix`; what it was sent is kept in `set_cookies`."""

    def __init__(self, nginx: Nginx, prefix: str = PREFIX) -> None:
        super().__init__({})
        self.nginx = nginx
        self.prefix = prefix
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    def send(self, path: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
        sent = dict(headers)
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.nginx.ask(self.prefix + path, form=form, headers=sent)
        for line in answer.every("Set-Cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.set_cookies.append(line)
            self.cookies[name] = value
        return answer

    def status(self, answer: Answer) -> int:
        return answer.status

    def page(self, answer: Answer) -> str:
        return answer.text if "text/html" in (answer.header("Content-Type") or "") else ""
