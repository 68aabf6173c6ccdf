"""What a form of the panel is made of: its fields as values, for templates/admin/_macros.html to draw.

Law: a field is described once, and drawn in one place, so that every form says what it wants, keeps what was typed,
and shows beside it what is wrong. A password is never put back into a page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

ROOT = "/admin/"
PROOF = "proof_of_password"
"""The field in which a form carries the password that was asked for once more."""

CARRIED_NOT = frozenset({PROOF, "csrf_token", "password", "again", "current"})
"""What a page that asks for the password first does not hand on: the token is made anew, passwords are typed anew."""

_LONGEST_PATH = 512


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose; `says` stands under its label; `why_not` says why it cannot be chosen."""

    value: str
    label: str
    says: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `kind`: text, password, number, date, search, url, area, select, radio, checks (many of its choices) or
    check (one box). `value` is a text, True for a ticked check, a set of values for checks. `says` is the help under it."""

    name: str
    label: str
    kind: str = "text"
    value: object = ""
    says: str = ""
    error: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = False
    autocomplete: str = "off"
    unit: str = ""
    low: float | None = None
    high: float | None = None
    shortest: int | None = None
    longest: int = 200
    placeholder: str = ""
    plain: bool = False
    """A name or a code: not to be corrected or capitalised by the keyboard."""

    def chosen(self, value: str) -> bool:
        """Whether that choice is the one, or among those, the field holds."""
        return value in self.value if isinstance(self.value, Iterable) and self.kind == "checks" else self.value == value


def new_password(shortest: int, wrong: Mapping[str, str], label: str = "Password") -> tuple[Field, Field]:
    """The two fields in which a new password is typed; `wrong` says by field name what was wrong with it."""
    says = f"At least {shortest} characters. A few words that you will remember do better than one with signs in it."
    first = Field(
        "password", label, "password", "", says, wrong.get("password", ""), required=True,
        autocomplete="new-password", shortest=shortest, longest=1024,
    )  # fmt: skip
    again = f"{label} again"
    return first, Field(
        "again", again, "password", error=wrong.get("again", ""), required=True, autocomplete="new-password", longest=1024
    )


def local_path(text: str | None, otherwise: str = ROOT) -> str:
    """The address if it leads to a page of the panel, else `otherwise`: nobody is sent to another site from here."""
    if not text or len(text) > _LONGEST_PATH or not text.startswith(ROOT) or "\\" in text or not text.isprintable():
        return otherwise
    try:
        parts = urlsplit(text)
    except ValueError:
        return otherwise
    # What a browser would make of dots and double slashes is not guessed at.
    strange = parts.scheme or parts.netloc or parts.fragment or "//" in parts.path or "/." in parts.path
    return otherwise if strange or text != text.strip() else text


def one_line(form: Mapping[str, str], name: str, longest: int = 200) -> str:
    """What was typed into a field, trimmed; a longer text than any field takes is cut."""
    return form.get(name, "").strip()[: longest + 1]
