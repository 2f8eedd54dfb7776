"""An application to register. The form and the API both produce one."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Application:
    """A validated application. `email` is the address as typed, `email_key` the normalised address; `language` is a
    language code, and `source` is "form", "own page" or "api"."""

    name: str
    email: str
    email_key: str
    organisation: str
    answers: dict[str, Any]
    consents: tuple[str, ...]
    language: str = "en"
    source: str = "form"
