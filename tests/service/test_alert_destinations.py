"""Claims about where alerts go: what is secret, what is refused, what ends, and tests that are really sent."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from skyspy.api.alert_models import Destination, DestinationPage, MadeDestination
from skyspy.api.alert_models import TestResult as Result
from skyspy.api.alert_models import TestResults as Results
from skyspy.notify.vault import VaultError
from skyspy.services.destinations_port import DestinationsPort
from skyspy.store import alert_destinations, keys, roles, users
from skyspy.store.history import outbox
from skyspy.store.owned import Owner
from skyspy.store.schema import ALERT_DESTINATIONS
from tests.support.alert_site import DESTINATIONS, HOOK, RULES, alert, delete, delivery, keep, made, rule
from tests.support.databases import change
from tests.support.notify import HookServer
from tests.support.world import OPERATOR, World

HUSH = "hush"
KINDS: dict[str, dict[str, Any]] = {
    "webhook": HOOK,
    "mqtt": {"name": "Broker", "kind": "mqtt", "host": "mqtt.example.com", "username": "ann", "password": HUSH},
    "apprise": {"name": "Phone", "kind": "apprise", "url": f"tgram://{HUSH}/{HUSH}"},
    "browser": {"name": "Pages", "kind": "browser"},
}


@pytest.fixture
def ann(world: World) -> str:
    return world.key("ann", "operator")


@pytest.fixture
def boss(world: World) -> str:
    return world.key("boss", "admin")


@pytest.fixture
def hook() -> Iterator[HookServer]:
    server = HookServer()
    yield server
    server.close()


def opened(world: World, destination_id: str) -> Any:
    """What the loop that delivers is given."""
    return DestinationsPort(world.skyspy).get(int(destination_id))


# -- what is secret -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_secret_is_stored_encrypted_and_in_no_answer_and_no_log(
    world: World, ann: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    found = made(world, DESTINATIONS, KINDS[kind], ann)
    msgspec.convert(found, MadeDestination)
    one = f"{DESTINATIONS}{found['id']}/"
    answers = [world.get(DESTINATIONS, ann), world.get(one, ann), world.post(f"{one}disable/", None, ann)]
    answers += [world.post(f"{one}enable/", None, ann), world.post(one, KINDS[kind], ann)]
    texts = [answer.text for answer in answers] + [str(found | {"secret": None}), str(world.log()), caplog.text]
    assert not any(HUSH in text for text in texts)
    assert [found["secret"] is not None, found["has_secret"]] == [kind == "webhook", kind != "browser"]
    assert not any("whsec_" in text for text in texts)
    stored = world.store.read(alert_destinations.by_ids, [int(found["id"])])[int(found["id"])]
    assert HUSH.encode() not in (stored.secrets or b"") + str(stored.settings).encode()
    if kind != "browser":
        assert HUSH in str(dict(opened(world, found["id"]).secrets))
    assert HUSH not in repr(opened(world, found["id"]))
    msgspec.convert(world.get(DESTINATIONS, ann).json, DestinationPage)
    msgspec.convert(world.get(one, ann).json, Destination)


def test_a_webhooks_secret_is_shown_once_and_another_one_is_made_on_request(world: World, ann: str) -> None:
    found = made(world, DESTINATIONS, HOOK, ann)
    first = found["secret"]
    assert first.startswith("whsec_")
    again = world.post(f"{DESTINATIONS}{found['id']}/secret/", None, ann).json
    assert again["secret"] not in (None, first)
    secrets = opened(world, found["id"]).secrets
    assert (secrets["secret"], secrets["former_secret"]) == (again["secret"], first)
    assert secrets["url"] == HOOK["url"]
    given = "whsec_" + base64.b64encode(b"k" * 32).decode()
    assert made(world, DESTINATIONS, HOOK | {"secret": given}, ann)["secret"] is None
    pages = made(world, DESTINATIONS, KINDS["browser"], ann)["id"]
    assert world.post(f"{DESTINATIONS}{pages}/secret/", None, ann).status_code == 409


def test_secrets_stay_where_a_change_has_none_and_a_password_only_for_its_broker(world: World, ann: str) -> None:
    found = made(world, DESTINATIONS, KINDS["mqtt"], ann)["id"]
    same = {"host": "mqtt.example.com", "username": "ann", "topic": "mine/alerts"}
    assert world.post(f"{DESTINATIONS}{found}/", same, ann).json["name"] == "Broker"
    assert opened(world, found).secrets["password"] == HUSH
    world.post(f"{DESTINATIONS}{found}/", same | {"host": "mine.example.com"}, ann)
    assert HUSH not in str(dict(opened(world, found).secrets))
    assert world.post(f"{DESTINATIONS}{found}/", {"kind": "webhook", "url": "https://x.example.com/"}, ann).status_code == 400


def test_secrets_under_another_key_are_an_error_of_one_line_and_can_be_entered_again(world: World, ann: str) -> None:
    found = made(world, DESTINATIONS, HOOK, ann)["id"]
    world.store.write(lambda c: c.execute(ALERT_DESTINATIONS.update().values(secrets=b"\x01damaged beyond reading")).rowcount)
    with pytest.raises(VaultError):
        opened(world, found)
    assert world.get(f"{DESTINATIONS}{found}/", ann).status_code == 200
    assert world.post(f"{DESTINATIONS}{found}/test/", None, ann).status_code == 409
    assert "url" in world.post(f"{DESTINATIONS}{found}/", {"name": "x"}, ann).json["error"]["fields"]
    assert world.post(f"{DESTINATIONS}{found}/", HOOK, ann).status_code == 200
    assert opened(world, found).secrets["url"] == HOOK["url"]


# -- what is refused ------------------------------------------------------------------------------

PRIVATE: list[dict[str, Any]] = [
    HOOK | {"url": "http://127.0.0.1/x"},
    HOOK | {"url": "https://192.168.1.5/x"},
    HOOK | {"url": "http://localhost:9000/"},
    HOOK | {"url": "http://[::1]/"},
    KINDS["mqtt"] | {"host": "10.0.0.5"},
    {"name": "x", "kind": "apprise", "url": "json://10.0.0.5/"},
]


@pytest.mark.parametrize("document", PRIVATE, ids=lambda document: document.get("url") or document["host"])
def test_private_networks_are_for_who_may_manage_settings(world: World, ann: str, boss: str, document: dict[str, Any]) -> None:
    field = "host" if "host" in document else "url"
    assert list(world.post(DESTINATIONS, document, ann).json["error"]["fields"]) == [field]
    own = made(world, DESTINATIONS, document, boss)["id"]
    assert opened(world, own).may_private
    narrow = world.key("boss", scopes=["alerts.view", "alerts.edit"])
    assert world.post(DESTINATIONS, document, narrow).status_code == 400
    assert world.post(f"{DESTINATIONS}{own}/", document, narrow).status_code == 400
    assert world.post(DESTINATIONS, document, world.key("boss", kind="test")).status_code == 400
    change(world.skyspy, users.create, "chief", "admin", "a hash", OPERATOR)
    change(world.skyspy, users.set_role, world.user("boss"), "operator", OPERATOR)
    assert not opened(world, own).may_private


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({"name": "x", "kind": "pigeon"}, {"kind"}),
        ({"name": "x"}, {"kind"}),
        (HOOK | {"name": ""}, {"name"}),
        (HOOK | {"url": "ftp://x.example.com"}, {"url"}),
        (HOOK | {"url": "https://169.254.169.254/latest"}, {"url"}),
        (HOOK | {"secret": "short"}, {"secret"}),
        (HOOK | {"host": "x"}, {"host"}),
        (HOOK | {"colour": "red"}, {"colour"}),
        ({"name": "x", "kind": "apprise", "url": "file:///etc/passwd"}, {"url"}),
        (KINDS["mqtt"] | {"topic": "a/#"}, {"topic"}),
    ],
)
def test_a_bad_field_is_named_and_its_value_is_not_repeated(
    world: World, boss: str, document: dict[str, Any], fields: set[str]
) -> None:
    answer = world.post(DESTINATIONS, document, boss)
    assert (answer.status_code, set(answer.json["error"]["fields"])) == (400, fields)
    assert HUSH not in answer.text


# -- what ends ------------------------------------------------------------------------------------


def test_a_destination_that_a_key_has_saved_ends_with_the_key_and_its_user_may_take_it_over(world: World) -> None:
    key, session = world.made_key("ann", "operator"), world.jwt("ann")
    found = made(world, DESTINATIONS, HOOK, key.text)["id"]
    one = f"{DESTINATIONS}{found}/"
    assert opened(world, found) is not None
    change(world.skyspy, keys.revoke, key.key.id, OPERATOR)
    assert opened(world, found) is None
    assert [world.get(one, session).json[name] for name in ("works", "disabled")] == [False, None]
    assert "key" in world.get(one, session).json["reason"]
    assert world.post(f"{one}enable/", None, session).json["works"]
    assert opened(world, found) is not None


def test_a_destination_ends_when_the_key_expires_or_was_rotated(world: World) -> None:
    expiring = world.made_key("ann", "operator", expires_at=world.clock.wall() + 60)
    rotated = world.made_key("ann")
    first, second = (made(world, DESTINATIONS, HOOK, key.text)["id"] for key in (expiring, rotated))
    change(world.skyspy, world.api_keys.rotate, rotated.key.id, OPERATOR)
    world.clock.pass_by(61.0)
    assert [opened(world, found) for found in (first, second)] == [None, None]


def test_a_destination_that_a_narrowed_key_has_saved_reaches_no_further_than_the_key(world: World, boss: str) -> None:
    narrow = world.key("boss", scopes=["alerts.view", "alerts.edit"])
    assert not opened(world, made(world, DESTINATIONS, HOOK, narrow)["id"]).may_private
    assert opened(world, made(world, DESTINATIONS, HOOK, boss)["id"]).may_private


@pytest.mark.parametrize("end", ["disabled", "role", "deleted", "off", "gone"])
def test_nothing_is_opened_of_who_may_have_no_alerts(world: World, ann: str, end: str) -> None:
    user, found = world.user("ann"), made(world, DESTINATIONS, HOOK, ann)["id"]
    acts = {
        "disabled": lambda: change(world.skyspy, users.set_disabled, user, True, OPERATOR),
        "role": lambda: change(world.skyspy, users.set_role, user, "viewer", OPERATOR),
        "deleted": lambda: change(world.skyspy, users.remove, user, OPERATOR),
        "off": lambda: world.post(f"{DESTINATIONS}{found}/disable/", None, ann),
        "gone": lambda: delete(world, f"{DESTINATIONS}{found}/", ann),
    }
    assert opened(world, found).owner_id == user
    acts[end]()
    assert opened(world, found) is None
    assert opened(world, "999") is None


def test_a_role_without_alerts_ends_the_destinations_of_its_users(world: World) -> None:
    world.choose(FEATURE_ACCESS={"alerts": "permission"})
    change(world.skyspy, roles.create, "watcher", frozenset({"alerts.view", "alerts.edit"}), "", OPERATOR)
    found = made(world, DESTINATIONS, HOOK, world.key("wes", "watcher"))["id"]
    assert opened(world, found) is not None
    change(world.skyspy, roles.change, "watcher", frozenset({"alerts.edit"}), None, OPERATOR)
    assert opened(world, found) is None


def test_one_of_the_sandbox_gets_no_alerts(world: World) -> None:
    assert opened(world, made(world, DESTINATIONS, HOOK, world.key("ann", "operator", kind="test"))["id"]) is None


def test_a_destination_that_is_gone_is_turned_off_with_the_reason(world: World, ann: str) -> None:
    found = made(world, DESTINATIONS, HOOK, ann)["id"]
    DestinationsPort(world.skyspy).disable(int(found), "410 Gone")
    seen = world.get(f"{DESTINATIONS}{found}/", ann).json
    assert (seen["works"], seen["reason"]) == (False, "410 Gone")
    assert world.post(f"{DESTINATIONS}{found}/test/", None, ann).status_code == 409
    assert [row.actor_kind for row in world.log("destination.disable")] == ["system"]


@pytest.mark.parametrize("act", ["delete", "disable"])
def test_what_waits_for_a_destination_is_given_up_when_it_ends(world: World, ann: str, act: str) -> None:
    user = world.user("ann")
    first, other = (int(made(world, DESTINATIONS, HOOK, ann)["id"]) for _ in range(2))
    document = rule(destinations=[str(first), str(other)])
    using = made(world, RULES, document, ann)["id"]
    rows = delivery(user, 1, first), delivery(user, 2, other), delivery(user, 3, first, state="held")
    keep(world, *(alert(user, number) for number in (1, 2, 3)), to=rows)
    if act == "delete":
        assert delete(world, f"{DESTINATIONS}{first}/", ann).status_code == 204
    else:
        assert not world.post(f"{DESTINATIONS}{first}/disable/", None, ann).json["works"]
    found = world.skyspy.history.read(outbox.page, user, outbox.DeliverySearch(), None, 10)
    assert {one.id: one.state for one in found} == {"msg_0001": "dead", "msg_0002": "pending", "msg_0003": "dead"}
    named = world.get(f"{RULES}{using}/", ann).json["document"]["destinations"]
    assert named == ([str(other)] if act == "delete" else [str(first), str(other)])


# -- tests that are sent --------------------------------------------------------------------------


def test_a_test_is_sent_signed_and_its_outcome_is_told(world: World, boss: str, hook: HookServer) -> None:
    found = made(world, DESTINATIONS, HOOK | {"url": f"http://127.0.0.1:{hook.port}/in"}, boss)
    answer = world.post(f"{DESTINATIONS}{found['id']}/test/", None, boss).json
    msgspec.convert(answer, Result)
    assert (answer["ok"], answer["name"]) == (True, "My hook")
    (request,) = hook.received
    key = base64.b64decode(found["secret"].removeprefix("whsec_"))
    signed = f"{request.id}.{request.headers['webhook-timestamp']}.".encode() + request.body
    assert base64.b64encode(hmac.digest(key, signed, "sha256")).decode() in request.headers["webhook-signature"]
    assert world.log("destination.test")[0].object == f"destination {found['id']}"


def test_a_test_of_a_rule_goes_to_each_of_its_destinations(world: World, boss: str, hook: HookServer) -> None:
    url = f"http://127.0.0.1:{hook.port}/in"
    ids = [made(world, DESTINATIONS, HOOK | {"url": url}, boss)["id"] for _ in range(2)]
    ids.append(made(world, DESTINATIONS, KINDS["browser"], boss)["id"])
    found = made(world, RULES, rule(destinations=ids), boss)["id"]
    answer = world.post(f"{RULES}{found}/test/", None, boss).json
    msgspec.convert(answer, Results)
    assert [(one["destination_id"], one["ok"]) for one in answer["results"]] == [(name, True) for name in ids]
    assert len(hook.received) == 2
    assert world.get("/api/alerts/", boss).json["alerts"] == []


def test_a_test_reaches_no_private_network_for_who_lost_the_right_to(world: World, boss: str, hook: HookServer) -> None:
    found = made(world, DESTINATIONS, HOOK | {"url": f"http://127.0.0.1:{hook.port}/in"}, boss)["id"]
    change(world.skyspy, users.create, "chief", "admin", "a hash", OPERATOR)
    change(world.skyspy, users.set_role, world.user("boss"), "operator", OPERATOR)
    answer = world.post(f"{DESTINATIONS}{found}/test/", None, boss).json
    assert not answer["ok"]
    assert hook.received == []


def test_nobody_needs_more_than_his_own_owner(world: World, ann: str) -> None:
    found = int(made(world, DESTINATIONS, HOOK, ann)["id"])
    assert world.store.read(alert_destinations.one, Owner(world.user("ann"), "live"), found).maker_key_id is not None
    session = world.jwt("ann")
    own = int(made(world, DESTINATIONS, HOOK, session)["id"])
    assert world.store.read(alert_destinations.one, Owner(world.user("ann"), "live"), own).maker_key_id is None
