"""Claims about watchlists over HTTP."""

from __future__ import annotations

import msgspec
import pytest

from skyspy.api.alert_models import EntryPage, Imported, Watchlist, WatchlistPage
from tests.support.alert_site import LISTS, RULES, delete, made, rule, watched
from tests.support.api_client import error_of
from tests.support.world import World


@pytest.fixture
def ann(world: World) -> str:
    return world.key("ann", "operator")


def entries(world: World, list_id: str, token: str) -> list[tuple[str, str, bool, str]]:
    found = world.get(f"{LISTS}{list_id}/entries/?limit=500", token).json
    msgspec.convert(found, EntryPage)
    return [(one["kind"], one["value"], one["exclude"], one["note"]) for one in found["entries"]]


def test_a_list_is_made_renamed_filled_and_deleted(world: World, ann: str) -> None:
    first = {"kind": "registration", "value": "hb-iju", "note": "Neighbour"}
    found = made(world, LISTS, {"name": " Neighbours ", "entries": [first]}, ann)
    msgspec.convert(found, Watchlist)
    assert (found["name"], found["entries"]) == ("Neighbours", 1)
    one = f"{LISTS}{found['id']}/"
    more = {"entries": [{"kind": "hex", "value": "4b1800", "exclude": True}, {"kind": "registration", "value": "HBIJU"}]}
    assert world.post(f"{one}entries/", more, ann).json == {"added": 1, "known": 1, "errors": {}}
    assert entries(world, found["id"], ann) == [
        ("registration", "HBIJU", False, "Neighbour"),
        ("hex", "4B1800", True, ""),
    ]
    entry = world.get(f"{one}entries/", ann).json["entries"][0]["id"]
    assert delete(world, f"{one}entries/{entry}/", ann).status_code == 204
    assert delete(world, f"{one}entries/{entry}/", ann).status_code == 404
    assert world.post(one, {"name": "Others"}, ann).json["name"] == "Others"
    assert world.get(one, ann).json["entries"] == 1
    page = world.get(LISTS, ann).json
    msgspec.convert(page, WatchlistPage)
    assert [one["name"] for one in page["watchlists"]] == ["Others"]
    assert delete(world, one, ann).status_code == 204
    assert world.get(one, ann).status_code == 404


def test_every_bad_entry_is_named_and_none_is_added(world: World, ann: str) -> None:
    found = made(world, LISTS, {"name": "N"}, ann)["id"]
    bad = [{"kind": "hex", "value": "4B1800"}, {"kind": "hex", "value": "xyz"}, {"kind": "boat", "value": "HB-IJU"}]
    answer = world.post(f"{LISTS}{found}/entries/", {"entries": bad}, ann)
    assert error_of(answer) == (400, "invalid")
    assert set(answer.json["error"]["fields"]) == {"entries[1].value", "entries[2].kind"}
    assert entries(world, found, ann) == []
    for name in ("", "x" * 101, "a\nb"):
        assert world.post(LISTS, {"name": name}, ann).status_code == 400


def test_csv_adds_what_can_be_used_and_names_the_lines_that_cannot(world: World, ann: str) -> None:
    found = made(world, LISTS, {"name": "N"}, ann)["id"]
    text = "kind,value,note\nhex,4B1800,one\nhex,nonsense,\ntype,a320,\nhex,4b1800,twice\n"
    answer = world.post(f"{LISTS}{found}/import/", {"csv": text}, ann).json
    msgspec.convert(answer, Imported)
    assert (answer["added"], list(answer["errors"])) == (2, ["3"])
    assert world.post(f"{LISTS}{found}/import/", {"csv": text}, ann).json["known"] == 2
    assert world.post(f"{LISTS}{found}/import/", {"csv": "SWR12\n", "replace": True}, ann).json["added"] == 1
    assert entries(world, found, ann) == [("callsign", "SWR12", False, "")]


@pytest.mark.parametrize("text", ["", "kind,value\nhex,nonsense\n", "\n\n"])
def test_csv_without_one_good_line_changes_nothing(world: World, ann: str, text: str) -> None:
    found = made(world, LISTS, {"name": "N", "entries": [{"kind": "type", "value": "A320"}]}, ann)["id"]
    answer = world.post(f"{LISTS}{found}/import/", {"csv": text, "replace": True}, ann)
    assert answer.status_code == 400
    assert all(path.startswith("csv") for path in answer.json["error"]["fields"])
    assert len(entries(world, found, ann)) == 1


def test_a_list_that_a_rule_names_is_not_deleted(world: World, ann: str) -> None:
    found = made(world, LISTS, {"name": "N"}, ann)["id"]
    using = made(world, RULES, rule("Uses it", {"not": {"all": [watched(found)["all"][0]]}}), ann)["id"]
    answer = delete(world, f"{LISTS}{found}/", ann)
    assert answer.status_code == 409
    assert "Uses it" in answer.json["error"]["message"]
    assert delete(world, f"{RULES}{using}/", ann).status_code == 204
    assert delete(world, f"{LISTS}{found}/", ann).status_code == 204


def test_entries_are_listed_in_pages(world: World, ann: str) -> None:
    many = [{"kind": "hex", "value": f"{number + 0x4B1800:06X}"} for number in range(5)]
    found = made(world, LISTS, {"name": "N", "entries": many}, ann)["id"]
    first = world.get(f"{LISTS}{found}/entries/?limit=3", ann).json
    rest = world.get(f"{LISTS}{found}/entries/?limit=3&cursor={first['next_cursor']}", ann).json
    assert [one["value"] for one in first["entries"] + rest["entries"]] == [one["value"] for one in many]
    assert (first["total"], rest["next_cursor"]) == (5, None)
    too_many = [{"kind": "hex", "value": f"{number + 0x4B1800:06X}"} for number in range(501)]
    assert world.post(f"{LISTS}{found}/entries/", {"entries": too_many}, ann).status_code == 400
