"""One's own page: who I am here, what I may do, where I am signed in, what is connected in my name, and my password.

Law: everybody signed in has it and sees only what is theirs. A new password ends every other sign-in and token at once; so
does "sign out everywhere", this one included, after it was said what that ends. API keys stay: they have their own page.
"""

from __future__ import annotations

from math import ceil

from flask import Response, make_response, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from wtforms.validators import EqualTo

from skyspy.admin import gate
from skyspy.admin.confirm import redirect_with, step
from skyspy.admin.formatting import ago, closes, counted, counted_first
from skyspy.admin.forms import NewPasswordForm, Required, password_field
from skyspy.admin.routes import Asked, Page
from skyspy.auth.passwords import PasswordError
from skyspy.auth.signin import LoginError
from skyspy.auth.throttle import Throttled
from skyspy.permissions import PERMISSIONS
from skyspy.services import Refused, live, users
from skyspy.services.caller import sentence
from skyspy.store.presence import Row

page = Page("profile", "/profile/", "Profile", group="You")


class ChangePasswordForm(NewPasswordForm):
    """Another password, with the present one."""

    current = password_field("Password now", "current-password", Required())
    password = password_field("New password", "new-password", Required())
    again = password_field(
        "New password again",
        "new-password",
        Required(),
        EqualTo("password", "This is not what stands above: type the new password twice."),
    )


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """The page."""
    return _page(asked, _password_form(asked))


@page.post("/profile/password/")
def password(asked: Asked) -> ResponseReturnValue:
    """Choose another password; the old one is asked for, and counted as any sign-in is."""
    form = _password_form(asked)
    if not form.validate():
        return _page(asked, form, 400)
    try:
        opened = asked.pages.change_password(asked.session, form.current.data, form.password.data, asked.browser)
    except LoginError:
        return _page(asked, form.wrong(current="That is not your password now."), 401)
    except PasswordError as error:
        return _page(asked, form.wrong(password=f"{sentence(error)}."), 400)
    except Throttled as full:
        status = 503 if full.code == "overloaded" else 429
        return _page(asked, form.wrong(current=gate.throttled_words(full)), status, full.retry_after)
    gate.remember(opened)
    return redirect_with(
        "Your password is changed. Every other sign-in and token of yours has ended; your API keys work on.", "profile_show"
    )


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
    return redirect_with("You are signed out everywhere.", "session_form")


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
    return redirect_with(
        "It is signed out already." if ended is None else f"{ended.browser or 'The browser'} is signed out.", "profile_show"
    )


def sockets_of(asked: Asked, user_id: int) -> list[Row]:
    """The live connections of a user, by sign-in or key, to any process; the newest first."""
    return [row for row in live.everybody(asked.server) if row.user_id == user_id]


def _password_form(asked: Asked) -> ChangePasswordForm:
    return ChangePasswordForm(request.form, asked.settings.PASSWORD_MIN_LENGTH)


def _page(asked: Asked, form: ChangePasswordForm, status: int = 200, retry_after: float = 0.0) -> Response:
    me = asked.session.family.user
    text = render_template(
        "admin/profile.html",
        me=me,
        permissions=[permission for permission in PERMISSIONS if permission.name in me.permissions],
        sessions=asked.pages.sessions_of(me.id),
        this=asked.session.family.id,
        sockets=sockets_of(asked, me.id),
        keys=asked.server.accounts.working_keys([me.id]).get(me.id, 0),
        form=form,
    )
    return make_response(text, status, {"Retry-After": str(ceil(retry_after))} if retry_after else {})
