"""Watchlists: entries, exclusions, import of tables, and who is on a list."""

from __future__ import annotations

import pytest

from skyspy.alerts import Entry, Kind, RuleError, Watchlist, parse_csv, parse_entry
from skyspy.alerts.watchlist import MAX_CSV, MAX_ENTRIES, MAX_ERRORS
from tests.support.alert_rounds import Rounds, condition, matches, rule, state


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("hex", "4b1815", "4B1815"), ("hex", " ~4b1815 ", "~4B1815"), ("registration", "hb-jca", "HBJCA"), ("registration", "N 123 AB", "N123AB"),
        ("callsign", "swr12", "SWR12"), ("type", "a320", "A320"),
    ],
)  # fmt: skip
def test_values_are_normalized(kind: str, value: str, normal: str) -> None:
    assert parse_entry({"kind": kind, "value": value}) == Entry(Kind(kind), normal)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (7, "entries[3]"), ({"kind": "tail", "value": "x"}, "entries[3].kind"), ({"kind": "hex", "value": "GGGGGG"}, "entries[3].value"),
        ({"kind": "hex"}, "entries[3].value"), ({"kind": "callsign", "value": "LONGCALLSIGN"}, "entries[3].value"), ({"kind": "type", "value": ""}, "entries[3].value"),
        ({"kind": "registration", "value": "--"}, "entries[3].value"), ({"kind": "hex", "value": "4B1815", "exclude": "yes"}, "entries[3].exclude"),
        ({"kind": "hex", "value": "4B1815", "note": "a\nb"}, "entries[3].note"), ({"kind": "hex", "value": "4B1815", "note": "x" * 201}, "entries[3].note"),
        ({"kind": "hex", "value": "4B1815", "color": 1}, "entries[3].color"), ({"kind": ["hex"], "value": "4B1815"}, "entries[3].kind"),
    ],
)  # fmt: skip
def test_an_error_of_an_entry_names_its_path(document: object, path: str) -> None:
    with pytest.raises(RuleError) as error:
        parse_entry(document, "entries[3]")
    assert list(error.value.fields) == [path]


def test_a_table_with_a_header_is_read_in_any_order_of_columns() -> None:
    entries, errors = parse_csv('note;value;kind;exclude\n"a; b";4b1815;hex;\n;HB-JCA;registration;yes\n')
    assert entries == (Entry(Kind.HEX, "4B1815", False, "a; b"), Entry(Kind.REGISTRATION, "HBJCA", True))
    assert errors == {}


def test_a_table_without_a_header_has_the_usual_columns() -> None:
    entries, errors = parse_csv("\ufeffhex,4B1815\r\n\r\n# a comment\r\ntype,A320,no,airliners\r\ncallsign,SWR1,x\r\n")
    assert entries == (
        Entry(Kind.HEX, "4B1815"),
        Entry(Kind.TYPE, "A320", False, "airliners"),
        Entry(Kind.CALLSIGN, "SWR1", True),
    )
    assert errors == {}


def test_the_kind_of_a_value_alone_follows_from_it() -> None:
    entries, errors = parse_csv("4b1815\nHB-JCA\nN123AB\nSWR12\n??\nvalue\n")
    assert [(one.kind, one.value) for one in entries] == [("hex", "4B1815"), ("registration", "HBJCA"), ("registration", "N123AB"), ("callsign", "SWR12"), ("callsign", "VALUE")]  # fmt: skip
    assert list(errors) == [5]


def test_each_wrong_line_is_named_and_the_others_are_taken() -> None:
    entries, errors = parse_csv(
        "kind\tvalue\texclude\nhex\tXYZ\t\nhex\t4B1815\tmaybe\ntail\t1\t\nhex\t4B1815\t\nhex\t4B1816\t\tmore\n"
    )
    assert [one.value for one in entries] == ["4B1815"]
    assert list(errors) == [2, 3, 4, 6]
    assert errors[2] == "Give six hexadecimal digits, such as 4B1815."


def test_twice_the_same_entry_is_one_and_limits_hold() -> None:
    assert len(parse_csv("4B1815\n4b1815\n")[0]) == 1
    assert len(parse_csv("?\n" * 1000)[1]) == MAX_ERRORS
    assert len(parse_csv("\n".join(f"{n:06X}" for n in range(1, MAX_ENTRIES + 1)))[0]) == MAX_ENTRIES
    for text in ("\n".join(f"{n:06X}" for n in range(1, MAX_ENTRIES + 2)), "x" * (MAX_CSV + 1)):
        with pytest.raises(RuleError) as error:
            parse_csv(text)
        assert list(error.value.fields) == ["csv"]


@pytest.mark.parametrize(
    "text", ["", "\n\n", '"', '"a\nb",c', ",,,,,,", "\x00", "kind,value\n", "value\n\ud800", "hex," + "9" * 5000, '"' * 200_000]
)
def test_no_table_raises_anything_else(text: str) -> None:
    parse_csv(text)


def on_list(*entries: tuple[str, str] | tuple[str, str, bool], owner: int = 1, id: str = "7") -> Watchlist:
    return Watchlist(id, owner, "Mine", tuple(Entry(Kind(one[0]), *one[1:]) for one in entries))


IN, NOT_IN = condition("watchlist", "in", "7"), condition("watchlist", "not_in", "7")


@pytest.mark.parametrize(
    ("entries", "fields", "says"),
    [
        ([("hex", "4B1815")], {}, True), ([("hex", "4B1816")], {}, False), ([], {}, False),
        ([("registration", "HBJCA")], {"r": "HB-JCA"}, True), ([("registration", "HBJCA")], {"r": "HB-JCB"}, False), ([("registration", "HBJCA")], {}, None),
        ([("callsign", "SWR1")], {"flight": "SWR1"}, True), ([("type", "A320")], {"t": "A320"}, True),
        ([("callsign", "SWR1"), ("hex", "4B1815")], {}, True),
        ([("type", "A320"), ("hex", "4B1815", True)], {"t": "A320"}, False), ([("hex", "4B1815"), ("hex", "4B1815", True)], {}, False),
        ([("type", "A320"), ("registration", "HBJCA", True)], {"t": "A320", "r": "HB-JCA"}, False),
        ([("type", "A320"), ("registration", "HBJCA", True)], {"t": "A320"}, True),
        ([("type", "A320"), ("hex", "4B1815", True)], {}, False),
    ],
)  # fmt: skip
def test_who_is_on_a_list(entries: list[tuple[str, str]], fields: dict[str, str], says: bool | None) -> None:
    watchlists = [on_list(*entries)]
    found = [matches(rule(one), state("4B1815", **fields), watchlists) for one in (IN, NOT_IN)]
    assert found == {True: [True, False], False: [False, True], None: [False, False]}[says]


def test_a_list_of_another_owner_is_as_one_that_does_not_exist() -> None:
    for watchlists in ([on_list(("hex", "4B1815"), owner=2)], [on_list(("hex", "4B1815"), id="8")], []):
        assert not matches(rule(IN), state("4B1815"), watchlists)
        assert not matches(rule(NOT_IN), state("4B1815"), watchlists)


def test_a_change_of_a_list_alerts_of_those_that_are_new_on_it() -> None:
    rounds = Rounds(rule(IN), watchlists=[on_list(("hex", "AAAAAA"))])
    fleet = [state("AAAAAA"), state("BBBBBB")]
    (first,) = rounds.look(*fleet)
    assert first.matched == ({"field": "watchlist", "op": "in", "value": "7", "actual": "Mine"},)
    rounds.engine.set_rules([rule(IN)], [on_list(("hex", "AAAAAA"), ("hex", "BBBBBB"))])
    assert [one.hex for one in rounds.look(*fleet)] == ["BBBBBB"]
