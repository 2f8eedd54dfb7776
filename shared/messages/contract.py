"""Makes a dataclass a message: gives it a name and a version on the wire, and a form that its type hints describe.

A form is made of functions once, when its class is: a notice is read and written at every hop.
"""

import types
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple, TypeVar, Union, dataclass_transform, get_args, get_origin, get_type_hints


class UnreadableMessage(Exception):
    """What arrived is not a message we know, or not in the shape its contract asks for."""


class Misfit(ValueError):
    """A value is not of the form it should be; says where and why, and nothing of the value."""


class Form(NamedTuple):
    """How values of one type go on the wire, as JSON-ready values, and come off it. `read` raises Misfit."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


class Message:
    """The base of every message; `contract` fills in its name and version."""

    wire_name: ClassVar[str]
    wire_version: ClassVar[int]
    wire_form: ClassVar[Form]
    is_receipt: ClassVar[bool] = False


M = TypeVar("M", bound=Message)
_contracts: dict[tuple[str, int], type[Message]] = {}


@dataclass_transform(frozen_default=True, kw_only_default=True)
def contract(name: str, version: int = 1, *, receipt: bool = False) -> Callable[[type[M]], type[M]]:
    """Register a message class under `name` and `version`.

    A version stays readable: a field added to it has a default, for bodies from before, and those who do
    not know the field pass it over. What cannot be added so needs another version, and both are kept.
    A receipt ends a conversation: it is handled in one transaction and is not answered.
    """

    def register(cls: type[M]) -> type[M]:
        frozen = dataclass(frozen=True, kw_only=True)(cls)
        frozen.wire_name, frozen.wire_version, frozen.is_receipt = name, version, receipt
        frozen.wire_form = form_of(frozen)
        _contracts[name, version] = frozen
        return frozen

    return register


def encode(message: Message) -> dict[str, Any]:
    """The message as JSON-ready values."""
    encoded: dict[str, Any] = message.wire_form.write(message)
    return encoded


def decode(name: str, version: int, body: object) -> Message:
    """The message that `body` holds. Raises UnreadableMessage, with the reason, when it holds none."""
    cls = _contracts.get((name, version))
    if cls is None:
        raise UnreadableMessage(f"No contract is known as {name!r}, version {version}.")
    try:
        message: Message = cls.wire_form.read(body)
    except Misfit as error:
        raise UnreadableMessage(f"{name}: {error}") from error
    return message


def form_of(hint: Any) -> Form:
    """The form of a type: text, whole numbers, truth, instants, dataclasses, and tuples, lists or absence of these."""
    if get_origin(hint) in (Union, types.UnionType):
        (present,) = (part for part in get_args(hint) if part is not type(None))
        return _or_nothing(form_of(present))
    if get_origin(hint) in (list, tuple):
        return _several(form_of(get_args(hint)[0]), get_origin(hint))
    if is_dataclass(hint):
        return _record(hint)
    return INSTANT if hint is datetime else _plain(hint)


def _plain(kind: type) -> Form:
    def read(value: Any) -> Any:
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Misfit(f"not of type {kind.__name__}")
        return value

    return Form(lambda value: value, read)


def _read_instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise Misfit("not an instant") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


INSTANT = Form(datetime.isoformat, _read_instant)


def _or_nothing(form: Form) -> Form:
    return Form(
        lambda value: None if value is None else form.write(value),
        lambda value: None if value is None else form.read(value),
    )


def _several(form: Form, kind: Any) -> Form:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise Misfit("not a list")
        return kind(map(form.read, value))

    return Form(lambda values: [form.write(value) for value in values], read)


def _record(cls: Any) -> Form:
    hints = get_type_hints(cls)
    forms = [(field.name, form_of(hints[field.name])) for field in fields(cls)]
    required = {field.name for field in fields(cls) if field.default is MISSING and field.default_factory is MISSING}

    def write(record: Any) -> dict[str, Any]:
        return {name: form.write(getattr(record, name)) for name, form in forms}

    def read(body: Any) -> Any:
        if not isinstance(body, dict):
            raise Misfit("not an object")
        if missing := required - body.keys():
            raise Misfit(f"without {', '.join(sorted(missing))}")
        values = {}
        for name, form in forms:
            if name in body:
                try:
                    values[name] = form.read(body[name])
                except Misfit as error:
                    raise Misfit(f"{name}: {error}") from error
        return cls(**values)

    return Form(write, read)
