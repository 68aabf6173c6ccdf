"""Claims about the size of the history and deleting by hand: the command line, the service, the Health page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from skyspy.auth.principal import Principal
from skyspy.clock import Clock
from skyspy.config import history_url_of
from skyspy.metrics import Sample
from skyspy.server import Server
from skyspy.services import Caller, Refused, health, history_size
from skyspy.services.history_size import Pruning
from skyspy.store import Store, audit
from skyspy.store.history import HistoryStore
from skyspy.store.history.kinds import DAY_S
from skyspy.store.history.room import DiskGuard
from skyspy.store.history.sizes import record_size
from tests.support.history_rows import add_hours, add_minutes, add_tracks, add_visit, times
from tests.support.shell import Shell

ADMIN = Caller(Principal("user", user_id=1, name="ann", role="admin", permissions=frozenset({"settings.manage"})))
NOBODY = Caller(Principal("user", user_id=2, name="bob", role="viewer", permissions=frozenset()))


@contextmanager
def history_of(shell: Shell) -> Iterator[HistoryStore]:
    main = Store(shell.url)
    history = HistoryStore(history_url_of(shell.url), main, Clock())
    history.upgrade()
    try:
        yield history
    finally:
        history.close()
        main.close()


@pytest.fixture
def filled(shell: Shell) -> Shell:
    """A history with tracks, minutes and visits of now, 10, 20 and 40 days ago."""
    with history_of(shell) as history:
        now = Clock().wall()
        history.commit_now(add_hours, [int(now // 3600)])
        for age in (0, 10, 20, 40):
            visit = history.commit_now(add_visit, now - age * DAY_S)
            history.commit_now(add_tracks, [int(now // 600) - age * 144], visit)
            history.commit_now(add_minutes, [int(now // 60) - age * 1440])
        history.commit_now(record_size, int(now // DAY_S) - 2, 1_000)
    return shell


def left(shell: Shell) -> dict[str, int]:
    with history_of(shell) as history:
        return {name: len(times(history, name)) for name in ("segments", "minutes", "visits")}


# The command line


def test_stats_show_each_table_the_growth_and_the_limit(filled: Shell) -> None:
    lines = filled.good("history", "stats").splitlines()
    assert lines[0].split() == ["TABLE", "ROWS", "OLDEST", "NEWEST", "SIZE", "KEPT", "FOR"]
    rows = {line.split()[0]: line.split() for line in lines[1:]}
    assert (rows["segment"][1], rows["segment"][-2:]) == ("4", ["14", "d"])
    assert (rows["visit"][1], rows["visit"][-2:]) == ("4", ["30", "d"])
    assert rows["aircraft_seen"][-1] == "-"
    text = "\n".join(lines)
    assert "MB in use of at most 4000.0 MB" in text
    assert "MB a day over the last week; HISTORY_MAX_MB is reached in" in text
    assert "free on the disk:" in text
    assert "--compact" not in text, "a file of this version gives space back"


def test_prune_deletes_what_the_settings_say_and_a_dry_run_only_counts(filled: Shell) -> None:
    said = filled.good("history", "prune", "--dry-run").splitlines()
    assert [line for line in said if " would be " in line and ": 0 " not in line] == [
        "chunks: 2 would be deleted",
        "segments: 2 would be deleted",
        "minutes: 1 would be deleted",
        "visits: 1 would be deleted",
    ]
    assert left(filled) == {"segments": 4, "minutes": 4, "visits": 4}
    assert "history.prune" not in filled.good("audit")
    done = filled.good("history", "prune").splitlines()
    assert done[:2] == ["chunks: 2 deleted", "segments: 2 deleted"]
    assert left(filled) == {"segments": 2, "minutes": 3, "visits": 3}
    log = filled.good("audit", "--action", "history.prune").splitlines()
    assert len(log) == 2
    assert '"segments":2' in log[1]


def test_prune_by_age_takes_all_kinds_or_the_named_ones_and_leaves_days(filled: Shell) -> None:
    filled.good("history", "prune", "--older-than", "5d", "--kind", "minutes")
    assert left(filled) == {"segments": 4, "minutes": 1, "visits": 4}
    filled.good("history", "prune", "--older-than", "15d")
    assert left(filled) == {"segments": 2, "minutes": 1, "visits": 2}
    with history_of(filled) as history:
        assert len(times(history, "sizes")) == 1
    filled.good("history", "prune", "--older-than", "1d", "--kind", "days")
    with history_of(filled) as history:
        assert times(history, "sizes") == []


def test_pruning_sightings_takes_their_tracks_too(filled: Shell) -> None:
    filled.good("history", "prune", "--older-than", "15d", "--kind", "sightings")
    assert left(filled) == {"segments": 2, "minutes": 4, "visits": 2}


def test_compacting_makes_the_file_small(filled: Shell, tmp_path: Path) -> None:
    with history_of(filled) as history:
        history.commit_now(add_tracks, range(1, 60), size=50_000)
    file = tmp_path / "instance" / "history.sqlite3"
    before = file.stat().st_size
    assert "given back to the disk: " in filled.good("history", "prune", "--compact")
    assert file.stat().st_size < before / 4


def test_what_is_no_age_or_kind_is_one_line(shell: Shell) -> None:
    assert "'soon' is not a time" in shell.bad("history", "prune", "--older-than", "soon")
    assert "cats" in shell.bad("history", "prune", "--kind", "cats")


# The service


def test_only_who_manages_settings_sees_sizes_or_prunes(server: Server) -> None:
    with pytest.raises(Refused, match=r"settings\.manage"):
        history_size.report(server, NOBODY, server.history)
    with pytest.raises(Refused, match=r"settings\.manage"):
        history_size.prune(server, NOBODY, server.history, Pruning())


def test_the_report_has_sizes_growth_and_days_left(server: Server) -> None:
    today = int(server.clock.wall() // DAY_S)
    used = history_size.report(server, ADMIN, server.history).used
    server.history.commit_now(record_size, today - 2, used - 20_000_000)
    server.history.commit_now(record_size, today - 30, 1)
    found = history_size.report(server, ADMIN, server.history)
    assert found.grows_a_day == 10_000_000
    assert found.days_left == pytest.approx((4_000_000_000 - used) / 10_000_000)
    assert [day for day, _ in found.days] == [today - 30, today - 2, today]
    server.settings.change({"HISTORY_MAX_MB": "0"}, audit.Actor("cli", "test"))
    unlimited = history_size.report(server, ADMIN, server.history)
    assert (unlimited.limit, unlimited.days_left) == (None, None)


def test_a_kind_that_is_none_is_refused(server: Server) -> None:
    with pytest.raises(Refused, match="There is no kind 'cats': write one of tracks"):
        history_size.prune(server, ADMIN, server.history, Pruning(groups=("cats",)))


# Health


def problems(server: Server) -> str:
    return " ".join(health.report(server, ADMIN).problems)


def metric(server: Server, name: str) -> float:
    found = health.metrics(server, ADMIN.principal)
    return {sample.metric: sample for sample in found}.get(name, Sample(name, (), -1.0)).value


def test_health_shows_the_history_and_what_was_deleted(server: Server) -> None:
    server.history.commit_now(add_minutes, [1, 2, 3])
    server.history.commit_now(add_hours, [9])
    server.pruners["live"].round()
    shown = {line.title: line.values[0].value for line in health.report(server, ADMIN).part("history_size").lines}
    assert (shown["Paused for want of room"], shown["Deleted minutes"]) == ("no", 3)
    assert shown["Gives freed space back to the disk"] == "yes"
    assert metric(server, "skyspy_history_up") == 1
    assert metric(server, "skyspy_history_paused") == 0
    assert metric(server, "skyspy_history_bytes") > 0
    assert "istory" not in problems(server)


def test_health_says_that_the_history_is_paused_and_what_to_do(server: Server) -> None:
    free = [10**8]
    server.history.condition.room = DiskGuard(Path("/"), lambda _: (free[0], 10**12))
    server.history.round()
    assert "history is paused: its disk has 100 MB free" in problems(server)
    assert "free space on it" in problems(server)
    assert (metric(server, "skyspy_history_paused"), metric(server, "skyspy_history_up")) == (1, 0)
    free[0] = 10**9
    server.history.round()
    assert metric(server, "skyspy_history_paused") == 0


def test_health_says_that_the_last_day_alone_is_larger_than_the_limit(server: Server) -> None:
    server.pruners["live"].round()
    assert server.pruners["live"].sizes is not None
    server.pruners["live"].sizes = replace(server.pruners["live"].sizes, used=5_000_000_000)
    assert "The history has 5000 MB, more than HISTORY_MAX_MB (4000 MB)" in problems(server)


def test_nothing_is_deleted_by_the_settings_of_another_database(server: Server) -> None:
    server.history.commit_now(add_minutes, [1])
    server.settings.closed = "the database was lost"
    server.pruners["live"].round()
    assert times(server.history, "minutes") == [1]
