"""The settings of notifications."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.runtime.settings import SMTP_SCHEMES, BadSetting, Environment, Settings, common

LONGEST_TIMEOUT_SECONDS = 30
SELECTOR = re.compile(r"[a-z0-9](-?[a-z0-9])*(\.[a-z0-9](-?[a-z0-9])*)*", re.IGNORECASE)


@dataclass(frozen=True)
class Config(Settings):
    """The settings of notifications, named as in the environment.

    Without SMTP_URL, mails go into the Maildir at MAIL_DIR. BOUNCE_ADDRESS ends its local part in `+`; each
    mail's id is added there, so that a bounce names its mail. Without it, bounces go to MAIL_FROM. SMTP_RATE
    is in mails a second (0: no limit); it and SMTP_MAX_CONNECTIONS apply to all worker processes together.
    SMTP_TIMEOUT is in seconds. MAIL_RETRY_HOURS limits how long a mail is retried. DKIM_KEY holds the key
    itself, also where the environment names a file.
    """

    SMTP_URL: str | None
    MAIL_DIR: str | None
    REPLY_TO: tuple[str, str]
    BOUNCE_ADDRESS: str | None
    SMTP_MAX_CONNECTIONS: int
    SMTP_RATE: int
    SMTP_TIMEOUT: int
    MAIL_RETRY_HOURS: int
    DKIM_KEY: str | None
    DKIM_SELECTOR: str | None

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Config":
        """Read the settings from `environ`. Raises BadSetting with one sentence if one is missing or wrong."""
        environment = Environment(environ)
        values: dict[str, Any] = common(environment, "NOTIFICATIONS_DATABASE_URL")
        smtp_url = environment.url("SMTP_URL", SMTP_SCHEMES) if environment.optional("SMTP_URL") else None
        mail_dir = environment.optional("MAIL_DIR")
        if smtp_url is None and mail_dir is None:
            raise BadSetting("Neither SMTP_URL nor MAIL_DIR is set, so mail has nowhere to go.")
        key, selector = _dkim(environment)
        _, sender = values["MAIL_FROM"]
        return cls(
            **values,
            SMTP_URL=smtp_url,
            MAIL_DIR=mail_dir,
            REPLY_TO=environment.mail_address("REPLY_TO", sender),
            BOUNCE_ADDRESS=_bounce_address(environment),
            SMTP_MAX_CONNECTIONS=environment.number("SMTP_MAX_CONNECTIONS", 4, most=100),
            SMTP_RATE=environment.number("SMTP_RATE", 0, least=0, most=10_000),
            MAIL_RETRY_HOURS=environment.number("MAIL_RETRY_HOURS", 48, most=240),
            SMTP_TIMEOUT=environment.number("SMTP_TIMEOUT", 20, most=LONGEST_TIMEOUT_SECONDS),
            DKIM_KEY=key,
            DKIM_SELECTOR=selector,
        )


def _dkim(environment: Environment) -> tuple[str | None, str | None]:
    """The private key for signing, in PEM, and the selector of its public key; both None if neither is set."""
    key, selector = environment.optional("DKIM_KEY"), environment.optional("DKIM_SELECTOR")
    if key is None and selector is None:
        return None, None
    if key is None or selector is None:
        raise BadSetting("DKIM_KEY and DKIM_SELECTOR belong together: set both, or neither.")
    if not SELECTOR.fullmatch(selector):
        raise BadSetting("DKIM_SELECTOR must be a name such as placecard or s1.mail.")
    if "-----BEGIN" in key:
        return key.replace("\\n", "\n"), selector
    try:
        return Path(key).read_text(), selector
    except (OSError, ValueError) as error:
        raise BadSetting("DKIM_KEY must be an RSA private key in PEM, or name a file that holds one.") from error


def _bounce_address(environment: Environment) -> str | None:
    if environment.optional("BOUNCE_ADDRESS") is None:
        return None
    _, address = environment.mail_address("BOUNCE_ADDRESS")
    if "+" not in address.partition("@")[0]:
        raise BadSetting("BOUNCE_ADDRESS must have a + before the @, as in bounces+@example.org.")
    return address
