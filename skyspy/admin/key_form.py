"""Interfaces: the form for a new API key.

Invariants: only what needs no database is checked here; services/keys.py checks permissions.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, ValidationError
from wtforms.widgets import DateInput, TextArea

from skyspy.admin.forms import PLAIN, Choice, PanelForm, choice_field, text_field
from skyspy.permissions import PERMISSIONS
from skyspy.store.users import User

DAY_S = 86400
NEVER, ON_A_DATE = "never", "date"
DAYS = {"7": "In 7 days", "30": "In 30 days", "90": "In 90 days", "365": "In a year"}
ALL, SOME = "all", "some"
MAX_NETWORKS = 50


class NewKeyForm(PanelForm):
    """A new key for `owner`; `now` is wall seconds."""

    name = text_field(
        "Name",
        64,
        DataRequired("Give the key a name by which you will know it again."),
        help="What will use it, such as “kitchen display”.",
    )
    kind = choice_field(
        RadioField,
        "Kind",
        (
            Choice("live", "Live", "Sees your real sky. Starts with sk_live_."),
            Choice(
                "test",
                "Test",
                "Sees simulated aircraft only and operates nothing, for trying out programs. Starts with sk_test_.",
            ),
        ),
        message="Choose what the key is for.",
    )
    may = choice_field(RadioField, "What it may do")
    scopes = choice_field(SelectMultipleField, "Permissions")
    ends = choice_field(
        SelectField,
        "When it ends",
        (*(Choice(*pair) for pair in DAYS.items()), Choice(ON_A_DATE, "On a date"), Choice(NEVER, "Never")),
        message="Choose one of the list.",
    )
    last_day = text_field("Last day", 16, help="Until the end of that day, UTC.", widget=DateInput(), maxlength=False)
    networks = text_field(
        "Allowed addresses",
        2000,
        help="One or several, such as 192.0.2.7 or 2001:db8::/32. From anywhere else the key is refused. Empty: from anywhere.",
        widget=TextArea(),
        rows=3,
        **PLAIN,
    )

    def __init__(self, owner: User, now: float, typed: Mapping[str, str] | None = None, **values: str) -> None:
        super().__init__(typed, **values)
        self._now = now
        self.may.choices = [
            Choice(SOME, "Only what is ticked below"),
            Choice(ALL, f"Everything {owner.name} may do, now and later"),
        ]
        self.may.data = ALL if self.may.data == ALL else SOME
        refusal = f"{owner.name} may not do this"
        self.scopes.choices = [
            Choice(p.name, p.description, p.name, "" if p.name in owner.permissions else refusal) for p in PERMISSIONS
        ]

    @property
    def permissions(self) -> frozenset[str] | None:
        """The key's scopes; None: not narrowed."""
        return None if self.may.data == ALL else frozenset(self.scopes.data)

    @property
    def places(self) -> list[str]:
        """The networks that the key may be used from; an empty list: anywhere."""
        return [word for word in re.split(r"[\s,;]+", self.networks.data) if word]

    @property
    def expires_at(self) -> float | None:
        """When the key ends (wall seconds), None: never. Raises ValueError or OverflowError for an invalid last day."""
        if self.ends.data in DAYS:
            return self._now + int(self.ends.data) * DAY_S
        return (
            datetime.combine(date.fromisoformat(self.last_day.data), time.max, UTC).timestamp()
            if self.ends.data == ON_A_DATE
            else None
        )

    def validate_scopes(self, field: Any) -> None:
        """Refuse a narrowed key without permissions."""
        if self.may.data != ALL and not field.data:
            raise ValidationError("Tick at least one: a key that may do nothing is of no use.")

    def validate_last_day(self, _field: Any) -> None:
        """Refuse an invalid last day, or one that is over, if the form has a last day."""
        try:
            expires_at = self.expires_at
        except (ValueError, OverflowError):
            raise ValidationError("Choose a day, such as 2030-12-31.") from None
        if expires_at is not None and expires_at <= self._now:
            raise ValidationError("That day is over.")

    def validate_networks(self, _field: Any) -> None:
        """Refuse what is no address and no network, and too many of them."""
        for word in self.places:
            try:
                ipaddress.ip_network(word)
            except ValueError:
                raise ValidationError(
                    f"“{word[:64]}” is no address such as 192.0.2.7 and no network such as 192.0.2.0/24."
                ) from None
        if len(self.places) > MAX_NETWORKS:
            raise ValidationError(f"At most {MAX_NETWORKS} addresses and networks.")
