"""What is far too large is refused with a sentence, and the next request is served."""

import re

from flask.testing import FlaskClient

TEN_MEGABYTES = "x" * 10_000_000


def test_an_answer_of_ten_megabytes_is_refused_at_the_form(client: FlaskClient, event: str) -> None:
    form_key = re.findall(r'name="form_key" value="([^"]+)"', client.get(f"/events/{event}").text)[0]
    typed = {"form_key": form_key, "name": "Ada Example", "email": "ada@example.org", "consents": "privacy"}
    refused = client.post(f"/events/{event}", data=typed | {"answers.role": TEN_MEGABYTES})
    assert refused.status_code == 413
    assert "larger than a form can be" in refused.text
    assert client.post(f"/events/{event}", data=typed).status_code == 303


def test_an_answer_of_ten_megabytes_is_refused_at_the_api(client: FlaskClient, event: str) -> None:
    body = {"name": "Ada Example", "email": "ada@example.org", "consents": ["privacy"]}
    refused = client.post(f"/api/v1/events/{event}/registrations", json=body | {"answers": {"role": TEN_MEGABYTES}})
    assert refused.status_code == 413
    assert refused.content_type == "application/problem+json"
    assert client.post(f"/api/v1/events/{event}/registrations", json=body).status_code == 201


def test_an_answer_longer_than_its_field_is_named_and_kept_on_the_page(client: FlaskClient, event: str) -> None:
    form_key = re.findall(r'name="form_key" value="([^"]+)"', client.get(f"/events/{event}").text)[0]
    typed = {"form_key": form_key, "name": "Ada Example", "email": "ada@example.org", "consents": "privacy"}
    refused = client.post(f"/events/{event}", data=typed | {"answers.role": "much " * 8_000})
    assert refused.status_code == 422
    assert "much much" in refused.text
    assert "There is a problem" in refused.text


def test_a_description_of_a_hundred_thousand_characters_is_refused_at_its_field(
    client: FlaskClient, bearer: dict[str, str], event: str
) -> None:
    change = {"description": "word " * 20_000}
    refused = client.patch(f"/api/v1/events/{event}", json=change, headers=bearer)
    assert refused.status_code == 422
    assert refused.json is not None
    assert "description" in refused.json["errors"]
