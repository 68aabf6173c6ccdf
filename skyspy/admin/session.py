"""Interfaces: signing in and out, and the requests of the pages' scripts.

Invariants: every failed sign-in has the same message, except throttling. Signing in redirects to a page of the panel only. The
page's live connection has a separate token; the cookie is never used as one.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, flash, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from wtforms import BooleanField

from skyspy.admin import gate
from skyspy.admin.forms import PLAIN, PanelForm, Required, clean_parameter, local_path, password_field, text_field
from skyspy.admin.page_helpers import others
from skyspy.admin.routes import Page, RequestContext
from skyspy.auth.signin import InvalidCredentials
from skyspy.auth.throttle import Throttled
from skyspy.presence.presence import count_clients
from skyspy.server import rooted
from skyspy.store import users

page = Page("session", "/sign-in/", "Sign in")

WRONG = "The name or the password is wrong, or this user may not sign in."


class SignInForm(PanelForm):
    """A user's name and password; `keep`: stay signed in when the browser is closed."""

    name = text_field("User name", 64, Required(), **PLAIN | {"autocomplete": "username"})
    password = password_field("Password", "current-password", Required())
    keep = BooleanField()


@page.get(open=True)
def form(context: RequestContext) -> ResponseReturnValue:
    """The sign-in page; a signed-in user is redirected."""
    if gate.signed_in() is not None:
        return redirect(rooted(local_path(request.args.get("next"))), 303)
    return _form(context, SignInForm(name=clean_parameter(request.args, "name", 64)))


@page.post(open=True)
def sign_in(context: RequestContext) -> ResponseReturnValue:
    """Sign in with a name and a password."""
    form = SignInForm(request.form)
    before = gate.signed_in()
    try:
        opened = context.pages.sign_in(form.name.data, form.password.data, context.browser, keep=form.keep.data)
    except InvalidCredentials:
        return _form(context, form, WRONG, 401)
    except Throttled as full:
        return _form(context, form, *gate.throttled(full))
    if before is not None:
        # The former sign-in of this browser would stay valid without being usable.
        context.pages.sign_out(before.session, context.browser)
    gate.start_session(opened)
    return redirect(rooted(local_path(request.args.get("next"))), 303)


@page.post("/sign-out/", open=True)
def sign_out(context: RequestContext) -> ResponseReturnValue:
    """End this session, its tokens and its live connections. No error if the user is signed out already."""
    user = gate.signed_in()
    if user is not None:
        context.pages.sign_out(user.session, context.browser)
    logout_user()
    session.clear()
    flash("You are signed out.", "ok")
    response = redirect(rooted("/admin/sign-in/"), 303)
    # Clear cached pages of the signed-out user.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@page.post("/confirm/", fresh=True)
def confirm(_asked: RequestContext) -> ResponseReturnValue:
    """Redirect to the page that needed the password."""
    return redirect(rooted(local_path(request.form.get("next"))), 303)


@page.post("/token/", quiet=True)
def token(context: RequestContext) -> ResponseReturnValue:
    """A short-lived access token for this page's live connection: `{token, expires_in}`."""
    text, seconds = context.pages.access_token(context.session)
    return gate.json_answer({"token": text, "expires_in": seconds})


@page.get("/counts/", quiet=True)
def counts(context: RequestContext) -> ResponseReturnValue:
    """The numbers in the top bar: `{aircraft, clients, messages}`."""
    return gate.json_answer(live_counts(context))


def live_counts(context: RequestContext) -> dict[str, float | None]:
    """Aircraft now, clients connected but for this browser, and messages a second; None for what is not known yet, because no
    receiver was heard since the start."""
    sky = context.server.skies["live"].view
    feeds = sky.receivers.status()
    is_known = len(sky.tracker) > 0 or any(feed["last_seen"] is not None for feed in feeds)
    messages = sum(feed["messages_per_second"] for feed in feeds if feed["state"] != "paused")
    return {
        "aircraft": len(sky.tracker) if is_known else None,
        "clients": count_clients(others(context)),
        "messages": round(messages) if is_known else None,
    }


def _form(
    context: RequestContext, form: SignInForm, error: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    text = render_template(
        "admin/sign_in.html",
        form=form,
        error=error,
        keep=context.settings.PANEL_KEEP_SECONDS,
        empty=context.server.store.read(users.count) == 0,
        wait=int((headers or {}).get("Retry-After", 0)),
    )
    return make_response(text, status, headers or {})
