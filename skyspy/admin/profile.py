"""Interfaces: the user's own page: permissions, sign-ins, live connections and password.

Invariants: every signed-in user has it, and it shows only the user's own data. A new password ends every other sign-in and token at
once; "sign out everywhere" ends this one too, after a confirmation. API keys stay valid.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import logout_user
from wtforms.validators import EqualTo

from skyspy.admin import gate
from skyspy.admin.forms import NewPasswordForm, Required, password_field
from skyspy.admin.page_helpers import redirect_with
from skyspy.admin.routes import Page, RequestContext
from skyspy.auth.passwords import PasswordError
from skyspy.auth.signin import InvalidCredentials
from skyspy.auth.throttle import Throttled
from skyspy.permissions import PERMISSIONS
from skyspy.services import Refused, users
from skyspy.services.caller import as_sentence
from skyspy.store import keys
from skyspy.store.presence import SessionRow

page = Page("profile", "/profile/", "Profile", group="You")


class ChangePasswordForm(NewPasswordForm):
    """A new password, with the present one."""

    current = password_field("Password now", "current-password", Required())
    password = password_field("New password", "new-password", Required())
    again = password_field(
        "New password again",
        "new-password",
        Required(),
        EqualTo("password", "This is not what stands above: type the new password twice."),
    )


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The page."""
    return _page(context, _password_form(context))


@page.post("/profile/password/")
def password(context: RequestContext) -> ResponseReturnValue:
    """Change the password. A wrong present password counts as a failed sign-in."""
    form = _password_form(context)
    if not form.validate():
        return _page(context, form, 400)
    try:
        opened = context.pages.change_password(context.session, form.current.data, form.password.data, context.browser)
    except InvalidCredentials:
        return _page(context, form.add_errors(current="That is not your password now."), 401)
    except PasswordError as error:
        return _page(context, form.add_errors(password=f"{as_sentence(error)}."), 400)
    except Throttled as full:
        message, status, headers = gate.throttled(full)
        return _page(context, form.add_errors(current=message), status, headers)
    gate.start_session(opened)
    return redirect_with(
        "Your password is changed. Every other sign-in and token of yours has ended; your API keys work on.", "profile_show"
    )


@page.get("/profile/sign-out-everywhere/")
def ask_everywhere(context: RequestContext) -> ResponseReturnValue:
    """The confirmation page of signing out everywhere."""
    me = context.session.family.user
    return render_template(
        "admin/ask/sign_out_everywhere.html",
        browsers=len(context.pages.sessions_of(me.id)),
        sign_ins=sum(row.kind == "user" for row in sockets_of(context, me.id)),
        keys=_active_keys(context, me.id),
    )


@page.post("/profile/sign-out-everywhere/")
def everywhere(context: RequestContext) -> ResponseReturnValue:
    """End every sign-in and token, this one included."""
    context.call(users.sign_out, context.session.family.user.id)
    logout_user()
    session.clear()
    return redirect_with("You are signed out everywhere.", "session_form")


@page.get("/profile/browsers/<family>/sign-out/")
def ask_browser(context: RequestContext, family: str) -> ResponseReturnValue:
    """The confirmation page of signing out another browser."""
    found = next((one for one in context.pages.sessions_of(context.session.family.user.id) if one.family.id == family), None)
    if found is None or found.family.id == context.session.family.id:
        message = (
            "It is signed out already." if found is None else "This is the browser you use now: “Sign out” at the top ends it."
        )
        return render_template("admin/browser_gone.html", message=message)
    return render_template("admin/ask/browser_sign_out.html", one=found)


@page.post("/profile/browsers/<family>/sign-out/")
def end_browser(context: RequestContext, family: str) -> ResponseReturnValue:
    """Sign out another browser of the user."""
    if family == context.session.family.id:
        raise Refused("conflict", "This is the browser you use now: “Sign out” at the top ends it")
    ended = context.call(users.end_browser, family[:64])
    return redirect_with(
        "It is signed out already." if ended is None else f"{ended.browser or 'The browser'} is signed out.", "profile_show"
    )


def sockets_of(context: RequestContext, user_id: int) -> list[SessionRow]:
    """The live connections of a user, by sign-in or key, to any process; newest first."""
    return [row for row in context.server.presence.all_sessions() if row.user_id == user_id]


def _active_keys(context: RequestContext, user_id: int) -> int:
    """The number of the user's active keys."""
    return context.server.store.read(keys.active_keys_per_user, [user_id], context.server.clock.wall()).get(user_id, 0)


def _password_form(context: RequestContext) -> ChangePasswordForm:
    return ChangePasswordForm(request.form, context.settings.PASSWORD_MIN_LENGTH)


def _page(
    context: RequestContext, form: ChangePasswordForm, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    me = context.session.family.user
    text = render_template(
        "admin/profile.html",
        me=me,
        permissions=[permission for permission in PERMISSIONS if permission.name in me.permissions],
        sessions=context.pages.sessions_of(me.id),
        this=context.session.family.id,
        sockets=sockets_of(context, me.id),
        keys=_active_keys(context, me.id),
        form=form,
    )
    return make_response(text, status, headers or {})
