"""Claims about settings: valid values, constraints between them, and how a change reaches every process."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from skyspy.permissions import ACCESS_LEVELS, FEATURES
from skyspy.store import Store, StoreError, audit
from skyspy.store.audit import Actor
from skyspy.store.registry import ROWS, parse, row_of, settings_from_rows, to_json, to_text
from skyspy.store.settings import SettingError, Settings, SettingsTable
from tests.conftest import StillClock

ANNA = Actor("user", "anna", "192.0.2.7")


def by_hand(store: Store, statement: str, **values: object) -> None:
    store.write(lambda c: c.execute(text(statement), values).rowcount)


class CountingStore:
    """A store that counts its reads, and fails them while `broken`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads = 0
        self.broken = False

    def read(self, fn: Any, *args: Any) -> Any:
        self.reads += 1
        if self.broken:
            raise StoreError("gone")
        return self._store.read(fn, *args)

    def write(self, fn: Any, *args: Any) -> Any:
        return self._store.write(fn, *args)


# What a setting takes


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda r: r.name)
def test_every_setting_has_a_valid_default_and_a_description(row: Any) -> None:
    assert parse(row, to_json(row.default)) == row.default
    assert parse(row, to_json(row.safe)) == row.safe
    assert row.description and row.group
    assert getattr(Settings(), row.name) == row.default


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda r: r.name)
def test_every_value_can_be_written_as_text_and_read_back(row: Any) -> None:
    assert parse(row, to_text(row.default)) == row.default


@pytest.mark.parametrize(
    ("name", "given_value", "taken"),
    [
        ("AUTH_MODE", " Private ", "private"),
        ("WS_REJECT_INVALID_TOKENS", "yes", True),
        ("WS_REJECT_INVALID_TOKENS", "0", False),
        ("JWT_ACCESS_SECONDS", "600", 600),
        ("BROADCAST_HZ", "2.5", 2.5),
        ("BROADCAST_HZ", 10, 10.0),
        (
            "CORS_ORIGINS",
            "https://A.example, http://b.example:8080 https://a.example:443/",
            ("https://a.example", "http://b.example:8080"),
        ),
        ("CORS_ORIGINS", ["https://[2001:db8::1]:9"], ("https://[2001:db8::1]:9",)),
        ("CORS_ORIGINS", "", ()),
        (
            "CORS_ORIGINS",
            "capacitor://localhost, Ionic://LocalHost/ tauri://localhost",
            ("capacitor://localhost", "ionic://localhost", "tauri://localhost"),
        ),
    ],
)
def test_values_are_taken_as_people_write_them(name: str, given_value: object, taken: object) -> None:
    assert parse(ROWS[name], given_value) == taken


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("AUTH_MODE", "open"),
        ("AUTH_MODE", None),
        ("AUTH_MODE", ["public"]),
        ("WS_REJECT_INVALID_TOKENS", "maybe"),
        ("WS_REJECT_INVALID_TOKENS", 1),
        ("JWT_ACCESS_SECONDS", "nan"),
        ("JWT_ACCESS_SECONDS", "inf"),
        ("JWT_ACCESS_SECONDS", "1e400"),
        ("JWT_ACCESS_SECONDS", 10**400),
        ("JWT_ACCESS_SECONDS", 5.5),
        ("JWT_ACCESS_SECONDS", True),
        ("JWT_ACCESS_SECONDS", "0"),
        ("BROADCAST_HZ", "11"),
        ("FEATURE_ACCESS", "audio"),
        ("FEATURE_ACCESS", "audio=everyone"),
        ("FEATURE_ACCESS", "sonar=public"),
        ("FEATURE_ACCESS", "alerts=public"),
        ("FEATURE_ACCESS", {"audio": ["public"]}),
        ("FEATURE_ACCESS", 7),
        ("CORS_ORIGINS", "*"),
        ("CORS_ORIGINS", "https://*.example.org"),
        ("CORS_ORIGINS", "https://*"),
        ("CORS_ORIGINS", "capacitor://*"),
        ("CORS_ORIGINS", "capacitor://"),
        ("CORS_ORIGINS", "file:///"),
        ("CORS_ORIGINS", "localhost"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("CORS_ORIGINS", "https://user@a.example"),
        ("CORS_ORIGINS", "ftp://a.example"),
        ("CORS_ORIGINS", "https://a.example:99999"),
        ("CORS_ORIGINS", [7]),
    ],
)
def test_what_does_not_fit_is_refused_with_one_line_that_names_the_setting(name: str, refused: object) -> None:
    with pytest.raises(SettingError) as caught:
        parse(ROWS[name], refused)
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


def test_a_setting_is_found_in_any_case_and_an_unknown_one_is_not() -> None:
    assert row_of("auth-mode") is ROWS["AUTH_MODE"]
    with pytest.raises(SettingError, match="no setting"):
        row_of("SONAR")


def test_a_feature_that_is_not_named_keeps_its_level() -> None:
    current = dict.fromkeys(FEATURES, "permission")
    assert parse(ROWS["FEATURE_ACCESS"], "audio=public", current) == {**current, "audio": "public"}


@given(st.dictionaries(st.sampled_from(FEATURES), st.sampled_from(ACCESS_LEVELS)))
def test_feature_access_always_names_every_feature(chosen: dict[str, str]) -> None:
    if chosen.get("alerts") == "public":
        chosen["alerts"] = "authenticated"
    assert set(parse(ROWS["FEATURE_ACCESS"], chosen)) == set(FEATURES)


# Invalid rows

ACCESS_GUARDS = {
    "AUTH_MODE": "private",
    "WS_REJECT_INVALID_TOKENS": True,
    "RECEIVER_LOCATION_PUBLIC": "hidden",
    "FEATURE_ACCESS": dict.fromkeys(FEATURES, "permission"),
    "ACARS_NAMESPACE": False,
}

KEEPS_ALL = {name: row.safe for name, row in ROWS.items() if row.group == "Retention" and row.safe != row.default}
"""A damaged row deletes nothing of the history."""


def test_a_damaged_limit_of_the_history_keeps_as_much_as_can_be_set() -> None:
    assert all(value in (0, ROWS[name].high) for name, value in KEEPS_ALL.items())
    assert {"SIGHTING_RETENTION_DAYS", "TRACK_RETENTION_DAYS", "HISTORY_MAX_MB"} <= KEEPS_ALL.keys()


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("damage", ["", "{", '"open"', "NaN", "null", "[[1]]", '{"audio": 1}', "1e999", '"' + "x" * 10000])
def test_a_damaged_row_reads_as_its_safe_value_and_is_reported(name: str, damage: str) -> None:
    if (ROWS[name].kind, damage) in {("text", '"open"'), ("degrees", "null")}:
        return  # No damage of these.
    settings = settings_from_rows({"AUTH_MODE": '"public"', name: damage}, 1)
    assert getattr(settings, name) == ACCESS_GUARDS.get(name, KEEPS_ALL.get(name, ROWS[name].default))
    assert len(settings.problems) == 1
    assert name in settings.problems[0]


def test_a_missing_auth_mode_reads_as_private() -> None:
    settings = settings_from_rows({}, 1)
    assert settings.AUTH_MODE == "private"
    assert "AUTH_MODE" in settings.problems[0]


WORDS = st.text('ab=,{}[]"\\\x00é', max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["public", "audio"]) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["audio", "alerts", "x"]), inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from([*ROWS, "UNHEARD_OF"]), st.none() | WORDS | JSON.map(json.dumps), max_size=6))
def test_settings_are_built_from_any_content_of_the_table(rows: dict[str, str | None]) -> None:
    settings = settings_from_rows(rows, 3)
    assert settings.version == 3
    assert settings.AUTH_MODE in ("public", "hybrid", "private")
    assert set(settings.FEATURE_ACCESS) == set(FEATURES)


def test_rows_that_do_not_fit_together_fall_back_to_their_defaults() -> None:
    settings = settings_from_rows({"AUTH_MODE": None, "JWT_ACCESS_SECONDS": "3600", "JWT_REFRESH_SECONDS": "60"}, 1)
    assert ROWS["JWT_REFRESH_SECONDS"].default == settings.JWT_REFRESH_SECONDS
    assert "JWT_ACCESS_SECONDS" in settings.problems[0]


# The table


def test_an_empty_table_gives_the_defaults(store: Store) -> None:
    settings = SettingsTable(store).current
    assert settings.AUTH_MODE == "hybrid"
    assert settings.problems == ()


def test_the_environment_gives_only_the_first_value(store: Store) -> None:
    assert SettingsTable(store, {"AUTH_MODE": "public"}).current.AUTH_MODE == "public"
    table = SettingsTable(store, {"AUTH_MODE": "private"})
    assert table.current.AUTH_MODE == "public"
    table.change({"AUTH_MODE": None}, ANNA)
    assert SettingsTable(store, {"AUTH_MODE": "private"}).current.AUTH_MODE == "hybrid"


@pytest.mark.parametrize("first", [{"AUTH_MODE": "open"}, {"JWT_ACCESS_SECONDS": "3600", "JWT_REFRESH_SECONDS": "60"}])
def test_a_mistake_in_the_environment_stops_the_start_with_one_line(sqlite_store: Store, first: dict[str, str]) -> None:
    with pytest.raises(StoreError, match="in the environment") as caught:
        SettingsTable(sqlite_store, first)
    assert "\n" not in str(caught.value)


def test_a_change_is_in_force_at_once_and_raises_the_version(store: Store) -> None:
    table = SettingsTable(store)
    before = table.current.version
    assert table.change({"AUTH_MODE": "private"}, ANNA).AUTH_MODE == "private"
    assert table.current.AUTH_MODE == "private"
    assert table.current.version == before + 1


def test_a_change_writes_exactly_one_audit_row_with_who_and_what(store: Store) -> None:
    table = SettingsTable(store)
    table.change({"AUTH_MODE": "private"}, ANNA)
    (row,) = store.read(audit.page)
    assert (row.actor, row.address, row.action, row.object) == ("anna", "192.0.2.7", "setting.set", "AUTH_MODE")
    assert (row.before, row.after) == ({"value": "hybrid"}, {"value": "private"})


def test_a_refused_change_changes_nothing(store: Store) -> None:
    table = SettingsTable(store)
    before = table.current
    with pytest.raises(SettingError):
        table.change({"AUTH_MODE": "private", "JWT_REFRESH_SECONDS": 60}, ANNA)
    assert table.fresh(0) == before
    assert store.read(audit.page) == []


def test_two_settings_that_only_fit_together_can_be_changed_together(store: Store) -> None:
    table = SettingsTable(store)
    made = table.change({"JWT_ACCESS_SECONDS": 60, "JWT_REFRESH_SECONDS": 60}, ANNA)
    assert (made.JWT_ACCESS_SECONDS, made.JWT_REFRESH_SECONDS) == (60, 60)
    assert len(store.read(audit.page)) == 2


def test_two_writers_at_once_cannot_make_settings_that_do_not_fit(store: Store) -> None:
    table = SettingsTable(store)
    table.change({"JWT_ACCESS_SECONDS": 100, "JWT_REFRESH_SECONDS": 1000}, ANNA)
    errors: list[Exception] = []

    def change(name: str, value: int) -> None:
        try:
            SettingsTable(store).change({name: value}, ANNA)
        except SettingError as error:
            errors.append(error)

    threads = [threading.Thread(target=change, args=pair) for pair in (("JWT_ACCESS_SECONDS", 900), ("JWT_REFRESH_SECONDS", 200))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1
    assert table.fresh(0).problems == ()


def test_another_process_sees_the_change_at_its_next_fresh_read(store: Store, clock: StillClock) -> None:
    here, there = SettingsTable(store, clock=clock), SettingsTable(store, clock=clock)
    here.change({"AUTH_MODE": "private"}, ANNA)
    assert there.current.AUTH_MODE == "hybrid"
    assert there.fresh().AUTH_MODE == "hybrid"
    clock.pass_by(0.3)
    assert there.fresh().AUTH_MODE == "private"
    assert there.current.AUTH_MODE == "private"


class Overtaken(CountingStore):
    """A store in which something happens between a read and its answer."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.meanwhile: Callable[[], object] = lambda: None

    def read(self, fn: Any, *args: Any) -> Any:
        found, meanwhile = super().read(fn, *args), self.meanwhile
        self.meanwhile = lambda: None
        meanwhile()
        return found


def test_a_read_that_was_overtaken_by_a_change_does_not_bring_the_old_settings_back(store: Store, clock: StillClock) -> None:
    overtaken = Overtaken(store)
    table = SettingsTable(overtaken, clock=clock)  # type: ignore[arg-type]
    overtaken.meanwhile = lambda: table.change({"AUTH_MODE": "private"}, ANNA)
    clock.pass_by(1)
    assert table.fresh().AUTH_MODE == "private"
    assert table.current.AUTH_MODE == "private"


def test_asking_again_at_once_costs_no_query(sqlite_store: Store, clock: StillClock) -> None:
    counting = CountingStore(sqlite_store)
    table = SettingsTable(counting, clock=clock)  # type: ignore[arg-type]
    clock.pass_by(1)
    before = counting.reads
    for _ in range(100):
        table.fresh()
    assert counting.reads == before + 1


def test_settings_that_cannot_be_read_raise(sqlite_store: Store, clock: StillClock) -> None:
    counting = CountingStore(sqlite_store)
    table = SettingsTable(counting, clock=clock)  # type: ignore[arg-type]
    counting.broken = True
    clock.pass_by(1)
    for _ in range(2):
        with pytest.raises(StoreError):
            table.fresh()
        clock.pass_by(0.01)
    counting.broken = False
    assert table.fresh().AUTH_MODE == "hybrid"


def test_a_row_changed_by_hand_is_in_force_and_raises_the_version(store: Store, clock: StillClock) -> None:
    table = SettingsTable(store, clock=clock)
    before = table.current.version
    by_hand(store, "UPDATE settings SET value = :v WHERE name = 'AUTH_MODE'", v='"public"')
    clock.pass_by(1)
    assert table.fresh().AUTH_MODE == "public"
    assert table.current.version == before + 1


def test_a_database_that_went_back_is_followed_and_changes_of_it_too(store: Store, clock: StillClock) -> None:
    table = SettingsTable(store, clock=clock)
    for mode in ("private", "public", "private", "public"):
        table.change({"AUTH_MODE": mode}, ANNA)
    before = table.current.version
    # A backup from before is restored while the server runs.
    by_hand(store, "UPDATE settings SET value = :v WHERE name = 'AUTH_MODE'", v='"private"')
    by_hand(store, "UPDATE state SET version = 2")
    other = SettingsTable(store, clock=clock)
    other.change({"REQUESTS_PER_MINUTE": 77}, ANNA)
    clock.pass_by(1.0)
    assert (table.fresh().AUTH_MODE, table.fresh().REQUESTS_PER_MINUTE) == ("private", 77)
    assert table.current.version > before
    clock.pass_by(1.0)
    assert other.fresh().version == table.current.version


@pytest.mark.parametrize("statement", ["UPDATE settings SET value = 'garbage' WHERE name = 'AUTH_MODE'", "DELETE FROM settings"])
def test_an_auth_mode_damaged_by_hand_is_private_until_it_is_set(store: Store, clock: StillClock, statement: str) -> None:
    table = SettingsTable(store, clock=clock)
    table.change({"AUTH_MODE": "public"}, ANNA)
    by_hand(store, statement)
    clock.pass_by(1)
    assert table.fresh().AUTH_MODE == "private"
    assert any("AUTH_MODE" in problem for problem in table.current.problems)
    assert table.change({"AUTH_MODE": "hybrid"}, ANNA).AUTH_MODE == "hybrid"
    assert table.current.problems == ()


def test_the_form_shows_who_chose_a_value_and_what_is_default(store: Store, clock: StillClock) -> None:
    table = SettingsTable(store, {"MAX_RANGE_NM": "200"}, clock)
    table.change({"AUTH_MODE": "public"}, ANNA)
    shown = {setting.row.name: setting for setting in table.rows()}
    assert list(shown) == list(ROWS)
    assert (shown["AUTH_MODE"].changed_by, shown["AUTH_MODE"].changed_at) == ("anna", clock.wall())
    assert shown["MAX_RANGE_NM"].changed_by == "environment"
    assert (shown["BROADCAST_HZ"].changed_by, shown["BROADCAST_HZ"].is_default) == (None, True)


def test_a_stored_wildcard_of_before_shuts_out_no_other_origin() -> None:
    rows = {"AUTH_MODE": '"hybrid"', "CORS_ORIGINS": '["https://*.example.org", "https://map.example"]'}
    settings = settings_from_rows(rows, 1)
    assert settings.CORS_ORIGINS == ("https://map.example",)
    [problem] = settings.problems
    assert "has a wildcard, which matches nothing here" in problem and problem.endswith("https://map.example is in force instead")
