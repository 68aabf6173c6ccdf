"""Base: the table of every metric that this server exports, and their text in Prometheus' format.

Values are not kept here: each part of the server has its own counters, and services/health.py reads them on request.
Nothing is global, so several applications in one process do not share a number.

Invariants: a metric is exported only if it has a row here. Counters end in `_total`; times are in seconds, sizes in bytes. Labels take
few values (a sky, a receiver's public name, a namespace, a reason, a code), never an address, a user or an aircraft.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Family = CounterMetricFamily | GaugeMetricFamily


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: a counter if its name ends in `_total`, else a gauge."""

    name: str
    labels: tuple[str, ...]
    description: str

    def family(self) -> Family:
        """An empty family of prometheus_client."""
        made = CounterMetricFamily if self.name.endswith("_total") else GaugeMetricFamily
        return made(self.name, self.description, labels=self.labels)


_RECEIVER = ("sky", "receiver")
_NAMESPACE = ("namespace",)

_ROWS = (
    Metric("skyspy_info", ("version", "process"), "Always 1; which version and which process answers. Each worker answers for itself"),
    Metric("skyspy_uptime_seconds", (), "Seconds since this process started"),
    Metric("skyspy_settings_version", (), "Version of the settings this process follows"),
    Metric("skyspy_database_up", (), "1 if the database answered when the metrics were read, else 0"),
    Metric("skyspy_database_read_seconds", (), "How long one read of the database took just now"),
    Metric("skyspy_history_up", (), "1 if the history can be read and written, as far as this process knows, else 0"),
    Metric("skyspy_history_writer", (), "1 if this process writes the history, else 0"),
    Metric("skyspy_history_fence", (), "Number of the lease under which the history is written: it rises with each change of the process that writes"),
    Metric("skyspy_history_rows_waiting", (), "Rows that wait to be written to the history"),
    Metric("skyspy_history_rows_written_total", (), "Rows written to the history in batches"),
    Metric("skyspy_history_rows_left_total", (), "Rows that another process wrote in place of this one"),
    Metric("skyspy_history_rows_dropped_total", (), "Rows lost because too many waited, or because no database takes them"),
    Metric("skyspy_history_visits_dropped_total", (), "Ended visits of the live sky lost because too many waited to be stored"),
    Metric("skyspy_history_points_dropped_total", (), "Points of the live sky's tracks lost because too many were held in memory"),
    Metric("skyspy_history_chunks_made_total", (), "Chunks of tracks that this process made: one for each ten minutes with traffic"),
    Metric("skyspy_history_segments_damaged_total", (), "Stored pieces of tracks that could not be read, counted each time"),
    Metric("skyspy_history_paused", (), "1 while nothing is recorded because the disk is full or nearly full, else 0"),
    Metric("skyspy_history_deleted_total", ("kind",), "Rows deleted because of their age or the size of the history"),
    Metric("skyspy_history_bytes", (), "Size of the history without free space, as last measured"),
    Metric("skyspy_history_disk_free_bytes", (), "Free bytes on the disk of an SQLite history"),
    Metric("skyspy_hub_lag_average_seconds", (), "By how much the event loop ran late over the last minute, on average"),
    Metric("skyspy_hub_lag_max_seconds", (), "By how much the event loop ran late over the last minute, at most"),
    Metric("skyspy_loop_rounds_total", ("loop",), "Rounds of a repeated task"),
    Metric("skyspy_loop_crashes_total", ("loop",), "Rounds of a repeated task that failed"),
    Metric("skyspy_receiver_up", _RECEIVER, "1 if data comes from the receiver, else 0"),
    Metric("skyspy_receiver_messages_total", _RECEIVER, "Messages understood"),
    Metric("skyspy_receiver_bad_total", _RECEIVER, "Messages that are damaged: checksum, syntax, length or address"),
    Metric("skyspy_receiver_skipped_total", _RECEIVER, "Messages that are whole but of no use here"),
    Metric("skyspy_receiver_bytes_total", _RECEIVER, "Bytes received"),
    Metric("skyspy_receiver_reconnects_total", _RECEIVER, "Connections made again after one that worked"),
    Metric("skyspy_receiver_crashes_total", _RECEIVER, "Failures of our own while reading from the receiver"),
    Metric("skyspy_datalink_datagrams_total", _RECEIVER, "Datagrams received by a listener for data links"),
    Metric("skyspy_datalink_datagrams_lost_total", _RECEIVER, "Datagrams that the system dropped because they were not read in time"),
    Metric("skyspy_aircraft", ("sky",), "Aircraft shown to clients"),
    Metric("skyspy_aircraft_held", ("sky",), "Aircraft in memory, those heard too little to be shown included"),
    Metric("skyspy_tracker_refused_total", ("sky", "reason"), "Positions and observations that were not believed"),
    Metric("skyspy_safety_events_open", ("sky",), "Safety events that are open"),
    Metric("skyspy_safety_round_seconds", ("sky",), "What the last round of the safety rules took, pauses included"),
    Metric("skyspy_safety_events_unsaved", ("sky",), "Changed safety events that wait to be stored"),
    Metric("skyspy_safety_events_lost_total", ("sky",), "Changed safety events that could not be stored"),
    Metric("skyspy_safety_rule_failures_total", ("sky",), "Failures of our own in a safety rule"),
    Metric("skyspy_datalink_blocks_total", ("sky",), "Blocks and frames of data links that this process has looked at"),
    Metric("skyspy_datalink_blocks_waiting", ("sky",), "Blocks of data links that wait to be looked at"),
    Metric("skyspy_datalink_blocks_dropped_total", ("sky",), "Blocks of data links left out because too many waited"),
    Metric("skyspy_datalink_messages_total", ("sky",), "Datalink messages made by this process, each once whoever heard it"),
    Metric("skyspy_datalink_messages_unsaved", ("sky",), "Datalink messages that wait to be stored"),
    Metric("skyspy_datalink_messages_lost_total", ("sky",), "Datalink messages that could not be stored"),
    Metric("skyspy_datalink_round_seconds", ("sky",), "What the last round with blocks of data links took, pauses included"),
    Metric("skyspy_datalink_stations", ("sky",), "Stations of data links that were heard since the start"),
    Metric("skyspy_alert_rules", ("sky",), "Alert rules that run"),
    Metric("skyspy_alert_round_seconds", ("sky",), "What the last round of the alert rules took, pauses included"),
    Metric("skyspy_alerts_total", ("sky",), "Alerts made by this process"),
    Metric("skyspy_alerts_unsaved", ("sky",), "Alerts that wait to be stored"),
    Metric("skyspy_alerts_lost_total", ("sky",), "Alerts that could not be stored"),
    Metric("skyspy_alert_deliveries_total", ("result",), "Deliveries of alerts: sent, tries that failed, given up"),
    Metric("skyspy_alert_deliveries_under_way", (), "Deliveries of alerts that are under way"),
    Metric("skyspy_airports", (), "Airports in memory; 0 until something has asked for one"),
    Metric("skyspy_runways", (), "Runways in memory; 0 until something has asked for an airport"),
    Metric("skyspy_connections", (), "Connections open now"),
    Metric("skyspy_connections_opened_total", (), "Connections opened"),
    Metric("skyspy_connections_refused_total", (), "Connections refused before they opened: origin, or too many"),
    Metric("skyspy_connections_closed_total", ("reason",), "Connections closed by the server: slow to read, or sending too much"),
    Metric("skyspy_packets_refused_total", ("reason",), "Packets that were refused: broken, or binary"),
    Metric("skyspy_outbox_bytes", (), "Bytes that wait for clients to read them, all clients together"),
    Metric("skyspy_outbox_max_bytes", (), "Bytes that wait for the client with the most"),
    Metric("skyspy_outbox_packets", (), "Packets that wait for clients to read them, all clients together"),
    Metric("skyspy_sessions", ("namespace", "kind"), "Clients admitted now: by a user's token, by an API key, or anonymous"),
    Metric("skyspy_namespace_refused_total", ("namespace", "code"), "Clients refused when they connected to a namespace"),
    Metric("skyspy_namespace_crashes_total", _NAMESPACE, "Failures of our own while a client's event was handled"),
    Metric("skyspy_broadcast_published_total", (), "Payloads sent, each counted once"),
    Metric("skyspy_broadcast_delivered_total", (), "Payloads sent, each counted for every client that gets it"),
    Metric("skyspy_tokens_refused_total", ("code",), "Tokens and API keys that were not good"),
    Metric("skyspy_sign_ins_failed_total", (), "Sign-ins with a wrong name or password"),
    Metric("skyspy_sign_ins_throttled_total", (), "Sign-ins refused for too many tries"),
    Metric("skyspy_http_responses_total", ("code",), "HTTP responses by status, without Socket.IO's"),
)  # fmt: skip

METRICS: dict[str, Metric] = {row.name: row for row in _ROWS}
"""One row per metric, in the order in which they are exported."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a metric; `labels` are the values of its labels, in their order."""

    metric: str
    labels: tuple[str, ...]
    value: float


class _Collected(Collector):
    """A prometheus_client Collector of given samples."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = list(samples)

    def collect(self) -> Iterator[Family]:
        families = {name: metric.family() for name, metric in METRICS.items()}
        for sample in self._samples:
            families[sample.metric].add_metric(sample.labels, sample.value)
        return (family for family in families.values() if family.samples)


def exposition(samples: Iterable[Sample]) -> str:
    """The samples in Prometheus' text format, with the numbers of the process (processor time, memory, open files).

    Raises KeyError for a sample whose metric has no row.
    """
    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Collected(samples))
    return generate_latest(registry).decode()
