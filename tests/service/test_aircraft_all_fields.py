"""Every field that readsb documents comes out as it went in, as the same kind of number, on every way to a client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from skyspy.aircraft import FIELDS, WITHOUT_POSITION
from skyspy.decode.aircraft_json import AircraftJson
from skyspy.decode.base import Context
from tests.support.machine import ROOT
from tests.support.world import World

DOCUMENT = (ROOT / "tests" / "data" / "reported" / "aircraft_all_fields.json").read_bytes()
RECORDS: list[dict[str, Any]] = json.loads(DOCUMENT)["aircraft"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    for observation in AircraftJson(Context()).feed(DOCUMENT, made.clock.steady()):
        made.skyspy.skies["live"].ingest(replace(observation, messages=2))
    made.skyspy.skies["live"].tick()
    yield made
    made.close()


def by_hex(answer: Any, name: str) -> dict[str, dict[str, Any]]:
    return {aircraft["hex"].lower(): aircraft for aircraft in answer[name]}


def said(world: World, way: str) -> dict[str, dict[str, Any]]:
    if way == "socket":
        peer = world.peer().join("/")
        return by_hex(peer.got("aircraft:snapshot")[0], "aircraft")
    if way == "/v2":
        return {hex_: aircraft for raw in RECORDS for hex_, aircraft in by_hex(v2(world, raw["hex"]), "ac").items()}
    return by_hex(msgspec.json.decode(world.get(way).data), "aircraft")


def v2(world: World, hex_: str) -> Any:
    return msgspec.json.decode(world.get(f"/v2/hex/{hex_}").data)


@pytest.mark.parametrize("way", ["socket", "/data/aircraft.json", "/api/aircraft/", "/v2"])
def test_a_field_comes_out_as_readsb_prints_it(world: World, way: str) -> None:
    shown = said(world, way)
    assert [line for raw in RECORDS for line in lost(raw, shown[raw["hex"]])] == []


def lost(raw: dict[str, Any], shown: dict[str, Any]) -> list[str]:
    """The fields of a record that are missing or differ, or are an integer in one and a float in the other."""
    left_out = set(WITHOUT_POSITION) if "lat" in raw else set()
    told = {name: value for name, value in raw.items() if name in FIELDS and name not in left_out}
    return [
        f"{raw['hex']} {name}: {value} is {shown.get(name)}"
        for name, value in told.items()
        if not same(name, value, shown.get(name))
    ]


def same(name: str, value: Any, shown: Any) -> bool:
    if name == "flight":
        return isinstance(shown, str) and shown.strip() == value.strip()
    kinds = (int,) if FIELDS[name].kind == "int" else (float,) if FIELDS[name].kind == "float" else (object,)
    return bool(shown == value) and isinstance(shown, kinds)
