"""Interfaces: the roles page: the built-in roles, and those that operators make of permission checkboxes.

Invariants: the checkboxes are made from the table of permissions; a permission that the caller does not hold cannot be
ticked. Every change says how many users and live connections it affects; one that takes something away is confirmed first.
"""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectMultipleField

from skyspy.admin.forms import PLAIN, Choice, PanelForm, Required, choice_field, clean_parameter, text_field
from skyspy.admin.page_helpers import redirect_with
from skyspy.admin.routes import Page, RequestContext
from skyspy.permissions import PERMISSIONS, Permission
from skyspy.services import Refused, roles
from skyspy.services.roles import RoleImpact
from skyspy.services.users import MANAGE

page = Page("roles", "/roles/", "Roles", (MANAGE,), "People")


class RoleForm(PanelForm):
    """A role's description and permissions."""

    says = text_field("What it is for")
    permissions = choice_field(SelectMultipleField, "Permissions")


class NewRoleForm(RoleForm):
    """A new role with its name."""

    name = text_field("Name", 32, Required(), help="1 to 32 small letters, digits, - and _", **PLAIN)


@page.get()
def listing(context: RequestContext) -> ResponseReturnValue:
    """Every role."""
    listed = context.call(roles.listing)
    return render_template("admin/roles.html", roles=listed, total=len(PERMISSIONS))


@page.get("/roles/new/", fresh=True)
def new(context: RequestContext) -> ResponseReturnValue:
    """The form for a new role, empty or filled like another one (`like`)."""
    like = clean_parameter(request.args, "like", 32)
    ticked = context.call(roles.one, like).role.permissions if like else ()
    return _form(context, None, NewRoleForm(permissions=ticked), like=like)


@page.post("/roles/new/", fresh=True)
def create(context: RequestContext) -> ResponseReturnValue:
    """Make a role."""
    form = NewRoleForm(request.form)
    try:
        role = context.call(roles.create, form.name.data, frozenset(form.permissions.data or ()), form.says.data)
    except Refused as refused:
        return _form(context, None, form, refused)
    return redirect_with(f"The role {role.name} is made. Give it to somebody on their page.", "roles_listing")


@page.get("/roles/role/<name>/")
def show(context: RequestContext, name: str) -> ResponseReturnValue:
    """One role and its permissions; editable unless it is built in."""
    role = context.call(roles.one, name).role
    return _form(context, name, RoleForm(obj=role, says=role.description))


@page.post("/roles/role/<name>/", fresh=True)
def change(context: RequestContext, name: str) -> ResponseReturnValue:
    """Replace a role's permissions."""
    form = RoleForm(request.form)
    says, ticked = form.says.data, frozenset(form.permissions.data or ())
    try:
        if "sure" not in request.form:
            impact = context.call(roles.preview_change, name, ticked)
            if impact.lost and (impact.users or impact.sockets):
                carried = [("says", says), *(("permissions", permission) for permission in sorted(ticked))]
                lost = lost_permissions(impact)
                return render_template("admin/ask/role_change.html", name=name, impact=impact, lost=lost, carried=carried)
        context.call(roles.change, name, ticked, says)
    except Refused as refused:
        return _form(context, name, form, refused)
    return redirect_with(f"The role {name} is changed. On live connections that is in force within two seconds.", "roles_listing")


@page.get("/roles/role/<name>/delete/")
def ask_delete(context: RequestContext, name: str) -> ResponseReturnValue:
    """The confirmation page of a deletion."""
    return render_template("admin/role_ends.html", view=context.call(roles.one, name))


@page.post("/roles/role/<name>/delete/", fresh=True)
def delete(context: RequestContext, name: str) -> ResponseReturnValue:
    """Delete a role that no user holds."""
    context.call(roles.delete, name)
    return redirect_with(f"The role {name} is deleted.", "roles_listing")


def lost_permissions(impact: RoleImpact) -> list[Permission]:
    """The permissions that a change takes away."""
    return [permission for permission in PERMISSIONS if permission.name in impact.lost]


def _form(
    context: RequestContext, name: str | None, form: RoleForm, refused: Refused | None = None, like: str = ""
) -> ResponseReturnValue:
    view = None if name is None else context.call(roles.one, name)
    held = context.principal.permissions
    groups: dict[str, list[Choice]] = {"See and hear": [], "Do and manage": []}
    for p in PERMISSIONS:
        why_not = "" if p.name in held else "You do not hold it"
        groups["See and hear" if p.is_view else "Do and manage"].append(Choice(p.name, p.description, p.name, why_not))
    text = render_template(
        "admin/role.html",
        view=view,
        form=form,
        groups=groups,
        above=sorted(view.role.permissions - held) if view else [],
        like=like,
        error="" if refused is None else refused.message,
    )
    return text, 200 if refused is None else refused.status
