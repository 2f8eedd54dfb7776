"""A page with the API's description, without JavaScript."""

from typing import Any

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from services.registration.api.blueprint import PREFIX

METHODS = ("get", "post", "patch", "delete")

blueprint = Blueprint("reference", __name__, template_folder="templates")


@blueprint.get("/api/docs")
def page() -> ResponseReturnValue:
    """Every operation, by part, and the schema of every body."""
    spec = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    parts = [{**tag, "operations": _operations(spec, tag["name"])} for tag in spec["tags"]]
    return render_template(
        "api/reference.html",
        spec=spec,
        parts=parts,
        schemas=spec["components"]["schemas"],
        spec_url=f"{PREFIX}/openapi.json",
        resolve=lambda node: _resolve(spec, node),
        type_of=type_of,
    )


def type_of(schema: dict[str, Any]) -> str:
    """The type of a value in a few words: "list of Session", "string or null"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for joined in ("anyOf", "oneOf", "allOf"):
        if joined in schema:
            return " or ".join(type_of(one) for one in schema[joined])
    kinds = schema.get("type", "anything")
    if kinds == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _operations(spec: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    return [
        {"method": method.upper(), "path": path, "parameters": item.get("parameters", []), **item[method]}
        | {"parameters": [*item.get("parameters", []), *item[method].get("parameters", [])]}
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item and tag in item[method]["tags"]
    ]


def _resolve(spec: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The target of a reference within the description, or the node itself."""
    if "$ref" not in node:
        return node
    found: Any = spec
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: dict[str, Any] = found
    return resolved
