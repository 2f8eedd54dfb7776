"""A form that asks before something is taken away. Nothing is preselected, so a program that presses buttons does
nothing."""

from typing import Any

from wtforms.fields.choices import SelectChoice

from services.registration.web.fields import Needed, OneOf
from services.registration.web.forms import PageForm

YES, NO = "yes", "no"


class ConfirmForm(PageForm):
    """A form with one question to answer before it does anything, `sure`, made by `confirmation`."""

    sure: Any

    @property
    def is_confirmed(self) -> bool:
        """True where the answer is yes. To be asked after `validate`."""
        return bool(self.sure.data == YES)


def confirmation(question: str, *, yes: str, no: str) -> OneOf:
    """The field that asks this, with these words for its answers."""
    return OneOf(
        question,
        [Needed("Choose yes or no. Nothing has been changed yet.")],
        choices=(SelectChoice(YES, yes), SelectChoice(NO, no)),
    )
