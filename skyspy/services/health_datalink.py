"""Application: the part of the health report about data links: what arrives, what is stored, and what is left out.

Invariants: those of health_parts.py. Nothing here reads the database. Names of stations are on the panel's page only: a metric has none.
"""

from __future__ import annotations

from skyspy.clock import iso
from skyspy.datalink.message import LINKS
from skyspy.server import Server
from skyspy.services.health_report import HealthLine, HealthPart, Value
from skyspy.sky.datalink import DatalinkMonitor
from skyspy.sky.safety import SLOW_S

MAX_SHOWN = 50


def datalink(server: Server) -> HealthPart:
    """The data links of each sky."""
    skies = server.datalink.items()

    def line(title: str, *values: Value) -> HealthLine:
        return HealthLine(title, values)

    lines = (
        line("Messages are made", *(Value("here" if one.log.makes else "by another process") for _, one in skies)),
        line("The last round took", *(_took(name, one) for name, one in skies)),
        line("Blocks received", *(Value(one.blocks, "", "skyspy_datalink_blocks_total", (name,)) for name, one in skies)),
        line("Blocks that wait", *(Value(one.waiting, "", "skyspy_datalink_blocks_waiting", (name,)) for name, one in skies)),
        line(
            "Blocks left out: too many waited",
            *(_warns(one.dropped, "skyspy_datalink_blocks_dropped_total", name) for name, one in skies),
        ),
        line("Messages made", *(Value(one.log.made, "", "skyspy_datalink_messages_total", (name,)) for name, one in skies)),
        line(
            "Messages that wait to be stored",
            *(_warns(one.log.unsaved, "skyspy_datalink_messages_unsaved", name) for name, one in skies),
        ),
        line(
            "Messages that could not be stored",
            *(Value(one.log.lost, "", "skyspy_datalink_messages_lost_total", (name,)) for name, one in skies),
        ),
        line("Stations heard", *(Value(len(one.stations), "", "skyspy_datalink_stations", (name,)) for name, one in skies)),
    )
    return HealthPart("datalink", "Data links", "", tuple(f"{name.capitalize()} sky" for name, _ in skies), lines)


def stations(server: Server) -> HealthPart:
    """What each station has received since this process started: the MAX_SHOWN that were heard last, the last one first."""
    found = [(name, key, count) for name, one in server.datalink.items() for key, count in one.stations.items()]
    found.sort(key=lambda row: row[2].time, reverse=True)
    lines = tuple(
        HealthLine(
            f"{key.name or 'without a name'}, {LINKS.get(key.link, key.link)}{'' if name == 'live' else ' (sandbox)'}",
            (
                Value(count.messages),
                Value(count.frames),
                Value(count.errors),
                Value("" if count.level is None else f"{count.level:.1f} dB"),
                Value(iso(count.time)),
            ),
        )
        for name, key, count in found[:MAX_SHOWN]
    )
    columns = ("Messages", "Frames without text", "Corrected errors", "Best level", "Last heard")
    return HealthPart("datalink_stations", "Stations of data links", "Station", columns, lines, "No station was heard.")


def _took(name: str, monitor: DatalinkMonitor) -> Value:
    slow = "warn" if monitor.took_s is not None and monitor.took_s > SLOW_S else ""
    return Value(monitor.took_s, "s", "skyspy_datalink_round_seconds", (name,), state=slow)


def _warns(count: int, metric: str, name: str) -> Value:
    return Value(count, "", metric, (name,), state="warn" if count else "")
