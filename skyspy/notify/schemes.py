"""The services of Apprise that destinations may use, and their longest texts.

A row with `needs_manage` sends to a host that its owner names, over protocols that reach anything: it is for owners who hold settings.manage.
The others send to hosts of their service, or by protocols of their own to a public host (the guard judges it when it connects). Services that act on
the server's own machine (dbus, syslog, gnome, windows, files) have no row, and nobody can use them.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit


class Scheme(NamedTuple):
    """One scheme of Apprise's addresses. `service`: for people."""

    service: str
    needs_manage: bool = False


SCHEMES: dict[str, Scheme] = {
    "discord": Scheme("Discord"),
    "gchat": Scheme("Google Chat"),
    "gotify": Scheme("Gotify"),
    "gotifys": Scheme("Gotify over TLS"),
    "ifttt": Scheme("IFTTT"),
    "mailto": Scheme("E-mail"),
    "mailtos": Scheme("E-mail over TLS"),
    "matrix": Scheme("Matrix"),
    "matrixs": Scheme("Matrix over TLS"),
    "mmost": Scheme("Mattermost"),
    "mmosts": Scheme("Mattermost over TLS"),
    "ntfy": Scheme("ntfy"),
    "ntfys": Scheme("ntfy over TLS"),
    "pbul": Scheme("Pushbullet"),
    "pover": Scheme("Pushover"),
    "prowl": Scheme("Prowl"),
    "pushy": Scheme("Pushy"),
    "rocket": Scheme("Rocket.Chat"),
    "rockets": Scheme("Rocket.Chat over TLS"),
    "signal": Scheme("Signal"),
    "signals": Scheme("Signal over TLS"),
    "slack": Scheme("Slack"),
    "tgram": Scheme("Telegram"),
    "twilio": Scheme("Twilio"),
    "webex": Scheme("Cisco Webex"),
    "workflows": Scheme("Power Automate"),
    "zulip": Scheme("Zulip"),
    "form": Scheme("a form by HTTP", needs_manage=True),
    "forms": Scheme("a form by HTTPS", needs_manage=True),
    "hassio": Scheme("Home Assistant", needs_manage=True),
    "hassios": Scheme("Home Assistant over TLS", needs_manage=True),
    "json": Scheme("JSON by HTTP", needs_manage=True),
    "jsons": Scheme("JSON by HTTPS", needs_manage=True),
    "kodi": Scheme("Kodi", needs_manage=True),
    "kodis": Scheme("Kodi over TLS", needs_manage=True),
    "xml": Scheme("XML by HTTP", needs_manage=True),
    "xmls": Scheme("XML by HTTPS", needs_manage=True),
}


def shown_url(url: str) -> str:
    """An address as it may be shown: its scheme, and its host where the scheme is one of the web. Paths, queries and users hold secrets, and so
    do the hosts of Apprise's own schemes."""
    scheme = url.partition("://")[0].lower()
    return f"{scheme}://{urlsplit(url).netloc.rpartition('@')[2]}/…" if scheme in ("http", "https") else f"{scheme}://…"
