"""Interfaces: the settings page: forms made from the settings registry, with a preview before a change is made.

Invariants: a change is shown first (from what to what, which connections it ends, what else it does) and made by a second
request, with a recent proof of the password. Validation is the registry's; typed values stay in the form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.form import BaseForm
from wtforms.widgets import NumberInput, TextArea

from skyspy.admin import labels
from skyspy.admin.formatting import listed
from skyspy.admin.forms import PLAIN, Choice, Required, choice_field, text_field
from skyspy.admin.page_helpers import redirect_with
from skyspy.admin.routes import Page, RequestContext
from skyspy.permissions import ACCESS_LEVELS, ALWAYS_IDENTIFIED, FEATURES
from skyspy.services import Refused, setting_changes
from skyspy.store.registry import ROWS, SettingRow, to_text
from skyspy.store.settings import Setting

page = Page("access", "/access/", "Access and settings", (setting_changes.MANAGE,), "Server")

OWN_FORM = ("AUTH_MODE", "FEATURE_ACCESS")
"""Settings with a separate form, above the groups."""


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """The auth mode, the features, and all other settings in their groups."""
    return _page(context)


@page.post("/access/preview/")
def preview(context: RequestContext) -> ResponseReturnValue:
    """What the changes in the form would do; changes nothing."""
    changes = _changes()
    if not changes:
        return redirect_with("Nothing was changed.", "access_show")
    try:
        found = context.call(setting_changes.preview_change, changes)
    except Refused as refused:
        return _page(context, refused)
    differences = [
        (ROWS[name], labels.describe_difference(ROWS[name], getattr(found.current, name), getattr(found.settings, name)))
        for name in changes
    ]
    return render_template(
        "admin/access_preview.html",
        changes=changes,
        differences=differences,
        found=found,
        features_at=labels.features_at,
    )


@page.post("/access/keep/", fresh=True)
def keep(context: RequestContext) -> ResponseReturnValue:
    """Make the changes."""
    changes = _changes()
    try:
        context.call(setting_changes.change, changes)
    except Refused as refused:
        return _page(context, refused)
    titles = listed([ROWS[name].title for name in changes])
    return redirect_with(f"Changed, and in force on every live connection within 2 seconds: {titles}.", "access_show")


def _page(context: RequestContext, refused: Refused | None = None) -> tuple[str, int]:
    rows = {row.row.name: row for row in context.call(setting_changes.rows)}
    typed = request.form if refused is not None else None
    # The registry's message begins with the setting's name if it concerns one.
    wrong, _, why = ("", "", "") if refused is None else refused.message.partition(": ")
    settings = [row for name, row in rows.items() if name not in OWN_FORM]
    form = BaseForm({row.row.name: _field(row.row) for row in settings})
    form.process(typed, data={row.row.name: to_text(row.value) for row in settings})
    groups: dict[str, list[Setting]] = {}
    for row in settings:
        groups.setdefault(row.row.group, []).append(row)
    if wrong in form:
        form[wrong].errors = [f"{why[:1].upper()}{why[1:]}."]
    text = render_template(
        "admin/access.html",
        error=f"{ROWS[wrong].title}: {why}" if wrong in ROWS else "" if refused is None else refused.message,
        wrong=wrong if wrong in ROWS else "",
        mode=rows["AUTH_MODE"].value if typed is None else typed.get("AUTH_MODE", rows["AUTH_MODE"].value),
        rows=rows,
        closed=ALWAYS_IDENTIFIED,
        groups=groups,
        form=form,
        to_text=to_text,
        labels=labels,
        changed=[row for row in rows.values() if not row.is_default],
    )
    return text, 200 if refused is None else refused.status


def _field(row: SettingRow) -> Any:
    """The form field of a setting, by its kind."""
    if row.kind == "bool":
        return choice_field(SelectField, row.title, (Choice("true", "Yes"), Choice("false", "No")), help=row.description)
    if row.kind == "choice":
        words = [Choice(word, labels.choice_name(row, word)) for word in row.choices]
        return choice_field(SelectField, row.title, words, help=row.description)
    if row.kind == "origins":
        return text_field(row.title, 2000, help=row.description, widget=TextArea(), rows=3, **PLAIN)
    if row.kind == "text":
        return text_field(row.title, int(row.high), help=row.description)
    needed = () if row.kind == "degrees" else (Required(),)
    bounds = {"min": f"{row.low:g}", "max": int(row.high), "step": "any", "maxlength": False}
    return text_field(row.title, 2000, *needed, help=row.description, widget=NumberInput(), **PLAIN | bounds)


def _changes() -> Mapping[str, object]:
    """The changed settings of the form, by name; None for the one in `reset`. Features are one field each."""
    form = request.form
    if form.get("reset") in ROWS:
        return {form["reset"]: None}
    changes: dict[str, object] = {name: form[name].strip() for name in form if name in ROWS}
    features = {feature: form[f"feature.{feature}"] for feature in FEATURES if form.get(f"feature.{feature}") in ACCESS_LEVELS}
    if features:
        changes["FEATURE_ACCESS"] = features
    # The form has the values that it showed in hidden fields; equal values are not changes.
    shown = {name.removeprefix("was."): value for name, value in form.items() if name.startswith("was.")}
    return {
        name: value
        for name, value in changes.items()
        if shown.get(name) != (to_text(value) if name == "FEATURE_ACCESS" else value)
    }
