"""Application: the streams, one small file per topic.

To add a topic: a row in `topics.TOPICS`, its events in `topics.EVENTS`, a file here with its Stream, and its class in STREAMS.
"""

from __future__ import annotations

from collections.abc import Callable

from skyspy.sky.streams.acars import AcarsStream
from skyspy.sky.streams.aircraft import AircraftStream
from skyspy.sky.streams.airspace import AirspaceStream
from skyspy.sky.streams.alerts import AlertsStream
from skyspy.sky.streams.audio import AudioStream
from skyspy.sky.streams.base import Costly, Event, Request, RequestError, Stream
from skyspy.sky.streams.cannonball import CannonballStream
from skyspy.sky.streams.notams import NotamsStream
from skyspy.sky.streams.safety import SafetyStream
from skyspy.sky.streams.stats import StatsStream
from skyspy.sky.view import SkyView

StreamFactory = Callable[[SkyView], Stream]

STREAMS: tuple[StreamFactory, ...] = (
    AircraftStream,
    StatsStream,
    SafetyStream,
    AcarsStream,
    AirspaceStream,
    NotamsStream,
    AudioStream,
    CannonballStream,
    AlertsStream,
)
"""The streams of each sky, in the order in which they run: a stream may react to the events of those above it."""

__all__ = ["STREAMS", "Costly", "Event", "Request", "RequestError", "Stream", "StreamFactory"]
