"""The words on pages for statuses and other values: one list, so that filters, tags and columns say the same."""

from collections.abc import Mapping
from typing import Any

from services.registration.models import Placement, PlacementStatus
from services.registration.rules.event_states import EventState
from services.registration.rules.invitation_answers import Summary
from services.registration.rules.places import Attendance, Status
from services.registration.rules.routing import RoutingOutcome
from shared.contracts.notices import Kind
from shared.messaging.outbox_queries import RowState

EVENT_STATE = {
    EventState.DRAFT: "Draft",
    EventState.NOT_OPEN_YET: "Not open yet",
    EventState.OPEN: "Open",
    EventState.WAITING_LIST: "Full, with a waiting list",
    EventState.FULL: "Full",
    EventState.CLOSED: "Registration closed",
    EventState.OVER: "Over",
    EventState.CANCELLED: "Cancelled",
}
REGISTRATION = {
    Status.CONFIRMED: "Coming",
    Status.WAITLISTED: "Waiting list",
    Status.OFFERED: "Offered a place",
    Status.PENDING: "To confirm",
    Status.CANCELLED: "Cancelled",
}
PLACEMENT = {
    PlacementStatus.PLACED: "In the group",
    PlacementStatus.IN_REVIEW: "To decide",
    PlacementStatus.WAITLISTED: "Waiting list",
    PlacementStatus.PROPOSED: "Asked",
    PlacementStatus.DECLINED: "Declined",
    PlacementStatus.WITHDRAWN: "Left",
}
NOT_ASKED = "Didn’t ask"
SUGGESTION = {
    RoutingOutcome.PLACE: "A place",
    RoutingOutcome.ASK: "A question first",
    RoutingOutcome.REVIEW: "A decision by a person",
    RoutingOutcome.SET_ASIDE: "Another group comes first",
    RoutingOutcome.NOT_ASKED: NOT_ASKED,
}
RSVP = {
    Summary.ACCEPTED: "Yes",
    Summary.TENTATIVE: "Maybe",
    Summary.DECLINED: "No",
    Summary.DECLINED_UNPROVED: "No (not confirmed)",
    Summary.DELEGATED: "Sends somebody else",
    Summary.COUNTER: "Proposes another time",
    Summary.MIXED: "Differs by session",
}
ATTENDANCE = {
    Attendance.UNKNOWN: "Not recorded",
    Attendance.ATTENDED: "Attended",
    Attendance.ABSENT: "Did not come",
}
LANGUAGE = {"en": "English"}
YES_NO = {True: "Yes", False: "No"}
MAIL_STATE = {
    RowState.FAILED: "Not delivered",
    RowState.OWED: "On the way",
    RowState.POSSIBLY_REPEATED: "May have arrived twice",
}
MAIL = {
    Kind.CONFIRMED: "A place",
    Kind.WAITLISTED: "The waiting list",
    Kind.PLACE_CAME_FREE: "A place that became free",
    Kind.RESTORED: "The place again, after a cancellation",
    Kind.CHANGED: "A change of the event",
    Kind.CANCELLED: "The registration is cancelled",
    Kind.EVENT_CANCELLED: "The event is cancelled",
    Kind.ALREADY_REGISTERED: "Registered already",
    Kind.PLACED: "A place in a group",
    Kind.NOT_PLACED: "No place in a group",
    Kind.SESSION: "The invite to one session",
    Kind.UNPROVED_NO: "A question about a No to the invite",
}
LAST_NOTICE = {str(value): word for words in (PLACEMENT, MAIL) for value, word in words.items()}
"""The words for the last notice about a group: its kind, or the status in it."""
ACT = {
    "registered": "Registered",
    "registered again": "Sent the form again",
    "given a place": "Got a place from the waiting list",
    "answers changed": "Changed the answers",
    "answered the invitation": "Answered the invite",
    "kept the place": "Kept the place after a No to the invite",
    "cancelled": "Cancelled the registration",
    "restored": "Took the cancellation back",
    "address changed": "Corrected the e-mail address",
    "consent given": "Agreed",
    "consent withdrawn": "Took the agreement back",
    "routed": "Decided about groups",
    "placed": "Placed in a group",
    "declined": "Declined for a group",
    "mail sent": "Mail sent",
    "mail sent again": "Sent a mail again",
    "mail failed": "Mail not delivered",
    "mail suppressed": "Mail not sent, because this address does not accept mail",
    "mail superseded": "Mail replaced by a newer one",
}
ACTOR = {
    "registrant": "the person",
    "organiser": "an organiser",
    "api": "a program",
    "rules": "the rules",
    "system": "Placecard",
}


def placement(placement: Placement | None) -> str:
    """The word for somebody's status in a group. Only people who were in it have left it."""
    if placement is None:
        return NOT_ASKED
    if placement.status is PlacementStatus.WITHDRAWN and not placement.has_left:
        return SUGGESTION[placement.fits]
    return PLACEMENT[placement.status]


def last_notice(placement: Placement) -> str:
    """The word for what somebody last read from us about a group."""
    if placement.told is None:
        return "nothing yet"
    if placement.told == PlacementStatus.WITHDRAWN and not placement.has_left:
        return SUGGESTION[RoutingOutcome.SET_ASIDE]
    return LAST_NOTICE.get(placement.told, placement.told)


def word(value: Any, words: Mapping[Any, str]) -> str:
    """The word for a value, or the value with a capital where the list has none yet."""
    return words.get(value) or str(value).replace("_", " ").replace("-", " ").capitalize()
