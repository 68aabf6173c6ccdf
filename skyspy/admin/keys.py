"""The page of API keys: one's own, and with `keys.manage` those of all users.

Invariants: services/keys.py decides. A key's text is in one answer and in no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from skyspy.admin import gate
from skyspy.admin.confirm import ID, ROWS, confirm, offset, pager, redirect_with, socketio_path
from skyspy.admin.formatting import closes, span
from skyspy.admin.forms import Choice, PanelForm, choice_field, one_line
from skyspy.admin.key_form import SOME, NewKeyForm, NotOver
from skyspy.admin.routes import Page, RequestContext
from skyspy.auth.apikeys import MadeKey
from skyspy.services import Refused, keys
from skyspy.services.keys import KeyView
from skyspy.store.keys import KeySearch
from skyspy.store.users import User

page = Page("keys", "/keys/", "API keys", group="People")

_ONE = f"/keys/<{ID}:key_id>/"
SOON_S = 7 * 86400


class RotationForm(PanelForm):
    """How long a key that is replaced works on, in seconds."""

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
    """The user's own keys, or those of all users; ended ones only with `ended`."""
    everybody = context.may(keys.MANAGE) and request.args.get("whose") == "all"
    ended, search, start = "ended" in request.args, one_line(request.args, "q", 64), offset()
    whose = None if everybody else context.principal.user_id
    found = keys.listing(context.server, context.caller, KeySearch(whose, search, ended, ROWS, start))
    return render_template(
        "admin/keys.html",
        rows=standings(found.keys, context.server.clock.wall()),
        everybody=everybody,
        ended=ended,
        hidden=found.left_out,
        search=search,
        any=found.of > 0,
        pages=pager(start, len(found.keys), found.total, "key" if found.total == 1 else "keys"),
    )


@page.get("/keys/new/", fresh=True)
def new(context: RequestContext) -> ResponseReturnValue:
    """The form for a new key, for oneself or for another user."""
    owner = keys.owner(context.server, context.caller, _owner_id(context, request.args.get("owner")))
    return _form(context, owner, NewKeyForm(owner, kind="live", may=SOME, ends="90"))


@page.post("/keys/new/", fresh=True)
def create(context: RequestContext) -> ResponseReturnValue:
    """Make a key and show it, this once."""
    owner = keys.owner(context.server, context.caller, _owner_id(context, request.form.get("owner")))
    form, now = NewKeyForm(owner, request.form), context.server.clock.wall()
    if not form.validate({"on": [NotOver(now)]}):
        return _form(context, owner, form), 400
    kind, name, expires_at = form.kind.data, form.name.data, form.expires_at(now)
    try:
        made = keys.create(
            context.server, context.caller, owner.id, kind, name, form.permissions, expires_at, form.places or None
        )
    except Refused as error:
        return _form(context, owner, form, form.refuse(error)), error.status
    return _made(made)


@page.get(_ONE)
def one(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """One key."""
    view = keys.one(context.server, context.caller, key_id)
    form, now = RotationForm(overlap="86400"), context.server.clock.wall()
    return render_template("admin/key.html", view=view, standing=standing(view, now), overlap=form.overlap)


@page.post(f"{_ONE}rotate/", fresh=True)
def rotate(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """Make the key's successor and show it, this once."""
    form = RotationForm(request.form)
    if not form.validate():
        raise Refused("invalid", form.overlap.errors[0])
    overlap = float(form.overlap.data)
    made = keys.rotate(context.server, context.caller, key_id, overlap)
    return _made(made, f"works for {span(overlap)} more" if overlap else "stopped")


@page.get(f"{_ONE}revoke/")
def revoke(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """What revoking ends."""
    view = keys.one(context.server, context.caller, key_id)
    name = view.key.name
    points = (
        f"“{name}” ({view.key.hint}…) stops working at once, for ever.",
        closes(view.sockets),
        "To replace it without a gap, rotate it instead.",
    )
    return confirm(f"Revoke “{name}”?", points, "Revoke the key", _address(key_id), name)


@page.post(f"{_ONE}revoke/")
def do_revoke(context: RequestContext, key_id: int) -> ResponseReturnValue:
    """End a key."""
    key = keys.revoke(context.server, context.caller, key_id)
    return redirect_with(f"“{key.name}” is revoked.", "keys_one", key_id=key_id)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key stands: a kind of status mark and its text."""

    kind: str
    text: str


def standing(view: KeyView, now: float) -> Standing:
    """How a key stands at `now` (wall seconds)."""
    key = view.key
    if key.revoked_at is not None:
        return Standing("off", "Rotated" if key.rotated_to is not None else "Revoked")
    if key.expires_at is not None and key.expires_at <= now:
        return Standing("off", "Ended")
    if key.user.disabled:
        return Standing("warn", "Rests: owner disabled")
    if key.rotated_to is not None:
        return Standing("warn", "Being replaced")
    if key.expires_at is not None and key.expires_at - now < SOON_S:
        return Standing("warn", "Ends soon")
    return Standing("ok", "Works")


def standings(views: Sequence[KeyView], now: float) -> list[tuple[KeyView, Standing]]:
    """Keys with how each stands, for the list's template."""
    return [(view, standing(view, now)) for view in views]


def _form(context: RequestContext, owner: User, form: NewKeyForm, error: str = "") -> str:
    mine = owner.id == context.principal.user_id
    return render_template("admin/key_new.html", owner=owner, mine=mine, f=form, error=error)


def _made(made: MadeKey, old: str = "") -> str:
    return render_template(
        "admin/key_made.html", made=made, old=old, address=gate.own_origin(), path=socketio_path(), token=made.text
    )


def _owner_id(context: RequestContext, text: str | None) -> int:
    if text is not None and text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return context.session.family.user.id


def _address(key_id: int) -> str:
    return url_for("admin.keys_one", key_id=key_id)
