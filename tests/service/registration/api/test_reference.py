"""The API's description tells all that the API does."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

METHODS = {"get", "post", "patch", "delete"}


@pytest.fixture
def spec(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    described: dict[str, Any] = answer.get_json()
    return described


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method} {path}", item, item[method]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_route_is_described(app: Flask, spec: dict[str, Any]) -> None:
    served = {
        f"{method.lower()} {rule.rule.replace('<uuid:', '{').replace('<', '{').replace('>', '}')}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.rule.endswith("/openapi.json")
    }
    assert len(served) > 10
    assert served == {name for name, _, _ in operations(spec)}


def test_the_description_has_the_parts_that_openapi_asks_for(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    assert spec["info"].keys() >= {"title", "version", "description"}
    assert spec["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    ids = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    for reference in references(spec):
        found = spec
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_operation_says_what_it_does_and_how_it_can_end(spec: dict[str, Any]) -> None:
    for name, item, operation in operations(spec):
        assert operation["summary"], name
        assert any(status.startswith("2") for status in operation["responses"]), name
        assert all(answer.get("description") or "$ref" in answer for answer in operation["responses"].values()), name
        assert "401" in operation["responses"], name
        assert operation["security"], name
        parameters = [*item.get("parameters", []), *operation.get("parameters", [])]
        in_path = {parameter["name"] for parameter in parameters if parameter["in"] == "path"}
        assert in_path == {step.strip("{}") for step in name.split("/") if step.startswith("{")}, name
        if parameters or "requestBody" in operation:
            assert {"404", "422"} & operation["responses"].keys(), name


def test_every_field_of_a_body_is_documented(spec: dict[str, Any]) -> None:
    for name in ("Event", "Session", "Question", "Application", "Receipt", "Decision", "RegistrationChanges"):
        schema = spec["components"]["schemas"][name]
        assert schema["description"], name
        for field, shape in schema["properties"].items():
            assert field == "id" or shape.get("description"), f"{name}.{field}"


def test_every_problem_is_described_as_one(spec: dict[str, Any]) -> None:
    for answer in spec["components"]["responses"].values():
        assert list(answer["content"]) == ["application/problem+json"]


def test_the_reference_page_shows_all_of_it_without_a_script(client: FlaskClient, spec: dict[str, Any]) -> None:
    page = client.get("/api/docs")

    assert page.status_code == 200
    text = page.get_data(as_text=True)
    for path in spec["paths"]:
        assert path in text
    for name in spec["components"]["schemas"]:
        assert f'id="schema-{name}"' in text
    assert "<script" not in text
    assert "style=" not in text


def test_sentences_name_no_parts_of_the_code(spec: dict[str, Any]) -> None:
    sentences = [operation["summary"] + operation.get("description", "") for _, _, operation in operations(spec)]
    outside_code = [re.sub(r"`[^`]*`", "", sentence) for sentence in sentences]
    assert outside_code
    assert [sentence for sentence in outside_code if re.search(r"[a-z]_[a-z]", sentence)] == []
