"""The part of an event's form that is about its invites."""

from dataclasses import replace
from typing import Any

from flask import current_app, request

from services.registration.models import Event
from services.registration.rules.invites import Invites, answers_reach_us, what_is_wrong
from services.registration.rules.questions import UnusableText, clean_line
from services.registration.web.form_reading import normalised_email

YES_OR_NO = {"yes": True, "no": False}
NOT_A_NUMBER = -1


def as_typed(invites: Invites) -> dict[str, Any]:
    """The choices as the form's fields hold them."""
    return {
        "asks_for_rsvp": "yes" if invites.asks_for_rsvp else "no",
        "decline_frees_place": "yes" if invites.decline_frees_place else "no",
        "reminder_minutes": str(invites.reminder_minutes),
        "organiser_name": invites.organiser_name,
        "organiser_email": invites.organiser_email,
    }


def read(before: Invites, errors: dict[str, str]) -> Invites:
    """The choices that were typed, with what is wrong noted in `errors`; what was not sent stays as `before`."""
    form = {**as_typed(before), **request.form.to_dict()}
    chosen = replace(
        before,
        asks_for_rsvp=YES_OR_NO.get(form["asks_for_rsvp"], before.asks_for_rsvp),
        decline_frees_place=YES_OR_NO.get(form["decline_frees_place"], before.decline_frees_place),
        reminder_minutes=_minutes(form["reminder_minutes"]),
        organiser_name=_name(form["organiser_name"], errors),
        organiser_email=_address(form["organiser_email"], errors),
    )
    errors |= what_is_wrong(chosen)
    return chosen


def warning(event: Event) -> str:
    """A sentence where answers to the event's invites go past us, or nothing."""
    _, sender = current_app.config["MAIL_FROM"]
    if not event.invites.asks_for_rsvp or answers_reach_us(event.invites, sender):
        return ""
    return (
        f"Answers to the invitation go to {event.invites.organiser_email}, not to this list. "
        "Leave the organiser's address empty to see them here."
    )


def _minutes(text: str) -> int:
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else NOT_A_NUMBER


def _name(text: str, errors: dict[str, str]) -> str:
    try:
        return clean_line(text)
    except UnusableText as error:
        errors["organiser_name"] = str(error)
        return ""


def _address(text: str, errors: dict[str, str]) -> str:
    if not text.strip():
        return ""
    try:
        email, _ = normalised_email(text)
    except UnusableText as error:
        errors["organiser_email"] = str(error)
        return ""
    return email
