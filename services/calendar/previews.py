"""Dry run: applies a notice in a transaction and rolls it back."""

from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from icalendar import Calendar
from sqlalchemy import select

from services.calendar.invitations import bring_up_to_date
from services.calendar.models import Outbox, db
from shared.contracts import decode, encode
from shared.contracts.notices import Invite, MailDue, Method, Notice, NoticeDue
from shared.contracts.previews import InviteRead, Plan, PlannedMail
from shared.web import service_calls

blueprint = Blueprint("previews", __name__, url_prefix="/calendar")


@blueprint.post("/preview")
def preview() -> ResponseReturnValue:
    """The mails that a notice would cause. Registration calls this for the console."""
    notice = service_calls.read_call(NoticeDue).notice
    planned = tuple(PlannedMail(mail=mail, invite=_read(mail.invite)) for mail in _mails_of(notice))
    return encode(Plan(mails=planned))


def _mails_of(notice: Notice) -> list[MailDue]:
    """The mail for the notice, then the separate mails. Nothing is stored."""
    try:
        mail = bring_up_to_date(notice, bulk=True)
        db.session.flush()
        separate = select(Outbox).where(Outbox.key.startswith(notice.registration_id)).order_by(Outbox.id)
        owed = [decode(row.type, row.version, row.body) for row in db.session.scalars(separate)]
    finally:
        db.session.rollback()
    return [mail, *(other for other in owed if isinstance(other, MailDue))]


def _read(invite: Invite | None) -> InviteRead | None:
    """The invite as a calendar program reads it."""
    if invite is None:
        return None
    calendar: Any = Calendar.from_ical(invite.content)
    event = calendar.walk("VEVENT")[0]
    organiser, attendee = event["ORGANIZER"], event["ATTENDEE"]
    alarms = calendar.walk("VALARM")
    return InviteRead(
        method=Method(calendar["METHOD"]),
        starts_at=event["DTSTART"].dt,
        ends_at=event["DTEND"].dt,
        timezone=event["DTSTART"].params.get("TZID", "UTC"),
        repeats=event["RRULE"].to_ical().decode() if "RRULE" in event else "",
        organiser_name=organiser.params.get("CN", ""),
        organiser_email=str(organiser).partition(":")[2],
        asks_for_rsvp=attendee.params.get("RSVP") == "TRUE",
        reminder_minutes=-int(alarms[0]["TRIGGER"].dt.total_seconds() // 60) if alarms else 0,
    )
