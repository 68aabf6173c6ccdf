"""Claims about replaying captured files: timing, speed, formats, bounded memory."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Mapping
from itertools import count, pairwise
from pathlib import Path

import gevent
import pytest

from skyspy.aircraft import Record
from skyspy.cooperate import MAX_BUSY_SECONDS, Yielder
from skyspy.decode import FORMATS, Format
from skyspy.receivers import trajectories as trajectories_module
from skyspy.receivers.capture import CAPTURES, BeastClock, CaptureError, detect_capture
from skyspy.receivers.replay import BATCH_BYTES
from skyspy.receivers.trajectories import POINTS_PER_YIELD, trajectories
from tests.support.hub import HastyClock, Meter, Rounds, rounds_counted
from tests.support.sources import IDENT, Ear, beast, document, running, sbs, wait_for, watched_states

SHARED = Path(__file__).parents[3] / "shared" / "data"
REPORTED = Path(__file__).parents[1] / "data" / "reported"


class Dated(Ear):
    """A sink that notes the time of each record. Where the hub's rounds are counted, taking a record takes time."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HastyClock()
        self.began = self.clock.steady()
        self.at: list[float] = []
        self.rounds: Rounds | None = None
        self.yielder: Counter[int] = Counter()

    def __call__(self, record: Record) -> None:
        super().__call__(record)
        self.at.append(self.clock.steady())
        if self.rounds is not None:
            self.yielder[self.rounds.count] += 1
            self.clock.pass_by(MAX_BUSY_SECONDS / 50)

    @property
    def after(self) -> list[float]:
        """When each record came, in seconds since the start."""
        return [round(at - self.began, 3) for at in self.at]


@pytest.fixture
def ear() -> Dated:
    return Dated()


def capture(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs the recorded data ../shared/data/{name}")
    return path


def played(path: Path, options: str, ear: Dated, formats: Mapping[str, Format] = FORMATS) -> dict[str, object]:
    """Play a file to its end without waiting; returns the receiver's last status."""
    with running(f"replay://{path}?{options}", sink=ear, clock=ear.clock, formats=formats) as feeds:
        wait_for(lambda: "to its end" in (feeds.status()[0]["error"] or ""), 60)
        return feeds.status()[0]


def frames_file(folder: Path, *times: float) -> Path:
    path = folder / "frames.csv"
    path.write_text("".join(f"{when},{beast(IDENT).hex()}\n" for when in times))
    return path


# -- timing --------------------------------------------------------------------------------------


def test_a_capture_plays_in_its_own_time_divided_by_the_speed(tmp_path: Path, ear: Dated) -> None:
    played(frames_file(tmp_path, 1000, 1001, 1003, 1003.01), "speed=10", ear)
    assert ear.after == [0.0, 0.1, 0.3, 0.3]


def test_a_recorded_minute_is_the_last_minute_of_its_receiver(tmp_path: Path, ear: Dated) -> None:
    lines = (f"2026/01/01,00:{second // 60:02}:{second % 60:02}.000" for second in range(0, 600, 10))
    path = tmp_path / "ten_minutes.sbs"
    path.write_bytes(b"".join(sbs(f"4B1{n:03X}").replace(b"2026/01/01,00:00:00.000", at.encode()) for n, at in enumerate(lines)))
    with running(f"replay://{path}?speed=300", sink=ear, clock=ear.clock) as feeds:
        wait_for(lambda: "to its end" in (feeds.status()[0]["error"] or ""))
        assert len(ear.hexes) == 60
        assert feeds.status()[0]["aircraft"] <= 7


def test_a_long_silence_is_shortened_and_a_clock_that_steps_back_stops_nothing(tmp_path: Path, ear: Dated) -> None:
    played(frames_file(tmp_path, 1000, 9000, 500, 501), "speed=10", ear)
    assert ear.after == [0.0, 6.0, 6.0, 6.1]


def test_observations_are_dated_to_the_moment_they_are_replayed(tmp_path: Path, ear: Dated) -> None:
    path = tmp_path / "aircraft.json"
    path.write_bytes(document(5000.0, "4b1900", lat=47.0, lon=8.0, seen_pos=4.1))
    played(path, "speed=2", ear)
    observation, at = ear.heard[0], ear.at[0]
    assert at - observation.at == pytest.approx(0.1 / 2)
    assert observation.pace == 2
    assert observation.pos_at is not None
    assert at - observation.pos_at == pytest.approx(4.1 / 2)


def test_speed_does_not_change_what_is_decoded() -> None:
    path = capture("traffic/sample_dump1090.bin")
    slow, fast = Dated(), Dated()
    played(path, "speed=40", slow)
    played(path, "speed=1000000", fast)
    assert [(o.hex, o.fields) for o in slow.heard] == [(o.hex, o.fields) for o in fast.heard]
    assert len(slow.heard) > 100


def test_a_loop_begins_again_with_a_fresh_decoder(tmp_path: Path, ear: Dated) -> None:
    path = tmp_path / "aircraft.json"
    path.write_bytes(document(5000.0, "4b1900"))
    with running(f"replay://{path}?loop=1", sink=ear, clock=ear.clock) as feeds, watched_states(feeds) as states:
        wait_for(lambda: len(ear.heard) >= 2)
        gevent.sleep(0.01)
    assert states == ["connecting", "up"]


def test_a_jump_of_a_beast_counter_counts_when_the_next_frame_confirms_it() -> None:
    ticks = BeastClock()
    seconds = [ticks.step(int(at * 12e6)) for at in (100, 101, 5000, 101.5, 102, 900, 900.25, 3, 3.5)]
    assert seconds == pytest.approx([0, 1, 0, 0.5, 0.5, 0, 798.25, 0, 0.5])


# -- formats -------------------------------------------------------------------------------------


def test_a_file_is_recognised_by_its_first_bytes(tmp_path: Path) -> None:
    readsb = json.dumps({"now": 1.0, "hex": "4b1900", "flight": "ABC"}).encode()
    begins = {
        "frames": b"1698140962.119813,1a32000023b1dda011210000bd6b441a\n",
        "beast": beast(IDENT),
        "sbs": sbs("4B1900"),
        "avr": f"*{IDENT};\n".encode(),
        "json": readsb + b",\n" + readsb + b"\n",
        "uat": b'{"address":"a66ef1","address_qualifier":"adsb_icao"}\n',
        "aircraft.json": document(1.0, "4b1900"),
        "trajectories": b'[{"timestamp":1533101250000,"icao24":"3003ae","latitude":45.8,"longitude":9.2}]',
    }
    assert set(begins) == set(CAPTURES)
    for name, content in begins.items():
        plain, packed = tmp_path / f"{name}.x", tmp_path / f"{name}.gz.x"
        plain.write_bytes(content)
        packed.write_bytes(gzip.compress(content))
        assert detect_capture(plain, None).name == name
        assert detect_capture(packed, None).name == name


def test_every_kind_of_file_brings_its_aircraft(tmp_path: Path) -> None:
    uat = {"address": "a66ef1", "address_qualifier": "adsb_icao", "callsign": "N1", "metadata": {"received_at": 10.0}}
    contents = {
        "frames": f"1.0,{beast(IDENT).hex()}\n".encode(),
        "beast": beast(IDENT, 12_000_000),
        "sbs": sbs("4B1900") * 2,
        "avr": f"*{IDENT};\n@00B71B000000{IDENT};\n".encode(),
        "json": json.dumps({"now": 1.0, "hex": "4b1900", "flight": "ABC", "seen": 0}).encode() + b",\n",
        "uat": json.dumps(uat).encode() + b"\n",
        "aircraft.json": document(1.0, "4b1900"),
        "trajectories": b'[{"timestamp":1533101250000,"icao24":"3003ae","latitude":45.8,"longitude":9.2}]',
    }
    for name, content in contents.items():
        path, ear = tmp_path / name, Dated()
        path.write_bytes(content)
        status = played(path, "speed=1000", ear)
        assert ear.heard, name
        assert status["format"] == name
        assert status["bad"] == 0


def test_lines_with_a_time_keep_it_and_lines_without_come_evenly(tmp_path: Path) -> None:
    path = tmp_path / "a.sbs"
    timed = sbs("4B1900").replace(b"00:00:00.000", b"00:00:05.500")
    path.write_bytes(sbs("4B1900") + timed + b"MSG,8,,,4B1900,,,,,,,,,,,,,,,,,\r\n" + b"\r\n")
    times = [when for when, _ in CAPTURES["sbs"].rows(path)]
    assert [round(b - a, 3) for a, b in pairwise(times)] == [5.5, 0.02, 0.02]


def test_beast_bytes_are_played_whole_in_any_chunking(tmp_path: Path) -> None:
    stamps = [0x1A1A1A1A1A1A, 12_000_000, 0x1A33, 0x331A31]
    data = b"garbage" + b"".join(beast(IDENT, stamp) for stamp in stamps) * 3000 + beast(IDENT)[:9]
    path = tmp_path / "a.bin"
    path.write_bytes(data)
    rows = [row for _, row in CAPTURES["beast"].rows(path) if isinstance(row, bytes)]
    assert b"".join(rows) == data
    assert len(rows) == 12_002


def test_a_folder_of_documents_plays_by_their_clocks_not_their_names(tmp_path: Path, ear: Dated) -> None:
    for name, now, hex_ in (("history_0", 300.0, "4b1903"), ("history_1", 100.0, "4b1901"), ("history_10", 200.0, "4b1902")):
        (tmp_path / f"{name}.json").write_bytes(document(now, hex_))
    (tmp_path / "receiver.json").write_text('{"lat": 1}')
    (tmp_path / "notes.txt").write_text("hello")
    played(tmp_path, "speed=1000", ear)
    assert ear.hexes == ["4B1901", "4B1902", "4B1903"]


def test_documents_one_a_line_play_one_by_one(tmp_path: Path, ear: Dated) -> None:
    path = tmp_path / "log.json"
    path.write_bytes(document(1.0, "4b1901") + b"\n" + b"{broken}\n" + document(2.0, "4b1902") + b"\n")
    status = played(path, "speed=1000", ear)
    assert ear.hexes == ["4B1901", "4B1902"]
    assert status["bad"] == 1


def test_trajectories_of_many_flights_are_merged_by_time(tmp_path: Path, ear: Dated) -> None:
    flights = [[{"timestamp": 1.5e12 + t * 1000, "icao24": h, "altitude": 1000.0, "callsign": "x{y]"} for t in s] for h, s in
               (("4b1901", (10, 12, 14)), ("4b1902", (9, 11, 13)))]  # fmt: skip
    rows = [*flights[0], {"icao24": "4b1903"}, {"timestamp": None, "icao24": "zz"}, *flights[1]]
    path = tmp_path / "t.json.gz"
    path.write_bytes(gzip.compress(json.dumps(rows, indent=1).encode()))
    played(path, "speed=100", ear)
    assert ear.hexes == ["4B1902", "4B1901", "4B1902", "4B1901", "4B1902", "4B1901"]
    assert ear.heard[0].fields == {"alt_baro": 1000, "flight": "XY"}


def test_reading_trajectories_yields_between_points() -> None:
    points = [{"timestamp": 1.5e12 + n, "icao24": "4b1901"} for n in range(10 * POINTS_PER_YIELD)]
    looks = count(0.0, 1.0)  # each reading of the clock is a second later, so a yield is always due
    with rounds_counted() as rounds:
        rows = list(trajectories(io.BytesIO(json.dumps(points).encode()), Yielder(lambda: next(looks))))
        assert rounds.count == 10
    assert len(rows) == len(points)


def test_too_many_points_are_refused(tmp_path: Path, ear: Dated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trajectories_module, "MAX_POINTS", 10)
    path = tmp_path / "t.json"
    path.write_text(json.dumps([{"timestamp": n, "icao24": "4b1901"} for n in range(50)]))
    with running(f"replay://{path}", sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        assert "more than 10 points" in feeds.status()[0]["error"]


# -- what goes wrong -----------------------------------------------------------------------------


def test_a_missing_file_is_one_line_and_tried_again(tmp_path: Path, ear: Dated) -> None:
    path = tmp_path / "later.sbs"
    with running(f"replay://{path}", sink=ear) as feeds:
        wait_for(lambda: feeds.status()[0]["state"] == "down")
        assert "No such file" in feeds.status()[0]["error"]
        path.write_bytes(sbs("4B1900"))
        wait_for(lambda: ear.heard)


def _cut(path: Path) -> None:
    path.write_bytes(gzip.compress(sbs("4B1900") * 5000)[:-100])


def _crooked(path: Path) -> None:
    path.write_bytes(gzip.compress(sbs("4B1900") * 5)[:12] + b"\xff" * 80)


@pytest.mark.parametrize("damage", [_cut, _crooked])
def test_a_damaged_gzip_file_is_one_line(tmp_path: Path, ear: Dated, damage: object) -> None:
    path = tmp_path / "a.gz"
    damage(path)  # type: ignore[operator]
    with running(f"replay://{path}?speed=100000", sink=ear) as feeds:
        wait_for(lambda: "damaged gzip" in (feeds.status()[0]["error"] or ""))


def test_the_error_for_an_unknown_file_names_the_formats(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello")
    with pytest.raises(CaptureError, match="say what it is with format="):
        detect_capture(path, None)
    with pytest.raises(CaptureError, match="write one of"):
        detect_capture(path, "mp3")
    assert detect_capture(path, "sbs").name == "sbs"
    with pytest.raises(CaptureError, match=r"holds no aircraft\.json"):
        list(CAPTURES["aircraft.json"].rows(tmp_path))


# -- the real captures ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "aircraft", "positions"),
    [
        ("traffic/sample_dump1090.bin", 3, 1),
        ("sdre-rust-adsb-parser", 150, 150),
        ("sdre-rust-adsb-parser/json_1.json", 40, 30),
        ("sbs1-npm/msgs.txt", 20, 60),
        ("traffic/toulouse.json.gz", 1, 2400),
        ("traffic/belevingsvlucht.json.gz", 1, 15_000),
        ("dump978/sample-data.txt.gz", 20, 400),
    ],
)
def test_a_real_capture_plays_fast_without_blocking_the_hub(ear: Dated, name: str, aircraft: int, positions: int) -> None:
    with rounds_counted() as ear.rounds:
        meter = Meter(ear.rounds, ear.clock, per_kib=MAX_BUSY_SECONDS / 8)
        status = played(capture(name), "speed=1000000", ear, meter.formats)
    assert len(set(ear.hexes)) >= aircraft
    assert sum("lat" in o.fields for o in ear.heard) >= positions
    assert all(abs(at - o.at) < 30 for o, at in zip(ear.heard, ear.at, strict=True))
    assert status["state"] == "stale"
    if status["format"] == "aircraft.json":
        assert len({piece.round for piece in meter.pieces}) == len(meter.pieces), "one document, then everybody else"
    else:
        assert meter.largest_turn <= 2 * BATCH_BYTES
        assert max(ear.yielder.values()) <= 200, "some dozens, then everybody else"


def test_the_beginning_of_the_long_flight_plays_through_gzip_as_a_stream(ear: Dated) -> None:
    path = capture("rs1090/long_flight.csv.gz")
    with rounds_counted() as rounds:
        meter = Meter(rounds, ear.clock, per_kib=MAX_BUSY_SECONDS / 8)
        with running(f"replay://{path}?speed=1000000", sink=ear, clock=ear.clock, formats=meter.formats) as feeds:
            wait_for(lambda: feeds.status()[0]["messages"] > 50_000, 60)
    assert len(set(ear.hexes)) >= 3
    assert sum("lat" in o.fields for o in ear.heard) > 300
    assert meter.largest_turn <= 2 * BATCH_BYTES


# -- timestamps --------------------------------------------------------------------------------


def played_seconds(path: Path) -> tuple[float, int]:
    """Seconds from the first record of a replay to the last, and the number of aircraft positions."""
    ear = Dated()
    played(path, "speed=1", ear)
    return ear.after[-1] - ear.after[0], sum("lat" in o.fields for o in ear.heard)


def test_a_capture_with_gps_time_plays_like_the_same_one_with_a_counter() -> None:
    by_counter = played_seconds(REPORTED / "beast_12mhz.bin")
    assert by_counter[0] == pytest.approx(19.5, abs=0.3)
    assert played_seconds(REPORTED / "beast_gps_stamps.bin") == pytest.approx(by_counter, abs=0.3)


def gps_stamp(seconds: float) -> int:
    whole, rest = divmod(round(seconds * 1e9), 1_000_000_000)
    return whole % 86_400 << 30 | rest


@pytest.mark.parametrize("kind", ["bin", "avr"])
def test_gps_time_goes_on_over_midnight_in_every_format(tmp_path: Path, kind: str) -> None:
    stamps = [gps_stamp(86_395.0 + n / 4) for n in range(41)]
    path = tmp_path / f"midnight.{kind}"
    if kind == "bin":
        path.write_bytes(b"".join(beast(IDENT, stamp) for stamp in stamps))
    else:
        path.write_text("".join(f"@{stamp:012X}{IDENT};\n" for stamp in stamps))
    assert played_seconds(path)[0] == pytest.approx(10.0, abs=0.3)
