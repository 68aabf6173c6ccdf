"""Claims about reading visits: order, pages, every filter, and what the database looks at for them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from skyspy.store.history import visit_queries
from skyspy.store.history.visit_queries import DAY_S, Key, Seen, VisitSearch, step
from tests.support.history import Stores
from tests.support.visits import AT, a_visit, write_visits


def write(stores: Stores, *rows: dict[str, Any]) -> None:
    stores.history.commit_now(write_visits, *rows)


def found(stores: Stores, limit: int = 100, **filters: Any) -> list[str]:
    """The hexes of the visits that match, in order, read in as many steps as it takes."""
    listed: list[str] = []
    key: Key | None = None
    while True:
        visits, key = stores.history.read(step, VisitSearch(**filters), limit, key)
        listed += [visit.hex for visit in visits]
        if key is None:
            return listed


def test_a_visit_is_read_as_it_was_written(stores: Stores) -> None:
    row = a_visit(emergency="general", closest_nm=None)
    write(stores, row)
    (visit,), following = stores.history.read(step, VisitSearch(), 2, None)
    assert following is None
    assert {name: getattr(visit, name) for name in row if name != "fence"} == {k: v for k, v in row.items() if k != "fence"}
    assert visit.first_ever
    assert stores.history.read(visit_queries.one, "4B1805", int(AT)) == visit
    assert stores.history.read(visit_queries.one, "4B1805", int(AT) + 1) is None


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
@pytest.mark.parametrize("examined", [1, 2, 100])
def test_pages_hold_every_visit_once_the_newest_beginning_first(
    stores: Stores, limit: int, examined: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit_queries, "EXAMINED", examined)
    # Three of them began in the same moment.
    begins = {"4B0001": 5, "4B0002": 3, "4B0003": 3, "4B0004": 3, "4B0005": 1}
    write(stores, *(a_visit(hex=hex_, first=AT + after) for hex_, after in begins.items()))
    assert found(stores, limit) == found(stores, limit, r="hb-iju") == ["4B0001", "4B0004", "4B0003", "4B0002", "4B0005"]


def test_a_visit_that_goes_on_while_a_client_pages_is_not_missed(stores: Stores) -> None:
    write(stores, a_visit(hex="4B0001", first=AT), a_visit(hex="4B0002", first=AT + 5))
    _, key = stores.history.read(step, VisitSearch(), 1, None)
    stores.history.commit_now(lambda c: c.execute(text("UPDATE visit SET last = last + 3600 WHERE hex = '4B0001'")))
    assert [visit.hex for visit in stores.history.read(step, VisitSearch(), 1, key)[0]] == ["4B0001"]


OTHER = a_visit(
    hex="AE1234", first=AT - 3600, flight="RCH1", callsigns=["RCH1", "RCH_2"], squawks=["1000", "7700"],
    receivers=['a "b" 50%', "Dach Süd"], sources=["mlat", "mode_s"], r="08-8193", t="C17", own_op="100% Air_Force", country="Neverland",
    military=True, emergency="general", demo=False, closest_nm=40.0, alt_min=500, alt_max=2000,
)  # fmt: skip
UNKNOWN = a_visit(
    hex="3C0000", first=AT - 7200, flight=None, callsigns=[], squawks=[], receivers=[], sources=[], r=None, t=None, own_op=None,
    country=None, closest_nm=None, alt_min=None, alt_max=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "hexes"),
    [
        ({"hex": "AE1234"}, ["AE1234"]),
        ({"since": AT - 3000.5}, ["4B1805", "AE1234"]),
        ({"since": AT - 2999.5}, ["4B1805"]),
        ({"until": AT}, ["AE1234", "3C0000"]),
        ({"since": AT - 3100, "until": AT - 3050}, ["AE1234"]),
        ({"flight": "rch1"}, ["AE1234"]),
        ({"flight": "RCH_2"}, ["AE1234"]),
        ({"flight": "rch_2"}, ["AE1234"]),
        ({"flight": "swr12"}, ["4B1805"]),
        ({"flight": "CH1"}, []),
        ({"flight": "RCH%"}, []),
        ({"flight": "rch", "flight_begins": True}, ["AE1234"]),
        ({"flight": "CH", "flight_begins": True}, []),
        ({"flight": "", "flight_begins": True}, ["4B1805", "AE1234"]),
        ({"r": "hb-iju"}, ["4B1805"]),
        ({"t": "c17"}, ["AE1234"]),
        ({"operator": "swiss"}, ["4B1805"]),
        ({"operator": "0% air_f"}, ["AE1234"]),
        ({"operator": "0%f"}, []),
        ({"country": "neverland"}, ["AE1234"]),
        ({"squawk": "7700"}, ["AE1234"]),
        ({"squawk": "1000"}, ["4B1805", "AE1234"]),
        ({"receiver": 'A "B" 50%'}, ["AE1234"]),
        ({"receiver": "Dach Süd"}, ["AE1234"]),
        ({"receiver": "Dach"}, []),
        ({"source": "mlat"}, ["AE1234"]),
        ({"source": "mode"}, []),
        ({"military": True}, ["AE1234"]),
        ({"military": False}, ["4B1805", "3C0000"]),
        ({"emergency": True}, ["AE1234"]),
        ({"emergency": False}, ["4B1805", "3C0000"]),
        ({"min_altitude": 36000}, ["4B1805"]),
        ({"max_altitude": 2999}, ["AE1234"]),
        ({"min_altitude": 2000, "max_altitude": 3000}, ["4B1805", "AE1234"]),
        ({"closest_within_nm": 5}, ["4B1805"]),
        ({"demo": True}, []),
        ({"military": True, "t": "A320"}, []),
    ],
)
def test_a_filter_finds_what_it_names_and_nothing_unknown(stores: Stores, filters: dict[str, Any], hexes: list[str]) -> None:
    write(stores, a_visit(), OTHER, UNKNOWN)
    assert found(stores, **filters) == hexes


HOSTILE = ("' OR 1=1 --", '"; DROP TABLE visit; --', "%", "_", "\\", "/", '"]', "%s", ":p", "{x}", "*")


@pytest.mark.parametrize("name", ["hex", "flight", "r", "t", "operator", "country", "squawk", "receiver", "source"])
def test_a_text_of_a_search_is_nothing_but_text(stores: Stores, name: str) -> None:
    write(stores, a_visit())
    assert [found(stores, **{name: hostile}) for hostile in HOSTILE] == [[]] * len(HOSTILE)
    column = {"flight": "callsigns", "operator": "own_op", "squawk": "squawks", "receiver": "receivers", "source": "sources"}.get(
        name, name
    )
    if name not in ("hex", "t", "r"):
        stored = a_visit(hex="4B0002", **{column: ["A1", HOSTILE[1]] if column.endswith("s") else HOSTILE[1]})
        write(stores, stored)
        assert found(stores, **{name: HOSTILE[1]}) == ["4B0002"]


def test_the_first_visit_ever_stays_so_when_others_are_deleted_and_demo_is_none(stores: Stores) -> None:
    write(stores, a_visit(), a_visit(first=AT + DAY_S, r="later"), a_visit(hex="4B0002", first=AT + 9, demo=True))
    read = lambda **filters: [v.first for v in stores.history.read(step, VisitSearch(**filters), 9, None)[0]]  # noqa: E731
    assert read(first_ever=True) == [AT]
    assert read(first_ever=False) == [AT + DAY_S]
    assert [v.first_ever for v in stores.history.read(step, VisitSearch(), 9, None)[0]] == [False, False, True]
    stores.history.commit_now(lambda c: c.execute(text("DELETE FROM visit WHERE r = 'HB-IJU' AND demo IS FALSE")))
    assert read(first_ever=True) == []


def test_not_seen_for_days_counts_from_the_end_of_the_visit_before_and_needs_one(stores: Stores) -> None:
    write(
        stores,
        a_visit(first=AT),
        a_visit(first=AT + 600 + 3 * DAY_S),
        a_visit(first=AT + 600 + 4 * DAY_S, demo=True),
        a_visit(first=AT + 1200 + 8 * DAY_S),
    )
    begun = {days: len(found(stores, absent_days=days)) for days in (1, 3, 4, 5, 6)}
    assert begun == {1: 2, 3: 2, 4: 1, 5: 1, 6: 0}


def test_the_latest_visit_and_the_record_of_each_aircraft_are_found(stores: Stores) -> None:
    write(stores, a_visit(), a_visit(first=AT + 900, r="new"), a_visit(hex="4B0002", first=AT + 9, demo=True), OTHER)
    hexes = ["4B1805", "4B0002", "AE1234", "ABCDEF"]

    def latest(*, demo: bool) -> dict[str, str | None]:
        return {visit.hex: visit.r for visit in stores.history.read(visit_queries.latest, hexes, demo=demo)}

    assert latest(demo=False) == {"4B1805": "new", "AE1234": "08-8193"}
    assert latest(demo=True) == {**latest(demo=False), "4B0002": "HB-IJU"}
    seen = {one.hex: one for one in stores.history.read(visit_queries.seen, hexes)}
    assert {hex_: one.visits for hex_, one in seen.items()} == {"4B1805": 2, "AE1234": 1}
    kept = {one.hex: one for one in stores.history.read(visit_queries.kept, hexes)}
    assert kept == {**seen, "4B0002": Seen("4B0002", AT + 9, AT + 609, 1)}
    assert [visit.r for visit in stores.history.read(visit_queries.of_aircraft, "4B1805", 1, demo=False)] == ["new"]
    assert stores.history.read(visit_queries.of_aircraft, "4B0002", 1, demo=False) == []


PLANNED = {
    "default": {},
    "hex": {"hex": "4B0007"},
    "flight": {"flight": "SWR7"},
    "range": {"since": AT + 3000, "until": AT + 6000},
    "absent": {"absent_days": 3},
}


@pytest.mark.parametrize("name", PLANNED)
def test_a_step_reads_the_table_of_visits_by_an_index(stores: Stores, name: str) -> None:
    write(stores, *(a_visit(hex=f"4B{n:04}", first=AT + 10 * n, flight=f"SWR{n}") for n in range(1000)))
    plans = stores.history.commit_now(plans_of, VisitSearch(**PLANNED[name]))
    assert plans
    for plan in plans:
        assert "ix_visit" in plan or "uq_visit" in plan, plan
        assert "Seq Scan on visit" not in plan
        assert "SCAN visit\n" not in plan + "\n"
        if name == "flight":
            assert "ix_visit_flight" in plan
            assert "ix_visit_more_callsigns" in plan


def plans_of(connection: Connection, search: VisitSearch) -> list[str]:
    """How the database runs each statement of a step, after it has counted what the table holds."""
    statements: list[tuple[str, Any]] = []
    for table in ("visit", "aircraft_seen"):
        connection.exec_driver_sql(f"ANALYZE {table}")
    if connection.dialect.name == "postgresql":
        # A table as small as a test's is read whole otherwise.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    event.listen(connection, "before_cursor_execute", lambda _c, _u, sql, values, *_: statements.append((sql, values)))
    step(connection, search, 100, Key(AT + 9000, 900))
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    asked, statements = statements, []
    return ["\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + sql, values)) for sql, values in asked]
