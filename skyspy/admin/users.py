"""Interfaces: the users page: the list, creating a user, and managing one.

Invariants: services/users.py and services/invitations.py decide. A one-time link is in the answer that makes it and in no other; an
action that ends something is confirmed first, on a page that says what it ends.
"""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from wtforms import RadioField, SelectField

from skyspy.admin import gate
from skyspy.admin.formatting import rough_duration
from skyspy.admin.forms import PLAIN, Choice, PanelForm, Required, choice_field, clean_parameter, password_field, text_field
from skyspy.admin.page_helpers import ID, ROWS, offset, pager, redirect_with
from skyspy.admin.profile import sockets_of
from skyspy.admin.roles import lost_permissions
from skyspy.admin.routes import Page, RequestContext
from skyspy.services import Refused, invitations, keys, roles, users
from skyspy.services.users import UserView
from skyspy.store.keys import KeySearch

page = Page("users", "/users/", "Users", (users.MANAGE,), "People")

_ONE = f"/users/<{ID}:user_id>/"
LINK, PASSWORD = "link", "password"


class NewUserForm(PanelForm):
    """A new user, with a link or a password."""

    name = text_field("User name", 64, Required(), help="Letters, digits and . _ - + @", **PLAIN)
    role = choice_field(SelectField, "Role", help="What they may do. It can be changed later.")
    way = choice_field(
        RadioField,
        "How they get in",
        (
            Choice(
                LINK,
                "By a link that you give them",
                f"They choose their own password. Works once, within {rough_duration(invitations.LIFETIME_S[invitations.INVITE])}.",
            ),
            Choice(PASSWORD, "By a password that you choose now", "You have to tell it to them; they can change it later."),
        ),
    )
    password = password_field("Password", "new-password")


class UserRoleForm(PanelForm):
    """A user's role."""

    role = choice_field(SelectField, "Role")


@page.get()
def listing(context: RequestContext) -> ResponseReturnValue:
    """The users that match a search, or all."""
    search, start = clean_parameter(request.args, "q", 64), offset()
    found = context.call(users.listing, search, ROWS, start)
    pages = pager(start, len(found.users), found.total, "user" if found.total == 1 else "users")
    return render_template("admin/users.html", found=found, search=search, pages=pages)


@page.get("/users/new/", fresh=True)
def new(context: RequestContext) -> ResponseReturnValue:
    """The form for a new user."""
    return _form(context, NewUserForm(name=clean_parameter(request.args, "name", 64), role="viewer", way=LINK))


@page.post("/users/new/", fresh=True)
def create(context: RequestContext) -> ResponseReturnValue:
    """Make a user, with a link to invite them or with a password."""
    form = NewUserForm(request.form)
    if form.way.data != PASSWORD:
        form.way.data = LINK
    password = form.password.data if form.way.data == PASSWORD else None
    try:
        made = context.call(users.create, form.name.data, form.role.data or "", password)
    except Refused as error:
        return _form(context, form, form.add_refusal(error)), error.status
    if password is None:
        return _link(context, context.call(users.one, made.id), invitations.INVITE)
    return redirect_with(f"{made.name} can sign in now.", "users_one", user_id=made.id)


@page.get(_ONE)
def one(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """One user."""
    return _one(context, context.call(users.one, user_id))


@page.post(f"{_ONE}role/", fresh=True)
def set_role(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """Give a user another role; a confirmation comes first if that takes permissions away."""
    view, role = context.call(users.one, user_id), clean_parameter(request.form, "role", 64)
    try:
        if "sure" not in request.form:
            impact = context.call(roles.preview_assignment, user_id, role)
            if impact.lost:
                lost = lost_permissions(impact)
                carried = [("role", role)]
                return render_template(
                    "admin/ask/user_role.html", view=view, role=role, impact=impact, lost=lost, carried=carried
                )
        user = context.call(users.change, user_id, role=role)
    except Refused as error:
        return _one(context, view, error.message), error.status
    return redirect_with(f"{user.name} has the role {user.role} now.", "users_one", user_id=user_id)


@page.post(f"{_ONE}link/", fresh=True)
def link(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """Make a link by which a user chooses a password: the first one, or another."""
    view = context.call(users.one, user_id)
    return _link(context, view, invitations.INVITE if view.user.password_hash is None else invitations.RESET)


@page.get(f"{_ONE}disable/")
def disable(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """The confirmation page of disabling a user."""
    return render_template("admin/ask/user_disable.html", view=context.call(users.one, user_id))


@page.post(f"{_ONE}disable/")
def do_disable(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """Disable a user."""
    user = context.call(users.change, user_id, disabled=True)
    return redirect_with(f"{user.name} is disabled.", "users_one", user_id=user_id)


@page.post(f"{_ONE}enable/", fresh=True)
def enable(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """Enable a disabled user."""
    user = context.call(users.change, user_id, disabled=False)
    return redirect_with(f"{user.name} can sign in again. Keys that have not ended work again too.", "users_one", user_id=user_id)


@page.get(f"{_ONE}sign-out/")
def sign_out(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """The confirmation page of signing a user out everywhere."""
    view, browsers = context.call(users.one, user_id), len(context.pages.sessions_of(user_id))
    sign_ins = sum(row.kind == "user" for row in sockets_of(context, user_id))
    return render_template("admin/ask/user_sign_out.html", view=view, browsers=browsers, sign_ins=sign_ins)


@page.post(f"{_ONE}sign-out/")
def do_sign_out(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """Sign a user out everywhere."""
    context.call(users.sign_out, user_id)
    return redirect_with("Signed out everywhere.", "users_one", user_id=user_id)


@page.get(f"{_ONE}delete/")
def delete(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """The confirmation page of deleting a user."""
    return render_template("admin/ask/user_delete.html", view=context.call(users.one, user_id))


@page.post(f"{_ONE}delete/", fresh=True)
def do_delete(context: RequestContext, user_id: int) -> ResponseReturnValue:
    """Delete a user."""
    name = context.call(users.one, user_id).user.name
    context.call(users.delete, user_id)
    return redirect_with(f"{name} is deleted.", "users_listing")


def role_choices(context: RequestContext) -> list[Choice]:
    """Every role as a choice; roles with permissions that the caller lacks cannot be chosen."""
    held, listed = context.principal.permissions, context.call(roles.listing)
    own = [(view.role.name, view.role.permissions <= held) for view in listed]
    return [Choice(name) if within else Choice(name, f"{name} (holds more than you do)", disabled=True) for name, within in own]


def _form(context: RequestContext, form: NewUserForm, error: str = "") -> str:
    form.role.choices = role_choices(context)
    form.password.description = f"At least {context.settings.PASSWORD_MIN_LENGTH} characters."
    return render_template("admin/user_new.html", form=form, error=error)


def _one(context: RequestContext, view: UserView, error: str = "") -> str:
    mine = view.user.id == context.principal.user_id
    owned = context.call(keys.listing, KeySearch(view.user.id)) if mine or context.may(keys.MANAGE) else None
    form = UserRoleForm(role=view.user.role)
    form.role.choices = role_choices(context)
    return render_template(
        "admin/user.html",
        view=view,
        mine=mine,
        above=not view.user.permissions <= context.principal.permissions,
        role=(form.add_errors(role=error) if error else form).role,
        keys=None if owned is None else owned.keys,
        key_count=0 if owned is None else owned.total,
        sockets=sockets_of(context, view.user.id),
        browsers=len(context.pages.sessions_of(view.user.id)),
    )


def _link(context: RequestContext, view: UserView, kind: str) -> str:
    make = invitations.invitation_link if kind == invitations.INVITE else invitations.password_reset_link
    token = context.call(make, view.user.id)
    address = f"{gate.own_address()}/admin/{kind}/{token}"
    return render_template(
        "admin/link_made.html", whom=view.user, kind=kind, address=address, lives=rough_duration(invitations.LIFETIME_S[kind])
    )
