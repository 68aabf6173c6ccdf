"""Interfaces: the bodies of requests and answers about alert rules, watchlists, destinations and alerts.

Invariants: the fields are those of services/alert_payloads.py. What a rule or a destination may hold is checked by the services, which
name each bad field by its path.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from skyspy.api.models import Count, Cursor, Demo, NextCursor, Timestamp, Total
from skyspy.services.alert_filters import AlertFilter, AlertRequest, DeliveryRequest, DeliveryState

RowId = Annotated[str, Meta(description="A number as text")]
Name = Annotated[str, Meta(description="For people", min_length=1, max_length=100)]
SCHEDULE = "{zone, windows: [{days, from, to}]}"
Version = Annotated[int, Meta(description="Rises with each change", ge=1)]
Kind = Literal["webhook", "mqtt", "apprise", "browser"]
EntryKind = Literal["hex", "registration", "callsign", "type"]


# -- rules ----------------------------------------------------------------------------------------


class RuleBody(Struct, kw_only=True):
    """An alert rule; docs/protocol.md has its fields and operators."""

    name: Annotated[str, Meta(description="For people", max_length=200)]
    match: Annotated[dict[str, Any], Meta(description="{all: [..]}, {any: [..]} or {not: ..} of conditions {field, op, value}")]
    count: Annotated[dict[str, Any] | None, Meta(description="{at_least}: one alert when so many aircraft match at once")] = None
    during: Annotated[dict[str, Any] | None, Meta(description=f"It matches in these windows alone: {SCHEDULE}")] = None
    quiet: Annotated[dict[str, Any] | None, Meta(description=f"Alerts in these windows are held until their end: {SCHEDULE}")] = (
        None
    )
    cooldown_s: Annotated[int, Meta(description="For so long there is no other alert of the same aircraft, s")] = 600
    expires: Annotated[str | None, Meta(description="When it ends, ISO 8601")] = None
    paused: Annotated[bool, Meta(description="Whether it rests")] = False
    message: Annotated[str | None, Meta(description="A text with {field}; null: the usual sentence")] = None
    destinations: Annotated[list[str], Meta(description="Ids of own destinations", max_length=100)] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The rule as services take it."""
        return {name: getattr(self, name) for name in RuleBody.__struct_fields__}


class RuleChange(RuleBody, kw_only=True):
    """What an alert rule is from now on."""

    version: Annotated[int | None, Meta(description="The version that was read: refused where there is a newer one")] = None


class Rule(Struct, forbid_unknown_fields=True, kw_only=True):
    """An alert rule of the caller."""

    id: RowId
    name: str
    state: Annotated[
        Literal["on", "paused", "expired", "damaged"], Meta(description="damaged: this version cannot read it, it does not run")
    ]
    version: Version
    created: Timestamp
    updated: Timestamp
    document: Annotated[dict[str, Any], Meta(description="The rule, as it can be sent to change it")]


class RulePage(Struct, forbid_unknown_fields=True):
    """A page of the caller's rules, the oldest first."""

    rules: list[Rule]
    count: Count
    total: Total
    next_cursor: NextCursor


class Preview(Struct, forbid_unknown_fields=True):
    """What a rule would match."""

    aircraft: Annotated[int, Meta(description="How many aircraft now", ge=0)]
    hexes: Annotated[list[str], Meta(description="At most 200 of them")]
    visits_last_week: Annotated[
        int | None, Meta(description="How many visits that began in the last seven days; null: visits tell nothing of this rule")
    ]
    visits_complete: Annotated[bool, Meta(description="Whether all of these visits were looked at in the time there is")]
    not_judged: Annotated[
        list[str],
        Meta(description="Fields that visits do not tell: in an `all` they were passed over, in an `any` they match nothing"),
    ]


class TestResult(Struct, forbid_unknown_fields=True):
    """What became of a test of one destination."""

    destination_id: RowId
    name: str
    ok: bool
    status: Annotated[int | None, Meta(description="Of HTTP, where there was an answer")]
    reason: str


class TestResults(Struct, forbid_unknown_fields=True):
    """What became of a test of each destination of a rule."""

    results: list[TestResult]


# -- watchlists -----------------------------------------------------------------------------------


class EntryBody(Struct):
    """An entry of a watchlist."""

    kind: Annotated[str, Meta(description="hex, registration, callsign or type", max_length=64)]
    value: Annotated[str, Meta(description="In any case", max_length=64)]
    exclude: Annotated[bool, Meta(description="Such aircraft are not on the list, whatever another entry names")] = False
    note: Annotated[str, Meta(description="For people", max_length=200)] = ""

    def document(self) -> dict[str, Any]:
        """The entry as services take it."""
        return {name: getattr(self, name) for name in self.__struct_fields__}


Entries = Annotated[list[EntryBody], Meta(description="At most 500 at once", max_length=500)]


class NewWatchlist(Struct):
    """A watchlist to make."""

    name: Name
    entries: Entries = field(default_factory=list)


class WatchlistChange(Struct):
    """What a watchlist is called from now on."""

    name: Name


class NewEntries(Struct):
    """Entries to add to a watchlist."""

    entries: Entries


class CsvImport(Struct):
    """Entries to add to a watchlist, as CSV."""

    csv: Annotated[
        str,
        Meta(description="Lines of kind, value, exclude and note, or of a value alone; separated by commas, semicolons or tabs"),
    ]
    replace: Annotated[bool, Meta(description="Whether they take the place of all entries of the list")] = False


class Watchlist(Struct, forbid_unknown_fields=True):
    """A watchlist of the caller."""

    id: RowId
    name: str
    entries: Annotated[int, Meta(description="How many it has", ge=0)]
    created: Timestamp
    updated: Timestamp


class WatchlistPage(Struct, forbid_unknown_fields=True):
    """A page of the caller's watchlists, the oldest first."""

    watchlists: list[Watchlist]
    count: Count
    total: Total
    next_cursor: NextCursor


class Entry(Struct, forbid_unknown_fields=True):
    """An entry of a watchlist."""

    id: RowId
    kind: EntryKind
    value: Annotated[str, Meta(description="In upper case; a registration without hyphens")]
    exclude: bool
    note: str


class EntryPage(Struct, forbid_unknown_fields=True):
    """A page of the entries of a watchlist, the oldest first."""

    entries: list[Entry]
    count: Count
    total: Total
    next_cursor: NextCursor


class Imported(Struct, forbid_unknown_fields=True):
    """What became of entries."""

    added: Annotated[int, Meta(ge=0)]
    known: Annotated[int, Meta(description="How many were on the list", ge=0)]
    errors: Annotated[dict[str, str], Meta(description="What is wrong with a line, by its number; such lines are left out")]


# -- destinations ---------------------------------------------------------------------------------


class DestinationBody(Struct, kw_only=True):
    """Where alerts go. Which fields there are depends on the kind; docs/protocol.md lists them."""

    name: Annotated[str | UnsetType, Meta(description="For people")] = UNSET
    kind: Annotated[str | UnsetType, Meta(description="webhook, mqtt, apprise or browser")] = UNSET
    url: Annotated[str | UnsetType, Meta(description="Of a webhook, or of Apprise; it is not shown again")] = UNSET
    secret: Annotated[str | UnsetType, Meta(description="By which a webhook is signed (whsec_..)")] = UNSET
    rotate: Annotated[bool | UnsetType, Meta(description="Make another secret; the former one signs too for a day")] = UNSET
    host: Annotated[str | UnsetType, Meta(description="Of an MQTT broker")] = UNSET
    port: Annotated[int | UnsetType, Meta(description="Of an MQTT broker")] = UNSET
    tls: Annotated[bool | UnsetType, Meta(description="Whether the broker is asked over TLS")] = UNSET
    ca: Annotated[str | UnsetType, Meta(description="PEM of the certificate that signed the other side's")] = UNSET
    version: Annotated[str | UnsetType, Meta(description="Of MQTT: 3.1.1 or 5")] = UNSET
    username: Annotated[str | UnsetType, Meta(description="At the broker")] = UNSET
    password: Annotated[str | UnsetType, Meta(description="At the broker; it is not shown again")] = UNSET
    topic: Annotated[str | UnsetType, Meta(description="Of MQTT, with {owner}, {rule}, {hex} and {callsign}")] = UNSET
    qos: Annotated[int | UnsetType, Meta(description="Of MQTT: always 1")] = UNSET
    retain: Annotated[bool | UnsetType, Meta(description="Whether the broker keeps the last alert")] = UNSET
    max_characters: Annotated[int | UnsetType, Meta(description="The longest text that is sent to it")] = UNSET

    def document(self) -> dict[str, Any]:
        """The fields that were sent, as services take them."""
        given = {name: getattr(self, name) for name in self.__struct_fields__ if name != "qos"}
        return {name: value for name, value in given.items() if value is not UNSET}


class Destination(Struct, forbid_unknown_fields=True, kw_only=True):
    """A destination of the caller; what is secret of it is not in it."""

    id: RowId
    name: str
    kind: Kind
    settings: Annotated[dict[str, Any], Meta(description="What may be shown of its settings")]
    works: Annotated[bool, Meta(description="Whether alerts are sent to it now")]
    disabled: Annotated[Timestamp | None, Meta(description="When it was turned off; null: it was not")]
    reason: Annotated[str | None, Meta(description="Why nothing is sent to it")]
    has_secret: Annotated[bool, Meta(description="Whether something secret is stored of it")]
    created: Timestamp
    updated: Timestamp
    version: Version


class MadeDestination(Destination, forbid_unknown_fields=True, kw_only=True):
    """A destination that was saved."""

    secret: Annotated[str | None, Meta(description="The secret that the server made, this once; null: it made none")]


class DestinationPage(Struct, forbid_unknown_fields=True):
    """A page of the caller's destinations, the oldest first."""

    destinations: list[Destination]
    count: Count
    total: Total
    next_cursor: NextCursor


# -- what was triggered ---------------------------------------------------------------------------


class AlertQuery(AlertRequest, frozen=True, kw_only=True):
    """Which alerts to list. Here the cursor is opaque, as in every list over HTTP."""

    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class ExportQuery(AlertFilter, frozen=True, kw_only=True):
    """Which alerts to export."""


class Alert(Struct, forbid_unknown_fields=True, kw_only=True):
    """One alert of the caller's rules."""

    id: str
    rule_id: RowId
    rule_name: str
    hex: Annotated[str | None, Meta(description="ICAO address in upper case; null where it is not about one aircraft")]
    callsign: str | None
    message: Annotated[str, Meta(description="A sentence for people")]
    matched: Annotated[list[Any], Meta(description="What matched: {field, op, value, actual}, or the aircraft of a count")]
    aircraft: Annotated[dict[str, Any] | None, Meta(description="What was known of the aircraft then")]
    suppressed: Annotated[int, Meta(description="How many alerts were left out, because there were too many", ge=0)]
    notify: Annotated[bool, Meta(description="Whether open pages show a notification")]
    held_until: Annotated[Timestamp | None, Meta(description="When the quiet hours end in which it was made")]
    ended: Annotated[Timestamp | None, Meta(description="When the match ended; null: it goes on")]
    timestamp: Timestamp
    demo: Annotated[bool | UnsetType, Meta(description="true for simulated traffic; absent otherwise")] = UNSET


class AlertPage(Struct, forbid_unknown_fields=True):
    """A page of the caller's alerts, the newest first."""

    alerts: list[Alert]
    count: Count
    next_cursor: NextCursor
    timestamp: Timestamp
    demo: Demo = UNSET


class DeliveryQuery(DeliveryRequest, frozen=True, kw_only=True):
    """Which deliveries to list. Here the cursor is opaque, as in every list over HTTP."""

    cursor: Annotated[Cursor | None, Meta(description="`next_cursor` of the page before")] = None


class Delivery(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is sent of an alert to one destination, or was."""

    id: Annotated[str, Meta(description="The same in each try; a webhook gets it as webhook-id")]
    alert_id: Annotated[str | None, Meta(description="null for a summary of several")]
    destination_id: RowId
    kind: Kind
    title: str
    body: str
    state: DeliveryState
    attempts: Annotated[int, Meta(ge=0)]
    created: Timestamp
    next_try: Annotated[Timestamp | None, Meta(description="null: it is not tried any more")]
    sent: Timestamp | None
    given_up: Timestamp | None
    error: Annotated[str | None, Meta(description="Why the last try failed")]
    status: Annotated[int | None, Meta(description="Of HTTP, of the last try that failed")]
    summary_id: Annotated[str | None, Meta(description="The delivery that sums this one up")]


class DeliveryPage(Struct, forbid_unknown_fields=True):
    """A page of the caller's deliveries, the newest first."""

    deliveries: list[Delivery]
    count: Count
    next_cursor: NextCursor


class UserCounts(Struct, forbid_unknown_fields=True):
    """How much a user has of alerts, in numbers."""

    user_id: int
    user: str
    rules: Annotated[int, Meta(ge=0)]
    watchlists: Annotated[int, Meta(ge=0)]
    destinations: Annotated[int, Meta(ge=0)]
    alerts_last_day: Annotated[int, Meta(ge=0)]
    latest: Annotated[Timestamp | None, Meta(description="When the latest alert of the last day was")]


class AllCounts(Struct, forbid_unknown_fields=True):
    """The users who have rules, watchlists, destinations or alerts, by name."""

    users: list[UserCounts]
