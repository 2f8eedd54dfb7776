"""Questions on a form, and validation of the answers. The form and the API use the same functions."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, assert_never

from services.registration.rules.conditions import Condition, facts_of

LONGEST_LINE = 200
LONGEST_TEXT = 4_000
MOST_QUESTIONS = 50
LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
"""Line breaks other than LF. Word pastes U+000B."""
UNSEEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    r"\u2066-\u206f\u2800\u3164\ufeff\uffa0"
)
"""Invisible characters, as a character class for regular expressions."""
INVISIBLE_AROUND = re.compile(rf"\A[\s{UNSEEN}]+|[\s{UNSEEN}]+\Z")
UNKEPT = ("Cc", "Cs", "Zl", "Zp")  # control characters, lone surrogates, line and paragraph separators


class Type(StrEnum):
    """Question types: one line of text, longer text, a single choice, several choices."""

    TEXT = "text"
    LONG_TEXT = "long text"
    ONE = "one of"
    ANY = "any of"


@dataclass(frozen=True)
class Option:
    """One option of a choice question."""

    value: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question. It is asked if all conditions in `shown_when` hold. `purpose` tells the registrant why we ask,
    and `autocomplete` is a token of the HTML attribute of that name."""

    key: str
    label: str
    type: Type
    help: str = ""
    options: tuple[Option, ...] = ()
    required: bool = False
    shown_when: tuple[Condition, ...] = ()
    purpose: str = ""
    autocomplete: str = ""

    @property
    def values(self) -> frozenset[str]:
        """The values of the options."""
        return frozenset(option.value for option in self.options)

    def label_of(self, value: str) -> str:
        """The label of an option; the value itself if there is no such option."""
        return next((option.label for option in self.options if option.value == value), value)

    def is_asked(self, answers: Mapping[str, Any]) -> bool:
        """True if a person who gave these answers is asked this question."""
        return all(condition.holds(facts_of(answers)) for condition in self.shown_when)


class UnusableText(ValueError):
    """The answer is not acceptable; the message explains why to the person who typed it."""


def clean_line(text: str, longest: int = LONGEST_LINE) -> str:
    """Trim and normalise (NFC) one line of text. Raises UnusableText if it is longer than `longest` characters or
    contains control characters."""
    return _clean(text, longest, allowed="")


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Trim and normalise text of one line or more. Raises UnusableText in the same cases as `clean_line`."""
    return _clean(text, longest, allowed="\n\t")


def read_answers(
    questions: Iterable[Question], given: Mapping[str, Any], before: Mapping[str, Any] | None = None
) -> tuple[dict[str, str | list[str]], dict[str, str]]:
    """Validate answers. Returns the answers to store and the error messages, both by question key.

    Ignores answers to questions that are not asked, given the answers before them. With `before`, the answers so far,
    `given` has changes: other answers stay, also to questions that have left the form, unless the changes mean that
    they are not asked any more.
    """
    questions = tuple(questions)
    keys = {question.key for question in questions}
    answers: dict[str, str | list[str]] = {}
    errors = {key: "This form has no such question." for key in given if key not in keys}
    for question in questions:
        if not question.is_asked(answers):
            continue
        if before is not None and _stays(question, given, before):
            if question.key in before:
                answers[question.key] = before[question.key]
            continue
        try:
            answer = _read(question, given.get(question.key))
        except UnusableText as error:
            errors[question.key] = str(error)
            continue
        if answer:
            answers[question.key] = answer
        elif question.required:
            errors[question.key] = "Answer this question to go on."
    left = {key: answer for key, answer in (before or {}).items() if key not in keys}
    return left | answers, errors


def _stays(question: Question, given: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """True if changes leave an answer, or a blank, as it was. A question that they bring up has to be answered."""
    return question.key not in given and (question.key in before or question.is_asked(before))


def read_questions(data: Iterable[Mapping[str, Any]]) -> tuple[Question, ...]:
    """Read questions from their stored form. Raises ValueError, with the reason, if one is invalid."""
    questions = tuple(_question(one) for one in data)
    keys = [question.key for question in questions]
    if len(set(keys)) != len(keys):
        raise ValueError("Two questions have the same key.")
    if len(keys) > MOST_QUESTIONS:
        raise ValueError(f"A form has at most {MOST_QUESTIONS} questions.")
    for position, question in enumerate(questions):
        if any(condition.fact not in keys[:position] for condition in question.shown_when):
            raise ValueError(f"Question {question.key!r} depends on one that does not come before it.")
        if question.type in (Type.ONE, Type.ANY) and not question.options:
            raise ValueError(f"Question {question.key!r} has no options.")
    return questions


def check_conditions(questions: Iterable[Question]) -> None:
    """Check that each question is shown for answers that can be given. Raises ValueError with the reason.

    Forms that were stored before this was checked can still be read.
    """
    earlier: dict[str, Question] = {}
    for question in questions:
        for condition in question.shown_when:
            asked = earlier[condition.fact]
            if asked.options and (missing := set(condition.values) - asked.values):
                never = ", ".join(sorted(missing))
                raise ValueError(f"Question {question.key!r} is shown for {never}, which {asked.key!r} does not offer.")
        earlier[question.key] = question


def _question(data: Mapping[str, Any]) -> Question:
    key, label = data.get("key"), data.get("label")
    if not isinstance(key, str) or not key.isidentifier() or not isinstance(label, str) or not label.strip():
        raise ValueError("A question needs a label, and a key of letters, digits and underscores.")
    try:
        kind = Type(data.get("type", "text"))
    except ValueError:
        raise ValueError(f"Question {key!r} must be of type {', '.join(Type)}.") from None
    return Question(
        key=key,
        label=label,
        type=kind,
        help=data.get("help", ""),
        options=tuple(Option(option["value"], option["label"]) for option in data.get("options", ())),
        required=bool(data.get("required", False)),
        shown_when=tuple(Condition.read(condition) for condition in data.get("shown_when", ())),
        purpose=data.get("purpose", ""),
        autocomplete=data.get("autocomplete", ""),
    )


def _read(question: Question, given: Any) -> str | list[str]:
    match question.type:
        case Type.TEXT:
            return clean_line(_as_text(given))
        case Type.LONG_TEXT:
            return clean_text(_as_text(given))
        case Type.ONE:
            chosen = _as_text(given)
            return _choice(question, chosen) if chosen else ""
        case Type.ANY:
            return [_choice(question, value) for value in dict.fromkeys(_as_list(given)) if value]
        case _:
            assert_never(question.type)


def _as_text(given: Any) -> str:
    if given is not None and not isinstance(given, str):
        raise UnusableText("This must be text.")
    return given or ""


def _as_list(given: Any) -> list[Any]:
    values = [given] if isinstance(given, str) else given or []
    if not isinstance(values, list):
        raise UnusableText("Choose from the options given.")
    return values


def _choice(question: Question, value: Any) -> str:
    if value not in question.values:
        raise UnusableText("Choose from the options given.")
    return str(value)


def _clean(text: str, longest: int, allowed: str) -> str:
    text = _without_pasted(text, has_lines=bool(allowed))
    if len(text) > longest:
        raise UnusableText(f"This is too long: use {longest:,} characters or fewer.")
    if any(unicodedata.category(char) in UNKEPT and char not in allowed for char in text):
        what = "a line break or " if not allowed else ""
        raise UnusableText(f"This holds {what}a character that cannot be kept: please type it again.")
    return unicodedata.normalize("NFC", text)


def _without_pasted(text: str, *, has_lines: bool) -> str:
    """Clean up pasted text: tabs from spreadsheets, line breaks from word processors, and invisible characters at
    either end. A text of only invisible characters becomes empty."""
    text = LINE_BREAKS.sub("\n", text) if has_lines else text.replace("\t", " ")
    return INVISIBLE_AROUND.sub("", text)
