"""The pages behind links that work once: the first administrator's, an invitation, a new password.

Law: opening a link shows a form and uses nothing up, because programs that preview links open them too; only sending the
form does. A link that is not good any more says so and nothing else. Nobody is signed in by a link.
"""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin import gate
from skyspy.admin.forms import Field, new_password, one_line
from skyspy.admin.routes import Asked, Page
from skyspy.services import Refused, invitations

page = Page("links", "/links/", "One-time links")

TITLES = {
    invitations.FIRST: "Make the first administrator",
    invitations.INVITE: "You are invited",
    invitations.RESET: "Choose a new password",
}
SAYS = {
    invitations.FIRST: "This server has no user yet. Whoever sends this form becomes its administrator; the link then stops working.",
    invitations.INVITE: "Choose a password to sign in with as {name}. The link then stops working.",
    invitations.RESET: "Choose another password for {name}. Every sign-in with the old one ends, and the link stops working.",
}


@page.get("/first/<token>/", open=True)
def first(asked: Asked, token: str) -> ResponseReturnValue:
    """The form for the first administrator."""
    return _form(asked, invitations.FIRST, token)


@page.post("/first/<token>/", open=True)
def make_first(asked: Asked, token: str) -> ResponseReturnValue:
    """Make the first administrator."""
    name = one_line(request.form, "name", 64)
    if (wrong := _typed_twice()) is not None:
        return _form(asked, invitations.FIRST, token, wrong)
    try:
        user = invitations.make_first_admin(asked.server, token, name, request.form["password"], asked.browser.address)
    except Refused as refused:
        return _form(asked, invitations.FIRST, token, refused)
    return _done(user.name, f"{user.name} is the administrator of this server. Sign in to go on.")


@page.get("/invite/<token>/", open=True)
def invite(asked: Asked, token: str) -> ResponseReturnValue:
    """The form behind an invitation."""
    return _form(asked, invitations.INVITE, token)


@page.post("/invite/<token>/", open=True)
def accept(asked: Asked, token: str) -> ResponseReturnValue:
    """Choose the first password."""
    return _choose(asked, invitations.INVITE, token)


@page.get("/reset/<token>/", open=True)
def reset(asked: Asked, token: str) -> ResponseReturnValue:
    """The form behind a reset link."""
    return _form(asked, invitations.RESET, token)


@page.post("/reset/<token>/", open=True)
def choose(asked: Asked, token: str) -> ResponseReturnValue:
    """Choose another password."""
    return _choose(asked, invitations.RESET, token)


def _choose(asked: Asked, kind: str, token: str) -> ResponseReturnValue:
    if (wrong := _typed_twice()) is not None:
        return _form(asked, kind, token, wrong)
    try:
        user = invitations.choose_password(asked.server, token, kind, request.form["password"], asked.browser.address)
    except Refused as refused:
        return _form(asked, kind, token, refused)
    return _done(user.name, "Your password is set. Sign in with it.")


def _typed_twice() -> Refused | None:
    if request.form.get("password", "") == request.form.get("again", ""):
        return None
    return Refused("invalid", "", {"again": "this is not what stands above: type the password twice"})


def _done(name: str, says: str) -> ResponseReturnValue:
    flash(says, "ok")
    return redirect(url_for("admin.session_form", name=name), 303)


def _form(asked: Asked, kind: str, token: str, refused: Refused | None = None) -> ResponseReturnValue:
    try:
        opened = invitations.opened(asked.server, token, kind)
    except Refused as gone:
        return gate.refused(410, "This link is not good any more", gone.message)
    wrong = {} if refused is None else {name: f"{text[:1].upper()}{text[1:]}." for name, text in refused.fields.items()}
    fields = [*new_password(asked.settings.PASSWORD_MIN_LENGTH, wrong)]
    if kind == invitations.FIRST:
        typed = one_line(request.form, "name", 64)
        says = "Letters, digits and . _ - + @"
        fields.insert(
            0, Field("name", "User name", value=typed, says=says, required=True, longest=64, autocomplete="username", plain=True)
        )
    name = opened.user.name if opened.user else ""
    text = render_template(
        "admin/link.html",
        title=TITLES[kind],
        says=SAYS[kind].replace("{name}", name),
        whom=name,
        fields=fields,
        error="" if refused is None or wrong else refused.message,
        verb="Make the administrator" if kind == invitations.FIRST else "Set the password",
    )
    return make_response(text, 200 if refused is None else refused.status)
