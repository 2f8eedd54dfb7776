"""The base of every browser form: how it is read, and its mistakes in one list."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, Form, FormField, RadioField, SelectMultipleField

RETURNED = "returned"
"""Marks a form restored after sign-in: it is shown again, not processed."""


class Problem(NamedTuple):
    """A mistake in a form: its sentence, the label of its field, and the id of the control to go to.

    A mistake of the whole form has neither label nor control.
    """

    sentence: str
    label: str = ""
    control: str = ""


class PageForm(FlaskForm):
    """A form on a page. It has the values of the request, or else those it is given.

    The form does not check CSRF: the console does for every request, and public pages use no cookies, so it does not
    apply there.
    """

    class Meta:
        csrf = False

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)

    def validate(self, extra_validators: Any = None) -> bool:
        """True if every field is valid. Otherwise the fields or the form have errors."""
        if RETURNED in request.form:
            self.form_errors.append("You had been signed out. Please check the form and send it again.")
            return False
        return bool(super().validate(extra_validators))

    def problems(self) -> list[Problem]:
        """Every mistake, in the order of the page."""
        return [*(Problem(sentence) for sentence in self.form_errors), *_problems(self)]

    def take_errors(self, errors: Mapping[str, str]) -> None:
        """Put the rules' sentences at their fields: by the field's name, or "" for the whole form."""
        for name, sentence in errors.items():
            field: Any = self.field_named(name)
            if field is None:
                self.form_errors.append(sentence)
            else:
                field.errors = [*field.errors, sentence]

    def field_named(self, name: str) -> Field | None:
        """The field of this HTML name, or else the one that it is a part of, as `consents` is of "consents.news"."""
        fields = {field.name: field for field in _fields(self)}
        return fields.get(name) or fields.get(name.partition(".")[0])


def _fields(form: Form | FieldList) -> Iterator[Field]:
    for field in form:
        if isinstance(field, FormField):
            yield from _fields(field.form)
        elif isinstance(field, FieldList):
            yield from _fields(field)
        else:
            yield field


def _problems(form: Form) -> Iterator[Problem]:
    for field in _fields(form):
        for sentence in field.errors:
            yield Problem(sentence, field.label.text, first_control(field))


def first_control(field: Field) -> str:
    """The id of the field's control, or of the first if it has several."""
    several = isinstance(field, RadioField | SelectMultipleField)
    return f"{field.id}-0" if several else str(field.id)
