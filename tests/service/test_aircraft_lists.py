"""Importing lists of aircraft: every format by its content, what is refused and why, bounds, replacement, and the commands."""

from __future__ import annotations

import gzip
import http.server
import os
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from skyspy.aircraft import Observation
from skyspy.server import Server
from skyspy.services.aircraft_lists import ListError, import_list, pieces, pieces_of
from skyspy.store import StoreError, aircraft_file
from tests.support.shell import Shell

LISTS = Path(__file__).parents[1] / "data" / "aircraft_lists"
SHARED = Path(__file__).parents[3] / "shared" / "data"


def imported(path: Path, place: Path | str, name: str | None = None, at: float = 1.0) -> Any:
    with pieces_of(str(place)) as found:
        return import_list(path, str(place), found, name, at, lambda _: None)


def looked_up(path: Path) -> dict[str, dict[str, Any]]:
    """Everything that the file says, by hex."""
    connection = aircraft_file.open_file(path)
    try:
        addresses = [row[0] for row in connection.execute("SELECT DISTINCT address FROM aircraft")]
        return {f"{address:06X}": fields for address, fields in aircraft_file.look_up(connection, addresses).items()}
    finally:
        connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "instance" / aircraft_file.FILE


@pytest.fixture
def base_station(tmp_path: Path) -> Path:
    path = tmp_path / "BaseStation.sqb"
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE Aircraft (AircraftID integer primary key, ModeS varchar(6), Registration varchar(20), ICAOTypeCode varchar(10),"
        " Manufacturer varchar(60), Type varchar(40), RegisteredOwners varchar(100), YearBuilt varchar(4))"
    )
    connection.executemany(
        "INSERT INTO Aircraft (ModeS, Registration, ICAOTypeCode, Manufacturer, Type, RegisteredOwners, YearBuilt) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            ("4CA87C", "EI-ABC", "A320", "Airbus", "A320 214", "Example Air", "2004"),
            ("A00001", "N1", None, None, None, None, None),
            ("nothex", "N2", "C172", "Cessna", "172", "Nobody", "1990"),
        ],
    )
    connection.commit()
    connection.close()
    return path


EI_ABC = {"r": "EI-ABC", "t": "A320", "desc": "Airbus A320-214", "ownOp": "Example Air", "year": "2004"}


@pytest.mark.parametrize(
    ("name", "kind", "expected", "refused"),
    [
        (
            "tar1090",
            "tar1090-db",
            {
                "A00001": {"r": "N1", "t": "C172", "desc": "CESSNA 172"},
                "A00002": {"r": "N1A", "t": "GLF6", "dbFlags": 8},
                "AE1234": {"r": "05-1234", "t": "C17", "desc": "BOEING C-17 Globemaster 3", "dbFlags": 1},
                "4CA87C": {"r": "EI-ABC", "t": "A320", "desc": "AIRBUS A-320"},
            },
            ["db/4CA.json 4CAXYZ: '4CAXYZ' is not an address of six hexadecimal digits"],
        ),
        (
            "aircraft.csv",
            "tar1090-db",
            {
                "004002": {"r": "Z-WPA", "t": "B732", "desc": "BOEING 737-200", "year": "1983", "ownOp": "Example Air"},
                "A00001": {"r": "N1", "t": "C172", "dbFlags": 4},
                "AE1234": {"r": "05-1234", "t": "C17", "desc": "BOEING C-17", "ownOp": "United States Air Force", "dbFlags": 3},
            },
            [
                "aircraft.csv line 3: 'NOTAHEX' is not an address of six hexadecimal digits",
                "aircraft.csv line 5: nothing is said about 4CA87C",
            ],
        ),
        (
            "mictronics.json",
            "mictronics",
            {
                "004002": {"r": "Z-WPA", "t": "B732"},
                "A00001": {"r": "N1", "t": "C172", "desc": "CESSNA 172", "dbFlags": 2},
                "4CA87C": {"r": "EI-ABC", "t": "A320"},
            },
            [],
        ),
        (
            "opensky.csv",
            "opensky",
            {"4CA87C": EI_ABC, "A00001": {"r": "N1", "t": "C172", "desc": "Cessna 172S", "ownOp": "Private owner"}},
            ["opensky.csv line 5: 'ABC' is not an address of six hexadecimal digits"],
        ),
        ("opensky_quoted.csv", "opensky", {"4CA87C": EI_ABC | {"ownOp": "Example's Air"}}, []),
        (
            "faa",
            "faa",
            {"A00001": {"r": "N1", "desc": "CESSNA 172S", "ownOp": "EXAMPLE OWNER", "year": "2001"}, "A00002": {"r": "N1A"}},
            ["MASTER.txt line 4: it has no address"],
        ),
        (
            "standing-data",
            "standing-data",
            {"4CA87C": EI_ABC, "A00001": {"r": "N1", "t": "C172", "desc": "Cessna 172S", "ownOp": "Private"}},
            [],
        ),
        (
            "lines.json",
            "json-lines",
            {
                "4CA87C": {"r": "EI-ABC", "t": "A320", "desc": "AIRBUS A-320", "ownOp": "EXAMPLE AIR", "year": "2004"},
                "A00002": {"r": "N1A", "t": "GLF6", "dbFlags": 8},
            },
            ["lines.json line 3: it is not a JSON object"],
        ),
    ],
)
def test_every_format_is_known_by_its_content(
    path: Path, name: str, kind: str, expected: dict[str, dict[str, Any]], refused: list[str]
) -> None:
    done = imported(path, LISTS / name)
    assert (done.name, done.format, done.aircraft) == (kind, kind, len(expected))
    assert looked_up(path) == expected
    assert done.tally.reasons == refused
    assert done.tally.refused == len(refused)


def test_base_station_is_read(path: Path, base_station: Path) -> None:
    done = imported(path, base_station)
    assert done.format == "basestation"
    assert looked_up(path) == {"4CA87C": EI_ABC | {"desc": "Airbus A320 214"}, "A00001": {"r": "N1"}}
    assert done.tally.reasons == ["BaseStation.sqb row 3: 'NOTHEX' is not an address of six hexadecimal digits"]


def test_packed_files_and_archives_are_read(path: Path, tmp_path: Path) -> None:
    packed = tmp_path / "aircraft.csv.gz"
    packed.write_bytes(gzip.compress((LISTS / "aircraft.csv").read_bytes()))
    assert imported(path, packed).aircraft == 3
    archive = tmp_path / "ReleasableAircraft.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("MASTER.txt", "ACFTREF.txt"):
            file.write(LISTS / "faa" / name, name)
    assert imported(path, archive).format == "faa"
    assert looked_up(path)["A00001"]["desc"] == "CESSNA 172S"


def test_importing_again_replaces_the_rows_of_that_source_and_keeps_the_others(path: Path, tmp_path: Path) -> None:
    imported(path, LISTS / "opensky.csv", at=1.0)
    imported(path, LISTS / "mictronics.json", at=2.0)
    # The one that was imported last wins, field by field.
    assert looked_up(path)["A00001"] == {"r": "N1", "t": "C172", "desc": "CESSNA 172", "dbFlags": 2, "ownOp": "Private owner"}
    smaller = tmp_path / "opensky.csv"
    smaller.write_text("icao24,registration,typecode\n4ca87c,EI-NEW,A20N\n")
    imported(path, smaller, at=3.0)
    known = looked_up(path)
    assert known["4CA87C"] == {"r": "EI-NEW", "t": "A20N"}
    assert known["A00001"] == {"r": "N1", "t": "C172", "desc": "CESSNA 172", "dbFlags": 2}
    imported(path, smaller, "mine", at=4.0)
    assert [(row.name, row.format, row.aircraft) for row in aircraft_file.sources(path)] == [
        ("mine", "opensky", 1),
        ("opensky", "opensky", 1),
        ("mictronics", "mictronics", 3),
    ]
    assert aircraft_file.count(path) == 3


def test_a_failed_import_leaves_the_file_as_it_was(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(path, LISTS / "opensky.csv")
    before = path.read_bytes()
    damaged = tmp_path / "aircraft.csv.gz"
    damaged.write_bytes(gzip.compress((LISTS / "aircraft.csv").read_bytes() * 5000)[:-200])
    with pytest.raises(ListError, match=r"aircraft\.csv\.gz is damaged"):
        imported(path, damaged)
    monkeypatch.setattr(pieces, "MAX_BYTES", 1000)
    with pytest.raises(ListError, match="the list has more than"), pieces_of(str(LISTS)) as found:
        found[0]._budget.left = 1000
        import_list(path, "x", found, None, 1.0, lambda _: None)
    assert path.read_bytes() == before
    assert sorted(file.name for file in path.parent.iterdir()) == [path.name, f"{path.name}.lock"]


def test_two_imports_at_once_are_refused(path: Path) -> None:
    with aircraft_file.replacing(path, "x"), pytest.raises(StoreError, match="another import is running"):
        imported(path, LISTS / "opensky.csv")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\x00" * 1000,
        b"just words\nand more\n",
        b'{"flights": []}',
        b"[1, 2, 3]",
        b"{" * 1000,
        b"SQLite format 3\x00 and nothing",
        b"icao24,registration\n" + b"x" * 200_000,
        b'icao24,registration\n"' + b"y," * 200_000,
        b"Code,Name,ICAO,IATA\nDLH,Lufthansa,DLH,LH\n",
    ],
)
def test_what_is_no_list_is_one_line(path: Path, tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "some.file"
    file.write_bytes(text)
    with pytest.raises(ListError) as raised:
        imported(path, file)
    assert "\n" not in str(raised.value)
    assert not path.exists()


def test_values_are_cleaned(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text(
        "icao24,registration,typecode,manufacturername,model,operator,built\n"
        '4ca87c," ei-abc ",not a type,Some,"Some  Thing\u202e",NULL,12\n'
        f"a00001,n1,c172,,,{'long ' * 100},1999-12-31\n"
    )
    imported(path, file)
    known = looked_up(path)
    assert known["4CA87C"] == {"r": "EI-ABC", "desc": "Some Thing"}
    assert known["A00001"]["t"] == "C172"
    assert known["A00001"]["year"] == "1999"
    assert len(known["A00001"]["ownOp"]) <= 64


def test_a_file_of_another_version_is_not_written_over(path: Path) -> None:
    imported(path, LISTS / "opensky.csv")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError, match="another version"):
        imported(path, LISTS / "opensky.csv")


# Addresses


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header(
                "Location",
                {"/away-to-file": "file:///etc/passwd", "/away-to-ftp": "ftp://127.0.0.1/x"}.get(self.path, "/opensky.csv"),
            )
            self.end_headers()
        elif self.path == "/short":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"icao24,registration\n")
        else:
            super().do_GET()


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(LISTS)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_fetched_and_its_password_forgotten(path: Path, site: str) -> None:
    done = imported(path, site + "/opensky.csv?token=secret")
    assert done.aircraft == 2
    assert imported(path, site + "/away").aircraft == 2
    (row,) = aircraft_file.sources(path)
    assert row.origin == "http://127.0.0.1/away"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("/nothing.csv", "answers 404"),
        ("/away-to-file", "is not allowed"),
        ("/away-to-ftp", "neither http nor https"),
        ("/short", "ended before its time|cannot be fetched"),
    ],
)
def test_an_address_that_gives_no_list_is_one_line(path: Path, site: str, address: str, why: str) -> None:
    with pytest.raises(ListError, match=why):
        imported(path, site + address)
    assert not path.exists()


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://127.0.0.1/x", "https:///x", "http://127.0.0.1:1/x", "http://[/x"]
)
def test_only_http_is_fetched(path: Path, address: str) -> None:
    with pytest.raises(ListError):
        imported(path, address)


# The commands


def test_the_command_imports_and_says_what_it_did(shell: Shell) -> None:
    said = shell.good("aircraft-db", "import", str(LISTS / "aircraft.csv"))
    assert "tar1090-db: 3 aircraft taken, 2 rows refused" in said
    assert "aircraft.csv line 3: 'NOTAHEX' is not an address" in said
    assert "holds 3 aircraft" in said
    assert "standing-data: 2 aircraft taken" in shell.good("aircraft-db", "import", str(LISTS / "standing-data"))
    listed = shell.good("aircraft-db", "info")
    assert [line.split()[0] for line in listed.splitlines()[1:3]] == ["standing-data", "tar1090-db"]
    path = Path(shell.environ["SKYSPY_INSTANCE"]) / aircraft_file.FILE
    assert path.stat().st_mode & 0o777 == 0o600


def test_mistakes_of_the_command_are_one_line(shell: Shell, tmp_path: Path) -> None:
    assert "no aircraft database" in shell.bad("aircraft-db", "info")
    assert "No such file" in shell.bad("aircraft-db", "import", str(tmp_path / "nothing"))
    assert "no known list of aircraft" in shell.bad("aircraft-db", "import", str(LISTS / "faa" / "ACFTREF.txt"))
    assert "--name" in shell.bad("aircraft-db", "import", str(LISTS), "--name", "\n")
    assert "http://" in shell.bad("aircraft-db", "import", "gopher://x/y")
    os.mkfifo(tmp_path / "pipe")
    assert "neither a file nor a folder" in shell.bad("aircraft-db", "import", str(tmp_path / "pipe"))


def test_the_published_standing_data_is_read_whole(path: Path) -> None:
    if not (SHARED / "vrs-standing-data").exists():
        pytest.skip("the standing data of Virtual Radar Server is not here")
    done = imported(path, SHARED / "vrs-standing-data")
    assert done.aircraft > 16_000
    assert done.tally.refused == 0
    assert looked_up(path)["3C7087"] == {
        "r": "D-ALDG", "t": "FA8X", "desc": "Dassault Falcon 8X", "ownOp": "Heron Aviation",
    }  # fmt: skip


def test_the_sandbox_has_computed_fields_and_looks_nothing_up(server: Server) -> None:
    sandbox = server.skies["sandbox"].tracker
    sandbox.apply(Observation("4CA87C", 1.0, "adsb_icao", {"flight": "EIN12X"}, messages=2), 1.0)
    sandbox.take_delta(1.0)
    aircraft = sandbox.aircraft("4CA87C", 1.0)
    assert aircraft is not None
    assert (aircraft["country"], aircraft["airline"]) == ("Ireland", "Aer Lingus")
    assert sandbox.descriptions.take_newcomers() == []
