"""Reads an application to register, for every interface: a valid application, or a sentence for each mistake."""

from collections.abc import Iterable, Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email

from services.registration.rules.applications import Application
from services.registration.rules.consents import WORDINGS
from services.registration.rules.questions import Question, UnusableText, clean_line, read_answers
from services.registration.rules.web_addresses import has_address, has_address_or_site

LANGUAGES = ("en",)
"""The languages that every page and mail is written in."""
LONGEST_EMAIL = 254


class InvalidFields(Exception):
    """An application has mistakes; `errors` has a sentence for each field, `answers.KEY` for a question."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("The form has mistakes.")
        self.errors = errors


def read_application(
    questions: Iterable[Question], given: Mapping[str, Any], *, source: str, before: Mapping[str, Any] | None = None
) -> Application:
    """The valid application. Raises InvalidFields with every mistake.

    With `before`, the answers so far, the answers given are changes of these.
    """
    errors: dict[str, str] = {}
    name = _line(given.get("name"), "name", errors)
    if not name and "name" not in errors:
        errors["name"] = "Enter your name."
    if has_address_or_site(name):
        errors["name"] = "Enter your name without a web address or an e-mail address."
    email, email_key = _email(given.get("email"), errors)
    organisation = _line(given.get("organisation"), "organisation", errors)
    if has_address(organisation):
        errors["organisation"] = "Enter the organisation’s name without a web address."
    consents = _consents(given.get("consents"), errors)
    language = given.get("language") or "en"
    if language not in LANGUAGES:
        errors["language"] = f"We do not write in this language yet. Choose one of {', '.join(LANGUAGES)}."
    raw_answers = given.get("answers") or {}
    if isinstance(raw_answers, Mapping):
        answers, wrong = read_answers(questions, raw_answers, before)
        errors |= {f"answers.{key}": sentence for key, sentence in wrong.items()}
    else:
        answers, errors["answers"] = {}, "Answers must be an object of question keys and values."
    if errors:
        raise InvalidFields(errors)
    answered = frozenset(raw_answers)
    return Application(name, email, email_key, organisation, answers, consents, language, source, answered)


def normalised_email(text: str) -> tuple[str, str]:
    """The address to write to, and its key, which is the same however the address is typed.

    Raises UnusableText, with a sentence for the person who typed it.
    """
    line = clean_line(text, LONGEST_EMAIL)
    if not line:
        raise UnusableText("Enter your e-mail address.")
    try:
        email = validate_email(line, check_deliverability=False, allow_smtputf8=False).normalized
    except EmailNotValidError:
        raise UnusableText("Enter an e-mail address in the form name@example.org.") from None
    return email, email.casefold()


def _line(value: Any, field: str, errors: dict[str, str]) -> str:
    if value is not None and not isinstance(value, str):
        errors[field] = "This must be text."
        return ""
    try:
        return clean_line(value or "")
    except UnusableText as error:
        errors[field] = str(error)
        return ""


def _email(value: Any, errors: dict[str, str]) -> tuple[str, str]:
    try:
        return normalised_email(value if isinstance(value, str) else "")
    except UnusableText as error:
        errors["email"] = str(error)
        return "", ""


def _consents(value: Any, errors: dict[str, str]) -> tuple[str, ...]:
    given = value or []
    known = {wording.purpose for wording in WORDINGS}
    if not isinstance(given, list) or not all(isinstance(one, str) and one in known for one in given):
        errors["consents"] = f"Consents must be a list of {', '.join(sorted(known))}."
        return ()
    for wording in WORDINGS:
        if wording.required and wording.purpose not in given:
            errors[f"consents.{wording.purpose}"] = wording.error
    return tuple(given)
