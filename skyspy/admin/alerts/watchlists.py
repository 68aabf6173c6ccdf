"""Interfaces: the pages of a user's watchlists: aircraft that rules look for, with exclusions.

Invariants: services/watchlists.py decides.
"""

from __future__ import annotations

from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.widgets import TextArea

from skyspy.admin.alerts.page import page
from skyspy.admin.alerts.texts import ENTRY_KINDS
from skyspy.admin.formatting import counted
from skyspy.admin.forms import PLAIN, Choice, PanelForm, Required, choice_field, clean_parameter, text_field
from skyspy.admin.page_helpers import ID, redirect_with
from skyspy.admin.routes import RequestContext
from skyspy.services import Refused
from skyspy.services import watchlists as service
from skyspy.services.alert_rules import EDIT

PATH = "/alerts/watchlists/"
_ONE = f"{PATH}<{ID}:watchlist_id>/"
ROWS = 100
MAX_CSV = 50_000
"""Characters of a list that is pasted: a form of the panel has 64 kB at most."""
SHOWN_ERRORS = 20
NEW = "new"


class NameForm(PanelForm):
    """The name of a watchlist."""

    name = text_field("Name", 100, Required(), placeholder="Police and rescue")


class EntryForm(PanelForm):
    """One entry."""

    kind = choice_field(SelectField, "What it names", (Choice(kind, label) for kind, label in ENTRY_KINDS.items()))
    value = text_field("Value", 64, Required(), placeholder="4B1805, HB-ZRV, SWR or H145", **PLAIN)
    exclude = choice_field(
        SelectField, "What it does", (Choice("", "Is on the list"), Choice("yes", "Is never on the list: an exclusion"))
    )
    note = text_field("Note", 200)

    def entry(self) -> dict[str, Any]:
        """As the service takes it."""
        return {
            "kind": self.kind.data,
            "value": self.value.data,
            "exclude": self.exclude.data == "yes",
            "note": self.note.data,
        }


class ImportForm(PanelForm):
    """A list as CSV."""

    csv = text_field(
        "Entries as CSV",
        MAX_CSV,
        Required(),
        help="One entry a line: kind, value, exclude, note. A line with a value alone is understood too.",
        widget=TextArea(),
        rows=6,
        maxlength=False,
        placeholder="hex,4B1805,,rescue helicopter\nregistration,HB-ZRV\ncallsign,SWR\ntype,H145,yes,not these",
        **PLAIN,
    )
    replace = choice_field(
        SelectField, "What becomes of the present entries", (Choice("", "They stay"), Choice("yes", "They are replaced"))
    )


class AddForm(PanelForm):
    """An aircraft that is put on a list."""

    watchlist = choice_field(SelectField, "Watchlist")
    name = text_field("Name of the new list", 100)
    what = choice_field(SelectField, "What is put on the list")
    note = text_field("Note", 200)


@page.get(PATH)
def watchlists(context: RequestContext) -> ResponseReturnValue:
    """The user's watchlists, and the form for a new one."""
    return _list(context, NameForm())


@page.post(f"{PATH}new/")
def make_watchlist(context: RequestContext) -> ResponseReturnValue:
    """Make a watchlist without entries."""
    form = NameForm(request.form)
    try:
        made = context.call(service.create, form.name.data)
    except Refused as refused:
        return _list(context, form, form.add_refusal(refused), refused.status)
    return redirect_with(f"“{made.name}” is made. Put aircraft on it.", "alerts_watchlist", watchlist_id=made.id)


@page.get(_ONE)
def watchlist(context: RequestContext, watchlist_id: int) -> ResponseReturnValue:
    """One watchlist with its entries."""
    return _one(context, watchlist_id)


@page.post(f"{_ONE}rename/")
def rename_watchlist(context: RequestContext, watchlist_id: int) -> ResponseReturnValue:
    """Give a watchlist another name."""
    form = NameForm(request.form)
    try:
        context.call(service.rename, str(watchlist_id), form.name.data)
    except Refused as refused:
        return _one(context, watchlist_id, refused, name=form)
    return redirect_with("The name is changed.", "alerts_watchlist", watchlist_id=watchlist_id)


@page.post(f"{_ONE}add/")
def add_entry(context: RequestContext, watchlist_id: int) -> ResponseReturnValue:
    """Put one entry on the list."""
    form = EntryForm(request.form)
    try:
        added = context.call(service.add, str(watchlist_id), [form.entry()])
    except Refused as refused:
        return _one(context, watchlist_id, refused, entry=form)
    said = "is on the list" if added.added else "was on the list already"
    return redirect_with(f"{form.value.data} {said}.", "alerts_watchlist", watchlist_id=watchlist_id, _anchor="f-value")


@page.post(f"{_ONE}entries/<{ID}:entry_id>/remove/")
def remove_entry(context: RequestContext, watchlist_id: int, entry_id: int) -> ResponseReturnValue:
    """Take one entry off the list."""
    context.call(service.remove, str(watchlist_id), str(entry_id))
    return redirect_with("The entry is removed.", "alerts_watchlist", watchlist_id=watchlist_id, _anchor="entries")


@page.post(f"{_ONE}import/")
def import_entries(context: RequestContext, watchlist_id: int) -> ResponseReturnValue:
    """Put the entries of a CSV on the list, or in place of the present ones."""
    form = ImportForm(request.form)
    try:
        done = context.call(service.import_csv, str(watchlist_id), form.csv.data, replace=form.replace.data == "yes")
    except Refused as refused:
        return _one(context, watchlist_id, refused, csv=form)
    message = f"{counted(done.added, 'entry', 'entries')} added"
    if done.known:
        message += f", {counted(done.known, 'was', 'were')} on the list already"
    if not done.errors:
        return redirect_with(f"{message[:1].upper()}{message[1:]}.", "alerts_watchlist", watchlist_id=watchlist_id)
    shown = sorted(done.errors.items())[:SHOWN_ERRORS]
    return _one(context, watchlist_id, csv=form, imported=message, wrong=shown, more=len(done.errors) - len(shown))


@page.get(f"{_ONE}delete/")
def deleting_watchlist(context: RequestContext, watchlist_id: int) -> ResponseReturnValue:
    """The confirmation page of a deletion."""
    return render_template("admin/ask/watchlist_delete.html", view=context.call(service.one, str(watchlist_id)))


@page.post(f"{_ONE}delete/")
def delete_watchlist(context: RequestContext, watchlist_id: int) -> ResponseReturnValue:
    """Delete a watchlist with its entries."""
    view = context.call(service.one, str(watchlist_id))
    context.call(service.delete, view.id)
    return redirect_with(f"“{view.name}” is deleted.", "alerts_watchlists")


@page.get(f"{PATH}aircraft/")
def watching(context: RequestContext) -> ResponseReturnValue:
    """The form that puts an aircraft on a list: the query string has its hex, registration, callsign and type."""
    context.caller.require(context.server, EDIT)
    return _add_page(context, AddForm())


@page.post(f"{PATH}aircraft/")
def watch(context: RequestContext) -> ResponseReturnValue:
    """Put an aircraft on a list, which is made where it is a new one."""
    form = AddForm(request.form)
    kind, _, value = (form.what.data or "").partition(":")
    try:
        if form.watchlist.data == NEW:
            made = context.call(service.create, form.name.data, [{"kind": kind, "value": value, "note": form.note.data}])
            list_id, name = made.id, made.name
        else:
            list_id = form.watchlist.data or ""
            context.call(service.add, list_id, [{"kind": kind, "value": value, "note": form.note.data}])
            name = context.call(service.one, list_id).name
    except Refused as refused:
        return _add_page(context, form, form.add_refusal(refused) or refused.message, refused.status)
    return redirect_with(f"{value} is on “{name}”.", "alerts_watchlist", watchlist_id=int(list_id))


def _list(context: RequestContext, form: NameForm, error: str = "", status: int = 200) -> ResponseReturnValue:
    found = context.call(service.page)
    text = render_template(
        "admin/alerts/watchlists.html", views=found.watchlists, form=form, error=error, may_edit=context.may(EDIT)
    )
    return make_response(text, status)


def _one(context: RequestContext, watchlist_id: int, refused: Refused | None = None, **given: Any) -> ResponseReturnValue:
    """The page of one list. `given`: forms that are shown again, and what became of an import."""
    view = context.call(service.one, str(watchlist_id))
    found = context.call(service.entries, view.id, clean_parameter(request.args, "after", 128) or None, ROWS)
    error = ""
    if refused is not None:
        form = next(form for form in given.values() if isinstance(form, PanelForm))
        error = form.add_refusal(refused)
        named = {name: said for name, said in map(_placed, refused.fields.items()) if name in form}
        form.add_errors(**named)
        error = "" if named else error
    shown = {"name": NameForm(data={"name": view.name}), "entry": EntryForm(), "csv": ImportForm()} | given
    text = render_template(
        "admin/alerts/watchlist.html", view=view, found=found, kinds=ENTRY_KINDS, error=error, may_edit=context.may(EDIT), **shown
    )
    return make_response(text, 200 if refused is None else refused.status)


def _placed(error: tuple[str, str]) -> tuple[str, str]:
    """The field of a form that an error of the service is about, and its text: `entries[0].value`, `csv.3`."""
    path, said = error
    before, _, last = path.rpartition(".")
    return (before, f"Line {last}: {said}") if before == "csv" else (last, said)


def _add_page(context: RequestContext, form: AddForm, error: str = "", status: int = 200) -> ResponseReturnValue:
    lists = context.call(service.page).watchlists
    form.watchlist.choices = [*(Choice(one.id, one.name) for one in lists), Choice(NEW, "A new list")]
    form.watchlist.data = form.watchlist.data or (lists[0].id if lists else NEW)
    known = {kind: clean_parameter(request.args, kind, 16) for kind in ENTRY_KINDS}
    form.what.choices = [Choice(f"{kind}:{value}", f"{ENTRY_KINDS[kind]} {value}") for kind, value in known.items() if value]
    title = known["callsign"] or known["registration"] or known["hex"]
    text = render_template("admin/alerts/watch_aircraft.html", form=form, title=title, has_lists=bool(lists), error=error)
    return make_response(text, status)
