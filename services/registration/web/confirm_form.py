"""A form that asks before a deletion or cancellation. Nothing is preselected, so that a program that presses buttons
confirms nothing."""

from typing import Any

from wtforms.fields.choices import SelectChoice

from services.registration.web.fields import OneOf, Required
from services.registration.web.forms import PageForm

YES, NO = "yes", "no"


class ConfirmForm(PageForm):
    """A form with one question to answer before it does anything, `sure`, made by `confirmation`."""

    sure: Any

    @property
    def is_confirmed(self) -> bool:
        """True if the answer is yes. Call it after `validate`."""
        return bool(self.sure.data == YES)


def confirmation(question: str, *, yes: str, no: str) -> OneOf:
    """A field with this question, and these labels for its answers."""
    return OneOf(
        question,
        [Required("Choose yes or no. Nothing has been changed yet.")],
        choices=(SelectChoice(YES, yes), SelectChoice(NO, no)),
    )
