"""The organiser's settings for an event's invites."""

from dataclasses import dataclass

LONGEST_REMINDER_MINUTES = 4 * 7 * 24 * 60


@dataclass(frozen=True)
class Invites:
    """The settings of an event's invites.

    `asks_for_rsvp` makes calendars offer Yes, Maybe and No. `decline_frees_place` cancels a registration when the
    person says No, which frees the place. Calendars remind `reminder_minutes` before each session; 0 means no
    reminder. They show `organiser_name` and `organiser_email` as the organiser and send answers there; if these are
    empty, they show the sender of our mail.
    """

    asks_for_rsvp: bool = True
    decline_frees_place: bool = False
    reminder_minutes: int = 15
    organiser_name: str = ""
    organiser_email: str = ""


def validate_invites(invites: Invites) -> dict[str, str]:
    """Validate the settings. Returns an error message for each invalid one, by field name."""
    wrong = {}
    if invites.decline_frees_place and not invites.asks_for_rsvp:
        wrong["decline_frees_place"] = "A No can free the place only if you ask for an answer."
    if not 0 <= invites.reminder_minutes <= LONGEST_REMINDER_MINUTES:
        wrong["reminder_minutes"] = f"Give a whole number from 0 to {LONGEST_REMINDER_MINUTES:,}; 0 for no reminder."
    return wrong


def answers_reach_us(invites: Invites, sender: str) -> bool:
    """True if answers come back to us. Calendars send them to the organiser that the invite names.

    `sender` is the From address of our mail.
    """
    return invites.organiser_email.casefold() in ("", sender.casefold())
