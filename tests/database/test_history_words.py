"""Claims about the index of words in datalink messages: how it is made, kept, and done without."""

from __future__ import annotations

import random
import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select, text

from skyspy.datalink.message import Message
from skyspy.store import Connection
from skyspy.store.history import acars, words
from skyspy.store.history.acars import MessageSearch
from skyspy.store.history.retention import Deletion
from skyspy.store.history.schema import ACARS_MESSAGE
from skyspy.store.history.words import words_of
from tests.support.acars import AT, a_message
from tests.support.history import Stores, open_stores
from tests.support.history_rows import DAY_S, limits


def write(stores: Stores, *messages: Message) -> None:
    stores.history.commit_now(acars.write_messages, messages)


def found(stores: Stores, search: str) -> list[str]:
    return [one.id for one in stores.history.read(acars.page, MessageSearch(words=words_of(search)), None, 99)]


def is_whole(stores: Stores) -> None:
    """SQLite's own check that the index is what the messages say; raises where it is not."""
    stores.history.maintain(
        lambda c: c.execute(text(f"INSERT INTO {words.TABLE}({words.TABLE}, rank) VALUES ('integrity-check', 1)")).rowcount
    )


def without_fts5(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "has_fts5", lambda _connection: False)


def test_the_database_uses_its_index_and_looks_at_no_other_message(stores: Stores) -> None:
    write(stores, *(a_message(number, text=f"WORD{number} SAME") for number in range(300)))

    def plan(connection: Connection) -> str:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        searched = words_of("word17")
        on_postgres = select(ACARS_MESSAGE.c.number).where(words.condition(connection, searched))
        query = words.numbers(searched) if words.found_by_index(connection) else on_postgres
        compiled = query.compile(connection, compile_kwargs={"literal_binds": True})
        return str(connection.execute(text(explain + re.sub(r":(?=\*)", r"\\:", str(compiled)))).all())

    read = stores.history.read(plan)
    assert "VIRTUAL TABLE INDEX" in read or "ix_acars_message_words" in read


def test_what_retention_deletes_is_no_longer_found_and_the_index_stays_whole(stores: Stores) -> None:
    now = AT + 31 * DAY_S
    write(stores, *(a_message(number) for number in range(1200)), a_message(int(2 * DAY_S), text="YOUNGER"))
    run = Deletion(stores.history, stores.clock, lambda: True, pause_s=0.0)
    run.delete_expired(limits(), now)
    assert run.done.rows["acars_messages"] == 1200
    assert run.done.rows["acars_labels"] == run.done.rows["acars_stations"] == 1
    assert (found(stores, "report"), found(stores, "younger")) == ([], [f"message-{int(2 * DAY_S)}"])
    if stores.history.is_file:
        is_whole(stores)


def test_simulated_messages_are_kept_for_a_day(stores: Stores) -> None:
    write(stores, a_message(1, demo=True), a_message(2), a_message(int(DAY_S), demo=True))
    run = Deletion(stores.history, stores.clock, lambda: True, pause_s=0.0)
    run.demo(0.0, AT + 1.5 * DAY_S)
    assert found(stores, "report") == [f"message-{int(DAY_S)}", "message-0002"]


def test_the_index_stays_whole_while_messages_are_written_again(sqlite_stores: Stores) -> None:
    write(sqlite_stores, *(a_message(number) for number in range(50)))
    write(sqlite_stores, *(a_message(number, text=f"ANEW {number}", tail=None) for number in range(0, 50, 2)))
    write(sqlite_stores, *(a_message(number, stations=()) for number in range(1, 50, 2)))
    is_whole(sqlite_stores)
    assert len(found(sqlite_stores, "anew")) == len(found(sqlite_stores, "report")) == 25


def test_a_start_without_fts5_searches_by_like_and_the_next_one_with_it_makes_the_index_anew(
    sqlite_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(sqlite_stores, a_message(1, text="WRITTEN BEFORE"))
    with monkeypatch.context() as patched:
        without_fts5(patched)
        sqlite_stores.again()
        write(sqlite_stores, a_message(2, text="WRITTEN WITHOUT G-ABCD 100%"))
        assert found(sqlite_stores, "WRITTEN") == ["message-0002", "message-0001"]
        assert found(sqlite_stores, "g-abcd without") == ["message-0002"]
        assert not sqlite_stores.history.read(words.has_index)
    sqlite_stores.again()
    assert sqlite_stores.history.read(words.has_index)
    assert found(sqlite_stores, "WRITTEN") == ["message-0002", "message-0001"]
    is_whole(sqlite_stores)


def test_a_new_file_without_fts5_has_no_index_and_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_fts5(monkeypatch)
    with open_stores("sqlite", tmp_path) as stores:
        stores.again()
        write(stores, a_message(1))
        assert found(stores, "report") == ["message-0001"]


def test_an_index_that_somebody_removed_is_made_at_the_next_start(sqlite_stores: Stores) -> None:
    write(sqlite_stores, a_message(1))
    sqlite_stores.history.close()
    with sqlite3.connect(str(sqlite_stores.history.url.database)) as file:
        for name in ("inserted", "deleted", "updated"):
            file.execute(f"DROP TRIGGER {words.TABLE}_{name}")
        file.execute(f"DROP TABLE {words.TABLE}")
    file.close()
    sqlite_stores.again()
    assert found(sqlite_stores, "report") == ["message-0001"]


def test_both_databases_take_a_text_apart_into_the_same_words(tmp_path: Path) -> None:
    """Letters and digits of ACARS, beside each other in every way: Postgres' parser knows numbers, addresses and names of hosts."""
    draw = random.Random(13)
    texts = ["".join(draw.choices("AZ019.-/ EX_@:+,\n", k=draw.randint(1, 30))) for _ in range(300)]
    searches = [word for one in texts[:20] for word in one.split() if words_of(word)]
    with open_stores("sqlite", tmp_path) as lite, open_stores("postgres", tmp_path / "other") as large:
        for stores in (lite, large):
            write(stores, *(a_message(number, text=one, tail=None, flight=None) for number, one in enumerate(texts)))
        answers = [[found(stores, word) for word in searches] for stores in (lite, large)]
    assert answers[0] == answers[1]
    assert all(answers[0])
    assert len(searches) > 20
