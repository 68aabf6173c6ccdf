"""Interfaces: the pages of a user's destinations: where alerts go beside the list of alerts.

Invariants: services/alert_destinations.py decides. A secret is in the answer that makes it and in no other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import SelectField
from wtforms.widgets import PasswordInput

from skyspy.admin.alerts.page import page
from skyspy.admin.alerts.texts import KINDS, destination_state, tested
from skyspy.admin.formatting import listed
from skyspy.admin.forms import PLAIN, Choice, PanelForm, Required, choice_field, text_field
from skyspy.admin.page_helpers import ID, redirect_with
from skyspy.admin.routes import RequestContext
from skyspy.notify import topics
from skyspy.notify.apprise_child import is_installed
from skyspy.notify.destination import APPRISE, BROWSER, MQTT, WEBHOOK
from skyspy.notify.schemes import SCHEMES
from skyspy.services import Refused, alert_destinations
from skyspy.services.alert_destinations import DestinationView
from skyspy.services.alert_rules import EDIT
from skyspy.services.setting_changes import MANAGE

PATH = "/alerts/destinations/"
_ONE = f"{PATH}<{ID}:destination_id>/"
MAX_URL = 2000


def _listed(names: Sequence[str]) -> str:
    return listed([f"{{{name}}}" for name in names])


class BrowserForm(PanelForm):
    """The open pages of the user."""

    name = text_field("Name", 100, Required(), placeholder="My browser")

    def document(self) -> dict[str, Any]:
        """As the service takes it; what is secret and was left empty is left out, and stays as it was."""
        return {"name": self.name.data}


class WebhookForm(BrowserForm):
    """A web address that alerts are posted to."""

    url = text_field(
        "Address",
        MAX_URL,
        Required(),
        placeholder="https://example.org/alerts",
        help="Each alert is POSTed there as JSON, signed as the specification Standard Webhooks has it.",
        inputmode="url",
        **PLAIN,
    )

    def document(self) -> dict[str, Any]:
        """As the service takes it."""
        return _with_typed({"name": self.name.data}, url=self.url.data)


class MqttForm(BrowserForm):
    """A topic of an MQTT broker."""

    host = text_field(
        "Broker", 253, Required(), placeholder="broker.example.org", help="Host name or address, without mqtt://", **PLAIN
    )
    port = text_field("Port", 5, help="Empty: 8883 with TLS, 1883 without.", inputmode="numeric", **PLAIN)
    tls = choice_field(SelectField, "TLS", (Choice("yes", "Encrypted (TLS)"), Choice("no", "Not encrypted")))
    username = text_field("User name", 256, **PLAIN)
    password = text_field("Password", 256, widget=PasswordInput(), autocomplete="new-password")
    topic = text_field(
        "Topic",
        topics.MAX_TEMPLATE,
        placeholder=topics.DEFAULT,
        help=f"It may hold {_listed(topics.NAMES)}. One message an alert, as JSON.",
        **PLAIN,
    )
    retain = choice_field(
        SelectField, "Retained", (Choice("no", "No"), Choice("yes", "Yes: the broker keeps the last alert for new subscribers"))
    )

    def document(self) -> dict[str, Any]:
        """As the service takes it."""
        port = self.port.data
        found = {
            "name": self.name.data,
            "host": self.host.data,
            "tls": self.tls.data != "no",
            "retain": self.retain.data == "yes",
        }
        number = int(port) if port.isascii() and port.isdecimal() else port
        return _with_typed(found, port=number, username=self.username.data, password=self.password.data, topic=self.topic.data)


class AppriseForm(BrowserForm):
    """A service that Apprise can reach."""

    url = text_field("Address of Apprise", MAX_URL, Required(), placeholder="ntfy://your-topic", **PLAIN)

    def document(self) -> dict[str, Any]:
        """As the service takes it."""
        return _with_typed({"name": self.name.data}, url=self.url.data)


FORMS: Mapping[str, type[BrowserForm]] = {WEBHOOK: WebhookForm, MQTT: MqttForm, APPRISE: AppriseForm, BROWSER: BrowserForm}


def _with_typed(document: dict[str, Any], **fields: object) -> dict[str, Any]:
    return document | {name: value for name, value in fields.items() if value != ""}


@page.get(PATH)
def destinations(context: RequestContext) -> ResponseReturnValue:
    """The user's destinations, and the kinds of which new ones are made."""
    found = context.call(alert_destinations.page)
    return render_template(
        "admin/alerts/destinations.html",
        views=found.destinations,
        kinds=KINDS,
        state_of=destination_state,
        may_edit=context.may(EDIT),
        has_apprise=is_installed(),
    )


@page.get(f"{PATH}new/<any(webhook, mqtt, apprise, browser):kind>/", fresh=True)
def new_destination(context: RequestContext, kind: str) -> ResponseReturnValue:
    """The form for a new destination of a kind."""
    context.caller.require(context.server, EDIT)
    return _form(context, kind, FORMS[kind](name=KINDS[kind].example))


@page.post(f"{PATH}new/<any(webhook, mqtt, apprise, browser):kind>/", fresh=True)
def make_destination(context: RequestContext, kind: str) -> ResponseReturnValue:
    """Make a destination, and show its secret once where it has one."""
    form = FORMS[kind](request.form)
    try:
        made = context.call(alert_destinations.create, form.document() | {"kind": kind})
    except Refused as refused:
        return _form(context, kind, form, refused=refused)
    if made.secret is not None:
        return _made(made.view, made.secret)
    return redirect_with(f"“{made.view.name}” is made. Test it, and choose it in your rules.", "alerts_destinations")


@page.get(f"{_ONE}edit/")
def edit_destination(context: RequestContext, destination_id: int) -> ResponseReturnValue:
    """The form for one destination; what is secret is not in it."""
    view = context.call(alert_destinations.one, str(destination_id))
    return _form(context, view.kind, FORMS[view.kind](data=_shown_values(view)), view)


@page.post(f"{_ONE}edit/", fresh=True)
def keep_destination(context: RequestContext, destination_id: int) -> ResponseReturnValue:
    """Change a destination."""
    view = context.call(alert_destinations.one, str(destination_id))
    form = FORMS[view.kind](request.form)
    try:
        made = context.call(alert_destinations.update, view.id, form.document())
    except Refused as refused:
        return _form(context, view.kind, form, view, refused)
    if made.secret is not None:
        return _made(made.view, made.secret)
    return redirect_with(f"“{made.view.name}” is changed.", "alerts_destinations")


@page.post(f"{_ONE}test/")
def test_destination(context: RequestContext, destination_id: int) -> ResponseReturnValue:
    """Send a test there, and say what became of it."""
    kind, message = tested(context.call(alert_destinations.test, str(destination_id)))
    return redirect_with(message, "alerts_destinations", kind=kind)


@page.post(f"{_ONE}<any(enable, disable):deed>/")
def switch_destination(context: RequestContext, destination_id: int, deed: str) -> ResponseReturnValue:
    """Send nothing there from now on, or send again."""
    service = alert_destinations.enable if deed == "enable" else alert_destinations.disable
    view = context.call(service, str(destination_id))
    said = "gets alerts again" if deed == "enable" else "gets nothing until you enable it again"
    return redirect_with(f"“{view.name}” {said}.", "alerts_destinations")


@page.get(f"{_ONE}secret/")
def renewing_secret(context: RequestContext, destination_id: int) -> ResponseReturnValue:
    """The confirmation page of a new secret."""
    view = context.call(alert_destinations.one, str(destination_id))
    return render_template("admin/ask/destination_secret.html", view=view)


@page.post(f"{_ONE}secret/", fresh=True)
def renew_secret(context: RequestContext, destination_id: int) -> ResponseReturnValue:
    """Make a new secret of a webhook, and show it once."""
    made = context.call(alert_destinations.renew_secret, str(destination_id))
    assert made.secret is not None, "a renewed secret is shown"  # noqa: S101 - a programming error
    return _made(made.view, made.secret)


@page.get(f"{_ONE}delete/")
def deleting_destination(context: RequestContext, destination_id: int) -> ResponseReturnValue:
    """The confirmation page of a deletion."""
    view = context.call(alert_destinations.one, str(destination_id))
    return render_template("admin/ask/destination_delete.html", view=view)


@page.post(f"{_ONE}delete/")
def delete_destination(context: RequestContext, destination_id: int) -> ResponseReturnValue:
    """Delete a destination."""
    view = context.call(alert_destinations.one, str(destination_id))
    context.call(alert_destinations.delete, view.id)
    return redirect_with(f"“{view.name}” is deleted.", "alerts_destinations")


def _made(view: DestinationView, secret: str) -> str:
    return render_template("admin/alerts/destination_made.html", view=view, secret=secret)


def _form(
    context: RequestContext, kind: str, form: BrowserForm, view: DestinationView | None = None, refused: Refused | None = None
) -> ResponseReturnValue:
    error = "" if refused is None else form.add_refusal(refused)
    if refused is not None:
        form.add_errors(**{name: said for name, said in refused.fields.items() if name in form})
    text = render_template(
        "admin/alerts/destination_form.html",
        form=form,
        kind=kind,
        words=KINDS[kind],
        view=view,
        error=error,
        has_apprise=is_installed(),
        services=sorted({row.service for row in SCHEMES.values() if not row.needs_manage or context.may(MANAGE)}),
    )
    return make_response(text, 200 if refused is None else refused.status)


def _shown_values(view: DestinationView) -> dict[str, Any]:
    """What of a destination is in its form."""
    values = {name: value for name, value in view.shown.items() if name in FORMS[view.kind](None)._fields}
    words = {True: "yes", False: "no"}
    return {"name": view.name} | {name: words[value] if isinstance(value, bool) else str(value) for name, value in values.items()}
