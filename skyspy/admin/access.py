"""Who may watch, and every other setting: forms made from the registry, with a look ahead before they are kept.

Law: a change is shown first (whom it would disconnect, what it would take away) and kept by a second step with the password
given lately. Nothing is checked here that the registry checks.
"""

from __future__ import annotations

from collections.abc import Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from skyspy.admin.dashboard import MODES
from skyspy.admin.forms import Choice, Field
from skyspy.admin.table import Asked, Page
from skyspy.operate import Refused, access
from skyspy.permissions import ACCESS_LEVELS, ALWAYS_IDENTIFIED, FEATURES
from skyspy.store.registry import ROWS, Row
from skyspy.store.settings import Setting, to_text

page = Page("access", "/access/", "Access and settings", (access.MANAGE,), "Server")

LEVELS = {"public": "Anyone", "authenticated": "Signed in", "permission": "With the permission"}
OWN_FORM = ("AUTH_MODE", "FEATURE_ACCESS")


@page.get()
def show(asked: Asked) -> ResponseReturnValue:
    """The auth mode, the features, and all other settings in their groups."""
    return _page(asked)


@page.post("/access/preview/")
def preview(asked: Asked) -> ResponseReturnValue:
    """What the changes in the form would do; keeps nothing."""
    changes = _changes()
    if not changes:
        flash("Nothing was changed.", "ok")
        return redirect(url_for("admin.access_show"), 303)
    try:
        found = access.preview(asked.house, asked.who, changes)
    except Refused as refused:
        return _page(asked, error=refused.message, status=refused.status)
    return render_template("admin/access_preview.html", changes=changes, found=found, rows=ROWS)


@page.post("/access/keep/", fresh=True)
def keep(asked: Asked) -> ResponseReturnValue:
    """Make the changes."""
    changes = _changes()
    try:
        access.change(asked.house, asked.who, changes)
    except Refused as refused:
        return _page(asked, error=refused.message, status=refused.status)
    flash(f"Kept, and in force on every live connection within two seconds: {', '.join(changes)}.", "ok")
    return redirect(url_for("admin.access_show"), 303)


def _page(asked: Asked, error: str = "", status: int = 200) -> tuple[str, int]:
    rows = {row.row.name: row for row in access.rows(asked.house, asked.who)}
    mode = Field(
        "AUTH_MODE",
        "Auth mode",
        "radio",
        value=rows["AUTH_MODE"].value,
        choices=tuple(Choice(name, name.capitalize(), says) for name, says in MODES.items()),
    )
    groups: dict[str, list[tuple[Setting, Field]]] = {}
    for name, row in rows.items():
        if name not in OWN_FORM:
            groups.setdefault(row.row.group, []).append((row, _field(row)))
    text = render_template(
        "admin/access.html",
        error=error,
        mode=mode,
        mode_row=rows["AUTH_MODE"],
        features=FEATURES,
        levels=LEVELS,
        closed=ALWAYS_IDENTIFIED,
        feature_row=rows["FEATURE_ACCESS"],
        groups=groups,
    )
    return text, status


def _field(row: Setting) -> Field:
    kinds = {"bool": "select", "choice": "select", "int": "number", "float": "number", "origins": "area"}
    spec: Row = row.row
    words = spec.choices or (("true", "false") if spec.kind == "bool" else ())
    return Field(
        spec.name,
        spec.name,
        kinds[spec.kind],
        value=to_text(row.value),
        says=f"{spec.says}. Default: {to_text(spec.default) or 'none'}.",
        choices=tuple(Choice(word, {"true": "yes", "false": "no"}.get(word, word)) for word in words),
        required=spec.kind != "origins",
        unit=spec.unit,
        low=spec.low if spec.kind in ("int", "float") else None,
        high=spec.high if spec.kind in ("int", "float") else None,
        longest=2000,
        plain=True,
    )


def _changes() -> Mapping[str, object]:
    """The settings that the form names: `reset` names one whose default is chosen; features come one by one."""
    form = request.form
    if form.get("reset") in ROWS:
        return {form["reset"]: None}
    changes: dict[str, object] = {name: form[name].strip() for name in form if name in ROWS}
    features = {feature: form[f"feature.{feature}"] for feature in FEATURES if form.get(f"feature.{feature}") in ACCESS_LEVELS}
    if features:
        changes["FEATURE_ACCESS"] = features
    # A form carries what it showed; what still reads the same is no change.
    shown = {name.removeprefix("was."): value for name, value in form.items() if name.startswith("was.")}
    return {
        name: value
        for name, value in changes.items()
        if shown.get(name) != (to_text(value) if name == "FEATURE_ACCESS" else value)
    }
