"""Application: the types of `request` about a user's own alert rules, watchlists and alerts, beside what flows through the stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from skyspy.clock import iso
from skyspy.server import Server
from skyspy.services import alert_log, alert_payloads, alert_preview, alert_rules, watchlists
from skyspy.services.alert_filters import AlertRequest
from skyspy.services.alert_owner import EDIT, MAX_PAGE, VIEW
from skyspy.services.caller import Caller
from skyspy.services.history_requests import answering
from skyspy.sky.listing import BYTES_PER_COST
from skyspy.sky.streams import Costly, Request, RequestError
from skyspy.sky.streams.base import Params

ALERT_BYTES, RULE_BYTES, WATCHLIST_BYTES = 1200, 1500, 200
"""The sizes of one alert, one rule and one watchlist as JSON."""
PREVIEW_COST = 10.0
"""What a preview costs beside its event, in events: it looks at all aircraft, and at the visits of a week."""

Query = TypeVar("Query", bound=Struct)
RowId = Annotated[str, Meta(min_length=1, max_length=20)]


class PageParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page of a list."""

    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE)] = 100
    cursor: Annotated[str, Meta(max_length=128)] | None = None


class RuleParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule."""

    rule: dict[str, Any]


class ChangeParams(RuleParams, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a stored rule is from now on."""

    id: RowId
    version: int | None = None


class IdParams(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stored rule."""

    id: RowId


def rows(server: Server) -> tuple[Request, ...]:
    """The rows for this server's skies. Each reads a database, so that it yields: `large`."""
    answers: dict[str, tuple[str, Callable[[Server, Caller, Params], object]]] = {
        "alert-rules": (VIEW, _rules),
        "alert-rule-create": (EDIT, _create),
        "alert-rule-update": (EDIT, _update),
        "alert-rule-delete": (EDIT, _delete),
        "alerts": (VIEW, _alerts),
        "alert-preview": (EDIT, _preview),
        "watchlists": (VIEW, _watchlists),
    }
    return tuple(Request(name, permission, answering(server, made), large=True) for name, (permission, made) in answers.items())


def _rules(server: Server, caller: Caller, params: Params) -> object:
    query = _query(params, PageParams)
    found = alert_rules.page(server, caller, query.cursor, query.limit)
    listed = [alert_payloads.rule(view) for view in found.rules]
    return _listed(server, "rules", listed, found.total, found.next_cursor, RULE_BYTES)


def _create(server: Server, caller: Caller, params: Params) -> object:
    return alert_payloads.rule(alert_rules.create(server, caller, _query(params, RuleParams).rule))


def _update(server: Server, caller: Caller, params: Params) -> object:
    query = _query(params, ChangeParams)
    return alert_payloads.rule(alert_rules.update(server, caller, query.id, query.rule, query.version))


def _delete(server: Server, caller: Caller, params: Params) -> object:
    rule_id = _query(params, IdParams).id
    alert_rules.delete(server, caller, rule_id)
    return {"id": rule_id, "deleted": True}


def _alerts(server: Server, caller: Caller, params: Params) -> object:
    found = alert_log.page(server, caller, _query(params, AlertRequest))
    answer = alert_log.page_payload(server, found, found.next_cursor)
    return Costly(answer, len(found.alerts) * ALERT_BYTES / BYTES_PER_COST)


def _preview(server: Server, caller: Caller, params: Params) -> object:
    found = alert_preview.preview(server, caller, _query(params, RuleParams).rule)
    return Costly(alert_payloads.preview(found), PREVIEW_COST)


def _watchlists(server: Server, caller: Caller, params: Params) -> object:
    query = _query(params, PageParams)
    found = watchlists.page(server, caller, query.cursor, query.limit)
    listed = [alert_payloads.watchlist(view) for view in found.watchlists]
    return _listed(server, "watchlists", listed, found.total, found.next_cursor, WATCHLIST_BYTES)


def _listed(
    server: Server, name: str, items: list[dict[str, Any]], total: int, next_cursor: str | None, bytes_each: int
) -> object:
    answer = alert_payloads.listed(name, items, total, next_cursor) | {"timestamp": iso(server.clock.wall())}
    return Costly(answer, len(items) * bytes_each / BYTES_PER_COST)


def _query(params: Mapping[str, Any], model: type[Query]) -> Query:
    try:
        return msgspec.convert(params, model)
    except msgspec.ValidationError as error:
        raise RequestError("bad_payload", str(error)) from None
