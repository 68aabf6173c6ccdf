"""The contents of a captured file as rows with their own times.

CAPTURES has one row per kind of file: how its first bytes are recognised and how it is read.

Invariants: reading is streaming: a file is never in memory as a whole, compressed or not (a single document of it may be). Rows
carry seconds on the capture's own clock; where a file has no times, lines come at LINES_PER_SECOND. A damaged file raises
CaptureError, a message of one line.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path
from typing import BinaryIO, cast

from skyspy.aircraft import Observation
from skyspy.decode import aircraft_json
from skyspy.receivers.replay_files import open_regular
from skyspy.receivers.stamps import BeastClock, has_gps_stamps
from skyspy.receivers.trajectories import PointsError, trajectories

Row = tuple[float, bytes | Observation]
"""A time on the capture's clock (seconds), and bytes for a decoder or an observation whose `at` is not set yet."""

HEAD_BYTES = 8192
MAX_LINE_BYTES = 64 * 1024
MAX_DOCUMENT_BYTES = aircraft_json.MAX_BYTES
LINES_PER_SECOND = 50.0
"""The rate of lines without a time of their own."""
GZIP_MAGIC = b"\x1f\x8b"
SYNTHETIC_TIMESTAMP = b"\xff\x00MLA"
"""The timestamp of frames that were computed rather than received: multilateration and UAT set it."""
PROBED_FRAMES = 5_000
"""By so many of a file's first frames the kind of its timestamps is recognised."""
MAX_FILES = 20_000
_BEAST_START = re.compile(rb"(?:[^\x1a]|\A)(?:\x1a\x1a)*\x1a[\x31-\x33]")
"""An unescaped escape byte (1A) before the type of a frame that carries a timestamp."""
_TWELVE_DIGITS = re.compile(rb"[0-9A-Fa-f]{12}")
_NOW = re.compile(rb'(?:"(?:now|received_at)"\s*:\s*|;t=)([0-9]+(?:\.[0-9]*)?)')


class CaptureError(ValueError):
    """The file cannot be replayed; the message is one line for the operator."""


@dataclass(frozen=True, slots=True)
class Capture:
    """A kind of captured file. `carries` names the decoder's format ("" for observations that need no decoder), `matches` tests
    the first HEAD_BYTES, `rows` reads the file."""

    name: str
    carries: str
    description: str
    matches: Callable[[bytes], bool]
    rows: Callable[[Path], Iterator[Row]]


@contextmanager
def open_capture(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, decompressed where they begin with the gzip magic. Raises OSError, CaptureError, ReplayFileError."""
    with open_regular(path) as raw:
        packed = raw.read(2) == GZIP_MAGIC
        raw.seek(0)
        try:
            if packed:
                with gzip.GzipFile(fileobj=raw) as file:
                    yield cast(BinaryIO, file)
            else:
                yield raw
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise CaptureError(f"{path.name} is a damaged gzip file") from None


def detect_capture(path: Path, wanted: str | None) -> Capture:
    """The kind of the file: `wanted` (a name in CAPTURES), or detected from its first bytes. Raises OSError, CaptureError."""
    if wanted is not None:
        if wanted not in CAPTURES:
            raise CaptureError(f"format={wanted} is not known: write one of {', '.join(CAPTURES)}")
        return CAPTURES[wanted]
    if path.is_dir():
        return CAPTURES["aircraft.json"]
    with open_capture(path) as file:
        head = file.read(HEAD_BYTES)
    for capture in CAPTURES.values():
        if capture.matches(head):
            return capture
    raise CaptureError(f"{path.name} does not look like a capture: say what it is with format= ({', '.join(CAPTURES)})")


def _lines(path: Path, max_bytes: int = MAX_LINE_BYTES) -> Iterator[bytes]:
    """Lines with their line ends; one longer than `max_bytes` comes in parts, which a decoder counts as bad."""
    with open_capture(path) as file:
        while line := file.readline(max_bytes):
            yield line


def _frames(path: Path) -> Iterator[Row]:
    """Lines of `epoch,hex of a Beast frame`, timed by the epoch: the timestamp inside the frame is not reliable."""
    for line in _lines(path):
        when, _, frame = line.partition(b",")
        try:
            yield float(when), bytes.fromhex(frame.strip().decode("ascii"))
        except ValueError:
            # A header line, or a damaged one: without a time it cannot be replayed.
            continue


def _beast_frames(path: Path) -> Iterator[bytes]:
    """Beast bytes, one frame at a time. Bytes between frames are given too: the decoder gets exactly what the receiver sent."""
    rest = b""
    with open_capture(path) as file:
        while chunk := file.read(MAX_LINE_BYTES):
            data = rest + chunk
            starts = [match.end() - 2 for match in _BEAST_START.finditer(data)]
            # The last frame may continue in the next chunk, but is never longer than one.
            cut = starts[-1] if starts and len(data) - starts[-1] < MAX_LINE_BYTES else len(data) - 1
            for begin, end in pairwise(sorted({0, cut, *(start for start in starts if start < cut)})):
                yield data[begin:end]
            rest = data[cut:]
    if rest:
        yield rest


def _beast_stamp(frame: bytes) -> int | None:
    """The timestamp of a frame that was received; None for one that was computed, and for other bytes."""
    stamp = frame[2:].replace(b"\x1a\x1a", b"\x1a")[:6]
    if frame[:1] != b"\x1a" or len(stamp) != 6 or stamp.startswith(SYNTHETIC_TIMESTAMP):
        return None
    return int.from_bytes(stamp, "big")


def _avr_stamp(line: bytes) -> int | None:
    """The timestamp of an AVR line that begins with `@` or `<`."""
    stamp = line[1:13]
    if (
        line[:1] not in (b"@", b"<")
        or not _TWELVE_DIGITS.fullmatch(stamp)
        or bytes.fromhex(stamp.decode()).startswith(SYNTHETIC_TIMESTAMP)
    ):
        return None
    return int(stamp, 16)


def _stamp_clock(stamps: Iterable[int | None]) -> BeastClock:
    """The clock for a file of frames with these timestamps, judged by the first ones."""
    return BeastClock(gps=has_gps_stamps(stamp for stamp in islice(stamps, PROBED_FRAMES) if stamp is not None))


def _beast(path: Path) -> Iterator[Row]:
    """Beast frames, timed by their timestamps."""
    at, clock = 0.0, _stamp_clock(map(_beast_stamp, _beast_frames(path)))
    for frame in _beast_frames(path):
        stamp = _beast_stamp(frame)
        if stamp is not None:
            at += clock.step(stamp)
        yield at, frame


def _avr(path: Path) -> Iterator[Row]:
    """AVR lines, timed by their timestamps."""
    at, clock = 0.0, _stamp_clock(map(_avr_stamp, _lines(path)))
    for line in _lines(path):
        stamp = _avr_stamp(line)
        at += 1 / LINES_PER_SECOND if stamp is None else clock.step(stamp)
        yield at, line


def _sbs(path: Path) -> Iterator[Row]:
    """BaseStation lines, timed by their columns "date and time logged", else by those of "generated"."""
    at = 0.0
    for line in _lines(path):
        columns = line.split(b",", 10)
        now = _date_of(columns[8:10])
        if now is None:
            now = _date_of(columns[6:8])
        at = now if now is not None else at + 1 / LINES_PER_SECOND
        yield at, line


def _date_of(columns: list[bytes]) -> float | None:
    """The seconds of a date and a time; None if they are not there or none."""
    text = b" ".join(columns).decode("ascii", "replace").strip()
    try:
        return datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp() if len(columns) == 2 else None
    except ValueError:
        return None


def _json_lines(path: Path) -> Iterator[Row]:
    """JSON objects, one per line, timed by their `now` (readsb) or `received_at` (dump978; raw lines may have `t=`)."""
    at = 0.0
    for line in _lines(path):
        found = _NOW.search(line)
        at = float(found.group(1)) if found else at + 1 / LINES_PER_SECOND
        yield at, line


def _trajectories(path: Path) -> Iterator[Row]:
    """Points of many flights, in order of time."""
    try:
        with open_capture(path) as file:
            yield from trajectories(file)
    except PointsError as error:
        raise CaptureError(f"{path.name}: {error}") from None


def _documents(path: Path) -> Iterator[Row]:
    """aircraft.json: a folder of documents, a file with one, or a file with one per line; timed by `now`, else a second apart."""
    at = 0.0
    for file in _sorted_documents(path) if path.is_dir() else [path]:
        for document in _documents_in(file):
            at = _time_of(document, at + 1.0)
            yield at, document


def _documents_in(path: Path) -> Iterator[bytes]:
    """The documents of one file. Raises CaptureError for a larger one than MAX_DOCUMENT_BYTES."""
    with open_capture(path) as file:
        first = file.readline(MAX_DOCUMENT_BYTES + 1)
        # A document that spans many lines has no closing brace on its first one.
        if first.rstrip(b"\r\n, ").endswith(b"}") and first.startswith(b"{"):
            while first:
                if first.strip():
                    yield first.rstrip(b"\r\n, ")
                first = file.readline(MAX_DOCUMENT_BYTES + 1)
            return
        document = first + file.read(MAX_DOCUMENT_BYTES + 1)
    if len(document) > MAX_DOCUMENT_BYTES:
        raise CaptureError(f"{path.name} is larger than {MAX_DOCUMENT_BYTES // 1024 // 1024} MiB")
    yield document


def _time_of(document: bytes, otherwise: float) -> float:
    """The document's `now` in its first or last HEAD_BYTES, else `otherwise`."""
    found = _NOW.search(document[:HEAD_BYTES]) or _NOW.search(document[-HEAD_BYTES:])
    return float(found.group(1)) if found else otherwise


def _sorted_documents(folder: Path) -> list[Path]:
    """The folder's aircraft.json documents in order of their `now` (a receiver's history is a ring buffer of files)."""
    found = []
    for path in sorted(folder.iterdir())[:MAX_FILES]:
        if path.is_file() and path.name.endswith((".json", ".json.gz")):
            with open_capture(path) as file:
                head = file.read(HEAD_BYTES)
            if b'"aircraft"' in head:
                found.append((_time_of(head, 0.0), path.name, path))
    if not found:
        raise CaptureError(f"{folder.name} holds no aircraft.json documents")
    return [path for _, _, path in sorted(found)]


def _first_line(head: bytes) -> bytes:
    return head.lstrip().partition(b"\n")[0]


CAPTURES: dict[str, Capture] = {
    capture.name: capture
    for capture in (
        Capture(
            "frames", "beast", "lines of epoch,hex of a Beast frame",
            lambda head: re.match(rb"[0-9]+(\.[0-9]+)?,1a[0-9a-f]+\s", head) is not None, _frames,
        ),
        Capture("beast", "beast", "Beast binary", lambda head: re.match(rb"\x1a[\x31-\x35\xe3\xe4\xe8]", head) is not None, _beast),
        Capture(
            "trajectories", "", "a JSON list of {timestamp, icao24, latitude, longitude, ...}",
            lambda head: head.lstrip().startswith(b"[") and b'"icao24"' in head and b'"timestamp"' in head, _trajectories,
        ),
        Capture(
            "aircraft.json", "aircraft.json", "aircraft.json: one, one a line, or a folder of them",
            lambda head: head.lstrip().startswith(b"{") and b'"aircraft"' in head, _documents,
        ),
        Capture(
            "uat", "uat", "dump978 lines, JSON or raw",
            lambda head: b'"address_qualifier"' in _first_line(head) or re.match(rb"[-+][0-9a-f]{36,};", head) is not None,
            _json_lines,
        ),
        Capture(
            "json", "json", "readsb JSON lines",
            lambda head: head.lstrip().startswith(b"{") and b'"hex"' in _first_line(head), _json_lines,
        ),
        Capture("sbs", "sbs", "BaseStation lines", lambda head: re.match(rb"\s*(?:\xef\xbb\xbf)?(MSG|MLAT|STA|AIR|SEL|ID|CLK),", head) is not None, _sbs),
        Capture("avr", "avr", "AVR lines", lambda head: re.match(rb"\s*[*@<%:][0-9A-Fa-f]{4,}", head) is not None, _avr),
    )
}  # fmt: skip
