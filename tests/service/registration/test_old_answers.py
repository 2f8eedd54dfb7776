"""Answers to questions that have left the form, and options that have left it after people chose them."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.browser import Browser
from tests.support.databases import databases

ACCESS = {"key": "access_needs", "label": "What would help you to take part?"}
DRINK: dict[str, Any] = {
    "key": "drink",
    "label": "What would you like to drink?",
    "type": "one of",
    "options": [{"value": "opt_1", "label": "Tea"}, {"value": "opt_2", "label": "Coffee with oat milk"}],
}
TEA_ONLY = DRINK | {"options": DRINK["options"][:1]}
ANSWERS = {"access_needs": "a ramp", "drink": "opt_2"}


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def settings(request: pytest.FixtureRequest, settings: dict[str, str]) -> Iterator[dict[str, str]]:
    with databases(request.param, "registration", create=False) as urls:
        yield settings | urls


class Form:
    """The form of an event, and a person who answered its first version."""

    def __init__(self, client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
        self.client, self.address, self.bearer = client, f"/api/v1/events/{event}", bearer

    def asks(self, *questions: dict[str, Any]) -> None:
        changed = self.client.patch(self.address, json={"questions": list(questions)}, headers=self.bearer)
        assert changed.status_code == 200, changed.text

    def register(self, **answers: Any) -> "Ann":
        body = {"name": "Ann Exampel", "email": "ann@example.org", "consents": ["privacy"], "answers": answers}
        made = self.client.post(f"{self.address}/registrations", json=body, headers=self.bearer)
        assert made.status_code == 201, made.text
        return Ann(self.client, self.bearer, made.get_json())


class Ann:
    def __init__(self, client: FlaskClient, bearer: dict[str, str], receipt: dict[str, Any]) -> None:
        self.client, self.bearer = client, bearer
        self.id = receipt["id"]
        self.own_page = "/registrations/" + receipt["page_url"].rpartition("/")[2]

    def edits(self, **answers: str) -> None:
        path = f"{self.own_page}/edit"
        hidden = Browser(self.client).hidden(path)
        typed = {f"answers.{key}": answer for key, answer in answers.items()}
        sent = self.client.post(path, data={"name": "Ann Example", **typed, **hidden})
        assert sent.status_code == 303, sent.text

    def is_changed(self, **changes: Any) -> Any:
        return self.client.patch(f"/api/v1/registrations/{self.id}", json=changes, headers=self.bearer)

    @property
    def answers(self) -> dict[str, Any]:
        found = self.client.get(f"/api/v1/registrations/{self.id}", headers=self.bearer).get_json()
        return dict(found["answers"])


@pytest.fixture
def form(client: FlaskClient, event: str, bearer: dict[str, str]) -> Form:
    form = Form(client, event, bearer)
    form.asks(ACCESS, DRINK)
    return form


def test_editing_on_the_own_page_keeps_answers_to_questions_no_longer_asked(form: Form) -> None:
    ann = form.register(**ANSWERS)
    form.asks(DRINK)

    ann.edits(drink="opt_1")

    assert ann.answers == {"access_needs": "a ramp", "drink": "opt_1"}
    listed = form.client.get(f"{form.address}/attendees.csv", headers=form.bearer).text
    assert "a ramp" in listed


def test_a_change_through_the_api_keeps_answers_to_questions_no_longer_asked(form: Form) -> None:
    ann = form.register(**ANSWERS)
    form.asks(DRINK)

    assert ann.is_changed(name="Ann Example").status_code == 200
    assert ann.answers == ANSWERS
    assert ann.is_changed(answers={"drink": "opt_1"}).status_code == 200
    assert ann.answers == {"access_needs": "a ramp", "drink": "opt_1"}


def test_a_name_is_mended_although_the_form_has_changed(form: Form) -> None:
    """The answers that stay are not read again: an option may be gone, a question may need an answer now."""
    ann = form.register(**ANSWERS)
    form.asks(TEA_ONLY, {"key": "role", "label": "What do you do?", "required": True})

    assert ann.is_changed(name="Ann Example").status_code == 200
    assert ann.answers == ANSWERS
    refused = ann.is_changed(answers={"role": ""})
    assert "answers.role" in refused.get_json()["errors"]


def test_an_option_that_is_gone_keeps_its_label(form: Form, browser: Browser) -> None:
    ann = form.register(**ANSWERS)
    form.asks(TEA_ONLY)

    for page in (browser.page(f"/console/registrations/{ann.id}"), browser.page(ann.own_page)):
        assert "Coffee with oat milk" in page
        assert "opt_2" not in page
        assert "What would help you to take part?" in page
        assert "a ramp" in page


def test_a_person_keeps_an_option_that_is_gone_until_they_choose_another(form: Form, browser: Browser) -> None:
    ann = form.register(**ANSWERS)
    form.asks(TEA_ONLY)
    assert "Coffee with oat milk (no longer offered)" in browser.page(f"{ann.own_page}/edit")

    ann.edits(drink="opt_2")
    assert ann.answers["drink"] == "opt_2"
    assert "<dd>Coffee with oat milk</dd>" in browser.page(ann.own_page)

    ann.edits(drink="opt_1")
    assert "no longer offered" not in browser.page(f"{ann.own_page}/edit")
    refused = ann.is_changed(answers={"drink": "opt_2"})
    assert "answers.drink" in refused.get_json()["errors"]


def test_an_answer_is_read_with_its_own_version_whatever_came_later(form: Form, browser: Browser) -> None:
    ann = form.register(**ANSWERS)
    form.asks(ACCESS | {"label": "Do you bring a dog?"}, DRINK)
    form.asks(DRINK)

    ann.edits(drink="opt_1")

    page = browser.page(f"/console/registrations/{ann.id}")
    assert "What would help you to take part? (no longer asked)" in page
    assert "Do you bring a dog?" not in page


def test_an_answer_goes_if_the_changes_mean_that_its_question_is_not_asked(form: Form) -> None:
    milk = {"key": "milk", "label": "Milk?", "shown_when": [{"fact": "drink", "test": "is", "values": ["opt_1"]}]}
    form.asks(ACCESS, DRINK, milk)
    ann = form.register(access_needs="a ramp", drink="opt_1", milk="a little")
    form.asks(DRINK, milk)

    ann.edits(drink="opt_2", milk="a little")

    assert ann.answers == {"access_needs": "a ramp", "drink": "opt_2"}


def test_somebody_who_registers_again_answers_the_form_as_it_is(form: Form) -> None:
    ann = form.register(**ANSWERS)
    form.client.delete(f"/api/v1/registrations/{ann.id}", headers=form.bearer)
    form.asks(TEA_ONLY)

    again = form.register(drink="opt_1")

    assert again.id == ann.id
    assert again.answers == {"drink": "opt_1"}
