"""Objects of decoders of data links, for tests.

`RECORDED`: the recordings of the shared folder, where they are. `DOCUMENTED`: objects made for these tests from the field lists of the
decoders' own sources, because there is no recording: they have each field that the decoder writes, and invented values.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.machine import CAPTURES

FOLDER = CAPTURES / "acars_router"
RECORDED: tuple[Path, ...] = tuple(FOLDER / f"{name}.jsonl" for name in ("acars", "acars_other", "vdlm2", "vdlm2_other"))

SEEN_AT = 1_700_000_000
"""2023-11-14T22:13:20Z, when the documented objects were received."""

ADSC: dict[str, Any] = {
    "msg_type": "adsc_msg",
    "crc_ok": True,
    "gs_addr": "GANDTYA",
    "air_addr": ".G-VABC",
    "adsc": {"err": False, "tags": [{"basic_report": {"lat": 51.5, "lon": -20.25, "alt": 38000, "ts_sec": 790.0}}]},
}

DOCUMENTED: dict[str, dict[str, Any]] = {
    "acarsdec": {
        "timestamp": SEEN_AT + 0.25,
        "station_id": "XX-TEST-ACARS",
        "channel": 1,
        "freq": 131.725,
        "level": -9.8,
        "noise": -38.1,
        "error": 1,
        "mode": "2",
        "label": "QP",
        "block_id": "3",
        "ack": False,
        "tail": ".D-AIBA",
        "flight": "LH0123",
        "msgno": "M41A",
        "text": "EDDFEGLL1012",
        "end": True,
        "depa": "EDDF",
        "dsta": "EGLL",
        "eta": "2561",
        "gtout": "1012",
        "gtin": "2359",
        "wloff": "1020",
        "wlin": "11:0",
        "sublabel": "M1",
        "mfi": "B6",
        "assstat": "complete",
        "libacars": {"arinc622": ADSC},
        "app": {"name": "acarsdec", "ver": "4.4", "proxied": True, "proxied_by": "acars_router", "acars_router_uuid": "0"},
    },
    "vdlm2dec": {
        "timestamp": SEEN_AT + 0.5,
        "station_id": "XX-TEST-VDL",
        "freq": 136.725,
        "hex": "3C6444",
        "icao": 3957828,
        "toaddr": 1057098,
        "is_onground": 2,
        "app": {"name": "vdlm2dec", "ver": "2.3"},
        "mode": "2",
        "label": "H1",
        "block_id": "7",
        "ack": False,
        "tail": "D-AIBA",
        "flight": "LH0123",
        "msgno": "F12B",
        "text": "POSN51283W000123",
        "lat": 51.472,
        "lon": -0.205,
        "epu": 6,
        "alt": 3000,
    },
    "vdlm2dec uplink": {
        "timestamp": SEEN_AT + 0.75,
        "freq": 136.975,
        "fromaddr": 1057098,
        "icao": 3957828,
        "hex": "3C6444",
        "app": {"name": "vdlm2dec", "ver": "2.3"},
        "mode": "2",
        "label": "_d",
        "block_id": "M",
        "ack": "7",
        "tail": "D-AIBA",
    },
    "dumpvdl2 xid": {
        "vdl2": {
            "app": {"name": "dumpvdl2", "ver": "2.3.0"},
            "station": "XX-TEST-VDL",
            "t": {"sec": SEEN_AT + 1, "usec": 5},
            "freq": 136650000,
            "burst_len_octets": 60,
            "hdr_bits_fixed": 1,
            "octets_corrected_by_fec": 2,
            "idx": 0,
            "sig_level": -21.449,
            "noise_level": -44.05,
            "freq_skew": 0.2,
            "avlc": {
                "src": {"addr": "3C6444", "type": "Aircraft", "status": "On ground"},
                "dst": {"addr": "10214A", "type": "Ground station"},
                "cr": "Command",
                "frame_type": "U",
                "cmd": "XID",
                "pf": True,
                "xid": {
                    "err": False,
                    "type": "XID_CMD_LE",
                    "type_descr": "Link Establishment",
                    "pub_params": [],
                    "vdl_params": [
                        {"name": "dst_airport", "value": "EDDF"},
                        {"name": "ac_location", "value": {"loc": {"lat": 50.0, "lon": 8.6}, "alt": 1000}},
                    ],
                },
            },
        }
    },
    "dumpvdl2 uplink": {
        "vdl2": {
            "app": {"name": "dumpvdl2", "ver": "2.3.0"},
            "station": "XX-TEST-VDL",
            "t": {"sec": SEEN_AT + 2, "usec": 0},
            "freq": 136975000,
            "sig_level": -30.0,
            "noise_level": -45.0,
            "avlc": {
                "src": {"addr": "10214A", "type": "Ground station", "status": "On ground"},
                "dst": {"addr": "3C6444", "type": "Aircraft"},
                "cr": "Command",
                "frame_type": "I",
                "acars": {
                    "err": False,
                    "crc_ok": True,
                    "more": True,
                    "reg": ".D-AIBA",
                    "mode": "2",
                    "label": "C1",
                    "blk_id": "M",
                    "ack": "!",
                    "msg_text": "METAR EDDF",
                },
            },
        }
    },
    "dumphfdl position": {
        "hfdl": {
            "app": {"name": "dumphfdl", "ver": "1.6.1"},
            "station": "XX-TEST-HFDL",
            "t": {"sec": SEEN_AT + 3, "usec": 250000},
            "freq": 8977000,
            "bit_rate": 300,
            "sig_level": -26.44,
            "noise_level": -35.0,
            "freq_skew": 1.2,
            "slot": "S",
            "lpdu": {
                "err": False,
                "src": {"type": "Aircraft", "id": 12, "ac_info": {"icao": "4B1814"}},
                "dst": {"type": "Ground station", "id": 4, "name": "Riverhead, New York"},
                "type": {"id": 13, "name": "Unnumbered data"},
                "hfnpdu": {
                    "err": False,
                    "type": {"id": 213, "name": "Frequency data"},
                    "flight_id": "LX0008",
                    "pos": {"lat": 47.3521, "lon": -52.1234},
                    "utc_time": {"hour": 22, "min": 12, "sec": 50},
                    "freq_data": [],
                },
            },
        }
    },
    "dumphfdl acars": {
        "hfdl": {
            "app": {"name": "dumphfdl", "ver": "1.6.1"},
            "station": "XX-TEST-HFDL",
            "t": {"sec": SEEN_AT + 4, "usec": 0},
            "freq": 11384000,
            "bit_rate": 600,
            "sig_level": -12.0,
            "noise_level": -35.0,
            "slot": "D",
            "lpdu": {
                "err": False,
                "src": {"type": "Ground station", "id": 4},
                "dst": {"type": "Aircraft", "id": 12, "ac_info": {"icao": "4b1814"}},
                "type": {"id": 29, "name": "Unnumbered ack'ed data"},
                "hfnpdu": {
                    "err": False,
                    "type": {"id": 255, "name": "Enveloped data"},
                    "acars": {
                        "err": False,
                        "crc_ok": True,
                        "more": False,
                        "reg": ".HB-JHA",
                        "mode": "2",
                        "label": "SA",
                        "blk_id": "Q",
                        "ack": "4",
                        "msg_text": "0EV123456V",
                        "media-adv": {"err": False, "version": 0, "current_link": {"code": "V", "established": True}},
                    },
                },
            },
        }
    },
    "JAERO": {
        "app": {"name": "JAERO", "ver": "JAERO v1.0.4.14"},
        "isu": {
            "acars": {
                "mode": "2",
                "ack": "!",
                "blk_id": "4",
                "label": "B6",
                "reg": "G-VABC",
                "flight": "VS012X",
                "msg_text": "L45AVS012X/GANDTYA.ADS.G-VABC0\n\tABC",
                "arinc622": ADSC,
            },
            "refno": "1C",
            "qno": "06",
            "src": {"type": "Aircraft Earth Station", "addr": "406B90"},
            "dst": {"type": "Ground Earth Station", "addr": "C1"},
        },
        "t": {"sec": SEEN_AT + 5, "usec": 125000},
        "station": "XX-TEST-IMSL",
    },
    "JAERO capitals": {
        "TIME": SEEN_AT + 6,
        "TIME_UTC": "2023-11-14 22:13:26",
        "NAME": "JAERO v1.0.4.9",
        "NONACARS": False,
        "AESID": "406B90",
        "GESID": "C1",
        "QNO": "06",
        "REFNO": "1C",
        "REG": ".G-VABC",
        "MODE": "2",
        "TAK": "4",
        "LABEL": "AA",
        "BI": "F",
        "MESSAGE": "/GANDTYA.AT1.G-VABC",
    },
    "SatDump": {
        "msg_name": "ACARS",
        "timestamp": SEEN_AT + 7,
        "source": {"app": {"name": "SatDump", "version": "1.2"}, "station_id": "XX-TEST-IMSL"},
        "freq": 1545105000,
        "level": -12.25,
        "mode": 50,
        "tak": 21,
        "label": "H1",
        "bi": 77,
        "plane_reg": ".G-VABC",
        "has_text": True,
        "message": "- #MDINFO",
        "more_to_come": False,
        "signal_unit": {"message_type": 113, "aes_id": 4221840, "ges_id": 193, "q_no": 6, "ref_no": 12, "seq_no": 5},
        "libacars": {"arinc622": ADSC},
    },
    "iridium-toolkit": {
        "app": {"name": "iridium-toolkit", "version": "0.0.1"},
        "source": {"transport": "iridium", "protocol": "acars", "station_id": "XX-TEST-IRDM"},
        "acars": {
            "timestamp": "2023-11-14T22:13:28+00:00",
            "errors": 0,
            "link_direction": "uplink",
            "block_end": False,
            "mode": "2",
            "tail": "N512QS",
            "flight": "EJ0512",
            "label": "H1",
            "block_id": "2",
            "message_number": "F33A",
            "ack": "!",
            "text": "#DFB",
        },
        "freq": 1621979166.7,
        "level": -24.96,
        "header": "0300000000000000",
    },
    "iridium-toolkit libacars": {
        "app": {"name": "iridium-toolkit", "version": "0.0.2"},
        "source": {"transport": "iridium", "parser": "libacars", "version": "2.2.0", "station_id": "XX-TEST-IRDM"},
        "timestamp": "2023-11-14T22:13:29",
        "link_direction": "downlink",
        "acars": {
            "err": False,
            "crc_ok": True,
            "more": True,
            "reg": ".N512QS",
            "mode": "2",
            "label": "A9",
            "blk_id": "N",
            "ack": "2",
            "msg_text": "/ATIS",
            "arinc622": ADSC,
        },
    },
}

NOTHING_RECEIVED: dict[str, dict[str, Any]] = {
    "JAERO, its state": {"DCD": True, "FREQUENCY": 10500.5, "NAME": "JAERO", "SNR": 12.1, "TIME": SEEN_AT},
    "SatDump, another packet": {"msg_name": "Call Progress", "timestamp": SEEN_AT},
    "acarsdec, routejson": {"timestamp": SEEN_AT, "station_id": "X", "flight": "LH0123", "depa": "EDDF", "dsta": "EGLL"},
    "vdlm2dec, routejson": {"timestamp": SEEN_AT, "station_id": "X", "icao": "3C6444", "tail": "D-AIBA"},
}
"""Objects that are whole and report nothing that was received."""

DAMAGED: dict[str, dict[str, Any]] = {
    "of nobody": {"hello": "world"},
    "empty": {},
    "dumpvdl2, no frame": {"vdl2": "text"},
    "dumpvdl2, unreadable block": {"vdl2": {"avlc": {"acars": {"err": True}}}},
    "dumpvdl2, wrong checksum": {"vdl2": {"avlc": {"acars": {"err": False, "crc_ok": False, "label": "H1"}}}},
    "dumphfdl, unreadable": {"hfdl": {"lpdu": {"err": True}}},
    "dumphfdl, no PDU": {"hfdl": {"freq": 8977000}},
    "JAERO, no unit": {"isu": 7},
    "acarsdec, no label": {"label": 7, "text": "x"},
    "vdlm2dec, no label": {"icao": 1, "label": "too long"},
    "SatDump, no label": {"msg_name": "ACARS", "message": "x"},
    "iridium-toolkit, errors": {"app": {"name": "iridium-toolkit"}, "acars": {"label": "H1", "errors": 1, "block_id": "2"}},
    "iridium-toolkit, no block": {"app": {"name": "iridium-toolkit"}},
}


def lines(objects: dict[str, dict[str, Any]]) -> list[bytes]:
    """Each object as a decoder sends it: one line of JSON."""
    return [json.dumps(value, separators=(",", ":")).encode() + b"\n" for value in objects.values()]


def recorded_lines() -> list[bytes]:
    """All lines of the recordings that are here."""
    return [line for path in RECORDED if path.exists() for line in path.read_bytes().splitlines(keepends=True)]
