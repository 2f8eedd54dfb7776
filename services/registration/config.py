"""Registration's settings, from the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.runtime.settings import BadSetting, Environment, Settings, common


@dataclass(frozen=True)
class Config(Settings):
    """Registration's settings. `RATE_LIMIT` is how often one address may register, or empty for no limit.

    `CALENDAR_URL` and `NOTIFICATIONS_URL` are the base URLs at which this service calls the other two. `REPLY_TO` is
    the name and address that registrants can write to.
    """

    RATE_LIMIT: str
    CALENDAR_URL: str
    NOTIFICATIONS_URL: str
    REPLY_TO: tuple[str, str]
    ORGANISER_EMAIL: str | None
    ORGANISER_PASSWORD: str | None
    ORGANISER_API_KEY: str | None

    @classmethod
    def read(cls, values: Mapping[str, str]) -> "Config":
        """The settings in these values. Raises BadSetting if one is missing or invalid."""
        environment = Environment(values)
        shared: dict[str, Any] = common(environment, "REGISTRATION_DATABASE_URL")
        return cls(
            **shared,
            CALENDAR_URL=_service(environment, "CALENDAR_URL", shared["PUBLIC_URL"]),
            NOTIFICATIONS_URL=_service(environment, "NOTIFICATIONS_URL", shared["PUBLIC_URL"]),
            RATE_LIMIT=_rate(environment.text("RATE_LIMIT", "20/minute")),
            REPLY_TO=environment.mail_address("REPLY_TO", environment.text("MAIL_FROM")),
            ORGANISER_EMAIL=environment.optional("ORGANISER_EMAIL"),
            ORGANISER_PASSWORD=environment.optional("ORGANISER_PASSWORD"),
            ORGANISER_API_KEY=environment.optional("ORGANISER_API_KEY"),
        )


def _service(environment: Environment, name: str, public_url: str) -> str:
    """The URL of another service; PUBLIC_URL by default."""
    return environment.url(name, ("http", "https"), public_url).rstrip("/")


def _rate(text: str) -> str:
    if text.lower() == "off":
        return ""
    if not re.fullmatch(r"[1-9]\d{0,5}\s*/\s*(second|minute|hour|day)", text):
        raise BadSetting(f"RATE_LIMIT must be such as 20/minute, or off, not {text!r}.")
    return text
