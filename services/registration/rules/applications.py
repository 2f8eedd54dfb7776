"""An application to register, as every interface reads it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Application:
    """A form that was filled in and checked. `email_key` is the normalised address."""

    name: str
    email: str
    email_key: str
    organisation: str
    answers: dict[str, Any]
    consents: tuple[str, ...]
    language: str = "en"
    source: str = "form"
