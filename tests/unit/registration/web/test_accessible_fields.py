"""Assistive technology finds a control's help and its error."""

import pytest
from wtforms import Form, StringField

from services.registration.web.pages import aria_attributes


class Example(Form):
    name = StringField("Your name", description="As it should be on your badge.")
    organisation = StringField("Organisation")


@pytest.fixture
def form() -> Form:
    return Example()  # type: ignore[no-untyped-call]


def test_a_control_is_described_by_its_help_and_its_error(form: Form) -> None:
    assert aria_attributes(form["name"]) == {"aria-describedby": "name-help"}
    form["name"].errors = ("Enter your name.",)
    assert aria_attributes(form["name"]) == {"aria-describedby": "name-help name-error", "aria-invalid": "true"}


def test_a_control_without_help_or_error_needs_no_description(form: Form) -> None:
    assert aria_attributes(form["organisation"]) == {}
