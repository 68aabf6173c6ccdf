"""Application: the shape of a health report: tables of values, each of which may be exported as a metric.

Invariants: a Value that names a metric has one label value for each of the metric's labels (metrics.METRICS).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from skyspy.metrics import Sample


@dataclass(frozen=True, slots=True)
class Value:
    """One measured value: a number, a text, or None where it is not known.

    `unit` is s, bytes, or "" for a count; `metric` and `labels` are what it is exported as ("": not exported), `number` the number
    that is exported in place of a text; `state` is ok, warn or danger, or "" for a value without a judgement.
    """

    value: float | str | None
    unit: str = ""
    metric: str = ""
    labels: tuple[str, ...] = ()
    number: float | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class HealthLine:
    """One line of a part's table: its heading, and a value for each column."""

    title: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class HealthPart:
    """A table of the report. `rows` is the heading of the lines, `columns` the headings of the values (one: a list of facts).
    Where `empty` is set, lines that are all zero are left out; if none is left, this sentence is shown."""

    key: str
    title: str
    rows: str
    columns: tuple[str, ...]
    lines: tuple[HealthLine, ...]
    empty: str = ""

    @property
    def shown(self) -> tuple[HealthLine, ...]:
        """The lines that a page shows."""
        return tuple(line for line in self.lines if not self.empty or any(value.value for value in line.values))


@dataclass(frozen=True, slots=True)
class HealthReport:
    """`at` is wall seconds; `problems` are sentences; `log` the last lines of the log, the oldest first."""

    at: float
    uptime_s: float
    version: str
    problems: tuple[str, ...]
    parts: tuple[HealthPart, ...]
    log: tuple[str, ...]

    def part(self, key: str) -> HealthPart:
        """The part of this key; raises KeyError."""
        return {part.key: part for part in self.parts}[key]

    def samples(self) -> Iterator[Sample]:
        """Every exported number."""
        for part in self.parts:
            for value in (value for line in part.lines for value in line.values if value.metric):
                number = value.value if value.number is None else value.number
                if isinstance(number, int | float):
                    yield Sample(value.metric, value.labels, float(number))
