"""One's own page: who I am here, what I may do, where I am signed in, what is connected in my name, and my password.

Law: everybody signed in has it and sees only what is theirs. A new password ends every other sign-in and token at once; so
does "sign out everywhere", this one included, after it was said what that ends. API keys stay: they have their own page.
"""

from __future__ import annotations

from math import ceil

from flask import Response, flash, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from skyspy.admin import gate
from skyspy.admin.confirm import step
from skyspy.admin.formatting import ago, closes, counted, counted_first
from skyspy.admin.forms import Field, new_password
from skyspy.admin.routes import Asked, Page
from skyspy.auth.passwords import PasswordError
from skyspy.auth.signin import LoginError
from skyspy.auth.throttle import Throttled
from skyspy.permissions import PERMISSIONS
from skyspy.services import Refused, users
from skyspy.store import keys
from skyspy.store.presence import SessionRow

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
        return _page(asked, {CURRENT: gate.throttled_words(full)}, 503 if full.code == "overloaded" else 429, full.retry_after)
    gate.remember(opened)
    flash("Your password is changed. Every other sign-in and token of yours has ended; your API keys work on.", "ok")
    return redirect("/admin/profile/", 303)


@page.get("/profile/sign-out-everywhere/")
def ask_everywhere(asked: Asked) -> ResponseReturnValue:
    """What signing out everywhere ends."""
    me = asked.session.family.user
    browsers = len(asked.pages.sessions_of(me.id))
    signed = sum(row.kind == "user" for row in sockets_of(asked, me.id))
    working = asked.server.store.read(keys.working_per_user, [me.id], asked.server.clock.wall()).get(me.id, 0)
    points = [
        f"You are signed out in {counted(browsers, 'browser')}, this one included, and in every program that you signed in with your password.",
        closes(signed),
        f"{counted_first(working, 'API key')} {'works' if working == 1 else 'work'} on; revoke them one by one."
        if working
        else "",
        "You can sign in again at once. If somebody knows your password, change it instead: that ends every other sign-in too.",
    ]
    return step(
        "Sign out everywhere?", filter(None, points), "Sign out everywhere", url_for("admin.profile_show"), "Profile", "warn"
    )


@page.post("/profile/sign-out-everywhere/")
def everywhere(asked: Asked) -> ResponseReturnValue:
    """End every sign-in and token, this one too."""
    users.sign_out(asked.server, asked.caller, asked.session.family.user.id)
    logout_user()
    session.clear()
    flash("You are signed out everywhere.", "ok")
    return redirect("/admin/sign-in/", 303)


@page.get("/profile/browsers/<family>/sign-out/")
def ask_browser(asked: Asked, family: str) -> ResponseReturnValue:
    """What signing one of one's other browsers out ends."""
    found = next((one for one in asked.pages.sessions_of(asked.session.family.user.id) if one.family.id == family), None)
    if found is None or found.family.id == asked.session.family.id:
        says = "It is signed out already." if found is None else "This is the browser you use now: “Sign out” at the top ends it."
        return render_template("admin/browser_gone.html", says=says)
    name = found.browser or "Unknown browser"
    points = (
        f"{name}, signed in {ago(found.created_at, asked.server.clock.wall())} from {found.proved_from}, has to sign in again.",
        "Its tokens end, and its live connections are closed within 2 seconds.",
        "Your other browsers stay signed in. Whoever knows your password can sign in again: if it was not you, change it.",
    )
    return step(f"Sign out {name}?", points, "Sign this browser out", url_for("admin.profile_show"), "Profile", "warn")


@page.post("/profile/browsers/<family>/sign-out/")
def end_browser(asked: Asked, family: str) -> ResponseReturnValue:
    """Sign one of one's other browsers out."""
    if family == asked.session.family.id:
        raise Refused("conflict", "This is the browser you use now: “Sign out” at the top ends it")
    ended = users.end_browser(asked.server, asked.caller, family[:64])
    flash("It is signed out already." if ended is None else f"{ended.browser or 'The browser'} is signed out.", "ok")
    return redirect(url_for("admin.profile_show"), 303)


def sockets_of(asked: Asked, user_id: int) -> list[SessionRow]:
    """The live connections of a user, by sign-in or key, to any process; the newest first."""
    return [row for row in asked.server.presence.everybody() if row.user_id == user_id]


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
        keys=asked.server.store.read(keys.working_per_user, [me.id], asked.server.clock.wall()).get(me.id, 0),
        fields=fields,
    )
    return make_response(text, status, {"Retry-After": str(ceil(retry_after))} if retry_after else {})
