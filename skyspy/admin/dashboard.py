"""The first page of the panel: who may watch, how the receivers are, who is connected, what was done lately.

Law: everything here can be read without scripts; what somebody may not manage he is not shown.
"""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from skyspy.admin.table import OPERATES, Asked, Page
from skyspy.operate import live, log
from skyspy.store.settings import Settings

page = Page("dashboard", "/dashboard/", "Dashboard", OPERATES, "Overview")

MODES = {
    "public": "Anyone may watch everything, without signing in.",
    "hybrid": "Anyone may watch what is open to the public.",
    "private": "Only those who sign in or hold an API key may watch.",
}


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """The dashboard."""
    sky = asked.house.skies["live"]
    return render_template(
        "admin/dashboard.html",
        mode=asked.settings.AUTH_MODE,
        mode_says=in_words(asked.settings),
        problems=asked.settings.problems,
        feeds=sky.feeds.status(),
        stats=sky.stats(sky.audience(asked.principal)),
        namespaces=sorted(live.counts(asked.house).items()),
        clients=asked.house.live.count,
        entries=log.page(asked.house, asked.who, log.Search(), 8) if asked.may(log.NEEDS) else [],
    )


def in_words(settings: Settings) -> str:
    """The auth mode and what it leaves open, as a sentence or two."""
    says = MODES[settings.AUTH_MODE]
    access = settings.FEATURE_ACCESS
    if settings.AUTH_MODE == "public":
        return says
    identified = sorted(feature for feature, level in access.items() if level == "authenticated")
    permitted = sorted(feature for feature, level in access.items() if level == "permission")
    if settings.AUTH_MODE == "hybrid" and identified:
        says += f" To see {_and(identified)} one must sign in."
    if permitted:
        says += f" {_and(permitted).capitalize()} needs a permission."
    return says


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
