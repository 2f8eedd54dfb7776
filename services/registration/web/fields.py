"""Fields of browser forms. They read by the same rules as the API, and keep what was typed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import DateTimeLocalField, Field, IntegerField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, EmailInput, ListWidget, TextInput

from services.registration.rules.questions import LONGEST_LINE, LONGEST_TEXT, clean_line, clean_text
from services.registration.rules.times import instant_of
from services.registration.web.applications import normalised_email

MINUTES, SECONDS, FRACTIONS = "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f"
MOST_DIGITS = 9


class Required:
    """Validator: the field needs an answer, and `sentence` asks for it if it has none."""

    field_flags = {"required": True}

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence

    def __call__(self, form: Any, field: Field) -> None:
        """Raises StopValidation if the field is blank and has no other mistake."""
        if field.data in (None, "", []) and not field.process_errors:
            raise StopValidation(self.sentence)


class MarkedRequired:
    """Marks a field as needed on the page. Whether it is answered is for a rule to check."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Field) -> None:
        """Checks nothing."""


class Line(StringField):
    """One line of text, read by `rules.questions.clean_line`. A line with a mistake keeps what was typed."""

    def __init__(self, label: str = "", validators: Any = None, longest: int = LONGEST_LINE, **more: Any) -> None:
        super().__init__(label, validators, **{"default": "", **more})
        self.longest = longest

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises UnusableText, whose sentence becomes the field's error."""
        super().process_formdata(valuelist)
        self.data = clean_line(self.data or "", self.longest)


class Text(TextAreaField):
    """A text of several lines, read by `rules.questions.clean_text`."""

    def __init__(self, label: str = "", validators: Any = None, longest: int = LONGEST_TEXT, **more: Any) -> None:
        super().__init__(label, validators, **{"default": "", "render_kw": {"rows": 4}, **more})
        self.longest = longest

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises UnusableText, whose sentence becomes the field's error."""
        super().process_formdata(valuelist)
        self.data = clean_text(self.data or "", self.longest)


class Email(StringField):
    """A normalised e-mail address. A blank field stays blank: `Required` asks for an address."""

    widget: Any = EmailInput()

    def __init__(self, label: str, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators, **more)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises UnusableText, whose sentence becomes the field's error."""
        super().process_formdata(valuelist)
        if (self.data or "").strip():
            self.data, _ = normalised_email(self.data)
        else:
            self.data = ""


class WholeNumber(IntegerField):
    """A whole number from `lowest` to `highest`, typed in ASCII digits."""

    widget: Any = TextInput()

    def __init__(self, label: str, validators: Any = None, *, lowest: int, highest: int, **more: Any) -> None:
        super().__init__(label, validators, **more)
        self.lowest, self.highest = lowest, highest

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError, whose sentence becomes the field's error."""
        if not valuelist:
            return
        digits = valuelist[0].strip()
        self.data = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS else None
        if self.data is None or not self.lowest <= self.data <= self.highest:
            raise ValueError(f"Give a whole number from {self.lowest} to {self.highest:,}.")


class LocalDateTime(DateTimeLocalField):
    """A date and time typed in an IANA zone. `data` is the instant, in UTC."""

    def __init__(self, label: str, validators: Any = None, *, timezone: str, **more: Any) -> None:
        super().__init__(label, validators, format=[MINUTES, SECONDS, FRACTIONS], **more)
        self.timezone = timezone
        self.invalid_value_message = "Enter a date and a time."

    def process_formdata(self, valuelist: list[str]) -> None:
        """Raises ValueError for anything but a date and time, and NoSuchTime for a time in a DST gap."""
        super().process_formdata(valuelist)
        if valuelist:
            local: datetime = self.data
            self.data = None
            self.data = instant_of(local, self.timezone)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.astimezone(ZoneInfo(self.timezone)).strftime(MINUTES) if self.data else ""


class OneOf(RadioField):
    """One of a few choices, none of them preselected unless the form has one already."""

    def __init__(self, label: str, validators: Any = None, *, choices: Iterable[SelectChoice], **more: Any) -> None:
        super().__init__(label, validators, choices=tuple(choices), **more)
        self.invalid_value_message = self.invalid_choice_message = "Choose from the options given."

    def pre_validate(self, form: Any) -> None:
        """Raises ValidationError for a value that is not among the choices. Only `Required` refuses a blank."""
        if self.data is not None:
            super().pre_validate(form)


class YesOrNo(OneOf):
    """Yes or no; `data` is True, False, or None if neither is chosen."""

    def __init__(self, label: str, validators: Any = None, **more: Any) -> None:
        super().__init__(label, validators, choices=YES_AND_NO, coerce=_yes_or_no, **more)


class AnyOf(SelectMultipleField):
    """Any of a few choices, as a list of checkboxes."""

    widget: Any = ListWidget(prefix_label=False)
    option_widget: Any = CheckboxInput()

    def __init__(self, label: str, *, choices: Sequence[SelectChoice], **more: Any) -> None:
        super().__init__(label, choices=choices, **{"default": (), **more})


YES_AND_NO = (SelectChoice("yes", "Yes"), SelectChoice("no", "No"))


def _yes_or_no(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if value not in ("yes", "no"):
        raise ValueError(value)
    return bool(value == "yes")
