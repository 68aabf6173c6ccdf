"""Interfaces: display texts of alerts: kinds and states, and the result of a test.

Pure: values in, texts out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from skyspy.admin.formatting import counted
from skyspy.notify.destination import APPRISE, BROWSER, MQTT, WEBHOOK
from skyspy.services.alert_destinations import DestinationView, TestResult
from skyspy.store.history import outbox


@dataclass(frozen=True, slots=True)
class KindText:
    """A kind of destination: its title, what it does, and a name that a new one begins with."""

    title: str
    meaning: str
    example: str


KINDS: Mapping[str, KindText] = {
    BROWSER: KindText(
        "Browser notification",
        "A notification of the operating system while a page of this panel or the sky is open.",
        "My browser",
    ),
    WEBHOOK: KindText(
        "Webhook",
        "Each alert is posted to a web address of yours, signed. For your own programs and for automation.",
        "My program",
    ),
    MQTT: KindText("MQTT", "Each alert is published to a topic of a broker. For home automation.", "Home automation"),
    APPRISE: KindText(
        "Apprise", "A message by e-mail, ntfy, Telegram, Signal, Discord and many more services, through Apprise.", "My phone"
    ),
}
"""Every kind of destination, in the order of display."""

ENTRY_KINDS: Mapping[str, str] = {
    "hex": "ICAO address",
    "registration": "Registration",
    "callsign": "Callsign",
    "type": "Aircraft type",
}
"""What an entry of a watchlist names."""

RULE_STATES: Mapping[str, tuple[str, str]] = {
    "on": ("ok", "On"),
    "paused": ("off", "Paused"),
    "expired": ("off", "Expired"),
    "damaged": ("danger", "Cannot be read"),
}
"""The mark and the name of each state of a rule."""

DELIVERY_STATES: Mapping[str, tuple[str, str]] = {
    outbox.SENT: ("ok", "Sent"),
    outbox.PENDING: ("warn", "Waiting"),
    outbox.HELD: ("off", "Held: quiet hours"),
    outbox.SUMMARIZED: ("off", "In a summary"),
    outbox.DEAD: ("danger", "Given up"),
}
"""The mark and the name of each state of a delivery."""


def destination_state(view: DestinationView) -> tuple[str, str]:
    """The mark and the state of a destination."""
    if view.disabled_at is not None:
        return "off", "Disabled"
    return ("ok", "On") if view.works else ("warn", "Gets nothing now")


def tested(result: TestResult) -> tuple[str, str]:
    """The kind of message (ok, danger) and a sentence about a test."""
    if result.ok:
        return "ok", f"“{result.name}” took the test."
    status = f" (status {result.status})" if result.status is not None else ""
    return "danger", f"“{result.name}” did not take the test{status}: {sentence(result.reason or 'no reason is known')}"


def tests_summary(results: Sequence[TestResult]) -> tuple[str, str]:
    """The same about the tests of all destinations of a rule."""
    if not results:
        return "warn", "This rule has no destination: its alerts are listed here only. Choose one in the rule."
    failed = [result for result in results if not result.ok]
    if not failed:
        return "ok", f"The test was sent to {counted(len(results), 'destination')}."
    return "danger", " ".join(tested(result)[1] for result in failed)


def sentence(text: str) -> str:
    """A reason as the end of a sentence."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
