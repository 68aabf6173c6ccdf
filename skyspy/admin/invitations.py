"""Interfaces: the pages of one-time links: the first administrator's, an invitation, a password reset.

Invariants: opening a link shows a form and does not use the link up, because chat programs open links to preview them;
only sending the form does. An invalid link gets one message, whatever is wrong with it. A link signs no user in.
"""

from __future__ import annotations

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from skyspy.admin import gate
from skyspy.admin.forms import PLAIN, NewPasswordForm, Required, text_field
from skyspy.admin.page_helpers import redirect_with
from skyspy.admin.routes import Page, RequestContext
from skyspy.services import Refused, invitations

page = Page("links", "/links/", "One-time links")


class FirstAdminForm(NewPasswordForm):
    """The first administrator's name and password."""

    name = text_field("User name", 64, Required(), help="Letters, digits and . _ - + @", **PLAIN | {"autocomplete": "username"})


_ONE = "/<any(first, invite, reset):kind>/<token>/"


@page.get(_ONE, open=True)
def show(context: RequestContext, kind: str, token: str) -> ResponseReturnValue:
    """The form of a link."""
    return _page(context, kind, token, _form(context, kind))


@page.post(_ONE, open=True)
def use(context: RequestContext, kind: str, token: str) -> ResponseReturnValue:
    """Make the first administrator, or choose a password."""
    form, address = _form(context, kind), context.browser.address
    if not form.validate():
        return _page(context, kind, token, form, status=400)
    try:
        if isinstance(form, FirstAdminForm):
            user = invitations.make_first_admin(context.server, token, form.name.data, form.password.data, address)
            return _done(user.name, f"{user.name} is the administrator of this server. Sign in to go on.")
        user = invitations.choose_password(context.server, token, kind, form.password.data, address)
        return _done(user.name, "Your password is set. Sign in with it.")
    except Refused as refused:
        return _page(context, kind, token, form, form.add_refusal(refused), refused.status)


def _done(name: str, message: str) -> ResponseReturnValue:
    return redirect_with(message, "session_form", name=name)


def _form(context: RequestContext, kind: str) -> NewPasswordForm:
    form = FirstAdminForm if kind == invitations.FIRST else NewPasswordForm
    return form(request.form, context.settings.PASSWORD_MIN_LENGTH)


def _page(
    context: RequestContext, kind: str, token: str, form: NewPasswordForm, error: str = "", status: int = 200
) -> ResponseReturnValue:
    try:
        user = invitations.user_of_link(context.server, token, kind)
    except Refused as gone:
        return gate.refusal_page(410, "This link is not good any more", gone.message)
    text = render_template("admin/link.html", kind=kind, whom=user.name if user else "", form=form, error=error)
    return make_response(text, status)
