"""The page shows the questions that the server asks, through chains of conditions and changes of mind."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from services.registration import create_app
from services.registration.rules.conditions import Condition, Operator
from services.registration.rules.questions import Option, Question, Type, read_answers
from services.registration.web.registration_form import registration_form

SCRIPT = Path(__file__).parents[2] / "services/registration/static/form.js"
OPTIONS = tuple(Option(value, value.title()) for value in ("one", "two", "three"))
CHANGE = """([name, values]) => {
  const controls = [...document.forms[0].elements].filter((control) => control.name === name);
  for (const control of controls) {
    if (["radio", "checkbox"].includes(control.type)) control.checked = values.includes(control.value);
    else control.value = values[0] ?? "";
    control.dispatchEvent(new Event("input", {bubbles: true}));
    control.dispatchEvent(new Event("change", {bubbles: true}));
  }
}"""
SHOWN = """() => [...document.forms[0].elements]
  .filter((control) => control.name.startsWith("answers.") && !control.closest("[hidden]"))
  .map((control) => control.name.slice("answers.".length))"""
SENT = "() => [...new FormData(document.forms[0])]"


@st.composite
def forms(draw: st.DrawFn) -> tuple[Question, ...]:
    """Up to six questions, each under up to two conditions on earlier ones; all are required."""
    questions: list[Question] = []
    for number in range(draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(Type))
        conditions = draw(st.lists(_conditions(questions), max_size=2)) if questions else []
        options = OPTIONS if kind in (Type.ONE, Type.ANY) else ()
        key = f"q{number}"
        questions.append(Question(key, key, kind, options=options, required=True, shown_when=tuple(conditions)))
    return tuple(questions)


def _conditions(questions: list[Question]) -> st.SearchStrategy[Condition]:
    values = st.lists(st.sampled_from([option.value for option in OPTIONS]), min_size=1, max_size=2, unique=True)
    facts = st.sampled_from([question.key for question in questions])
    return st.builds(Condition, facts, st.sampled_from(Operator), values.map(tuple))


def changes(questions: tuple[Question, ...]) -> st.SearchStrategy[list[tuple[Question, list[str]]]]:
    """What somebody types and ticks, one question after the other, some of them again."""
    ticked = st.lists(st.sampled_from([option.value for option in OPTIONS]), unique=True)
    typed = st.sampled_from([[""], [" "], ["one"], [" two "], ["three"], ["four"]])

    def one(question: Question) -> st.SearchStrategy[tuple[Question, list[str]]]:
        values = {Type.ANY: ticked, Type.ONE: ticked.map(lambda chosen: chosen[:1])}.get(question.type, typed)
        return st.tuples(st.just(question), values)

    return st.lists(st.sampled_from(questions).flatmap(one), min_size=1, max_size=8)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Registration, to render its form with."""
    return create_app(
        {
            "SECRET_KEY": "a secret for tests only",
            "REGISTRATION_DATABASE_URL": f"sqlite:///{tmp_path_factory.mktemp('forms')}/registration.db",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "MAIL_FROM": "Example Events <events@example.org>",
            "PUBLIC_URL": "http://localhost:8000",
        }
    )


@pytest.fixture(scope="module")
def blank(browser: Browser) -> Iterator[Page]:
    """A page to put forms on."""
    page = browser.new_page()
    yield page
    page.close()


def show(app: Flask, page: Page, questions: tuple[Question, ...]) -> None:
    """Put the form on the page, with its script."""
    with app.test_request_context("/"):
        form = registration_form(questions)(formdata=None)
        page.set_content(render_template("public/_form.html", event=SimpleNamespace(slug="x"), form=form))
    page.add_script_tag(content=f"{{ {SCRIPT.read_text()} }}")


def shown(page: Page) -> set[str]:
    return set(page.evaluate(SHOWN))


def asked(page: Page, questions: tuple[Question, ...]) -> set[str]:
    """The questions that the server asks somebody who sends the form as it stands: all are required."""
    sent: dict[str, Any] = {question.key: [] for question in questions}
    for name, value in page.evaluate(SENT):
        if name.startswith("answers."):
            sent[name.removeprefix("answers.")].append(value)
    typed = {q.key: sent[q.key] if q.type is Type.ANY else "".join(sent[q.key]) for q in questions}
    answers, errors = read_answers(questions, typed)
    return {*answers, *errors}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_page_shows_what_the_server_asks(app: Flask, blank: Page, data: st.DataObject) -> None:
    questions = data.draw(forms())
    show(app, blank, questions)
    assert shown(blank) == asked(blank, questions)
    for question, values in data.draw(changes(questions)):
        if question.key in shown(blank):  # nobody can answer what is hidden
            blank.evaluate(CHANGE, [f"answers.{question.key}", values])
            assert shown(blank) == asked(blank, questions)


def test_a_mind_that_is_changed_hides_the_whole_chain(app: Flask, blank: Page) -> None:
    yes_or_no = (Option("yes", "Yes"), Option("no", "No"))
    questions = (
        Question("a", "A", Type.ONE, options=yes_or_no),
        Question("b", "B", Type.ONE, options=yes_or_no, shown_when=(Condition("a", Operator.IS, ("yes",)),)),
        Question("c", "C", Type.TEXT, required=True, shown_when=(Condition("b", Operator.IS, ("yes",)),)),
        Question("d", "D", Type.TEXT, required=True, shown_when=(Condition("b", Operator.BLANK),)),
    )
    show(app, blank, questions)
    for key, value, expected in (("a", "yes", "abd"), ("b", "yes", "abc"), ("a", "no", "ad")):
        blank.evaluate(CHANGE, [f"answers.{key}", [value]])
        assert shown(blank) == set(expected)
