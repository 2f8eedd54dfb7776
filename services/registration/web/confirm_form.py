"""A form that asks before something is taken away. Nothing is preselected, so a program that presses buttons does
nothing."""

from functools import lru_cache

from wtforms.fields.choices import SelectChoice

from services.registration.web.fields import Needed, OneOf
from services.registration.web.forms import PageForm

YES, NO = "yes", "no"


class ConfirmForm(PageForm):
    """One question with two answers."""

    sure: OneOf

    @property
    def is_confirmed(self) -> bool:
        """True where the answer is yes. To be asked after `validate`."""
        return bool(self.sure.data == YES)


@lru_cache(maxsize=16)
def confirm_form(question: str, *, yes: str, no: str) -> type[ConfirmForm]:
    """The form that asks this, with these words for its answers."""

    class Asking(ConfirmForm):
        sure = OneOf(
            question,
            [Needed("Choose yes or no. Nothing has been changed yet.")],
            choices=(SelectChoice(YES, yes), SelectChoice(NO, no)),
        )

    return Asking
