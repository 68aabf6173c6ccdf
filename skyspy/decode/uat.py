"""Decoder for UAT (978 MHz) as dump978 sends it: JSON lines (port 30979) or raw hex lines (port 30978).

A raw downlink is first decoded into the record that dump978 would write as JSON, so that one table maps both to readsb's
names. Uplinks (weather from ground stations) and metadata count as skipped.
"""

from __future__ import annotations

from collections.abc import Mapping

from skyspy.aircraft import Observation, Value, clean_fields, clean_hex
from skyspy.decode import uat_raw
from skyspy.decode.base import Context, Counters, DecodeError, number
from skyspy.decode.lenient_json import parse
from skyspy.decode.lines import LineSplitter
from skyspy.decode.quality import UAT_RC
from skyspy.decode.readsb import REWORDED

SOURCES: dict[str, tuple[str, bool]] = {
    "adsb_icao": ("adsb_icao", True),
    "adsb_other": ("adsb_other", False),
    "tisb_icao": ("tisb_icao", True),
    "tisb_trackfile": ("tisb_trackfile", False),
    "vehicle": ("adsb_other", False),
    "fixed_beacon": ("adsb_other", False),
    "adsr_other": ("adsr_other", False),
}
"""By dump978's address qualifier: readsb's source, and whether the address is an ICAO address."""

NAMES: dict[str, str] = {
    "pressure_altitude": "alt_baro",
    "geometric_altitude": "alt_geom",
    "ground_speed": "gs",
    "true_track": "track",
    "true_heading": "true_heading",
    "magnetic_heading": "mag_heading",
    "vertical_velocity_barometric": "baro_rate",
    "vertical_velocity_geometric": "geom_rate",
    "callsign": "flight",
    # This is not a flight plan's id: aircraft send their squawk here, alternating with the callsign.
    "flightplan_id": "squawk",
    "emitter_category": "category",
    "mops_version": "version",
    "nic": "nic",
    "nac_p": "nac_p",
    "nac_v": "nac_v",
    "nic_baro": "nic_baro",
    "sil": "sil",
    "sda": "sda",
    "gva": "gva",
    "selected_altitude_mcp": "nav_altitude_mcp",
    "selected_altitude_fms": "nav_altitude_fms",
    "barometric_pressure_setting": "nav_qnh",
}
"""readsb's field name by dump978's."""

MODES: dict[str, str] = {
    "autopilot": "autopilot",
    "vnav": "vnav",
    "altitude_hold": "althold",
    "approach": "approach",
    "lnav": "lnav",
}
"""readsb's navigation mode by dump978's mode indicator."""


class Uat:
    """Decoder for dump978 streams; each line may be JSON or raw."""

    def __init__(self, context: Context) -> None:
        self.counters = Counters()
        self.source_now: float | None = None
        self._context = context
        self._lines = LineSplitter()

    def feed(self, data: bytes, now: float) -> list[Observation]:
        """Decode the lines that these bytes complete. Never raises."""
        lines, dropped = self._lines.feed(data)
        self.counters.bad += dropped
        result: list[Observation] = []
        for line in lines:
            text = line.strip().rstrip(b",")
            if not text:
                continue
            if text[:1] in (b"+", b"!"):
                self.counters.skipped += 1
                continue
            observation = self._observe(text, now)
            if observation is None:
                self.counters.bad += 1
            else:
                self.counters.messages += 1
                result.append(observation)
        return result

    def _observe(self, text: bytes, now: float) -> Observation | None:
        try:
            record = uat_raw.parse(text) if text[:1] == b"-" else parse(text)
        except DecodeError:
            return None
        if not isinstance(record, dict):
            return None
        address = clean_hex(record.get("address"))
        qualifier = record.get("address_qualifier")
        source, icao = SOURCES.get(qualifier, ("unknown", False)) if isinstance(qualifier, str) else ("unknown", False)
        if address is None:
            return None
        metadata = _mapping(record.get("metadata"))
        fields = _fields(record)
        rssi = number(metadata.get("rssi"))
        if rssi:
            fields.update(clean_fields({"rssi": rssi}))
        at = self._context.arrival_time(number(metadata.get("received_at")), now)
        return Observation(address if icao else f"~{address.lstrip('~')}", at, source, fields)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _fields(record: Mapping[str, object]) -> dict[str, Value]:
    raw: dict[str, object] = {ours: record.get(theirs) for theirs, ours in NAMES.items()}
    position = _mapping(record.get("position"))
    raw["lat"], raw["lon"] = position.get("lat"), position.get("lon")
    nic = record.get("nic")
    raw["rc"] = UAT_RC.get(nic) if isinstance(nic, int) else None
    if record.get("airground_state") == "ground":
        raw["alt_baro"] = "ground"
    heading = number(record.get("selected_heading"))
    if heading is not None:
        # dump978 writes -180 to 180 degrees.
        raw["nav_heading"] = heading % 360.0
    for theirs, ours in (("emergency", "emergency"), ("sil_supplement", "sil_type")):
        word = record.get(theirs)
        raw[ours] = REWORDED.get((ours, word), word) if isinstance(word, str) else None
    indicators = record.get("mode_indicators")
    if isinstance(indicators, dict):
        raw["nav_modes"] = [ours for theirs, ours in MODES.items() if indicators.get(theirs) is True]
    ident = _mapping(record.get("operational_modes")).get("ident_active")
    if isinstance(ident, bool):
        raw["spi"] = int(ident)
    fields = clean_fields(raw)
    if "lat" not in fields:
        for name in ("nic", "rc"):
            fields.pop(name, None)
    return fields
