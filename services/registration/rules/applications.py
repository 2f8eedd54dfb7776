"""An application to register. The form and the API both produce one."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Application:
    """A validated application. `email` is the address as typed, `email_key` the normalised address; `language` is a
    language code, and `source` is "form", "own page" or "api". `answered` has the keys of the questions that it answers
    or leaves blank; if somebody changes their answers, `answers` has those to other questions too, as they were."""

    name: str
    email: str
    email_key: str
    organisation: str
    answers: dict[str, Any]
    consents: tuple[str, ...]
    language: str = "en"
    source: str = "form"
    answered: frozenset[str] = frozenset()
