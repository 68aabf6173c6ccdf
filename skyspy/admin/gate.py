"""Interfaces: the checks before a view of the panel is called.

Invariants: no GET changes anything; every POST carries a CSRF token bound to this browser's session and comes from a
page of this server. Then the user must be signed in and permitted, and where the route's row says so, must have given the
password recently. The session is looked up in the database for every request; the cookie holds only its secret.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, current_app, flash, g, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user, login_user
from flask_wtf.csrf import CSRFError, CSRFProtect

from skyspy import wirejson
from skyspy.admin import device
from skyspy.admin.cookie import UNTIL, PanelCookies
from skyspy.admin.forms import CARRIED_NOT, PROOF, local_path
from skyspy.admin.routes import PanelUser, RequestContext, Route
from skyspy.admin.user_agents import name_of
from skyspy.auth import authorize as auth
from skyspy.auth.panel_sessions import Browser, NewPanelSession, PanelSessions
from skyspy.auth.signin import InvalidCredentials
from skyspy.auth.throttle import Throttled
from skyspy.server import Server, request_peer, rooted, server_of
from skyspy.services import Refused

COOKIE_DAYS_S = 90 * 86400
"""Maximum age of the panel's cookie; the settings allow no longer sign-in."""

MAX_FORM_BYTES = 65_536
"""Maximum size of a request body; the largest form of the panel is a tenth of it."""


def install(app: Flask) -> None:
    """Install the cookie, flask-login and the CSRF check on the application; the check runs for the panel only."""
    app.session_interface = PanelCookies(lambda: request_peer().secure)
    app.config.update(
        # Checked by the declared length before the body is read: Flask holds a whole form in memory.
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        PERMANENT_SESSION_LIFETIME=COOKIE_DAYS_S,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,
        # The token is valid as long as its session, so a form that was open for hours can still be sent.
        WTF_CSRF_TIME_LIMIT=None,
        # _check_sender does this, because it takes forwarding headers into account.
        WTF_CSRF_SSL_STRICT=False,
    )
    CSRFProtect(app)
    manager = LoginManager()
    # flask-login would end a session whose address changes, as phones' do; auth/panel_sessions.py asks for the password instead.
    manager.session_protection = None
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(_load)


def bind_server(app: Flask, server: Server) -> None:
    """Sign cookies and forms with the keys of this server."""
    # The Secret yields the former key too until its end, and reads the clock each time.
    app.config.update(SECRET_KEY_FALLBACKS=server.secret, WTF_CSRF_SECRET_KEY=server.secret)


def panel_sessions() -> PanelSessions:
    """The panel sessions of this server."""
    return server_of(current_app).panel_sessions


def browser() -> Browser:
    """The browser that sent this request: address, User-Agent and its name."""
    agent = request.headers.get("User-Agent", "")
    return Browser(request_peer().address, agent, name_of(agent), device.id_of_request())


def own_origin() -> str:
    """This server's origin as the browser sees it."""
    return request_peer().origin


def own_address() -> str:
    """This server's address as the browser sees it, without a slash at its end, for links that are copied from a page."""
    return own_origin() + rooted("")


def signed_in() -> PanelUser | None:
    """The signed-in user of this request; None if there is none."""
    # flask-login loads its proxy's object once per request.
    found = current_user._get_current_object()
    return found if isinstance(found, PanelUser) else None


def start_session(opened: NewPanelSession) -> None:
    """Set this browser's cookie to a new session. The former content is dropped, which prevents session fixation."""
    principal = panel_sessions().principal(opened.session)
    session.clear()
    if opened.session.kept:
        session[UNTIL] = opened.session.family.expires_at
        session.permanent = True
    login_user(PanelUser(opened.secret, opened.session, principal, server_of(current_app).settings.current))
    device.remember()
    # The CSRF token of the former session is invalid now; a page rendered in this request needs a new one.
    g.pop("csrf_token", None)


def view_function(route: Route) -> Callable[..., ResponseReturnValue]:
    """The function that Flask calls for a route."""

    def view(**path: object) -> ResponseReturnValue:
        server = server_of(current_app)
        g.panel_quiet = route.quiet
        if route.method != "GET":
            _check_sender()
            current_app.extensions["csrf"].protect()
        user = None if route.open else signed_in()
        # The settings that the session was checked under, so that every check of this request uses the same ones.
        settings = server.settings.fresh() if user is None else user.settings
        context = RequestContext(server, panel_sessions(), browser(), settings, user)
        if user is None and not route.open:
            return _sign_in_first(route)
        if not route.open and not context.may(*route.page.permissions):
            if not route.quiet:
                context.caller.audit_denial(server, f"{route.method} /admin{route.path}", route.page.permissions)
            return refusal_page(
                403, "You may not see this page", "Ask an administrator for " + " or ".join(route.page.permissions)
            )
        if route.fresh and (proof := _require_password(context, route)) is not None:
            return proof
        try:
            return route.view(context, **path)
        except Refused as error:
            return refusal_page(error.status, "", error.message)

    return view


def refusal_page(status: int, title: str, message: str) -> Response:
    """The page for a refused request (its title "": by the status); JSON for a page's script."""
    if g.get("panel_quiet"):
        return json_answer({"error": {"code": "refused", "message": message}}, status)
    return make_response(render_template("admin/refused.html", status=status, title=title, message=message), status)


def json_answer(value: object, status: int = 200) -> Response:
    """A JSON answer to a page's script."""
    return Response(wirejson.dump_bytes(value), status, content_type="application/json")


def format_wait(seconds: float) -> str:
    """A waiting time, rounded up: 90 s, 3 min."""
    whole = max(1, ceil(seconds))
    return f"{whole} s" if whole < 120 else f"{ceil(whole / 60)} min"


def throttled(error: Throttled) -> tuple[str, int, dict[str, str]]:
    """The message, status and headers after too many attempts, or while the server is busy."""
    headers = {"Retry-After": str(ceil(error.retry_after))}
    if error.code == "overloaded":
        return "The server is busy. Try again in a few seconds.", 503, headers
    return f"Too many tries. Try again in {format_wait(error.retry_after)}.", 429, headers


def csrf_refused(_error: CSRFError) -> Response:
    """The answer to a POST without a valid CSRF token."""
    return refusal_page(
        400,
        "This form is no longer good",
        "It was made for another sign-in, or cookies are switched off. Go back, load the page again, and send it once more",
    )


def _load(secret: str) -> PanelUser | None:
    """The user whose session has this secret; None if there is none. Raises StoreError, Refused (overloaded)."""
    cookie = auth.PanelCookie(panel_sessions(), secret, browser(), quiet=bool(g.get("panel_quiet")))
    try:
        admission = auth.authorize(server_of(current_app).settings, cookie, request_peer(), identified=True)
    except auth.Refused as refused:
        if refused.code != "token_missing":
            raise Refused("overloaded", refused.message) from None
        return None
    assert cookie.session is not None, "authorize admits only identified users here"  # noqa: S101 - a programming error
    return PanelUser(secret, cookie.session, admission.principal, admission.settings)


def _check_sender() -> None:
    """Refuse a POST from a page of another site, by the browser's headers; a second check beside the CSRF token."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        raise CSRFError(f"sent from a page that is {site}")
    origin = request.headers.get("Origin")
    if origin is not None and origin != "null" and urlsplit(origin).netloc.lower() != urlsplit(request_peer().origin).netloc:
        raise CSRFError("sent from a page of another origin")


def _sign_in_first(route: Route) -> ResponseReturnValue:
    if route.quiet:
        return refusal_page(401, "", "Sign in again")
    came_from = request.full_path.rstrip("?") if route.method == "GET" else request.path
    address = rooted("/admin/sign-in/")
    wanted = local_path(came_from, "") if route.method == "GET" else ""
    if session.get("_user_id"):
        session.clear()
        flash("You were signed out. Sign in again to go on.", "warn")
    return redirect(address if wanted in ("", "/admin/") else f"{address}?{urlencode({'next': wanted})}", 303)


def _require_password(context: RequestContext, route: Route) -> ResponseReturnValue | None:
    """The page that asks for the password; None if it was given recently, or is right in this request."""
    user = context.user
    if user is None or context.pages.password_is_recent(user.session, context.browser.address):
        return None
    error, status = "", 401
    headers: dict[str, str] = {}
    if route.method == "POST" and PROOF in request.form:
        try:
            secret = context.pages.confirm_password(user.session, request.form[PROOF], context.browser)
        except InvalidCredentials:
            error = "That is not your password."
        except Throttled as full:
            error, status, headers = throttled(full)
        else:
            session["_user_id"] = secret
            return None
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in CARRIED_NOT]
    action = rooted(request.path if route.method == "POST" else "/admin/confirm/")
    if route.method == "GET":
        carried = [("next", request.full_path.rstrip("?"))]
    page = render_template("admin/confirm_password.html", action=action, carried=carried, error=error, page=route.page)
    return make_response(page, status, headers)
