"""What the panel's forms are made of: WTForms fields, drawn by one macro of templates/admin/_macros.html.

Invariants: what was typed stays in a form that is shown again, with what is wrong beside its field; a password is never
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
"""The field in which a form carries the password that was asked for once more."""

CARRIED_NOT = frozenset({PROOF, "csrf_token", "password", "again", "current"})
"""What a page that asks for the password first does not hand on: the token is made anew, passwords are typed anew."""

PLAIN = {"autocapitalize": "none", "spellcheck": "false"}
"""Attributes of a field for a name or a code, which a keyboard must neither correct nor capitalise."""

MAX_PATH = 512
MAX_PASSWORD = 1024


class PanelForm(Form):  # type: ignore[misc] # WTForms has no types
    """A form of the panel."""

    def wrong(self, **messages: str) -> Self:
        """The form with these messages beside its fields."""
        for name, message in messages.items():
            self[name].errors = [message]
        return self

    def refuse(self, refused: Refused) -> str:
        """Show a service's refusal beside the fields that it is about. Returns the message where that is none of this
        form's fields: it belongs above the form; else ""."""
        names = [name for name in refused.fields if name in self]
        self.wrong(**dict.fromkeys(names, f"{refused.message}."))
        return "" if names else refused.message


class Choice(SelectChoice):  # type: ignore[misc] # WTForms has no types
    """One thing to choose: `description` stands under its label; `why_not` says why it cannot be chosen."""

    def __init__(self, value: str, label: str = "", description: str = "", why_not: str = "", **attributes: Any) -> None:
        super().__init__(value, label or value, attributes)
        self.description = description
        self.why_not = why_not


class Required:
    """Marks a field as required in the browser; what the server receives is checked by the service."""

    field_flags: Mapping[str, object] = {"required": True}

    def __call__(self, form: Form, field: Any) -> None:
        """Accept anything."""


def text_field(label: str, longest: int = 200, *validators: Any, help: str = "", widget: Any = None, **attributes: Any) -> Any:
    """A field for a text, which is trimmed, and cut where it is longer than the field takes; `attributes` are HTML's."""
    attributes = {"maxlength": longest, "autocomplete": "off"} | attributes
    trim = [lambda text: (text or "").strip()[: longest + 1]]
    return StringField(label, validators, trim, help, widget=widget, render_kw=attributes)


def password_field(label: str, autocomplete: str, *validators: Any, help: str = "") -> Any:
    """A field for a password, which is taken as it is typed."""
    attributes = {"maxlength": MAX_PASSWORD, "autocomplete": autocomplete}
    return PasswordField(label, validators, [lambda text: text or ""], help, render_kw=attributes)


def choice_field(kind: Any, label: str, choices: Iterable[Any] = (), *validators: Any, message: str = "", help: str = "") -> Any:
    """A field of which one choice is taken (SelectField, RadioField) or several (SelectMultipleField). A value that is none
    of them is refused with `message`; without a message it is left to the service."""
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

    def __init__(self, typed: Mapping[str, str] | None, shortest: int) -> None:
        super().__init__(typed)
        self.password.description = (
            f"At least {shortest} characters. A few words that you will remember do better than one with signs in it."
        )
        self.password.render_kw = self.password.render_kw | {"minlength": shortest}


def local_path(text: str | None, otherwise: str = ROOT) -> str:
    """The address if it leads to a page of the panel, else `otherwise`: no redirect leads to another site."""
    if not text or len(text) > MAX_PATH or not text.startswith(ROOT) or "\\" in text or not text.isprintable():
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    # Browsers differ in what they make of dots and double slashes, so these are not followed at all.
    strange = parts.scheme or parts.netloc or parts.fragment or "//" in parts.path or "/." in parts.path
    return otherwise if strange or text != text.strip() else text


def one_line(form: Mapping[str, str], name: str, longest: int = 200) -> str:
    """A parameter of a page's address, trimmed; a longer text than its field takes is cut."""
    return form.get(name, "").strip()[: longest + 1]
