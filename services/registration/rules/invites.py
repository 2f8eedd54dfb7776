"""An organiser's choices about an event's invites."""

from dataclasses import dataclass

LONGEST_REMINDER_MINUTES = 4 * 7 * 24 * 60


@dataclass(frozen=True)
class Invites:
    """An organiser's choices about an event's invites.

    `asks_for_rsvp` puts Yes, Maybe and No on them; `decline_frees_place` gives the place of whoever says No
    to somebody else. `reminder_minutes` is how long before each session calendars remind, 0 for no reminder.
    `organiser_name` and `organiser_email` are whom calendars show as the organiser; left empty, the sender of
    our mail, to whom answers come back.
    """

    asks_for_rsvp: bool = True
    decline_frees_place: bool = False
    reminder_minutes: int = 15
    organiser_name: str = ""
    organiser_email: str = ""


def what_is_wrong(invites: Invites) -> dict[str, str]:
    """A sentence for each choice that cannot be, by its name."""
    wrong = {}
    if invites.decline_frees_place and not invites.asks_for_rsvp:
        wrong["decline_frees_place"] = "Ask for an answer, or let nobody lose their place by one."
    if not 0 <= invites.reminder_minutes <= LONGEST_REMINDER_MINUTES:
        wrong["reminder_minutes"] = f"Give a whole number from 0 to {LONGEST_REMINDER_MINUTES:,}; 0 for no reminder."
    return wrong


def answers_reach_us(invites: Invites, sender: str) -> bool:
    """True where answers come back to us: calendars send them to the organiser whom the invite names.

    `sender` is the address that our mail comes from.
    """
    return invites.organiser_email.casefold() in ("", sender.casefold())
