"""Signing in and out, and what a page's own scripts ask for.

Law: every reason for which somebody is not let in reads the same, but for waiting. After signing in one lands on a page of
the panel and nowhere else. The page's live connection gets a token of its own; the cookie is never one.
"""

from __future__ import annotations

from math import ceil

from flask import Response, flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from wtforms import BooleanField

from skyspy.admin import gate
from skyspy.admin.forms import PLAIN, PanelForm, Required, local_path, one_line, password_field, text_field
from skyspy.admin.routes import Asked, Page
from skyspy.auth.signin import LoginError
from skyspy.auth.throttle import Throttled
from skyspy.services import present
from skyspy.store import users

page = Page("session", "/sign-in/", "Sign in")

WRONG = "The name or the password is wrong, or this user may not sign in."


class SignInForm(PanelForm):
    """A user's name and password; `keep`: stay signed in when the browser is closed."""

    name = text_field("User name", 64, Required(), **PLAIN | {"autocomplete": "username"})
    password = password_field("Password", "current-password", Required())
    keep = BooleanField()


@page.get(open=True)
def form(asked: Asked) -> ResponseReturnValue:
    """The sign-in page; who is signed in already goes on."""
    if gate.signed_in() is not None:
        return redirect(local_path(request.args.get("next")), 303)
    return _form(asked, SignInForm(name=one_line(request.args, "name", 64)))


@page.post(open=True)
def sign_in(asked: Asked) -> ResponseReturnValue:
    """Sign in with a name and a password."""
    form = SignInForm(request.form)
    before = gate.signed_in()
    try:
        opened = asked.pages.sign_in(form.name.data, form.password.data, asked.browser, keep=form.keep.data)
    except LoginError:
        return _form(asked, form, WRONG, 401)
    except Throttled as full:
        return _form(asked, form, gate.throttled_words(full), 503 if full.code == "overloaded" else 429, full.retry_after)
    if before is not None:
        # This browser was somebody already: that sign-in would live on where nobody can see it.
        asked.pages.sign_out(before.session, asked.browser)
    gate.remember(opened)
    return redirect(local_path(request.args.get("next")), 303)


@page.post("/sign-out/", open=True)
def sign_out(asked: Asked) -> ResponseReturnValue:
    """End this session, its tokens and its live connections. Who is signed out already is no error."""
    user = gate.signed_in()
    if user is not None:
        asked.pages.sign_out(user.session, asked.browser)
    logout_user()
    session.clear()
    flash("You are signed out.", "ok")
    response = redirect("/admin/sign-in/", 303)
    # What this browser kept of our pages is of nobody any more.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@page.post("/confirm/", fresh=True)
def confirm(_asked: Asked) -> ResponseReturnValue:
    """Go on to a page that wanted the password again."""
    return redirect(local_path(request.form.get("next")), 303)


@page.post("/token/", quiet=True)
def token(asked: Asked) -> ResponseReturnValue:
    """A short-lived access token for this page's live connection: `{token, expires_in}`."""
    text, seconds = asked.pages.access_token(asked.session)
    return gate.as_json({"token": text, "expires_in": seconds})


@page.get("/counts/", quiet=True)
def counts(asked: Asked) -> ResponseReturnValue:
    """The numbers in the top bar: `{aircraft, clients, messages}`."""
    return gate.as_json(live_counts(asked))


def live_counts(asked: Asked) -> dict[str, float]:
    """Aircraft now, clients connected, and messages a second."""
    sky = asked.server.skies["live"].view
    messages = sum(feed["messages_per_second"] for feed in sky.receivers.status())
    return {
        "aircraft": len(sky.tracker),
        "clients": present.clients(present.everybody(asked.server)),
        "messages": round(messages),
    }


def _form(asked: Asked, form: SignInForm, error: str = "", status: int = 200, retry_after: float = 0.0) -> Response:
    text = render_template(
        "admin/sign_in.html",
        form=form,
        error=error,
        keep=asked.settings.PANEL_KEEP_SECONDS,
        empty=asked.server.accounts.count_users() == 0,
        wait=ceil(retry_after),
    )
    return make_response(text, status, {"Retry-After": str(ceil(retry_after))} if retry_after else {})
