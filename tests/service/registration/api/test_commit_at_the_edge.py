"""A change through the API and the answer that is kept for its key are committed together, or neither is."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from services.registration.models import Event, TimelineEntry, db
from services.registration.web import idempotency

ONCE = {"Idempotency-Key": "the-only-key"}
SESSIONS = [{"starts_at": "2030-06-10T10:00", "ends_at": "2030-06-10T11:00"}]
DRAFT = {"title": "Spring", "slug": "spring", "timezone": "UTC", "sessions": SESSIONS}
Request = tuple[str, str, dict[str, Any] | None]


@pytest.fixture
def registration(client: FlaskClient, bearer: dict[str, str], event: str) -> str:
    body = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    made: Any = client.post(f"/api/v1/events/{event}/registrations", json=body, headers=bearer).json
    return f"/api/v1/registrations/{made['id']}"


@pytest.fixture
def draft(client: FlaskClient, bearer: dict[str, str]) -> str:
    client.post("/api/v1/events", json=DRAFT | {"slug": "draft"}, headers=bearer)
    return "/api/v1/events/draft"


@pytest.fixture(params=["create", "publish", "change", "cancel", "cancel a registration"])
def request_that_changes(request: pytest.FixtureRequest, event: str, draft: str, registration: str) -> Request:
    requests: dict[str, Request] = {
        "create": ("POST", "/api/v1/events", DRAFT),
        "publish": ("POST", f"{draft}/publish", None),
        "change": ("PATCH", f"/api/v1/events/{event}", {"title": "New title"}),
        "cancel": ("POST", f"/api/v1/events/{event}/cancel", {"reason": "Snow"}),
        "cancel a registration": ("DELETE", registration, None),
    }
    return requests[request.param]


def happened(app: Flask) -> tuple[int, int]:
    """How many entries the timelines have, and how many events there are."""
    with app.app_context():
        entries = db.session.scalar(select(func.count()).select_from(TimelineEntry)) or 0
        return entries, db.session.scalar(select(func.count()).select_from(Event)) or 0


def test_a_request_that_dies_before_its_answer_is_kept_changes_nothing_and_may_be_repeated(
    app: Flask,
    client: FlaskClient,
    bearer: dict[str, str],
    request_that_changes: Request,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    method, path, body = request_that_changes

    def send() -> Any:
        return client.open(path, method=method, json=body, headers=bearer | ONCE)

    def die(*_: Any) -> None:
        raise RuntimeError("the process ends here")

    before = happened(app)
    with monkeypatch.context() as dying:
        dying.setattr(idempotency, "store_answer", die)
        assert send().status_code == 500
    assert happened(app) == before
    first, again = send(), send()
    assert first.status_code in (200, 201, 204)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert happened(app)[0] == before[0] + 1


def test_a_request_whose_twin_was_carried_out_meanwhile_gets_the_twins_answer(
    app: Flask,
    client: FlaskClient,
    bearer: dict[str, str],
    request_that_changes: Request,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    method, path, body = request_that_changes
    look, twins = idempotency.stored_answer, list[TestResponse]()
    looked: list[bool] = []

    def look_before_the_twin_is_carried_out(*given: Any) -> Any:
        if looked:
            return look(*given)
        looked.append(True)
        twins.append(app.test_client().open(path, method=method, json=body, headers=bearer | ONCE))
        return None

    monkeypatch.setattr(idempotency, "stored_answer", look_before_the_twin_is_carried_out)
    answer = client.open(path, method=method, json=body, headers=bearer | ONCE)
    (twin,) = twins
    assert (answer.status_code, answer.get_json(silent=True)) == (twin.status_code, twin.get_json(silent=True))
    assert answer.status_code < 300
