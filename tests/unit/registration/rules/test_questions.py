"""Reading what people type, whichever door it comes through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.rules.conditions import Condition, Operator
from services.registration.rules.questions import (
    Option,
    Question,
    Type,
    UnusableText,
    clean_line,
    clean_text,
    read_answers,
    read_questions,
)
from services.registration.web.applications import InvalidFields, normalised_email, read_application

COLOUR = Question("colour", "Colour", Type.ONE, options=(Option("red", "Red"), Option("blue", "Blue")))
SHADES = Question(
    "shades",
    "Shades",
    Type.ANY,
    options=(Option("light", "Light"), Option("dark", "Dark")),
    shown_when=(Condition("colour", Operator.IS, ("red",)),),
)
WHY = Question("why", "Why", Type.LONG_TEXT, required=True)
GOOD = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}


@pytest.mark.parametrize("name", ["Ada Example", "李小龙", "Siân O’Brien-Jones", "محمد", "Zoë 🦋", "J"])
def test_a_name_in_any_script_is_kept(name: str) -> None:
    assert read_application([], {**GOOD, "name": name}, source="form").name == name


@pytest.mark.parametrize(
    "name", ["A\x00da", "Ada\r\nBcc: all@example.org", "Ada\nExample", "A\x1bda", "A\u2028da", "x" * 5000]
)
def test_a_name_that_cannot_be_kept_is_an_error_at_the_name(name: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        read_application([], {**GOOD, "name": name}, source="form")
    assert list(refused.value.errors) == ["name"]


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@", "@example.org", "a b@example.org", "ada@example.org\r\nx", "a" * 250 + "@example.org"]
)
def test_a_bad_address_is_an_error_at_the_address(email: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        read_application([], {**GOOD, "email": email}, source="form")
    assert list(refused.value.errors) == ["email"]


def test_one_address_is_one_person_however_it_is_typed() -> None:
    assert normalised_email(" Ada@Example.ORG ")[1] == normalised_email("ada@example.org")[1]


def test_registering_without_the_required_consent_is_an_error_at_the_consent() -> None:
    with pytest.raises(InvalidFields) as refused:
        read_application([], {**GOOD, "consents": ["news"]}, source="form")
    assert list(refused.value.errors) == ["consents.privacy"]


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InvalidFields) as refused:
        read_application([COLOUR, WHY], {"answers": {"colour": "green"}}, source="form")
    assert set(refused.value.errors) == {"name", "email", "consents.privacy", "answers.colour", "answers.why"}


@pytest.mark.parametrize(
    "given_body",
    [
        {"name": 5},
        {"email": ["a"]},
        {"answers": "x"},
        {"answers": {"colour": {"a": 1}}},
        {"answers": {"shades": 3, "colour": "red"}},
        {"consents": "privacy"},
        {"consents": [1]},
        {"language": "xx"},
    ],
)
def test_values_of_the_wrong_kind_are_errors_not_crashes(given_body: dict[str, object]) -> None:
    with pytest.raises(InvalidFields):
        read_application([COLOUR, SHADES], {**GOOD, **given_body}, source="api")


def test_an_answer_to_a_question_that_is_not_asked_is_left_out() -> None:
    answers, errors = read_answers([COLOUR, SHADES], {"colour": "blue", "shades": ["dark"]})
    assert (answers, errors) == ({"colour": "blue"}, {})


def test_an_answer_to_a_question_that_does_not_exist_is_an_error() -> None:
    assert read_answers([COLOUR], {"size": "10"})[1] == {"size": "This form has no such question."}


@given(st.text(max_size=300))
def test_a_line_that_is_kept_has_no_line_break_and_no_nul(text: str) -> None:
    try:
        kept = clean_line(text)
    except UnusableText:
        return
    assert not set(kept) & set("\r\n\x00\u2028\u2029\x85")
    assert clean_line(kept) == kept


@given(st.text())
def test_a_long_text_keeps_its_lines(text: str) -> None:
    try:
        kept = clean_text(f"a\r\n{text}b")
    except UnusableText:
        return
    assert kept.startswith("a\n")
    assert "\r" not in kept


@given(
    st.dictionaries(
        st.sampled_from(["colour", "shades", "why", "other"]),
        st.one_of(st.none(), st.text(), st.integers(), st.lists(st.one_of(st.text(), st.integers()))),
    )
)
def test_whatever_is_sent_the_form_answers_with_answers_or_errors(raw: dict[str, object]) -> None:
    answers, errors = read_answers([COLOUR, SHADES, WHY], raw)
    assert not set(answers) & set(errors)


@pytest.mark.parametrize(
    ("questions", "reason"),
    [
        ([{"key": "a", "label": "A"}, {"key": "a", "label": "B"}], "same key"),
        ([{"key": "a b", "label": "A"}], "needs a label"),
        ([{"key": "a", "label": "A", "type": "one of"}], "no options"),
        ([{"key": "a", "label": "A", "type": "smell"}], "must be of type"),
        ([{"key": "a", "label": "A", "shown_when": [{"fact": "b", "test": "is blank"}]}], "come before"),
    ],
)
def test_a_form_that_cannot_work_is_refused_with_the_reason(questions: list[dict[str, object]], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_questions(questions)
