"""One's own page: who I am here, what I may do, where I am signed in, what is connected in my name, and my password.

Law: everybody signed in has it and sees himself on it. A new password ends every other sign-in and token at once; so does
"sign out everywhere", this one included. API keys stay: they have their own page.
"""

from __future__ import annotations

from math import ceil

from flask import Response, flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from skyspy.admin import door
from skyspy.admin.forms import Field, new_password
from skyspy.admin.table import Asked, Page
from skyspy.auth.passwords import PasswordError
from skyspy.auth.signin import LoginError
from skyspy.auth.throttle import Throttled
from skyspy.operate import live, users
from skyspy.permissions import PERMISSIONS
from skyspy.store.presence import Row

page = Page("profile", "/profile/", "Profile", group="You")

CURRENT, NEW, AGAIN = "current", "password", "again"


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """The page."""
    return _page(asked)


@page.post("/profile/password/")
def password(asked: Asked) -> ResponseReturnValue:
    """Choose another password; the old one is asked for, and counted as any sign-in is."""
    new = request.form.get(NEW, "")
    if new != request.form.get(AGAIN, ""):
        return _page(asked, {AGAIN: "This is not what stands above: type the new password twice."}, 400)
    try:
        opened = asked.pages.change_password(asked.session, request.form.get(CURRENT, ""), new, asked.browser)
    except LoginError:
        return _page(asked, {CURRENT: "That is not your password now."}, 401)
    except PasswordError as error:
        text = str(error)
        return _page(asked, {NEW: f"{text[:1].upper()}{text[1:]}."}, 400)
    except Throttled as full:
        return _page(asked, {CURRENT: door.throttled_words(full)}, 503 if full.code == "overloaded" else 429, full.retry_after)
    door.remember(opened)
    flash("Your password is changed. Every other sign-in and token of yours has ended; your API keys work on.", "ok")
    return redirect("/admin/profile/", 303)


@page.post("/profile/sign-out-everywhere/")
def everywhere(asked: Asked) -> ResponseReturnValue:
    """End every sign-in and token, this one too."""
    users.sign_out(asked.house, asked.who, asked.session.family.user.id)
    logout_user()
    session.clear()
    flash("You are signed out everywhere.", "ok")
    return redirect("/admin/sign-in/", 303)


def sockets_of(asked: Asked, user_id: int) -> list[Row]:
    """The live connections of a user, by sign-in or key, to any process; the newest first."""
    return [row for row in live.everybody(asked.house) if row.user_id == user_id]


def _page(asked: Asked, errors: dict[str, str] | None = None, status: int = 200, retry_after: float = 0.0) -> Response:
    me = asked.session.family.user
    wrong = errors or {}
    now = Field(
        CURRENT,
        "Password now",
        "password",
        error=wrong.get(CURRENT, ""),
        required=True,
        longest=1024,
        autocomplete="current-password",
    )
    fields = (now, *new_password(asked.settings.PASSWORD_MIN_LENGTH, wrong, "New password"))
    text = render_template(
        "admin/profile.html",
        me=me,
        permissions=[permission for permission in PERMISSIONS if permission.name in me.permissions],
        sessions=asked.pages.sessions_of(me.id),
        this=asked.session.family.id,
        sockets=sockets_of(asked, me.id),
        keys=asked.house.accounts.working_keys([me.id]).get(me.id, 0),
        fields=fields,
    )
    return make_response(text, status, {"Retry-After": str(ceil(retry_after))} if retry_after else {})
