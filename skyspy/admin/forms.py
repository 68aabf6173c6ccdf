"""Interfaces: the building blocks of the panel's forms: WTForms fields, drawn by macros of templates/admin/_macros.html.

Invariants: a form that is shown again keeps what was typed, with errors beside the fields; a password is never
put back into a page. The CSRF token is checked by the gate, before any view sees a form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self
from urllib.parse import urlsplit

from wtforms import Form, PasswordField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import AnyOf, EqualTo

from skyspy.services import Refused

ROOT = "/admin/"
PROOF = "proof_of_password"
"""The form field of the password that confirms the user's identity."""

CARRIED_NOT = frozenset({PROOF, "csrf_token", "password", "again", "current"})
"""Fields that the page asking for the password does not carry over: CSRF token and passwords."""

PLAIN = {"autocapitalize": "none", "spellcheck": "false"}
"""HTML attributes of a field for a name or a code: no correction and no capitalisation by a keyboard."""

MAX_PATH = 512
MAX_PASSWORD = 1024


class PanelForm(Form):  # type: ignore[misc] # WTForms has no types
    """Base class of the panel's forms."""

    def add_errors(self, **messages: str) -> Self:
        """Add these messages beside the fields; returns the form."""
        for name, message in messages.items():
            self[name].errors = [message]
        return self

    def add_refusal(self, refused: Refused) -> str:
        """Add a service's refusal beside the fields that it concerns. If it concerns none of them, returns its message, to be
        shown above the form; else ""."""
        names = [name for name in refused.fields if name in self]
        self.add_errors(**dict.fromkeys(names, f"{refused.message}."))
        return "" if names else refused.message


class Choice(SelectChoice):  # type: ignore[misc] # WTForms has no types
    """One option: `description` is shown under its label; `why_not` says why it cannot be chosen ("": it can)."""

    def __init__(self, value: str, label: str = "", description: str = "", why_not: str = "", **attributes: Any) -> None:
        super().__init__(value, label or value, attributes)
        self.description = description
        self.why_not = why_not


class Required:
    """Marks a field as required in the browser. The service checks the value that is sent."""

    field_flags: Mapping[str, object] = {"required": True}

    def __call__(self, form: Form, field: Any) -> None:
        """Accept anything."""


def text_field(label: str, max_length: int = 200, *validators: Any, help: str = "", widget: Any = None, **attributes: Any) -> Any:
    """A text field. Its value is trimmed, and cut to one character over `max_length`, so that the service refuses it;
    `attributes` are HTML's."""
    attributes = {"maxlength": max_length, "autocomplete": "off"} | attributes
    trim = [lambda text: (text or "").strip()[: max_length + 1]]
    return StringField(label, validators, trim, help, widget=widget, render_kw=attributes)


def password_field(label: str, autocomplete: str, *validators: Any, help: str = "") -> Any:
    """A password field; its value is not trimmed."""
    attributes = {"maxlength": MAX_PASSWORD, "autocomplete": autocomplete}
    return PasswordField(label, validators, [lambda text: text or ""], help, render_kw=attributes)


def choice_field(kind: Any, label: str, choices: Iterable[Any] = (), *validators: Any, message: str = "", help: str = "") -> Any:
    """A field with one choice (SelectField, RadioField) or several (SelectMultipleField). Any other value is refused with
    `message`; without a message the service checks it."""
    listed = list(choices)
    checks = [AnyOf([choice.value for choice in listed], message), *validators] if message else validators
    attributes = {"autocomplete": "off"}
    return kind(label, checks, choices=listed, validate_choice=False, description=help, render_kw=attributes)


class NewPasswordForm(PanelForm):
    """A new password, typed twice."""

    password = password_field("Password", "new-password", Required())
    again = password_field(
        "Password again",
        "new-password",
        Required(),
        EqualTo("password", "This is not what stands above: type the password twice."),
    )

    def __init__(self, typed: Mapping[str, str] | None, min_length: int) -> None:
        super().__init__(typed)
        self.password.description = (
            f"At least {min_length} characters. A few words that you will remember do better than one with signs in it."
        )
        self.password.render_kw = self.password.render_kw | {"minlength": min_length}


def local_path(text: str | None, otherwise: str = ROOT) -> str:
    """`text` if it is a path within the panel, else `otherwise`, so that no redirect leads to another site."""
    if not text or len(text) > MAX_PATH or not text.startswith(ROOT) or "\\" in text or not text.isprintable():
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    # Browsers interpret dots and double slashes differently, so these are never accepted.
    is_suspect = parts.scheme or parts.netloc or parts.fragment or "//" in parts.path or "/." in parts.path
    return otherwise if is_suspect or text != text.strip() else text


def clean_parameter(form: Mapping[str, str], name: str, max_length: int = 200) -> str:
    """A query parameter without unprintable characters, trimmed, and cut to one character over `max_length`."""
    return "".join(filter(str.isprintable, form.get(name, ""))).strip()[: max_length + 1]
