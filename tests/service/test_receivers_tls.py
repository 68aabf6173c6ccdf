"""Claims about a receiver with a certificate of its own: refused with advice, trusted by name, or not checked where that is written."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from gevent import socket, ssl
from gevent.pool import Pool
from gevent.server import StreamServer

from skyspy.feedurl import FeedUrlError, parse
from skyspy.receivers.checks import check
from skyspy.services.feeds import FeedView
from tests.conftest import missing
from tests.support.sources import document, http


class Tls:
    """A receiver behind TLS with a self-signed certificate for 127.0.0.1; `asked` are the first lines of its requests."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "receiver.pem"
        key = folder / "key.pem"
        names = ["-subj", "/CN=receiver", "-addext", "subjectAltName=IP:127.0.0.1"]
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", str(key)]
        subprocess.run([*made, "-out", str(self.certificate), *names], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.asked: list[str] = []
        self._server = StreamServer(("127.0.0.1", 0), self._serve, spawn=Pool(), ssl_context=context)
        self._server.start()
        self.url = f"https://127.0.0.1:{self._server.server_port}/data/aircraft.json"

    def _serve(self, sock: socket.socket, _address: object) -> None:
        while head := sock.recv(4096):
            self.asked.append(head.decode().partition("\r")[0])
            sock.sendall(http(document(float(len(self.asked)), "4b1900")))

    def close(self) -> None:
        self._server.stop(timeout=0)


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    if shutil.which("openssl") is None:
        missing("openssl is not installed")
    made = Tls(tmp_path_factory.mktemp("tls"))
    yield made
    made.close()


def test_a_certificate_of_its_own_is_refused_with_what_to_write(receiver: Tls) -> None:
    heard = check(parse(receiver.url), 3.0)
    assert heard.aircraft == 0
    assert heard.error is not None and "its certificate is not trusted" in heard.error
    assert "?ca=/file" in heard.error and "?tls=insecure" in heard.error


@pytest.mark.parametrize("mark", ["?", "#"])
def test_a_certificate_that_is_named_is_trusted(receiver: Tls, mark: str) -> None:
    assert check(parse(f"{receiver.url}{mark}ca={receiver.certificate}"), 1.0).aircraft == 1


def test_any_certificate_is_trusted_where_that_is_written_and_the_server_is_not_told(receiver: Tls) -> None:
    assert check(parse(f"{receiver.url}?of=2&tls=insecure"), 1.0).aircraft == 1
    assert {line for line in receiver.asked if "?" in line} == {"GET /data/aircraft.json?of=2 HTTP/1.1"}


def test_a_named_certificate_still_checks_the_name(receiver: Tls) -> None:
    url = receiver.url.replace("127.0.0.1", "localhost")
    heard = check(parse(f"{url}?ca={receiver.certificate}"), 3.0)
    assert heard.error is not None and "not trusted" in heard.error


def test_of_a_file_without_certificates_nothing_is_told(receiver: Tls, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("a secret", encoding="utf-8")
    told = {
        check(parse(f"{receiver.url}?ca={path}"), 3.0).error
        for path in (tmp_path / "text", tmp_path / "none", tmp_path, "/dev/zero")
    }
    assert told == {"the file of ca= cannot be used: it must be a readable PEM file with certificates"}


@pytest.mark.parametrize(
    "text",
    [
        "https://pi/a?tls=yes",
        "https://pi/a?tls=",
        "https://pi/a?ca=receiver.pem",
        "https://pi/a?ca=/x&tls=insecure",
        "http://pi/a#tls=insecure",
    ],
)
def test_what_is_no_check_of_certificates_is_refused(text: str) -> None:
    with pytest.raises(FeedUrlError):
        parse(text)


def test_a_query_of_plain_http_stays_its_servers() -> None:
    feed = parse("http://pi/a?tls=insecure")
    assert (feed.query, feed.options) == ("tls=insecure", {})


def test_the_panel_shows_how_a_certificate_is_checked() -> None:
    shown = [
        FeedView(url, None, None).tls
        for url in ("https://pi/a", "https://pi/a?tls=insecure", "https://pi/a#ca=/x.pem", "beast://pi")
    ]
    assert shown == ["", "TLS: any certificate is trusted", "TLS: certificate checked by /x.pem", ""]
