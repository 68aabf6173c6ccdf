"""Interfaces: the receivers page: state of each, adding, testing, pausing and removing.

Invariants: services/feeds.py decides. Receivers from the environment are shown and cannot be changed. A removal is
confirmed first, on a page that says how many aircraft it removes. The page's script refreshes the list by requesting the same
part of the same template.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import make_response, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import RadioField

from skyspy.admin.formatting import counted
from skyspy.admin.forms import PLAIN, Choice, PanelForm, Required, choice_field, text_field
from skyspy.admin.page_helpers import ID, redirect_with
from skyspy.admin.routes import Page, RequestContext
from skyspy.feedurl import SCHEMES
from skyspy.receivers.checks import CheckResult
from skyspy.services import Refused, feeds, setting_changes
from skyspy.services.feeds import FeedView
from skyspy.services.place import RECEIVER, place_in_force
from skyspy.store.registry import ROWS, to_text

page = Page("feeds", "/feeds/", "Receivers", (feeds.MANAGE,), "Server")

MAX_URL = 1000
PLACE_SETTINGS = ("RECEIVER_NAME", "RECEIVER_LATITUDE", "RECEIVER_LONGITUDE", "RECEIVER_ALTITUDE_M", "RECEIVER_PLACE_SOURCE")
_ONE = f"/feeds/<{ID}:feed_id>/"


class ReceiverForm(PanelForm):
    """A receiver's URL and name."""

    url = text_field("Address", MAX_URL, Required(), placeholder="beast://pi.local:30005", **PLAIN)
    label = text_field("Name", feeds.MAX_LABEL, placeholder="Roof", help="Shown in this panel, and on the map to signed-in users")


class PlaceForm(PanelForm):
    """Where the receiver stands: the settings RECEIVER_…, by their names."""

    RECEIVER_NAME = text_field("Name of the place", int(ROWS["RECEIVER_NAME"].high), placeholder="Home")
    RECEIVER_LATITUDE = text_field("Latitude", 20, help="Degrees, north positive, such as 47.4583", inputmode="text", **PLAIN)
    RECEIVER_LONGITUDE = text_field("Longitude", 20, help="Degrees, east positive, such as 8.5480", inputmode="text", **PLAIN)
    RECEIVER_ALTITUDE_M = text_field("Altitude", 20, Required(), help="Of the antenna above sea level, in metres", **PLAIN)
    RECEIVER_PLACE_SOURCE = choice_field(
        RadioField,
        "Where the place comes from",
        (
            Choice("settings", "These coordinates"),
            Choice(
                "receiver",
                "What the receiver says",
                "Its receiver.json, beside aircraft.json; if it says nothing, these coordinates",
            ),
        ),
    )


@page.get()
def show(context: RequestContext) -> ResponseReturnValue:
    """Every receiver of the live sky, and the form for a new one."""
    return _page(context, ReceiverForm())


@page.get("/feeds/list/", quiet=True)
def rows(context: RequestContext) -> ResponseReturnValue:
    """The list alone, for the page's script."""
    return render_template("admin/_feeds_list.html", **_listed(context))


@page.post("/feeds/try/")
def attempt(context: RequestContext) -> ResponseReturnValue:
    """Test a URL before it is added; the form keeps what was typed."""
    form = ReceiverForm(request.form)
    try:
        heard = context.call(feeds.check, form.url.data)
    except Refused as refused:
        return _page(context, form.add_errors(url=f"{refused.message}."), status=refused.status)
    return _page(context, form, heard)


@page.post("/feeds/add/", fresh=True)
def add(context: RequestContext) -> ResponseReturnValue:
    """Add a receiver."""
    form = ReceiverForm(request.form)
    try:
        added = context.call(feeds.add, form.url.data, form.label.data)
    except Refused as refused:
        wrong = "label" if "label" in refused.fields else "url"
        return _page(context, form.add_errors(**{wrong: f"{refused.message}."}), status=refused.status)
    view = next(view for view in context.call(feeds.listing) if view.added is not None and view.added.id == added.id)
    return redirect_with(
        f"{view.url} is added. The server connects to it within a second; how it does shows below.", "feeds_show", _anchor="main"
    )


@page.get(f"{_ONE}edit/")
def edit(context: RequestContext, feed_id: int) -> ResponseReturnValue:
    """The form for an added receiver's URL and name."""
    feed = context.call(feeds.get_added_feed, feed_id)
    return render_template("admin/feed_edit.html", form=ReceiverForm(data={"url": feed.shown, "label": feed.label}), feed=feed)


@page.post(f"{_ONE}edit/", fresh=True)
def keep(context: RequestContext, feed_id: int) -> ResponseReturnValue:
    """Give an added receiver another URL or name."""
    feed = context.call(feeds.get_added_feed, feed_id)
    form = ReceiverForm(request.form)
    try:
        changed = context.call(feeds.change, feed_id, form.url.data, form.label.data)
    except Refused as refused:
        wrong = "label" if "label" in refused.fields else "url"
        form.add_errors(**{wrong: f"{refused.message}."})
        return make_response(render_template("admin/feed_edit.html", form=form, feed=feed), refused.status)
    return redirect_with(f"{changed.label or changed.shown} is changed.", "feeds_show")


@page.post("/feeds/place/", fresh=True)
def place(context: RequestContext) -> ResponseReturnValue:
    """Set where the receiver stands."""
    form = PlaceForm(request.form)
    values = {name: value for name, value in form.data.items() if name in request.form}
    try:
        context.call(setting_changes.change, values)
    except Refused as refused:
        name, _, why = refused.message.partition(": ")
        wrong = name if name in form else "RECEIVER_LATITUDE"
        said = why or "Write both latitude and longitude, or neither"
        form.add_errors(**{wrong: f"{said[:1].upper()}{said[1:]}."})
        return _page(context, ReceiverForm(), status=refused.status, stands=form)
    return redirect_with("The place is set, and in force now.", "feeds_show", _anchor="place")


@page.post("/feeds/test/<name>/")
def test(context: RequestContext, name: str) -> ResponseReturnValue:
    """Test a receiver of the list."""
    heard = context.call(feeds.check_running_receiver, name)
    return redirect_with(f"Tested {name}. {check_summary(heard)}", "feeds_show", kind="danger" if heard.error else "ok")


@page.post(f"{_ONE}pause/")
def pause(context: RequestContext, feed_id: int) -> ResponseReturnValue:
    """Disconnect an added receiver."""
    context.call(feeds.set_paused, feed_id, True)
    return redirect_with("Paused. What only it hears leaves the sky by and by; “Go on” connects it again.", "feeds_show")


@page.post(f"{_ONE}resume/")
def resume(context: RequestContext, feed_id: int) -> ResponseReturnValue:
    """Resume a paused receiver."""
    context.call(feeds.set_paused, feed_id, False)
    return redirect_with("It goes on. The server connects to it within a second.", "feeds_show")


@page.get(f"{_ONE}remove/")
def removing(context: RequestContext, feed_id: int) -> ResponseReturnValue:
    """The confirmation page of a removal."""
    return render_template("admin/ask/receiver_remove.html", impact=context.call(feeds.preview_removal, feed_id))


@page.post(f"{_ONE}remove/", fresh=True)
def remove(context: RequestContext, feed_id: int) -> ResponseReturnValue:
    """Remove an added receiver."""
    url = context.call(feeds.preview_removal, feed_id).url
    context.call(feeds.remove, feed_id)
    return redirect_with(f"{url} is removed.", "feeds_show")


def demo_only(views: Sequence[FeedView]) -> bool:
    """Whether all traffic is simulated."""
    return all(view.is_demo for view in views)


def check_summary(heard: CheckResult) -> str:
    """The result of a test as a sentence: Received 41 aircraft in 3 s."""
    if heard.error:
        return f"{heard.error[:1].upper()}{heard.error[1:]}."
    if heard.is_datalink:
        return f"Received {counted(heard.messages, 'message')} in {feeds.CHECK_SECONDS:g} s."
    if not heard.aircraft:
        return f"Received {counted(heard.messages, 'message')} in {feeds.CHECK_SECONDS:g} s, of no aircraft yet."
    return f"Received {heard.aircraft:,} aircraft in {feeds.CHECK_SECONDS:g} s."


def _listed(context: RequestContext) -> dict[str, Any]:
    views = context.call(feeds.listing)
    added = sum(view.added is not None for view in views)
    return {
        "feeds": views,
        "demo_only": demo_only(views),
        "full": added >= feeds.MAX_ADDED_FEEDS,
        "most": feeds.MAX_ADDED_FEEDS,
    }


def _page(
    context: RequestContext,
    form: ReceiverForm,
    heard: CheckResult | None = None,
    status: int = 200,
    stands: PlaceForm | None = None,
) -> ResponseReturnValue:
    settings = context.settings
    text = render_template(
        "admin/feeds.html",
        address=form.url,
        label=form.label,
        stands=stands or PlaceForm(data={name: to_text(getattr(settings, name)) for name in PLACE_SETTINGS}),
        in_force=place_in_force(context.server, settings),
        asks=settings.RECEIVER_PLACE_SOURCE == RECEIVER,
        place_name=settings.RECEIVER_NAME,
        heard=heard,
        summary=None if heard is None else check_summary(heard),
        schemes=SCHEMES.values(),
        **_listed(context),
    )
    return make_response(text, status)
