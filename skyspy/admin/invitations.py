"""Interfaces: the pages of one-time links: the first administrator's, an invitation, a password reset.

Invariants: opening a link shows a form and does not use the link up, because chat programs open links to preview them;
only sending the form does. An invalid link gets one message, whatever is wrong with it. A link signs no user in.
"""

from __future__ import annotations

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue

from skyspy.admin import gate
from skyspy.admin.confirm import redirect_with
from skyspy.admin.forms import PLAIN, NewPasswordForm, Required, text_field
from skyspy.admin.routes import Page, RequestContext
from skyspy.services import Refused, invitations

page = Page("links", "/links/", "One-time links")

TITLES = {
    invitations.FIRST: "Make the first administrator",
    invitations.INVITE: "You are invited",
    invitations.RESET: "Choose a new password",
}
INTROS = {
    invitations.FIRST: "This server has no user yet. Whoever sends this form becomes its administrator; the link then stops working.",
    invitations.INVITE: "Choose a password to sign in with as {name}. The link then stops working.",
    invitations.RESET: "Choose another password for {name}. Every sign-in with the old one ends, and the link stops working.",
}


class FirstAdminForm(NewPasswordForm):
    """The first administrator's name and password."""

    name = text_field("User name", 64, Required(), help="Letters, digits and . _ - + @", **PLAIN | {"autocomplete": "username"})


@page.get("/first/<token>/", open=True)
def first(context: RequestContext, token: str) -> ResponseReturnValue:
    """The form for the first administrator."""
    return _page(context, invitations.FIRST, token, _form(context, invitations.FIRST))


@page.post("/first/<token>/", open=True)
def make_first(context: RequestContext, token: str) -> ResponseReturnValue:
    """Make the first administrator."""
    return _use(context, invitations.FIRST, token)


@page.get("/invite/<token>/", open=True)
def invite(context: RequestContext, token: str) -> ResponseReturnValue:
    """The form of an invitation."""
    return _page(context, invitations.INVITE, token, _form(context, invitations.INVITE))


@page.post("/invite/<token>/", open=True)
def accept(context: RequestContext, token: str) -> ResponseReturnValue:
    """Choose the first password."""
    return _use(context, invitations.INVITE, token)


@page.get("/reset/<token>/", open=True)
def reset(context: RequestContext, token: str) -> ResponseReturnValue:
    """The form of a reset link."""
    return _page(context, invitations.RESET, token, _form(context, invitations.RESET))


@page.post("/reset/<token>/", open=True)
def choose(context: RequestContext, token: str) -> ResponseReturnValue:
    """Choose another password."""
    return _use(context, invitations.RESET, token)


def _use(context: RequestContext, kind: str, token: str) -> ResponseReturnValue:
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
        return _page(context, kind, token, form, form.refuse(refused), refused.status)


def _done(name: str, message: str) -> ResponseReturnValue:
    return redirect_with(message, "session_form", name=name)


def _form(context: RequestContext, kind: str) -> NewPasswordForm:
    form = FirstAdminForm if kind == invitations.FIRST else NewPasswordForm
    return form(request.form, context.settings.PASSWORD_MIN_LENGTH)


def _page(
    context: RequestContext, kind: str, token: str, form: NewPasswordForm, error: str = "", status: int = 200
) -> ResponseReturnValue:
    try:
        opened = invitations.link_subject(context.server, token, kind)
    except Refused as gone:
        return gate.refused(410, "This link is not good any more", gone.message)
    name = opened.user.name if opened.user else ""
    text = render_template(
        "admin/link.html",
        title=TITLES[kind],
        intro=INTROS[kind].replace("{name}", name),
        whom=name,
        form=form,
        error=error,
        verb="Make the administrator" if kind == invitations.FIRST else "Set the password",
    )
    return make_response(text, status)
