"""Interfaces: the form of one alert rule: its tree of conditions, times, message and destinations, as a document and back.

Invariants: the document is checked by skyspy/alerts/ and by the service; their errors are shown beside the inputs that they are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField
from wtforms.widgets import DateTimeLocalInput, TextArea

from skyspy.admin.alerts import rule_times, rule_tree
from skyspy.admin.alerts.rule_times import DURING, QUIET, WindowForm
from skyspy.admin.alerts.rule_tree import ConditionForm, GroupForm, NodeForm
from skyspy.admin.alerts.vocabulary import FIRST, INPUTS, ops_of
from skyspy.admin.forms import PLAIN, PanelForm, Required, choice_field, text_field
from skyspy.alerts.rule import DEFAULT_COOLDOWN_S, MAX_NAME
from skyspy.alerts.template import MAX_TEMPLATE
from skyspy.services import Refused

MINUTE_S = 60.0
_KEPT = ({rule_tree.TEXT, rule_tree.TEXTS}, {rule_tree.CHOICE, rule_tree.CHOICES}, {rule_tree.NUMBER, rule_tree.RANGE})
"""Kinds of inputs that keep what was typed when one becomes the other."""
Center = tuple[float, float] | None
"""Where a new circle is: latitude and longitude, or None where that is not known or not shown to the user."""


class RuleFields(PanelForm):
    """What a rule has beside its conditions and windows."""

    name = text_field("Name", MAX_NAME, Required(), placeholder="Military, low", help="Alerts are listed and sent under it.")
    at_least = text_field(
        "At least how many aircraft at once", 4, help="Empty: one alert for each aircraft.", inputmode="numeric"
    )
    cooldown = text_field(
        "Minutes until the same aircraft may alert again", 8, help="Counted from its last alert.", inputmode="decimal"
    )
    zone = text_field("Time zone", 64, help="Of all these times, such as Europe/Zurich.", list="zones", **PLAIN)
    expires = text_field(
        "Ends", 20, help="After this moment the rule makes no alerts.", widget=DateTimeLocalInput(), maxlength=False
    )
    message = text_field(
        "Message", MAX_TEMPLATE, help="Empty: a sentence that says what matched.", widget=TextArea(), rows=2, autocomplete="off"
    )
    destinations = choice_field(SelectMultipleField, "Send each alert to")


@dataclass(slots=True)
class RuleForm:
    """The whole form as it is now. `focus`: the name of the control that gets the focus; `says`: what was done, for screen readers."""

    fields: RuleFields
    tree: GroupForm
    windows: dict[str, list[WindowForm]]
    paused: bool = False
    version: int | None = None
    focus: str = ""
    says: str = ""
    errors: list[str] = field(default_factory=list)

    def document(self) -> tuple[dict[str, Any], dict[str, NodeForm]]:
        """The rule's document, and the node at each path in it."""
        typed = self.fields
        match, places = rule_tree.document_of(self.tree, INPUTS)
        zone = typed.zone.data
        return {
            "name": typed.name.data,
            "match": match,
            "count": {"at_least": _whole(typed.at_least.data)} if typed.at_least.data else None,
            "during": rule_times.schedule_of(self.windows[DURING], zone),
            "quiet": rule_times.schedule_of(self.windows[QUIET], zone),
            "cooldown_s": _seconds(typed.cooldown.data),
            "expires": rule_times.moment_of(typed.expires.data, zone),
            "paused": self.paused,
            "message": typed.message.data or None,
            "destinations": list(typed.destinations.data or ()),
        }, places

    def add_refusal(self, refused: Refused, places: Mapping[str, NodeForm]) -> None:
        """Show a refusal beside the inputs that it is about; the rest above the form."""
        for path, said in refused.fields.items():
            if not self._place(path, said, places):
                self.errors.append(f"{path}: {said}" if path else said)
        if not refused.fields:
            self.errors.append(refused.message)

    def _place(self, path: str, said: str, places: Mapping[str, NodeForm]) -> bool:
        """Whether an error was shown beside its input."""
        node = next((places[part] for part in _prefixes(path) if part in places), None)
        if node is not None:
            node.error = node.error or said
            return True
        for name, word in ((DURING, "during"), (QUIET, "quiet")):
            if path.startswith(f"{word}.windows["):
                place = path.removeprefix(f"{word}.windows[").partition("]")[0]
                windows = self.windows[name]
                window = windows[int(place)] if place.isdecimal() and int(place) < len(windows) else None
                if window is not None:
                    window.error = window.error or said
                    return True
        name = _FIELD_OF.get(path.partition("[")[0].partition(".")[0], "") if not path.endswith(".zone") else "zone"
        if not name:
            return False
        self.fields.add_errors(**{name: said})
        return True


_FIELD_OF = {
    "name": "name",
    "count": "at_least",
    "cooldown_s": "cooldown",
    "expires": "expires",
    "message": "message",
    "destinations": "destinations",
    "during": "zone",
    "quiet": "zone",
}


def _prefixes(path: str) -> list[str]:
    """A path and all that it lies in, the longest first."""
    found = [path]
    while path:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
        found.append(path)
    return found[:-1]


def read_form(sent: MultiDict[str, str], choices: Sequence[Any]) -> RuleForm:
    """The form that was sent. `choices`: the destinations."""
    lists = {name: sent.getlist(name) for name in sent}
    fields = RuleFields(sent)
    fields.destinations.choices = choices
    version = sent.get("version", "")
    form = RuleForm(
        fields,
        rule_tree.read_tree(lists),
        {name: rule_times.read_windows(lists, name) for name in (DURING, QUIET)},
        sent.get("paused") == "yes",
        int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else None,
    )
    for condition in rule_tree.conditions_of(form.tree):
        complete(condition)
    return form


def form_of(document: Mapping[str, Any], expires_at: float | None, choices: Sequence[Any], version: int | None) -> RuleForm:
    """The form for a stored rule. `expires_at`: wall seconds."""
    during, quiet, count = document.get("during"), document.get("quiet"), document.get("count")
    zone = (during or quiet or {}).get("zone", "UTC")
    cooldown = document.get("cooldown_s", DEFAULT_COOLDOWN_S) / MINUTE_S
    fields = RuleFields(
        data={
            "name": document.get("name", ""),
            "at_least": "" if count is None else str(count["at_least"]),
            "cooldown": f"{cooldown:.4g}",
            "zone": zone,
            "expires": rule_times.typed_moment(expires_at, zone),
            "message": document.get("message") or "",
            "destinations": list(document.get("destinations") or ()),
        }
    )
    fields.destinations.choices = choices
    tree = rule_tree.tree_of(document["match"], INPUTS)
    windows = {DURING: rule_times.windows_of(during), QUIET: rule_times.windows_of(quiet)}
    return RuleForm(fields, tree, windows, bool(document.get("paused")), version)


def new_form(choices: Sequence[Any], zone: str) -> RuleForm:
    """The form for a new rule: one condition."""
    fields = RuleFields(data={"zone": zone, "cooldown": f"{DEFAULT_COOLDOWN_S / MINUTE_S:g}", "destinations": []})
    fields.destinations.choices = choices
    tree = rule_tree.number_paths(GroupForm(nodes=[complete(ConditionForm(FIRST))]))
    return RuleForm(fields, tree, {DURING: [], QUIET: []})


def complete(condition: ConditionForm, center: Center = None) -> ConditionForm:
    """Give a condition an operator of its field where it has none, and drop what was typed into an input of another kind; returns it.
    `center`: where a new circle is."""
    offered = ops_of(condition.field)
    if condition.op not in offered and offered:
        condition.op = offered[0]
    kind = INPUTS.get((condition.field, condition.op), rule_tree.TEXT)
    before = condition.first("kind")
    if before and before != kind and {before, kind} not in _KEPT:
        condition.values = {}
    is_new = not any("".join(condition.values.get(name, ())) for name in rule_tree.INPUTS[kind])
    if kind == rule_tree.PLACE and center is not None and is_new:
        condition.values |= {"lat": [f"{center[0]:g}"], "lon": [f"{center[1]:g}"], "radius": ["10"]}
    return condition


def do(form: RuleForm, deed: str, center: Center = None) -> None:
    """What a button of the form does: `add:m`, `group:m`, `remove:m.0`, `window:q`, `unwindow:q.0`, or `redraw:m.0.field` after a choice."""
    verb, _, path = deed.partition(":")
    if verb == "redraw":
        form.focus = path
        for condition in rule_tree.conditions_of(form.tree):
            complete(condition, center)
    elif verb == "window" and path in form.windows:
        windows = form.windows[path]
        windows.append(rule_times.new_window(path) if not windows else replace(windows[-1], error=""))
        form.focus, form.says = f"{path}.{len(windows) - 1}.from", "Times added."
    elif verb == "unwindow":
        _remove_window(form, path)
    else:
        before = len(rule_tree.conditions_of(form.tree))
        form.focus = rule_tree.change(form.tree, verb, path, complete(ConditionForm(FIRST)))
        after = len(rule_tree.conditions_of(form.tree))
        form.says = f"{'Added' if after > before else 'Removed'}. The rule has {after} condition{'' if after == 1 else 's'}."


def _remove_window(form: RuleForm, path: str) -> None:
    name, _, place = path.partition(".")
    windows = form.windows.get(name, [])
    if place.isdecimal() and int(place) < len(windows):
        del windows[int(place)]
        form.focus = f"unwindow:{name}.{min(int(place), len(windows) - 1)}" if windows else f"window:{name}"
        form.says = "Times removed."


def _whole(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() else text


def _seconds(text: str) -> int | str:
    """Minutes as typed, in seconds; the text where it is no number."""
    try:
        return round(float(text.replace(",", ".")) * MINUTE_S)
    except (ValueError, OverflowError):
        return text or DEFAULT_COOLDOWN_S
