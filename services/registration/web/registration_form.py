"""The form by which people register, and the form by which they change their answers.

The questions of an event's form become fields, once for each version. The fields keep what was typed as it is. The
rules that read it are the API's, so that both find the same mistakes.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, ClassVar, assert_never

from wtforms import Field, Form, FormField, HiddenField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import EmailInput

from services.registration.models import Registration
from services.registration.rules.applications import Application
from services.registration.rules.consents import WORDINGS
from services.registration.rules.questions import Question, Type
from services.registration.web.applications import InvalidFields, read_application
from services.registration.web.fields import AnyOf, MarkedRequired
from services.registration.web.forms import PageForm

PREFIX = "question_"
"""Prefixes a question's key in attribute names: a key could be the name of an attribute that every form has."""

EMAIL_ATTRIBUTES = {"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}


class AnswersForm(PageForm):
    """A name, an organisation, and an answer to each of the event's questions."""

    questions: ClassVar[tuple[Question, ...]] = ()
    name = StringField("Your name", [MarkedRequired()], default="", render_kw={"autocomplete": "name"})
    organisation = StringField("Organisation", default="", render_kw={"autocomplete": "organization"})
    answers: Any

    def answer_fields(self) -> Iterator[tuple[Question, Field]]:
        """Each question with its field."""
        for question in self.questions:
            yield question, self.answers.form[PREFIX + question.key]

    def typed(self) -> dict[str, Any]:
        """The typed values, in the shape of the API's body."""
        return {
            "name": self.name.data,
            "organisation": self.organisation.data,
            "answers": {question.key: field.data for question, field in self.answer_fields()},
        }

    def application(self, source: str, *, before: Mapping[str, Any] | None = None, **known: Any) -> Application | None:
        """The application from the typed and the `known` values; with `before`, a change of the answers so far. None
        where there are mistakes, with errors at the fields."""
        try:
            return read_application(self.questions, self.typed() | known, source=source, before=before)
        except InvalidFields as error:
            self.take_errors(error.errors)
            return None


class RegistrationForm(AnswersForm):
    """The form on an event's page. `form_key` proves that it came from there, and deduplicates it."""

    name = StringField("Your name", [MarkedRequired()], default="", render_kw={"autocomplete": "name"})
    email = StringField(
        "E-mail address",
        [MarkedRequired()],
        default="",
        description="We send your confirmation and the calendar invite here.",
        widget=EmailInput(),
        render_kw=EMAIL_ATTRIBUTES,
    )
    organisation = StringField("Organisation", default="", render_kw={"autocomplete": "organization"})
    consents: Any
    form_key = HiddenField()
    embedded = HiddenField(default="")

    def typed(self) -> dict[str, Any]:
        """The typed values, in the shape of the API's body."""
        return super().typed() | {"email": self.email.data, "consents": self.consents.data}


@lru_cache(maxsize=256)
def registration_form(asked: tuple[Question, ...]) -> type[RegistrationForm]:
    """The form for an event's questions."""

    class Asking(RegistrationForm):
        questions = asked
        answers = _answers(asked)
        consents = AnyOf(
            "Your agreement",
            choices=[SelectChoice(wording.purpose, wording.text) for wording in WORDINGS],
            validate_choice=False,
        )

    return Asking


@lru_cache(maxsize=256)
def answers_form(asked: tuple[Question, ...]) -> type[AnswersForm]:
    """The form to change answers to an event's questions."""

    class Asking(AnswersForm):
        questions = asked
        answers = _answers(asked)

    return Asking


def as_answered(registration: Registration) -> dict[str, Any]:
    """A registration's name, organisation and answers, as the data of an `AnswersForm`."""
    answers = {PREFIX + key: answer for key, answer in registration.answers.items()}
    return {"name": registration.name, "organisation": registration.organisation, "answers": answers}


def _answers(questions: tuple[Question, ...]) -> FormField:
    fields = {PREFIX + question.key: _field(question) for question in questions}
    return FormField(type("Answers", (Form,), fields), separator=".")


def _field(question: Question) -> Field:
    common: dict[str, Any] = {
        "name": question.key,
        "label": question.label,
        "description": " ".join(filter(None, (question.help, question.purpose))),
        "validators": [MarkedRequired()] if question.required else [],
    }
    choices = [SelectChoice(option.value, option.label) for option in question.options]
    match question.type:
        case Type.ONE:
            return RadioField(**common, choices=choices, validate_choice=False)
        case Type.ANY:
            return AnyOf(**common, choices=choices, validate_choice=False)
        case Type.LONG_TEXT:
            return TextAreaField(**common, default="", render_kw={"rows": 4})
        case Type.TEXT:
            return StringField(**common, default="", render_kw={"autocomplete": question.autocomplete or False})
        case _:
            assert_never(question.type)
