"""aircraft.json: dialects of three programs, invalid values, gzip and damaged documents, clocks that stop or step."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyspy.aircraft import Observation, clean_fields
from skyspy.api.readsb import to_readsb
from skyspy.decode import Context, DecodeError
from skyspy.decode.aircraft_json import MAX_BYTES, AircraftJson
from skyspy.decode.base import MAX_LAG_S
from tests.support.captures import OURS

NOW = 5000.0
EPOCH = 1_800_000_000.0


def document(*records: object, now: object = EPOCH, **more: object) -> bytes:
    return json.dumps({"now": now, "messages": 100, "aircraft": list(records), **more}).encode()


def plane(**fields: object) -> dict[str, object]:
    return {"hex": "4b1a2b", "type": "adsb_icao", "messages": 10, "seen": 0.5, **fields}


def read(data: bytes, decoder: AircraftJson | None = None, now: float = NOW) -> list[Observation]:
    return (decoder or AircraftJson(Context())).feed(data, now)


def one(**fields: object) -> Observation:
    (observation,) = read(document(plane(**fields)))
    return observation


# -- records


def test_ages_are_taken_off_the_time_of_arrival() -> None:
    observation = one(lat=47.4, lon=8.5, seen_pos=2.5)
    assert (observation.at, observation.pos_at) == (NOW - 0.5, NOW - 2.5)


def test_a_missing_or_impossible_age_counts_as_zero() -> None:
    for seen in (None, -3, "soon", float("inf")):
        assert read(json.dumps({"aircraft": [plane(seen=seen)]}).replace("Infinity", "1e999").encode())[0].at == NOW


def test_an_address_is_upper_case_and_keeps_its_tilde() -> None:
    heard = read(document(plane(), plane(hex="~2a0B1c", type="adsb_other")))
    assert [o.hex for o in heard] == ["4B1A2B", "~2A0B1C"]


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"type": "tisb_icao"}, "tisb_icao"),
        ({"type": "from the future"}, "adsb_icao"),
        ({"type": None}, "adsb_icao"),
        ({"type": ["adsb_icao"]}, "adsb_icao"),
        ({"type": "mlat"}, "mlat"),
        ({"hex": "~4b1a2b", "type": None}, "adsb_other"),
    ],
)
def test_a_record_without_a_known_type_is_adsb_as_dump1090_leaves_it_out(fields: dict[str, object], source: str) -> None:
    assert one(**fields).source == source


def test_of_one_address_twice_the_record_heard_most_recently_wins() -> None:
    decoder = AircraftJson(Context())
    heard = read(
        document(plane(seen=9, flight="OLD"), plane(seen=1, flight="NEW", hex=" 4B1A2B"), plane(seen=5, flight="MID")), decoder
    )
    assert [o.fields["flight"] for o in heard] == ["NEW"]
    assert decoder.counters.skipped == 2


def test_of_equally_old_records_the_later_wins() -> None:
    assert [o.fields["flight"] for o in read(document(plane(flight="FIRST"), plane(flight="LAST")))] == ["LAST"]


def test_fields_that_came_by_mlat_are_an_observation_of_their_own() -> None:
    heard = read(
        document(plane(lat=47.4, lon=8.5, nic=0, rc=0, gs=300, squawk="1000", seen_pos=2, type="mlat", mlat=["lat", "lon", "gs"]))
    )
    assert [(o.source, dict(o.fields), o.messages, o.pos_at) for o in heard] == [
        ("mode_s", {"squawk": "1000"}, 10, None),
        ("mlat", {"lat": 47.4, "lon": 8.5, "nic": 0, "rc": 0, "gs": 300.0}, 0, NOW - 2),
    ]


def test_fields_that_came_by_tisb_are_an_observation_of_their_own() -> None:
    heard = read(document(plane(lat=47.4, lon=8.5, gs=300, tisb=["lat", "lon"])))
    assert [(o.source, sorted(o.fields)) for o in heard] == [("adsb_icao", ["gs"]), ("tisb_icao", ["lat", "lon"])]
    assert len(read(document(plane(type="tisb_icao", lat=47.4, lon=8.5, gs=300, tisb=["lat", "lon"])))) == 1


RELAYED = {"type": None, "lat": 47.4, "lon": 8.5, "gs": 300, "alt_baro": 30000, "squawk": "1000", "flight": None}


@pytest.mark.parametrize(
    ("more", "sources"),
    [
        # dump1090-fa writes no type: the rest is plain Mode S, unless an aircraft sends it only by ADS-B.
        ({"mlat": ["lat", "lon", "gs"], "tisb": []}, {"mode_s": "alt_baro squawk", "mlat": "lat lon gs"}),
        ({"mlat": [], "tisb": ["lat", "lon", "gs"]}, {"mode_s": "alt_baro squawk", "tisb_icao": "lat lon gs"}),
        ({"mlat": ["lat", "lon"]}, {"adsb_icao": "gs alt_baro squawk", "mlat": "lat lon"}),
        ({"mlat": ["lat", "lon", "gs"], "category": "A3"}, {"adsb_icao": "alt_baro squawk category", "mlat": "lat lon gs"}),
        ({"mlat": ["gs"], "tisb": ["lat", "lon"]}, {"mode_s": "alt_baro squawk", "mlat": "gs", "tisb_icao": "lat lon"}),
        ({"mlat": [], "tisb": []}, {"adsb_icao": "lat lon gs alt_baro squawk"}),
        # readsb
        ({"type": "mlat", "mlat": ["lat", "lon", "gs"]}, {"mode_s": "alt_baro squawk", "mlat": "lat lon gs"}),
        ({"type": "adsb_icao", "mlat": ["gs"]}, {"adsb_icao": "lat lon alt_baro squawk", "mlat": "gs"}),
        ({"type": "adsb_icao", "tisb": ["alt_baro"]}, {"adsb_icao": "lat lon gs squawk", "tisb_icao": "alt_baro"}),
        ({"type": "tisb_icao", "tisb": ["lat", "lon", "gs"]}, {"mode_s": "alt_baro squawk", "tisb_icao": "lat lon gs"}),
        ({"type": "tisb_icao", "tisb": ["lat", "lon"]}, {"tisb_icao": "gs alt_baro squawk lat lon"}),
        # not an ICAO address
        ({"hex": "~4b1a2b", "tisb": ["lat", "lon", "gs"]}, {"tisb_other": "alt_baro squawk lat lon gs"}),
        ({"hex": "~4b1a2b", "type": "tisb_trackfile", "tisb": ["lat", "lon", "gs"]}, {"tisb_trackfile": "alt_baro squawk lat lon gs"}),
        # lists that are none
        ({"mlat": "lat", "tisb": {"lat": 1}}, {"adsb_icao": "lat lon gs alt_baro squawk"}),
        ({"mlat": [None, 7, ["lat"], "nothing"]}, {"adsb_icao": "lat lon gs alt_baro squawk"}),
    ],
)  # fmt: skip
def test_each_field_has_the_source_that_the_lists_say(more: dict[str, object], sources: dict[str, str]) -> None:
    heard = read(document(plane(**{**RELAYED, **more})))
    assert {o.source: " ".join(o.fields) for o in heard} == sources


def test_the_lists_may_have_the_names_of_older_versions() -> None:
    older = {"type": None, "altitude": 3000, "speed": 90, "vert_rate": 64, "flight": "SWR1", "lat": 47.4, "lon": 8.5}
    names = ["callsign", "altitude", "speed", "vert_rate", "lat", "lon"]
    heard = read(document(plane(**older, mlat=names)))
    assert {o.source: " ".join(o.fields) for o in heard} == {"mode_s": "", "mlat": "flight alt_baro gs baro_rate lat lon"}


def test_names_and_values_of_other_programs_become_readsbs() -> None:
    fields = one(
        altitude=12000, speed=250, vert_rate=-64, wind_speed=30, wind_dir=270, temperature=-40, emergency="medical",
        sil_type="per_sample", nav_modes=["autopliot", "lnav"],
    ).fields  # fmt: skip
    assert fields == {
        "alt_baro": 12000, "gs": 250.0, "baro_rate": -64, "ws": 30.0, "wd": 270.0, "oat": -40.0, "emergency": "lifeguard",
        "sil_type": "persample", "nav_modes": ("autopilot", "lnav"),
    }  # fmt: skip


def test_readsbs_own_name_wins_over_an_older_one() -> None:
    assert one(altitude=1, alt_baro=2).fields["alt_baro"] == 2


def test_skyaware978s_geometric_altitude_is_dropped_for_it_is_the_pressure_altitude() -> None:
    heard = {o.hex: o.fields for o in read((OURS / "skyaware978.json").read_bytes())}
    assert not [hex_ for hex_, fields in heard.items() if "alt_geom" in fields]
    assert heard["A66EF1"]["version"] == 2
    assert heard["AC82EC"]["emergency"] == "minfuel"
    assert heard["AC82EC"]["nav_modes"] == ("autopilot", "althold", "lnav")
    assert heard["ABC123"]["alt_baro"] == "ground"
    kept = read(document(plane(alt_baro=9500, alt_geom=9700, uat_version=2)))
    assert kept[0].fields["alt_geom"] == 9700


def test_what_is_not_a_record_is_counted_and_the_rest_kept() -> None:
    decoder = AircraftJson(Context())
    heard = read(document(None, 7, "x", [], {}, {"hex": "xyz"}, {"hex": 12}, plane(hex="000000"), plane()), decoder)
    assert [o.hex for o in heard] == ["4B1A2B"]
    assert decoder.counters.bad == 8


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    ["hex", "type", "flight", "alt_baro", "alt_geom", "lat", "lon", "seen", "seen_pos", "mlat", "tisb", "messages", "nav_modes",
     "emergency", "sil_type", "uat_version", "squawk", "gs", "altitude"]
)  # fmt: skip


@given(st.lists(st.dictionaries(names, json_values, max_size=8), max_size=4), json_values, json_values)
def test_any_values_in_any_record_give_clean_observations(
    records: list[dict[str, object]], now: object, messages: object
) -> None:
    for record in records[::2]:
        record["hex"] = "4b1a2b"
    data = json.dumps({"now": now, "messages": messages, "aircraft": [*records, plane(hex="4b1a2c")]}).encode()
    heard = read(data)
    assert "4B1A2C" in {o.hex for o in heard}
    for observation in heard:
        assert clean_fields(observation.fields) == observation.fields
        assert observation.at <= NOW


# -- documents


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "nan", "-nan", "inf", "-inf", "1e400", "-1e400", "1" * 5000])
def test_an_invalid_number_drops_its_field_and_not_the_record(number: str) -> None:
    data = b'{"now":1800000000,"aircraft":[{"hex":"4b1a2b","gs":%s,"track":12.5,"lat":%s,"lon":8}]}' % ((number.encode(),) * 2)
    assert [dict(o.fields) for o in read(data)] == [{"track": 12.5}]


@pytest.mark.parametrize(
    "flight", [b"SWR\xff12A", b"SWR\\ud80012A", b"SWR\\u000012A", b"SWR\xe2\x80\xae12A", b"SWR<b>12A"[:6] + b"12A"]
)
def test_invalid_characters_do_not_reject_the_document(flight: bytes) -> None:
    (observation,) = read(b'{"aircraft":[{"hex":"4b1a2b","flight":"' + flight + b'","alt_baro":100}]}')
    assert str(observation.fields["flight"]).isalnum()
    assert observation.fields["alt_baro"] == 100


def test_gzip_is_known_by_its_first_bytes() -> None:
    assert len(read(gzip.compress(document(plane())))) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"aircraft":{}}',
        b"<html>Not found</html>",
        document(plane())[:-20],
        document(plane())[:1],
        gzip.compress(document(plane()), mtime=0)[:-9],
        gzip.compress(document(plane()), mtime=0)[:12],
        b"\x1f\x8b",
        b"\x1f\x8b\x08garbage",
        b'{"aircraft":' + b"[" * 100_000,
    ],
    ids=lambda data: repr(data[:16]),
)
def test_a_broken_document_is_an_error_and_changes_nothing(data: bytes) -> None:
    decoder = AircraftJson(Context())
    read(document(plane(), now=EPOCH), decoder)
    with pytest.raises(DecodeError):
        read(data, decoder)
    assert decoder.source_now == EPOCH
    assert len(read(document(plane(messages=11), now=EPOCH + 1), decoder)) == 1


@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_bytes_raise_anything_but_a_decode_error(noise: bytes, where: int) -> None:
    whole = document(plane(), plane(hex="4b1a2c"))
    for data in (noise, whole[:where] + noise + whole[where:], b"\x1f\x8b" + noise):
        try:
            read(data)
        except DecodeError:
            continue


def test_a_gzip_bomb_is_refused() -> None:
    bomb = gzip.compress(b" " * (MAX_BYTES + 1))
    assert len(bomb) < 100_000
    with pytest.raises(DecodeError, match="larger"):
        read(bomb)
    with pytest.raises(DecodeError, match="larger"):
        read(b" " * (MAX_BYTES + 1))


# -- clocks


def test_a_document_with_an_unchanged_clock_gives_no_observations() -> None:
    decoder = AircraftJson(Context())
    assert len(read(document(plane()), decoder)) == 1
    assert read(document(plane(messages=12, seen=0)), decoder, NOW + 1) == []
    assert decoder.source_now == EPOCH


def test_a_document_with_an_earlier_clock_is_accepted() -> None:
    decoder = AircraftJson(Context())
    read(document(plane()), decoder)
    assert len(read(document(plane(), now=EPOCH - 86400), decoder, NOW + 1)) == 1
    assert decoder.source_now == EPOCH - 86400


def test_a_clock_in_milliseconds_is_read_as_such() -> None:
    decoder = AircraftJson(Context())
    read(document(plane(), now=EPOCH * 1000), decoder)
    assert decoder.source_now == EPOCH


def test_an_aircraft_not_heard_since_the_last_document_gives_no_observation() -> None:
    decoder = AircraftJson(Context())
    read(document(plane(seen=0.5)), decoder)
    assert read(document(plane(seen=1.4), now=EPOCH + 1), decoder, NOW + 1) == []
    assert len(read(document(plane(seen=0.3, messages=11), now=EPOCH + 2), decoder, NOW + 2)) == 1


def test_without_a_message_counter_the_ages_show_what_is_new() -> None:
    decoder = AircraftJson(Context())
    record = {"hex": "4b1a2b", "seen": 0.5}
    read(document(record), decoder)
    assert read(document({**record, "seen": 1.5}, now=EPOCH + 1), decoder, NOW + 1) == []
    assert len(read(document({**record, "seen": 0.5}, now=EPOCH + 2), decoder, NOW + 2)) == 1


def test_messages_are_the_increase_of_the_receivers_counter() -> None:
    decoder = AircraftJson(Context())
    counts = []
    for second, count in enumerate((10, 14, 14, 3, None, "x", 10**30)):
        heard = read(document(plane(messages=count, seen=0), now=EPOCH + second), decoder, NOW + second)
        counts.append([o.messages for o in heard])
    assert counts == [[10], [4], [1], [3], [1], [1], [1]]


def test_the_receivers_lifetime_is_not_counted_as_one_burst() -> None:
    decoder = AircraftJson(Context())
    read(document(plane(), messages=11_329_251), decoder)
    assert decoder.counters.messages == 1
    read(document(plane(messages=20), messages=11_329_300, now=EPOCH + 1), decoder, NOW + 1)
    assert decoder.counters.messages == 50


@pytest.mark.parametrize(
    ("behind", "lag"), [(0.0, 0.0), (10.0, 10.0), (MAX_LAG_S + 1, 0.0), (-5.0, 0.0), (3.15e7, 0.0)],
    ids=["in time", "late", "clock wrong", "clock ahead", "a year behind"],
)  # fmt: skip
def test_a_delayed_document_is_dated_by_its_own_clock(behind: float, lag: float) -> None:
    decoder = AircraftJson(Context(wall_minus_steady=EPOCH - NOW))
    (observation,) = read(document(plane(lat=47.0, lon=8.0, seen_pos=1.0), now=EPOCH - behind), decoder)
    assert observation.at == pytest.approx(NOW - lag - 0.5)
    assert observation.pos_at == pytest.approx(NOW - lag - 1.0)


def test_a_document_of_invalid_values_gives_only_clean_fields() -> None:
    heard: dict[str, Any] = {}
    for observation in read((OURS / "untidy_aircraft.json").read_bytes()):
        heard.setdefault(observation.hex, []).append((observation.source, dict(observation.fields)))
    assert heard["4B1A2B"] == [
        ("adsb_icao", {"flight": "SWR12A", "alt_baro": 36000, "lat": 47.4, "lon": 8.5, "nic": 8, "rc": 186, "rssi": -12.0})
    ]
    assert heard["A1B2C3"] == [("adsb_icao", {})]
    assert heard["A1B2C4"] == [("unknown", {"lat": 47.5, "lon": 8.25, "alt_baro": 12000})]
    assert heard["A1B2C5"] == [("adsb_icao", {})]
    assert heard["A1B2C6"] == [("adsb_icao", {"flight": "EVILB", "r": "N1[31m", "desc": "x"})]
    assert heard["A1B2C7"] == [("adsb_icao", {"nav_modes": ("autopilot", "tcas")})]


def test_a_resolution_advisory_is_passed_on_as_it_came() -> None:
    document = (OURS / "reported" / "aircraft_all_fields.json").read_bytes()
    record = next(raw for raw in json.loads(document)["aircraft"] if "acas_ra" in raw)
    (observation,) = [o for o in AircraftJson(Context()).feed(document, 1000.0) if "acas_ra" in o.fields]
    assert observation.fields["acas_ra"] == record["acas_ra"]
    assert to_readsb({"hex": observation.hex, **observation.fields}, {"mlat": [], "tisb": []})["acas_ra"] == record["acas_ra"]
