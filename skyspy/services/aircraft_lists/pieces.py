"""The files of a list: a file, a folder, a zip archive or an address, each file unpacked while it is read.

Everything is bounded: files, bytes read, bytes after unpacking, the length of a line, redirects and time.
"""

from __future__ import annotations

import gzip
import io
import os
import ssl
import stat
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any, BinaryIO, cast
from urllib.parse import SplitResult, urlsplit

from skyspy.services.aircraft_lists.entry import ListError

MAX_FILES = 50_000
MAX_BYTES = 2 * 1024**3
"""What is read at most, packed and unpacked."""
MAX_LINE = 64 * 1024
"""Characters; a longer line is cut into several, none of which makes sense."""
MAX_SECONDS = 3600.0
"""What fetching an address may take."""
_TIMEOUT_S = 30.0
_CHUNK = 256 * 1024

Progress = Callable[[int], object]
"""Called with the number of bytes that were read."""


@dataclass(slots=True)
class Budget:
    """How many unpacked bytes may still be read."""

    left: int = MAX_BYTES

    def spend(self, size: int) -> None:
        """Count bytes. Raises ListError."""
        self.left -= size
        if self.left < 0:
            raise ListError(f"the list has more than {MAX_BYTES // 1024**3} GiB")


class _Bounded(io.RawIOBase):
    """Reads another stream, within a budget; `progress` gets the bytes of each read."""

    def __init__(self, stream: IO[bytes], budget: Budget, progress: Progress = lambda _: None) -> None:
        self._stream = stream
        self._budget = budget
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        read = self._stream.read(min(len(into), _CHUNK))
        self._budget.spend(len(read))
        self._progress(len(read))
        into[: len(read)] = read
        return len(read)


@dataclass(frozen=True, slots=True)
class Piece:
    """One file. `name` is what it is called in messages, `size` its bytes; `path` is None inside an archive."""

    name: str
    size: int
    path: Path | None
    _open: Callable[[], IO[bytes]]
    _budget: Budget

    @contextmanager
    def open(self, progress: Progress) -> Iterator[BinaryIO]:
        """Its bytes, unpacked from gzip; `progress` counts them as they are read. Raises ListError."""
        try:
            with self._open() as raw:
                stream = io.BufferedReader(_Bounded(raw, self._budget, progress), _CHUNK)
                if stream.peek(2)[:2] == b"\x1f\x8b":
                    unpacked = gzip.GzipFile(fileobj=stream)
                    stream = io.BufferedReader(_Bounded(cast("IO[bytes]", unpacked), self._budget), _CHUNK)
                yield cast("BinaryIO", stream)
        except OSError as error:
            raise ListError(f"{self.name} cannot be read: {error.strerror or error}") from None
        except (EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            raise ListError(f"{self.name} is damaged: {error}") from None


@contextmanager
def pieces_of(place: str, progress: Progress = lambda _: None) -> Iterator[list[Piece]]:
    """The files at a path or an http(s) address; `progress` is called while an address is fetched. Raises ListError."""
    if "://" in place:
        with tempfile.TemporaryDirectory(prefix="skyspy-") as folder:
            yield _of_file(_fetch(place, Path(folder), progress), Budget())
        return
    path = Path(place)
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise ListError(f"{place} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if stat.S_ISDIR(mode):
        yield _of_folder(path, Budget())
    elif stat.S_ISREG(mode):
        yield _of_file(path, Budget())
    else:
        raise ListError(f"{place} is neither a file nor a folder")


def origin_of(place: str) -> str:
    """What a place is called afterwards: without credentials, query or folders."""
    if "://" in place:
        parts = _parts(place)
        return f"{parts.scheme}://{parts.hostname}{parts.path}"[:200]
    return Path(place).absolute().name[:200]


def _of_folder(folder: Path, budget: Budget) -> list[Piece]:
    found: list[Piece] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if name.startswith(".") or not path.is_file():
                continue
            if len(found) == MAX_FILES:
                raise ListError(f"{folder} has more than {MAX_FILES} files")
            found.append(_piece(path, f"{path.relative_to(folder)}", budget))
    return found


def _of_file(path: Path, budget: Budget) -> list[Piece]:
    try:
        packed = zipfile.is_zipfile(path)
        if not packed:
            return [_piece(path, path.name, budget)]
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except OSError as error:
        raise ListError(f"{path} cannot be read: {error.strerror}") from None
    except zipfile.BadZipFile as error:
        raise ListError(f"{path.name} is damaged: {error}") from None
    if len(members) > MAX_FILES:
        raise ListError(f"{path.name} has more than {MAX_FILES} files")
    return [Piece(member.filename, member.file_size, None, partial(_member, path, member.filename), budget) for member in members]


def _member(path: Path, name: str) -> IO[bytes]:
    with zipfile.ZipFile(path) as archive:
        return archive.open(name)


def _piece(path: Path, name: str, budget: Budget) -> Piece:
    return Piece(name, path.stat().st_size, path, lambda: path.open("rb"), budget)


class _HttpOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to http and https only."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if urlsplit(newurl).scheme not in ("http", "https"):
            raise ListError("the address leads to one that is neither http nor https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _parts(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError as error:
        raise ListError(f"this is no address: {error}") from None


def _fetch(address: str, folder: Path, progress: Progress) -> Path:
    parts = _parts(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ListError("only a path or an address with http:// or https:// can be imported")
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        _HttpOnly(), urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor(),
    ):  # fmt: skip
        opener.add_handler(handler)
    path = folder / (Path(parts.path).name or "list")
    shown, deadline = origin_of(address), time.monotonic() + MAX_SECONDS
    try:
        request = urllib.request.Request(address, headers={"User-Agent": "SkySpy"})  # noqa: S310 - http or https, see above
        with opener.open(request, timeout=_TIMEOUT_S) as answer, path.open("wb") as file:
            size = 0
            while chunk := answer.read1(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise ListError(f"{shown} sends more than {MAX_BYTES // 1024**3} GiB")
                if time.monotonic() > deadline:
                    raise ListError(f"{shown} takes longer than {MAX_SECONDS:g} s")
                file.write(chunk)
                progress(len(chunk))
            if answer.length:
                raise ListError(f"{shown} ended before its time")
    except urllib.error.HTTPError as error:
        raise ListError(f"{shown} answers {error.code} {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, ListError):
            raise
        raise ListError(f"{shown} cannot be fetched: {getattr(error, 'reason', None) or error}") from None
    return path
