"""Claims about making an answer's model of records (skyspy/api/convert.py)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from skyspy.api.convert import to_model


class Answer(msgspec.Struct):
    name: str
    created_at: str
    revoked_at: str | None
    scopes: list[str]
    count: int = 7


@dataclass(frozen=True, slots=True)
class Record:
    name: str
    created_at: float
    revoked_at: float | None
    scopes: frozenset[str]
    password_hash: str = "never answered"


RECORD = Record("ann", 0.0, None, frozenset({"b", "c", "a"}))


def test_times_become_iso_texts_and_sets_sorted_lists() -> None:
    made = to_model(Answer, RECORD)
    assert (made.created_at, made.revoked_at, made.scopes) == ("1970-01-01T00:00:00.000Z", None, ["a", "b", "c"])
    assert set(msgspec.to_builtins(made)) == {"name", "created_at", "revoked_at", "scopes", "count"}


def test_named_values_come_before_records_and_the_first_record_before_the_next() -> None:
    other = Record("bob", 1.5, 2.0, frozenset())
    assert to_model(Answer, other, RECORD).revoked_at == "1970-01-01T00:00:02.000Z"
    assert to_model(Answer, other, RECORD, name="cleo").name == "cleo"
    assert to_model(Answer, None, RECORD).name == "ann", "a record that is not there is passed over"


def test_what_no_record_has_is_left_to_the_models_default_or_refused() -> None:
    assert to_model(Answer, RECORD).count == 7
    with pytest.raises(msgspec.ValidationError):
        to_model(Answer, name="x")
    with pytest.raises(msgspec.ValidationError):
        to_model(Answer, RECORD, count="many")
