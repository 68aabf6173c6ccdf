"""The table of metrics keeps Prometheus' rules for names, and the text is what Prometheus reads."""

from __future__ import annotations

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from skyspy.metrics import METRICS, Metric, Sample, exposition

TIME_OR_SIZE = ("_seconds", "_bytes")


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_has_the_prefix_a_plain_name_and_a_description(metric: Metric) -> None:
    assert re.fullmatch(r"skyspy_[a-z]+(_[a-z]+)*", metric.name)
    assert all(re.fullmatch(r"[a-z]+", label) for label in metric.labels)
    assert metric.description and metric.description[0].isupper() | metric.description[0].isdigit()
    assert not re.search(r"_(ms|milliseconds|kb|minutes)(_|$)", metric.name)


def test_samples_come_out_as_prometheus_reads_them() -> None:
    text = exposition(
        [
            Sample("skyspy_receiver_messages_total", ("live", 'a "b"\\\nc'), 3),
            Sample("skyspy_receiver_messages_total", ("live", "beast-1"), 4),
            Sample("skyspy_uptime_seconds", (), 1.5),
        ]
    )
    found = {family.name: family for family in text_string_to_metric_families(text)}
    messages = found["skyspy_receiver_messages"]
    assert messages.type == "counter"
    assert messages.documentation == METRICS["skyspy_receiver_messages_total"].description
    assert [(sample.labels["receiver"], sample.value) for sample in messages.samples] == [('a "b"\\\nc', 3), ("beast-1", 4)]
    assert found["skyspy_uptime_seconds"].samples[0].value == 1.5
    assert "skyspy_aircraft" not in found
    assert "process_resident_memory_bytes" in found


def test_a_sample_without_a_row_in_the_table_is_an_error() -> None:
    with pytest.raises(KeyError):
        exposition([Sample("skyspy_invented_total", (), 1)])
