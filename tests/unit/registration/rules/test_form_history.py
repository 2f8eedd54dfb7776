"""Answers that outlive the questions and options of the form that they were given on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.rules.form_history import AnswerInWords, FormHistory, GivenAnswers
from services.registration.rules.questions import read_answers, read_questions


def a_question(key: str, label: str, /, kind: str = "", **options: str) -> dict[str, Any]:
    stored = [{"value": value, "label": text} for value, text in options.items()]
    return {"key": key, "label": label, "type": kind or ("one of" if options else "text"), "options": stored}


def history(*versions: list[dict[str, Any]]) -> FormHistory:
    return FormHistory({n: read_questions(one) for n, one in enumerate(versions, start=1)})


MILK = a_question("milk", "Which milk?", dairy="Milk", oat="Oat milk")
NO_OAT = a_question("milk", "Which milk do you take?", dairy="Milk")
SOY = a_question("milk", "Which milk?", dairy="Milk", oat="Soy milk")
ACCESS = a_question("access", "What do you need?")
ROLE = a_question("role", "What do you do?")


def test_an_option_is_read_with_the_version_that_it_was_chosen_on() -> None:
    form = history([MILK], [NO_OAT], [SOY])
    assert [form.label_of("milk", "oat", version) for version in (1, 2, 3)] == ["Oat milk", "Oat milk", "Soy milk"]


def test_an_option_that_no_version_had_is_its_own_label() -> None:
    assert history([MILK]).label_of("milk", "rice", 1) == "rice"
    assert history([MILK]).label_of("tea", "green", 1) == "green"


def test_text_that_was_typed_is_no_option_of_an_older_version() -> None:
    assert history([MILK], [a_question("milk", "Which milk?")]).label_of("milk", "oat", 2) == "oat"


def test_an_answer_has_the_question_that_it_was_given_to() -> None:
    form = history([MILK, ACCESS], [NO_OAT, ROLE])
    given = GivenAnswers({"milk": "oat", "access": "a ramp", "role": "Lead"}, 2, {"milk": 1, "access": 1})
    assert list(form.read(given)) == [
        AnswerInWords("Which milk?", ("Oat milk",), is_asked=True),
        AnswerInWords("What do you do?", ("Lead",), is_asked=True),
        AnswerInWords("What do you need?", ("a ramp",), is_asked=False),
    ]


def test_several_choices_are_read_one_by_one() -> None:
    both = a_question("milk", "Which milk?", "any of", dairy="Milk", oat="Oat milk")
    form = history([both], [a_question("milk", "Which milk?", "any of", dairy="Cow’s milk")])
    assert form.in_words("milk", ["dairy", "oat"], 2) == ["Cow’s milk", "Oat milk"]


def test_a_form_still_offers_what_was_chosen_before() -> None:
    form = history([MILK], [NO_OAT])
    (question,) = form.form_for(GivenAnswers({"milk": "oat"}, 1))
    assert [option.label for option in question.options] == ["Milk", "Oat milk (no longer offered)"]
    assert form.form_for(GivenAnswers({"milk": "dairy"}, 1)) == form.current
    assert form.form_for(GivenAnswers({}, 1)) == form.current


def test_answers_keep_the_version_that_they_were_given_on() -> None:
    first = GivenAnswers({"milk": "oat", "access": "a ramp"}, 1)
    second = first.changed({"milk": "dairy", "access": "a ramp"}, {"milk"}, 2)
    assert (second.version_of("milk"), second.version_of("access")) == (2, 1)
    third = second.changed({"milk": "dairy", "access": "a ramp", "role": "Lead"}, {"role"}, 3)
    assert third == GivenAnswers({"milk": "dairy", "access": "a ramp", "role": "Lead"}, 3, {"milk": 2, "access": 1})


def test_answers_given_again_are_of_the_version_that_asked() -> None:
    earlier = GivenAnswers({"milk": "oat"}, 2, {"milk": 1})
    assert earlier.changed({"milk": "oat"}, {"milk"}, 2) == GivenAnswers({"milk": "oat"}, 2)


FORMS = st.lists(
    st.lists(st.sampled_from([MILK, NO_OAT, SOY, ACCESS, ROLE]), unique_by=lambda one: one["key"]),
    min_size=1,
    max_size=5,
)


@given(FORMS, st.data())
def test_whatever_changes_an_answer_reads_as_on_the_day_it_was_given(
    versions: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    """A person answers some questions of each version, in turn; what they read then stays what we read."""
    given, meant = GivenAnswers({}, 1), dict[str, str]()
    for version in range(1, len(versions) + 1):
        form = history(*versions[:version])
        offered = form.form_for(given)
        chosen = {
            question.key: data.draw(st.sampled_from([one.value for one in question.options] or ["some text"]))
            for question in offered
            if data.draw(st.booleans())
        }
        answers, errors = read_answers(offered, chosen, given.answers)
        assert errors == {}
        labels = {
            question.key: question.label_of(chosen[question.key]) for question in offered if question.key in chosen
        }
        meant |= {key: label.removesuffix(" (no longer offered)") for key, label in labels.items()}
        given = given.changed(answers, set(chosen), version)
        assert {key: form.in_words(key, answer, given.version_of(key)) for key, answer in answers.items()} == meant


@pytest.mark.parametrize(
    ("changes", "after"),
    [
        ({}, {"a": "yes", "b": "tea", "gone": "old"}),
        ({"b": "coffee"}, {"a": "yes", "b": "coffee", "gone": "old"}),
        ({"b": None}, {"a": "yes", "gone": "old"}),
        ({"a": "no"}, {"a": "no", "gone": "old"}),
    ],
)
def test_changes_leave_other_answers_as_they_were(changes: dict[str, Any], after: dict[str, Any]) -> None:
    """An answer is dropped only if the changes mean that its question, still on the form, is not asked."""
    condition = {"shown_when": [{"fact": "a", "test": "is", "values": ["yes"]}]}
    form = read_questions((a_question("a", "A?"), a_question("b", "B?") | condition))
    assert read_answers(form, changes, {"a": "yes", "b": "tea", "gone": "old"}) == (after, {})


def test_changes_need_no_answer_to_a_question_that_came_later_but_to_one_that_they_bring_up() -> None:
    needed = {"required": True}
    condition = {"shown_when": [{"fact": "a", "test": "is", "values": ["yes"]}]}
    questions = (a_question("a", "A?"), a_question("b", "B?") | needed | condition, a_question("c", "C?") | needed)
    form = read_questions(questions)
    assert read_answers(form, {}, {}) == ({}, {})
    _, errors = read_answers(form, {"a": "yes"}, {})
    assert set(errors) == {"b"}
    _, errors = read_answers(form, {"c": ""}, {})
    assert set(errors) == {"c"}
