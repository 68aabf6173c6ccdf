"""S31: the right to act is checked in the transaction that acts, whatever changed since the request came."""

from __future__ import annotations

import threading
import time

from skyspy.permissions import BUILTIN_ROLES
from skyspy.store import roles, users
from tests.security.asking import Answer, ask
from tests.support.databases import change
from tests.wire.serving import OPERATOR, PASSWORD, Operator, Server

NEW = PASSWORD + " of the desk"


def test_s31_no_password_is_set_of_somebody_who_becomes_administrator_meanwhile(server: Server, operator: Operator) -> None:
    change(operator, roles.create, "s31-desk", BUILTIN_ROLES["viewer"] | {"users.manage"}, "", OPERATOR)
    operator.user("s31-boss")
    operator.user("s31-clerk", "s31-desk")
    token = operator.jwt("s31-clerk")
    boss, refused = operator.key("s31-boss"), list[str]()
    for number in range(60):
        name = f"s31-bob{number}"
        user_id, answers = operator.user(name, "viewer"), list[Answer]()
        path, sent = f"/api/admin/users/{user_id}/", {"password": NEW}
        clerk = threading.Thread(target=lambda p=path, s=sent, a=answers: a.append(ask(server, p, send=s, token=token)))
        clerk.start()
        # While the password is hashed, which takes some 50 ms.
        time.sleep(0.004 + 0.001 * (number % 20))
        change(operator, users.set_role, user_id, "admin", OPERATOR)
        clerk.join()
        if answers[0].status == 200:
            # This machine was slow: the password was set before the role, and nothing was to refuse.
            log = ask(server, f"/api/admin/audit/?object={name}&limit=100", token=boss).json()
            when = {row["action"]: row["id"] for row in log["entries"]}
            assert when["user.set-password"] < when["user.set-role"], number
            continue
        signed_in = ask(server, "/api/auth/token/", send={"username": name, "password": NEW})
        assert (answers[0].status, signed_in.status) == (403, 401), number
        refused.append(name)
        if len(refused) == 20:
            break
    assert len(refused) == 20
    log = ask(server, "/api/admin/audit/?actor=s31-clerk&action=access.refused&limit=100", token=boss).json()
    assert {row["object"] for row in log["entries"]} >= set(refused)
