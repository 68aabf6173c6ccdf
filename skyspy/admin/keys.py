"""Interfaces: the page of API keys: the user's own, and with `keys.manage` those of all users.

Invariants: services/keys.py decides. A key's text is in the answer that makes it and in no other.
"""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from skyspy.admin import gate
from skyspy.admin.formatting import rough_duration
from skyspy.admin.forms import Choice, PanelForm, choice_field, clean_parameter
from skyspy.admin.key_form import SOME, NewKeyForm
from skyspy.admin.page_helpers import ID, ROWS, offset, pager, redirect_with, socketio_path
from skyspy.admin.routes import Page, RequestContext
from skyspy.auth.apikeys import MadeKey
from skyspy.services import Refused, keys
from skyspy.store.keys import KeySearch
from skyspy.store.users import User

page = Page("keys", "/keys/", "API keys", group="People")

_ONE = f"/keys/<{ID}:key_id>/"


class RotationForm(PanelForm):
    """For how many seconds a replaced key stays valid."""

    overlap = choice_field(
        SelectField,
        "What becomes of the old key",
        (
            Choice("0", "It stops at once"),
            Choice("3600", "It works for 1 more hour"),
            Choice("86400", "It works for 1 more day"),
            Choice("604800", "It works for 7 more days"),
        ),
        message="Choose what becomes of the old key from the list",
    )


@page.get()
def listing(context: RequestContext) -> ResponseReturnValue:
    """The user's own keys, or those of all users; inactive ones only with `ended`."""
    all_users = context.may(keys.MANAGE) and request.args.get("whose") == "all"
    ended, search, start = "ended" in request.args, clean_parameter(request.args, "q", 64), offset()
    whose = None if all_users else context.principal.user_id
    found = context.call(keys.listing, KeySearch(whose, search, ended, ROWS, start))
    return render_template(
        "admin/keys.html",
        views=found.keys,
        all_users=all_users,
        ended=ended,
        hidden=found.left_out,
        search=search,
        any=found.of > 0,
        pages=pager(start, len(found.keys), found.total, "key" if found.total == 1 else "keys"),
    )


@page.get("/keys/new/", fresh=True)
def new(context: RequestContext) -> ResponseReturnValue:
    """The form for a new key of the user or of another user."""
    owner = context.call(keys.owner_for_new_key, _owner_id(context, request.args.get("owner")))
    return _form(context, owner, NewKeyForm(owner, context.server.clock.wall(), kind="live", may=SOME, ends="90"))


@page.post("/keys/new/", fresh=True)
def create(context: RequestContext) -> ResponseReturnValue:
    """Make a key and show it once."""
    owner = context.call(keys.owner_for_new_key, _owner_id(context, request.form.get("owner")))
    form = NewKeyForm(owner, context.server.clock.wall(), request.form)
    if not form.validate():
        return _form(context, owner, form), 400
    kind, name, expires_at = form.kind.data, form.name.data, form.expires_at
    try:
        made = context.call(keys.create, owner.id, kind, name, form.permissions, expires_at, form.places or None)
    except Refused as error:
        return _form(context, owner, form, form.add_refusal(error)), error.status
    return _made(made)


@page.get(_ONE)
def one(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """One key."""
    form = RotationForm(overlap="86400")
    return render_template("admin/key.html", view=context.call(keys.one, key_id), overlap=form.overlap)


@page.post(f"{_ONE}rotate/", fresh=True)
def rotate(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """Make the key's successor and show it once."""
    form = RotationForm(request.form)
    if not form.validate():
        raise Refused("invalid", form.overlap.errors[0])
    overlap = float(form.overlap.data)
    made = context.call(keys.rotate, key_id, overlap)
    return _made(made, f"works for {rough_duration(overlap)} more" if overlap else "stopped")


@page.get(f"{_ONE}revoke/")
def revoke(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """The confirmation page of a revocation."""
    return render_template("admin/ask/key_revoke.html", view=context.call(keys.one, key_id))


@page.post(f"{_ONE}revoke/")
def do_revoke(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """Revoke a key."""
    key = context.call(keys.revoke, key_id)
    return redirect_with(f"“{key.name}” is revoked.", "keys_one", key_id=key_id)


def _form(context: RequestContext, owner: User, form: NewKeyForm, error: str = "") -> str:
    mine = owner.id == context.principal.user_id
    return render_template("admin/key_new.html", owner=owner, mine=mine, f=form, error=error)


def _made(made: MadeKey, old: str = "") -> str:
    return render_template(
        "admin/key_made.html",
        made=made,
        old=old,
        origin=gate.own_origin(),
        address=gate.own_address(),
        path=socketio_path(),
        token=made.text,
    )


def _owner_id(context: RequestContext, text: str | None) -> int:
    if text is not None and text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return context.session.family.user.id
