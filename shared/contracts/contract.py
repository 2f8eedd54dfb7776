"""Makes a dataclass a message: adds a wire name, a version and a marshmallow schema."""

import types
from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints

import marshmallow
from marshmallow import fields as wire


class UnreadableMessage(Exception):
    """The message is of an unknown contract, or does not match its contract."""


class Message:
    """The base class of every message. The `contract` decorator sets its name, version and schema."""

    wire_name: ClassVar[str]
    wire_version: ClassVar[int]
    wire_schema: ClassVar[marshmallow.Schema]
    is_receipt: ClassVar[bool] = False


M = TypeVar("M", bound=Message)
_contracts: dict[tuple[str, int], type[Message]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def contract(name: str, version: int = 1, *, receipt: bool = False) -> Callable[[type[M]], type[M]]:
    """Decorator: register a message class under `name` and `version`.

    A new field of an existing version needs a default, because older bodies lack the field; older readers ignore it.
    Any other change needs a new version beside the old one, and so does a new member of an enum, unless the readers are
    deployed first. A receipt ends a conversation: it is handled in one
    transaction and is not answered.
    """

    def register(cls: type[M]) -> type[M]:
        frozen = dataclass(frozen=True, kw_only=True)(cls)
        frozen.wire_name, frozen.wire_version, frozen.is_receipt = name, version, receipt
        frozen.wire_schema = _schema(frozen)
        _contracts[name, version] = frozen
        return frozen

    return register


def encode(message: Message) -> dict[str, Any]:
    """The message as JSON-ready values."""
    encoded: dict[str, Any] = message.wire_schema.dump(message)
    return encoded


def decode(name: str, version: int, body: object) -> Message:
    """Read a message from `body`. Raises UnreadableMessage with the reason if that fails."""
    cls = _contracts.get((name, version))
    if cls is None:
        raise UnreadableMessage(f"There is no contract {name!r}, version {version}.")
    if not isinstance(body, dict):
        raise UnreadableMessage("The body is not an object.")
    try:
        message: Message = cls.wire_schema.load(body)
    except marshmallow.ValidationError as error:
        raise UnreadableMessage(f"{name}: {error.normalized_messages()}") from error
    return message


def _schema(cls: Any) -> marshmallow.Schema:
    """Build a marshmallow schema from the type hints of a dataclass."""
    hints = get_type_hints(cls)
    declared = {field.name: _field(hints[field.name], field) for field in fields(cls)}

    def build(_: marshmallow.Schema, data: dict[str, Any], **__: object) -> object:
        return cls(**data)

    body = {**declared, "build": marshmallow.post_load(build)}
    schema_class = type(f"{cls.__name__}Schema", (marshmallow.Schema,), body)
    schema: marshmallow.Schema = schema_class(unknown=marshmallow.EXCLUDE)
    return schema


def _field(hint: Any, field: "Field[Any] | None" = None) -> wire.Field[Any]:
    required = field is None or (field.default is MISSING and field.default_factory is MISSING)
    options: dict[str, Any] = {"required": required}
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (part for part in get_args(hint) if part is not type(None))
        options["allow_none"] = True
    if get_origin(hint) in (list, tuple):
        kind = wire.List if get_origin(hint) is list else _Tuple
        return kind(_field(get_args(hint)[0]), **options)
    if is_dataclass(hint):
        return wire.Nested(_schema(hint), **options)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return wire.Enum(hint, by_value=wire.String, **options)
    if hint is datetime:
        return wire.AwareDateTime(format="iso", default_timezone=UTC, **options)
    plain: dict[Any, type[wire.Field[Any]]] = {str: wire.String, int: wire.Integer, bool: wire.Boolean}
    return plain[hint](**options)


class _Tuple(wire.List[Any]):
    """A list on the wire, a tuple in the frozen dataclass."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(*args, **kwargs))
