"""Events through the API's door."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

SPRING: dict[str, Any] = {
    "title": "Spring webinar",
    "slug": "spring-webinar",
    "timezone": "Europe/Paris",
    "sessions": [
        {
            "starts_at": "2031-05-06T10:00",
            "ends_at": "2031-05-06T11:30:00",
            "location": "Rue Example 1",
            "join_url": "https://meet.example.org/spring",
        }
    ],
}


def errors_of(response: TestResponse) -> dict[str, list[str]]:
    assert response.status_code == 422, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    errors: dict[str, list[str]] = response.get_json()["errors"]
    return errors


def test_an_organiser_makes_an_event_in_local_times(client: FlaskClient, bearer: dict[str, str]) -> None:
    made = client.post("/api/v1/events", json=SPRING, headers=bearer)

    assert made.status_code == 201
    event = made.get_json()
    assert event["status"] == "draft"
    assert event["sessions"][0]["starts_at"] == "2031-05-06T10:00:00"
    assert event["sessions"][0]["starts_at_utc"] == "2031-05-06T08:00:00+00:00"
    assert event["url"] == "http://localhost:8000/events/spring-webinar"


def test_a_stranger_makes_no_event(client: FlaskClient) -> None:
    refused = client.post("/api/v1/events", json=SPRING)

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.content_type == "application/problem+json"


def test_a_key_that_opens_nothing_is_refused_even_where_none_is_needed(client: FlaskClient, event: str) -> None:
    assert client.get(f"/api/v1/events/{event}", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get(f"/api/v1/events/{event}", headers={"Authorization": "Basic eDp5"}).status_code == 401


def test_a_draft_does_not_exist_for_strangers(client: FlaskClient, bearer: dict[str, str]) -> None:
    client.post("/api/v1/events", json=SPRING, headers=bearer)

    assert client.get("/api/v1/events/spring-webinar").status_code == 404
    assert client.get("/api/v1/events/spring-webinar", headers=bearer).status_code == 200


def test_strangers_see_a_published_event_without_its_join_link(
    client: FlaskClient, event: str, bearer: dict[str, str]
) -> None:
    seen = client.get(f"/api/v1/events/{event}")

    assert "meet.example.org" not in seen.get_data(as_text=True)
    assert "places_taken" not in seen.get_json()
    assert "meet.example.org" in client.get(f"/api/v1/events/{event}", headers=bearer).get_data(as_text=True)


def test_the_public_list_has_published_events_only(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    client.post("/api/v1/events", json=SPRING, headers=bearer)

    public = client.get("/api/v1/events").get_json()["events"]
    organisers = client.get("/api/v1/events", headers=bearer).get_json()["events"]
    assert [one["slug"] for one in public] == [event]
    assert [one["slug"] for one in organisers] == [event, "spring-webinar"]
    assert "join_url" not in public[0]["sessions"][0]


def test_lists_go_on_from_their_cursor(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    client.post("/api/v1/events", json=SPRING, headers=bearer)

    first = client.get("/api/v1/events?limit=1", headers=bearer).get_json()
    second = client.get(f"/api/v1/events?limit=1&cursor={first['next_cursor']}", headers=bearer).get_json()
    assert [one["slug"] for one in (*first["events"], *second["events"])] == [event, "spring-webinar"]
    assert second["next_cursor"] is None
    assert "cursor" in errors_of(client.get("/api/v1/events?cursor=nonsense"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "Two\nlines"}, "title"),
        ({"title": " "}, "title"),
        ({"title": 7}, "title"),
        ({"slug": "Spring Webinar"}, "slug"),
        ({"slug": "spring--webinar"}, "slug"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": True}, "capacity"),
        ({"capacity": 2.5}, "capacity"),
        ({"description": "x" * 20_001}, "description"),
        ({"programme": "nowhere"}, "programme"),
        ({"sessions": []}, "sessions"),
        ({"sessions": [{"starts_at": "2031-05-06T10:00"}]}, "sessions.0.ends_at"),
        ({"sessions": [{"starts_at": "2031-05-06T10:00", "ends_at": "2031-05-06T10:00"}]}, "sessions.0.ends_at"),
        ({"sessions": [{"starts_at": "2031-05-06T10:00Z", "ends_at": "2031-05-06T11:00"}]}, "sessions.0.starts_at"),
        ({"sessions": [{"starts_at": "0001-01-01T00:00", "ends_at": "2031-05-06T11:00"}]}, "sessions.0.starts_at"),
        ({"sessions": [SPRING["sessions"][0] | {"join_url": "javascript:alert(1)"}]}, "sessions.0.join_url"),
        ({"sessions": [SPRING["sessions"][0] | {"join_url": "https://"}]}, "sessions.0.join_url"),
        ({"sessions": [SPRING["sessions"][0] | {"id": "01900000-0000-7000-8000-000000000000"}]}, "sessions.0.id"),
        ({"questions": [{"key": "a b", "label": "A"}]}, "questions"),
        ({"questions": [{"key": "a", "label": "A", "type": "one of"}]}, "questions"),
        ({"questions": [{"key": "a", "label": "A", "options": [{"value": "x"}]}]}, "questions.0.options.0.label"),
        ({"capasity": 5}, "capasity"),
    ],
)
def test_what_cannot_be_used_is_named_by_its_field(
    client: FlaskClient, bearer: dict[str, str], change: dict[str, Any], field: str
) -> None:
    assert field in errors_of(client.post("/api/v1/events", json=SPRING | change, headers=bearer))


def test_a_time_that_the_clocks_skip_is_an_error(client: FlaskClient, bearer: dict[str, str]) -> None:
    skipped = {"starts_at": "2031-03-30T02:30", "ends_at": "2031-03-30T04:00"}

    errors = errors_of(client.post("/api/v1/events", json=SPRING | {"sessions": [skipped]}, headers=bearer))
    assert "clocks" in errors["sessions.0.starts_at"][0]


def test_of_a_time_that_comes_twice_the_first_is_meant(client: FlaskClient, bearer: dict[str, str]) -> None:
    twice = {"starts_at": "2031-10-26T02:30", "ends_at": "2031-10-26T04:00"}

    made = client.post("/api/v1/events", json=SPRING | {"sessions": [twice]}, headers=bearer).get_json()
    assert made["sessions"][0]["starts_at_utc"] == "2031-10-26T00:30:00+00:00"


def test_two_events_cannot_share_a_slug(client: FlaskClient, bearer: dict[str, str]) -> None:
    client.post("/api/v1/events", json=SPRING, headers=bearer)

    assert client.post("/api/v1/events", json=SPRING, headers=bearer).status_code == 409


def test_only_what_is_given_changes(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    before = client.get(f"/api/v1/events/{event}", headers=bearer).get_json()

    changed = client.patch(f"/api/v1/events/{event}", json={"title": "Later"}, headers=bearer)
    assert changed.status_code == 200
    assert changed.get_json() == before | {"title": "Later"}


def test_choices_about_invites_are_kept_one_by_one(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    usual = client.get(f"/api/v1/events/{event}", headers=bearer).get_json()["invites"]
    assert usual == {
        "asks_for_rsvp": True,
        "decline_frees_place": False,
        "reminder_minutes": 15,
        "organiser_name": "",
        "organiser_email": "",
    }
    for chosen in ({"reminder_minutes": 0}, {"organiser_name": "Ada Host", "organiser_email": " ada@Example.org "}):
        changed = client.patch(f"/api/v1/events/{event}", json={"invites": chosen}, headers=bearer)
        assert changed.status_code == 200
    kept = changed.get_json()["invites"]
    assert kept == {**usual, "reminder_minutes": 0, "organiser_name": "Ada Host", "organiser_email": "ada@example.org"}
    assert "invites" not in client.get(f"/api/v1/events/{event}").get_json()


@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({"reminder_minutes": 40_321}, "reminder_minutes"),
        ({"reminder_minutes": "15"}, "reminder_minutes"),
        ({"asks_for_rsvp": False, "decline_frees_place": True}, "decline_frees_place"),
        ({"organiser_email": "nobody"}, "organiser_email"),
        ({"organiser_name": "a\nb"}, "organiser_name"),
    ],
)
def test_a_choice_about_invites_that_cannot_be_is_named(
    client: FlaskClient, event: str, bearer: dict[str, str], chosen: dict[str, Any], field: str
) -> None:
    refused = client.patch(f"/api/v1/events/{event}", json={"invites": chosen}, headers=bearer)
    assert refused.status_code == 422
    assert list(refused.get_json()["errors"]) == [f"invites.{field}"]


def test_what_was_answered_may_be_sent_back(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    seen = client.get(f"/api/v1/events/{event}", headers=bearer).get_json()

    changed = client.patch(f"/api/v1/events/{event}", json=seen, headers=bearer)
    assert changed.get_json() == seen


def test_sessions_keep_their_identity_by_id(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    (session,) = client.get(f"/api/v1/events/{event}", headers=bearer).get_json()["sessions"]
    moved = {"id": session["id"], "starts_at": "2030-11-05T09:00", "ends_at": "2030-11-05T10:00"}
    added = {"starts_at": "2030-11-04T09:00", "ends_at": "2030-11-04T10:00"}

    sessions = client.patch(f"/api/v1/events/{event}", json={"sessions": [moved, added]}, headers=bearer).get_json()[
        "sessions"
    ]
    assert {one["starts_at"]: one["id"] == session["id"] for one in sessions} == {
        "2030-11-05T09:00:00": True,
        "2030-11-04T09:00:00": False,
    }


def test_a_session_within_changes_must_be_whole(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    refused = client.patch(
        f"/api/v1/events/{event}", json={"sessions": [{"starts_at": "2030-11-05T09:00"}]}, headers=bearer
    )
    assert "sessions.0.ends_at" in errors_of(refused)


def test_in_another_zone_the_clock_says_the_same(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    changed = client.patch(f"/api/v1/events/{event}", json={"timezone": "Asia/Tokyo"}, headers=bearer).get_json()

    assert changed["sessions"][0]["starts_at"] == "2030-11-04T14:00:00"
    assert changed["sessions"][0]["starts_at_utc"] == "2030-11-04T05:00:00+00:00"


def test_a_slug_never_changes(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    assert "slug" in errors_of(client.patch(f"/api/v1/events/{event}", json={"slug": "other"}, headers=bearer))


def test_publishing_twice_changes_nothing(client: FlaskClient, bearer: dict[str, str]) -> None:
    client.post("/api/v1/events", json=SPRING, headers=bearer)

    first = client.post("/api/v1/events/spring-webinar/publish", headers=bearer)
    second = client.post("/api/v1/events/spring-webinar/publish", headers=bearer)
    assert first.status_code == second.status_code == 200
    assert first.get_json() == second.get_json()
    assert client.get("/api/v1/events/spring-webinar").get_json()["status"] == "published"


def test_an_event_that_was_called_off_stays_so(client: FlaskClient, event: str, bearer: dict[str, str]) -> None:
    cancelled = client.post(f"/api/v1/events/{event}/cancel", json={"reason": "Too few came."}, headers=bearer)
    assert cancelled.get_json()["status"] == "cancelled"

    assert client.get(f"/api/v1/events/{event}").get_json()["status"] == "cancelled"
    assert client.post(f"/api/v1/events/{event}/cancel", headers=bearer).status_code == 200
    assert client.post(f"/api/v1/events/{event}/publish", headers=bearer).status_code == 409
    assert client.patch(f"/api/v1/events/{event}", json={"title": "Back"}, headers=bearer).status_code == 409
