"""What a program sends to register Ada."""

from collections.abc import Callable
from typing import Any

from werkzeug.test import TestResponse

ADA: dict[str, Any] = {
    "name": "Ada Example",
    "email": "Ada@example.org",
    "organisation": "Example Trust",
    "answers": {"role": "Lead"},
    "consents": ["privacy"],
}

Register = Callable[..., TestResponse]
