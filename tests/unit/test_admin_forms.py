"""Claims about the panel's forms (skyspy/admin/forms.py)."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import SelectField

from skyspy.admin.forms import Choice, NewPasswordForm, PanelForm, Required, choice_field, password_field, text_field
from skyspy.services import Refused


class Thing(PanelForm):
    """A form of each kind of field."""

    name = text_field("Name", 4, Required())
    note = text_field("Note")
    secret = password_field("Secret", "new-password")
    kind = choice_field(SelectField, "Kind", (Choice("a"), Choice("b", "B", disabled=True)), message="Choose one.")


def filled(**typed: str) -> Thing:
    return Thing(MultiDict(typed))


def test_a_text_is_trimmed_and_cut_and_a_password_is_neither() -> None:
    form = filled(name="  abcdefgh ", secret="  two blanks  ", kind="a")
    assert (form.name.data, form.secret.data, form.note.data) == ("abcde", "  two blanks  ", "")


def test_what_was_typed_is_drawn_escaped_and_a_password_never() -> None:
    form = filled(name='"><b', secret="a very secret one", kind="a")
    assert 'value="&#34;&gt;&lt;b"' in form.name()
    assert "secret one" not in form.secret() and "secret one" not in repr(form.secret)


def test_a_field_is_required_only_where_the_form_says_so() -> None:
    form = filled()
    assert " required" in form.name() and " required" not in form.note()
    assert 'autocomplete="new-password"' in form.secret() and 'maxlength="4"' in form.name()


@pytest.mark.parametrize(("kind", "errors"), [("a", []), ("c", ["Choose one."]), ("", ["Choose one."])])
def test_a_choice_that_is_none_is_refused_in_the_forms_own_words(kind: str, errors: list[str]) -> None:
    form = filled(kind=kind) if kind else filled(name="x")
    assert form.validate() == (not errors)
    assert list(form.kind.errors) == errors


def test_a_refusal_stands_beside_its_field_or_above_the_form() -> None:
    form = filled(name="x")
    assert form.add_refusal(Refused("invalid", "That name is taken", {"name": "taken"})) == ""
    assert form.name.errors == ["That name is taken."]
    other = filled(name="x")
    assert other.add_refusal(Refused("invalid", "Not so long", {"expires_in": "too long"})) == "Not so long"
    assert other.add_refusal(Refused("conflict", "Not now")) == "Not now"
    assert not other.errors


@pytest.mark.parametrize(("again", "good"), [("the same words", True), ("other words", False), ("", False)])
def test_a_new_password_is_typed_twice_alike(again: str, good: bool) -> None:
    form = NewPasswordForm(MultiDict({"password": "the same words", "again": again}), 12)
    assert form.validate() == good
    assert 'minlength="12"' in form.password() and "At least 12 characters" in form.password.description
    assert "minlength" not in NewPasswordForm.password.kwargs["render_kw"], "one form's bounds are no other's"
