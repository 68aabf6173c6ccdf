"""Claims about the upgrade of an installation made by commit 6feff02: every row, key, sign-in and setting stays as it was.

The tests use HTTP, whose interface does not change; see tests/data/installation/README.md for how it was made.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from itsdangerous import TimestampSigner
from werkzeug.test import TestResponse

from skyspy.app import Components
from skyspy.server import server_of
from skyspy.store import Store, state
from tests.conftest import StillClock
from tests.data.installation import plaintext
from tests.data.installation.plaintext import AGENT, HOME, NOW
from tests.support.databases import database_url
from tests.support.sites import release, serve

DATA = Path(__file__).resolve().parent.parent / "data" / "installation"
ROWS = json.loads((DATA / "rows.json").read_text(encoding="utf-8"))
ANSWERS = json.loads((DATA / "answers.json").read_text(encoding="utf-8"))
GOOD_KEYS = {name for name, answer in ANSWERS["keys"].items() if answer["status"] == 200}
SESSIONS = ("anna's browser", "anna's kept browser", "otto's kept browser")
NEW_PASSWORD = "a password that was never used before"


def restored(kind: str, url: str, folder: Path) -> None:
    """Put the fixture into an empty database, and its secret key into the instance folder."""
    if kind == "sqlite":
        (folder / "test.db").write_bytes(gzip.decompress((DATA / "skyspy.db.gz").read_bytes()))
    else:
        with psycopg.connect(url) as connection:
            connection.execute((DATA / "postgres.sql").read_bytes())
    instance = folder / "instance"
    instance.mkdir(mode=0o700)
    (instance / "secret_key").write_text(plaintext.SECRET_KEY + "\n", encoding="utf-8")
    (instance / "secret_key").chmod(0o600)


def rows_in(kind: str, url: str, folder: Path) -> dict[str, Any]:
    """The rows of the tables and columns that 6feff02 knew, read without SkySpy's code."""
    connect = (lambda: sqlite3.connect(folder / "test.db")) if kind == "sqlite" else (lambda: psycopg.connect(url))
    found = {}
    connection = connect()
    for name, table in ROWS.items():
        columns = ", ".join(f'"{column}"' for column in table["columns"])
        listed = connection.execute(f"SELECT {columns} FROM {name}").fetchall()
        rows = [[int(value) if isinstance(value, bool) else value for value in row] for row in listed]
        found[name] = {"columns": table["columns"], "rows": sorted(rows, key=repr)}
    connection.close()
    return found


class Installation:
    """The whole server on the restored database, with the clock at NOW."""

    def __init__(self, folder: Path, url: str) -> None:
        # The environment's first value lost against the table's long ago: it must do so again.
        environ = {"SKYSPY_INSTANCE": str(folder / "instance"), "SKYSPY_DATABASE_URL": url, "AIRCRAFT_TIMEOUT_SECONDS": "45"}
        self.clock = StillClock(wall=NOW)
        self.app = serve(environ, self.clock, Components())

    def close(self) -> None:
        release(self.app)

    def ask(self, path: str, token: str = "", body: object = None, address: str = HOME) -> TestResponse:
        """GET a path, or POST a body to it, with a key or token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with self.app.test_client() as client:
            return client.open(
                path,
                method="GET" if body is None else "POST",
                json=body,
                headers=headers,
                environ_base={"REMOTE_ADDR": address},
            )

    def as_admin(self, path: str) -> Any:
        answer = self.ask(path, plaintext.api_key("everything"))
        assert answer.status_code == 200, answer.text
        return answer.get_json()

    def sign_in(self, name: str, password: str) -> TestResponse:
        return self.ask("/api/auth/token/", body={"username": name, "password": password})

    def refresh(self, token: str) -> TestResponse:
        return self.ask("/api/auth/token/refresh/", body={"refresh": token})

    def browse(self, path: str, session: str = "", agent: str = AGENT) -> TestResponse:
        """Load a page in a browser that signed in under this label."""
        client = self.app.test_client()
        if session:
            client.set_cookie("skyspy_panel", plaintext.panel_cookie(session), path="/admin")
        return client.get(path, headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": HOME})


@contextmanager
def upgraded(kind: str, folder: Path) -> Iterator[str]:
    """The URL of the fixture's database, at the newest schema."""
    with database_url(kind, folder) as url:
        restored(kind, url, folder)
        store = Store(url)
        store.upgrade()
        store.close()
        yield url


@pytest.fixture
def there(kind: str, tmp_path: Path) -> Iterator[Installation]:
    with upgraded(kind, tmp_path) as url:
        made = Installation(tmp_path, url)
        yield made
        made.close()


@pytest.fixture
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    """itsdangerous dates links by the machine's clock, which reads NOW here."""
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: int(NOW) + 60)


def holds(new: Any, old: Any) -> bool:
    """Whether the new answer contains the whole old one, and possibly more. Plain lists are equal, in order."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(name in new and holds(new[name], value) for name, value in old.items())
    if isinstance(old, list) and any(isinstance(one, dict) for one in old):
        return len(new) == len(old) and all(holds(*pair) for pair in zip(new, old, strict=True))
    return bool(new == old)


def key(name: str) -> str:
    return plaintext.api_key(name, ANSWERS["keys"][name]["kind"])


def test_the_fixture_is_what_6feff02_left(kind: str, tmp_path: Path) -> None:
    with database_url(kind, tmp_path) as url:
        restored(kind, url, tmp_path)
        assert rows_in(kind, url, tmp_path) == ROWS
    assert all(table["rows"] for table in ROWS.values())


def test_an_upgrade_to_the_newest_schema_keeps_every_row_of_every_table(kind: str, tmp_path: Path) -> None:
    with upgraded(kind, tmp_path) as url:
        found = rows_in(kind, url, tmp_path)
        for name, table in ROWS.items():
            assert found[name] == table, name


def test_a_server_that_starts_on_it_changes_no_row(kind: str, tmp_path: Path) -> None:
    with database_url(kind, tmp_path) as url:
        restored(kind, url, tmp_path)
        Installation(tmp_path, url).close()
        assert rows_in(kind, url, tmp_path) == ROWS


def test_every_key_identifies_as_it_did_and_every_ended_key_is_refused(there: Installation) -> None:
    for name, old in ANSWERS["keys"].items():
        answer = there.ask("/api/auth/me/", key(name))
        assert (answer.status_code, name) == (old["status"], name), answer.text
        if name in GOOD_KEYS:
            assert holds(answer.get_json(), old["body"]), name
        else:
            assert answer.get_json()["error"]["code"] == old["body"]["error"]["code"], name
    assert {"revoked", "ended", "replaced", "of a disabled user"} == set(ANSWERS["keys"]) - GOOD_KEYS


def test_a_key_of_some_networks_works_from_nowhere_else(there: Installation) -> None:
    old = ANSWERS["keys"]["from home"]["elsewhere"]
    answer = there.ask("/api/auth/me/", key("from home"), address="203.0.113.5")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (old["status"], old["body"]["error"]["code"])
    assert there.ask("/api/auth/me/", key("from home"), address="2001:db8::7").status_code == 200


def test_a_test_key_sees_the_sandbox(there: Installation) -> None:
    assert there.ask("/api/auth/me/", key("sandbox")).get_json()["sky"] == "sandbox"


@pytest.mark.parametrize("path", ANSWERS["answers"])
def test_operators_are_shown_what_they_were_shown(there: Installation, path: str) -> None:
    answer, old = there.as_admin(path), ANSWERS["answers"][path]
    for name, listed in old.items():
        if not isinstance(listed, list):
            continue
        # Settings and permissions may have been added since.
        added = {one.get("name") for one in answer[name]} - {one.get("name") for one in listed} if "settings" in path else set()
        found = [one for one in answer[name] if one.get("name") not in added]
        for new_one, old_one in zip(found, listed, strict=True):
            assert holds(new_one, old_one), old_one


def test_the_audit_log_is_whole(there: Installation) -> None:
    found: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = there.as_admin("/api/admin/audit/?limit=50" + (f"&cursor={cursor}" if cursor else ""))
        found += page["entries"]
        cursor = page["next_cursor"]
    assert holds(found, ANSWERS["audit"])


def test_the_settings_in_force_are_those_that_were_chosen(there: Installation) -> None:
    # AUTH_MODE is private here, though the default lets the anonymous in.
    assert there.ask("/api/aircraft/").status_code == 401
    # FEATURE_ACCESS: with audio for any identity, a viewer holds what the role does not.
    assert "audio.view" in there.ask("/api/auth/me/", key("for a year")).get_json()["permissions"]
    grant = there.sign_in("otto", plaintext.password("otto")).get_json()
    assert grant["expires_in"] == 7200


def test_an_installation_without_an_id_starts_as_ever_and_has_one_then(there: Installation) -> None:
    server = server_of(there.app)
    found = server.store.read(state.version_and_installation)[1]
    assert server.settings.closed == ""
    assert (server.config.instance / "installation").read_text() == f"{found}\n"


def test_passwords_sign_in_and_a_disabled_user_does_not(there: Installation) -> None:
    for name, role in (("anna", "admin"), ("otto", "operator"), ("vera", "viewer"), ("karl", "tower"), ("zoë", "viewer")):
        answer = there.sign_in(name, plaintext.password("Zoë" if name == "zoë" else name))
        assert (answer.status_code, answer.get_json()["user"]["role"]) == (200, role)
    assert there.sign_in("dora", plaintext.password("dora")).status_code == 401
    assert there.sign_in("nina", "").status_code in (400, 401)


def test_an_access_token_is_good_until_its_own_end(there: Installation) -> None:
    families = ROWS["families"]
    created_at = dict(zip([row[0] for row in families["rows"]], [row[2] for row in families["rows"]], strict=True))
    issued_at = created_at[plaintext.token_hex("vera's app")]
    token = plaintext.access_token("vera's app", 3, issued_at, 7200)
    assert there.ask("/api/auth/me/", token).get_json()["name"] == "vera"
    there.clock.pass_by(issued_at + 7200 - NOW)
    assert there.ask("/api/auth/me/", token).get_json()["error"]["code"] == "token_expired"


def test_a_refresh_token_refreshes_once(there: Installation) -> None:
    answer = there.refresh(plaintext.refresh_token("vera's app"))
    assert (answer.status_code, answer.get_json()["user"]["name"]) == (200, "vera")
    assert there.ask("/api/auth/me/", answer.get_json()["access"]).get_json()["name"] == "vera"
    assert there.refresh(plaintext.refresh_token("signed out app")).get_json()["error"]["code"] == "token_revoked"


def test_a_refresh_token_that_was_used_before_ends_its_sign_in(there: Installation) -> None:
    used, current = plaintext.refresh_token("otto's app"), plaintext.refresh_token("otto's app, refreshed")
    assert there.refresh(used).get_json()["error"]["code"] == "token_revoked"
    assert there.refresh(current).get_json()["error"]["code"] == "token_revoked"


@pytest.mark.usefixtures("then")
def test_every_browser_is_still_signed_in_and_one_that_signed_out_is_not(there: Installation) -> None:
    for session in SESSIONS:
        answer = there.browse("/admin/profile/", session)
        assert (answer.status_code, session) == (200, session)
        assert session.partition("'")[0] in answer.text
    assert there.browse("/admin/profile/", "signed out").status_code == 303
    assert there.browse("/admin/profile/").status_code == 303
    # Anna's page ends after 30 minutes without use; a kept one does not.
    there.clock.pass_by(2000)
    assert [there.browse("/admin/profile/", session).status_code for session in SESSIONS] == [303, 200, 200]


@pytest.mark.usefixtures("then")
def test_another_browser_with_a_copied_cookie_is_not_signed_in(there: Installation) -> None:
    assert there.browse("/admin/profile/", SESSIONS[0], "curl/8.5").status_code == 303
    assert there.browse("/admin/profile/", SESSIONS[0]).status_code == 303


@pytest.mark.usefixtures("then")
@pytest.mark.parametrize(
    ("label", "kind", "name", "user_id"), [("invitation", "invite", "nina", 7), ("forgotten password", "reset", "vera", 3)]
)
def test_a_link_that_is_out_opens_and_chooses_a_password(
    there: Installation, label: str, kind: str, name: str, user_id: int
) -> None:
    path = f"/admin/{kind}/{plaintext.link(label, kind, user_id, 0, 1)}/"
    client = there.app.test_client()
    page = client.get(path, headers={"User-Agent": AGENT}).text
    assert name in page
    form_token = page.split('name="csrf_token" value="')[1].split('"')[0]
    form = {"password": NEW_PASSWORD, "again": NEW_PASSWORD, "csrf_token": form_token}
    assert client.post(path, data=form, headers={"User-Agent": AGENT}).status_code == 303
    assert there.sign_in(name, NEW_PASSWORD).status_code == 200
    assert client.get(path, headers={"User-Agent": AGENT}).status_code == 410


def test_new_rows_are_numbered_after_the_old_ones(there: Installation) -> None:
    made = there.ask("/api/admin/users/", key("everything"), body={"name": "newcomer", "role": "viewer"})
    # 8 was the id of a user who was deleted: no id is given twice.
    assert made.get_json()["user"]["id"] == 9
    newest = there.as_admin("/api/admin/audit/?limit=1")["entries"][0]
    assert newest["id"] > max(entry["id"] for entry in ANSWERS["audit"])


def test_the_committed_fixture_holds_no_secret_in_plaintext() -> None:
    sqlite_file = gzip.decompress((DATA / "skyspy.db.gz").read_bytes())
    texts = [sqlite_file, *((DATA / name).read_bytes() for name in ("postgres.sql", "rows.json", "answers.json"))]
    apps = ("otto's app", "otto's app, refreshed", "vera's app", "karl's app", "signed out app")
    hidden = [key(name) for name in ANSWERS["keys"]] + [plaintext.refresh_token(label) for label in apps]
    hidden += [plaintext.panel_secret(label) for label in (*SESSIONS, "signed out")]
    hidden += [plaintext.password(name) for name in ("anna", "otto", "vera", "karl", "dora", "Zoë")] + [plaintext.SECRET_KEY]
    for text in texts:
        assert not [secret for secret in hidden if secret.encode() in text]
        assert b"sk_live_" + key("everything")[8:12].encode() in text, "the hint, which is no secret, is there"
