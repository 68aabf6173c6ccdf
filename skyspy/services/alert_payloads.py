"""Application: alert rules, watchlists, destinations and deliveries as they are sent over HTTP and Socket.IO. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from skyspy.clock import iso
from skyspy.services.alert_destinations import DestinationView, Made, TestResult
from skyspy.services.alert_log import UserCounts
from skyspy.services.alert_preview import Preview
from skyspy.services.alert_rules import RuleView
from skyspy.services.watchlists import EntryView, Imported, WatchlistView
from skyspy.sky.audience import Payload
from skyspy.store.history.outbox import Delivery


def rule(view: RuleView) -> Payload:
    """A rule. `document` is as it may be sent again to change it."""
    return {
        "id": view.id,
        "name": view.name,
        "state": view.state,
        "version": view.version,
        "created": iso(view.created_at),
        "updated": iso(view.updated_at),
        "document": dict(view.document),
    }


def watchlist(view: WatchlistView) -> Payload:
    """A watchlist without its entries."""
    return {
        "id": view.id,
        "name": view.name,
        "entries": view.entries,
        "created": iso(view.created_at),
        "updated": iso(view.updated_at),
    }


def entry(view: EntryView) -> Payload:
    """An entry of a watchlist."""
    return {"id": view.id, "kind": view.kind, "value": view.value, "exclude": view.exclude, "note": view.note}


def imported(found: Imported) -> Payload:
    """What became of entries; the lines that were left out by their number."""
    return {
        "added": found.added,
        "known": found.known,
        "errors": {str(line): message for line, message in found.errors.items()},
    }


def destination(view: DestinationView) -> Payload:
    """A destination, with nothing that is secret."""
    return {
        "id": view.id,
        "name": view.name,
        "kind": view.kind,
        "settings": dict(view.shown),
        "works": view.works,
        "disabled": _time(view.disabled_at),
        "reason": view.disabled_reason or None,
        "has_secret": view.has_secret,
        "created": iso(view.created_at),
        "updated": iso(view.updated_at),
        "version": view.version,
    }


def made(found: Made) -> Payload:
    """A destination that was saved, with what the server made for it, this once."""
    return destination(found.view) | {"secret": found.secret}


def test_result(found: TestResult) -> Payload:
    """What became of a test."""
    return {
        "destination_id": found.destination_id,
        "name": found.name,
        "ok": found.ok,
        "status": found.status,
        "reason": found.reason,
    }


def preview(found: Preview) -> Payload:
    """What a rule would match."""
    return {
        "aircraft": found.aircraft,
        "hexes": found.hexes,
        "visits_last_week": found.visits_last_week,
        "visits_complete": found.visits_complete,
        "not_judged": found.not_judged,
    }


def delivery(found: Delivery) -> Payload:
    """A delivery. `next_try` is null for one that is not tried any more."""
    waits = found.state in ("pending", "held")
    return {
        "id": found.id,
        "alert_id": found.alert_id,
        "destination_id": str(found.destination_id),
        "kind": found.kind,
        "title": found.title,
        "body": found.body,
        "state": found.state,
        "attempts": found.attempts,
        "created": iso(found.created_at),
        "next_try": iso(found.next_try) if waits else None,
        "sent": _time(found.sent_at),
        "given_up": _time(found.dead_at),
        "error": found.last_error,
        "status": found.last_status,
        "summary_id": found.summary_id,
    }


def user_counts(found: UserCounts) -> Payload:
    """How much a user has."""
    return {
        "user_id": found.user_id,
        "user": found.user,
        "rules": found.rules,
        "watchlists": found.watchlists,
        "destinations": found.destinations,
        "alerts_last_day": found.alerts_last_day,
        "latest": _time(found.latest),
    }


def listed(name: str, items: Sequence[Payload], total: int, next_cursor: str | None) -> Payload:
    """A page of a list with the cursor of its interface."""
    return {name: list(items), "count": len(items), "total": total, "next_cursor": next_cursor}


def _time(at: float | None) -> str | None:
    return None if at is None else iso(at)
