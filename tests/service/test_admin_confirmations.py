"""Claims about the panel's confirmations: each says whom it concerns and what it ends, before anything happens."""

from __future__ import annotations

import re

import pytest

from skyspy.address import Peer
from skyspy.auth.principal import ANONYMOUS
from skyspy.presence.sessions import Session
from tests.support.browser_client import Browser
from tests.support.databases import create_key
from tests.support.world import CLI, Panel


@pytest.fixture
def ann(panel: Panel) -> Browser:
    """An administrator's browser; bert has a key, is signed in to the panel, and two strangers are connected."""
    panel.account("ann")
    bert = panel.account("bert", "viewer")
    create_key(panel.skyspy, bert.id, "live", "display", CLI)
    panel.browser("bert")
    for number, namespace in enumerate(("/", "/audio")):
        panel.skyspy.sessions.add(Session(f"sid{number}", f"eio{number}", namespace, ANONYMOUS, Peer("192.0.2.7"), 1.0))
    return panel.browser("ann")


def points(page: str) -> list[str]:
    """What the confirmation's list says, each item on one line."""
    listed = page.partition('class="sheet ends')[2].partition("<ul>")[2].partition("</ul>")[0]
    return [" ".join(item.split()) for item in re.findall(r"<li>(.*?)</li>", listed, re.S)]


@pytest.mark.parametrize(
    ("path", "title", "verb", "told"),
    [
        (
            "/admin/users/2/disable/",
            "Disable bert?",
            "Disable bert",
            [
                "bert is signed out everywhere and cannot sign in until enabled again.",
                "1 API key stops working until then.",
                "Nobody is connected now.",
            ],
        ),
        (
            "/admin/users/2/delete/",
            "Delete bert?",
            "Delete bert",
            [
                "bert is gone for good and can never sign in again.",
                "1 API key stops working for ever.",
                "Nobody is connected now.",
                "The audit log keeps the name and everything done under it.",
            ],
        ),
        (
            "/admin/users/2/sign-out/",
            "Sign bert out everywhere?",
            "Sign out everywhere",
            [
                "bert is signed out of this panel in 1 browser, and of every program signed in with the password.",
                "Nobody is connected now.",
                "API keys go on working: revoke them one by one.",
            ],
        ),
        (
            "/admin/keys/1/revoke/",
            "Revoke “display”?",
            "Revoke the key",
            ["…) stops working at once, for ever.", "Nobody is connected now.", "To replace it without a gap, rotate it instead."],
        ),
        (
            "/admin/live/anonymous/",
            "Disconnect all anonymous clients?",
            "Disconnect 2 connections",
            [
                "2 live connections of all anonymous clients end: 1 in / and 1 in /audio.",
                "They are told “Disconnected by an operator” and closed within 2 seconds.",
                "Whoever it is may connect again at once. To keep strangers out, choose the private auth mode.",
            ],
        ),
        (
            "/admin/profile/sign-out-everywhere/",
            "Sign out everywhere?",
            "Sign out everywhere",
            [
                "You are signed out in 1 browser, this one included, and in every program that you signed in with your password.",
                "Nobody is connected now.",
                "You can sign in again at once. If somebody knows your password, change it instead: that ends every other sign-in too.",
            ],
        ),
    ],
)  # fmt: skip
def test_a_confirmation_says_whom_it_concerns_and_what_it_ends(
    ann: Browser, path: str, title: str, verb: str, told: list[str]
) -> None:
    page = ann.get(path).text
    assert f"<h1>{title}</h1>" in page and f">{verb}</button>" in page
    found = points(page)
    assert len(found) == len(told) and all(one.endswith(other) for one, other in zip(found, told, strict=True)), found
