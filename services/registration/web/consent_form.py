"""The forms by which a person gives a consent or takes it back, one for each consent that can be refused. Nothing is
preselected, so that a program that presses buttons changes nothing."""

from typing import Any

from services.registration.rules.consents import WORDINGS
from services.registration.web.fields import Required, YesOrNo
from services.registration.web.forms import PageForm


class ConsentForm(PageForm):
    """Yes or no to one consent."""

    agrees: Any


ConsentForms = dict[str, ConsentForm]


def consent_forms(sent: str = "") -> ConsentForms:
    """The forms by purpose. That of the purpose `sent` has the values of the request."""
    blank: dict[str, Any] = {"formdata": None}
    return {purpose: form(**({} if purpose == sent else blank)) for purpose, form in FORMS.items()}


def _form(text: str) -> type[ConsentForm]:
    class Asking(ConsentForm):
        agrees = YesOrNo(text, [Required("Choose yes or no. Nothing has been changed yet.")])

    return Asking


FORMS = {wording.purpose: _form(wording.text.rstrip(".")) for wording in WORDINGS if not wording.required}
