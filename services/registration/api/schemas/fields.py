"""Fields of bodies, read by the same rules as browser forms."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import RAISE, Schema, ValidationError, fields, pre_load

from services.registration.rules.questions import LONGEST_LINE, LONGEST_TEXT, UnusableText, clean_line, clean_text
from services.registration.rules.web_addresses import NOT_A_WEB_ADDRESS, is_web_address
from services.registration.web.applications import LONGEST_EMAIL, normalised_email

LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)
LONGEST_URL = 1000


class Body(Schema):
    """A body that rejects unknown fields. Read-only fields may be sent back; they are ignored."""

    class Meta:
        unknown = RAISE

    @pre_load
    def drop_read_only_fields(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {key: value for key, value in data.items() if key not in self.dump_fields or key in self.load_fields}


class Whole(fields.Nested):
    """An object that must be complete, also in a partial update."""

    def _load(self, value: Any, partial: Any = None) -> Any:
        return super()._load(value, partial=False)


class Line(fields.String):
    """One line of text, in any script."""

    def __init__(self, longest: int = LONGEST_LINE, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest
        self.metadata = {"maxLength": longest, **self.metadata}

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            line = self.clean(str(text))
        except UnusableText as error:
            raise ValidationError(str(error)) from error
        if self.required and not line:
            raise ValidationError("This must not be empty.")
        return line

    def clean(self, text: str) -> str:
        return clean_line(text, self.longest)


class Text(Line):
    """Text of several lines."""

    def __init__(self, longest: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(longest, **options)

    def clean(self, text: str) -> str:
        return clean_text(text, self.longest)


class WebAddress(Line):
    """An http or https URL with a host."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST_URL, **options)
        self.metadata = {"format": "uri", **self.metadata}

    def clean(self, text: str) -> str:
        line = super().clean(text)
        if line and not is_web_address(line):
            raise UnusableText(NOT_A_WEB_ADDRESS)
        return line


class EmailAddress(Line):
    """An e-mail address, or nothing."""

    def __init__(self, **options: Any) -> None:
        super().__init__(LONGEST_EMAIL, **options)
        self.metadata = {"format": "email", **self.metadata}

    def clean(self, text: str) -> str:
        line = super().clean(text)
        return normalised_email(line)[0] if line else ""


class Zone(fields.String):
    """The name of an IANA time zone."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        name = str(super()._deserialize(value, *args, **kwargs))
        if name not in available_timezones() or name == "localtime":
            raise ValidationError("Give an IANA time zone such as Europe/London.")
        return ZoneInfo(name).key


class LocalTime(fields.String):
    """A date and a time in the event's time zone: ISO 8601 without an offset."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.metadata = {"pattern": f"^{LOCAL_TIME.pattern}$", "example": "2030-11-04T12:30", **self.metadata}

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return value.isoformat(timespec="seconds") if isinstance(value, datetime) else None

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            moment = datetime.fromisoformat(str(text)) if LOCAL_TIME.fullmatch(str(text)) else None
        except ValueError:
            moment = None
        if moment is None:
            raise ValidationError("Give a local time without an offset, such as 2030-11-04T12:30.")
        if not 2000 <= moment.year < 2200:
            raise ValidationError("Give a year from 2000 to 2199.")
        return moment
