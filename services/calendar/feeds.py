"""Calendar subscriptions: one for each event, one for all published events, and a private one for each person."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from services.calendar import ics, links
from services.calendar.models import Listing, Registration, ShownEvent, db
from services.calendar.rules.invite import public_uid_of, uid_of
from shared.contracts.listings import Listing as Status
from shared.contracts.notices import SessionFacts
from shared.database.utc import now
from shared.i18n.dates import when
from shared.web import tokens

CANCELLED_KEPT = timedelta(days=30)
PAST_KEPT = timedelta(days=365)

S = TypeVar("S", bound=ShownEvent)

blueprint = Blueprint("feeds", __name__, url_prefix="/calendar")


@blueprint.get("/events/<slug>.ics")
def event_feed(slug: str) -> ResponseReturnValue:
    """The calendar of one event."""
    listing = _public_listing(slug)
    return _answer(listing.event.title, [listing], _public_entries, f"{slug}.ics")


@blueprint.get("/feed.ics")
def public_feed() -> ResponseReturnValue:
    """The calendar of all published events, except those that ended more than a year ago."""
    listings = db.session.scalars(
        select(Listing)
        .where(Listing.status != Status.DRAFT, Listing.ends_at > now() - PAST_KEPT)
        .order_by(Listing.event_id)
    ).all()
    return _answer(current_app.config["MAIL_FROM"][0] or "Events", listings, _public_entries, "events.ics")


@blueprint.get("/people/<token>.ics")
def personal_feed(token: str) -> ResponseReturnValue:
    """A person's own calendar, with the join links of the events where they have a place."""
    try:
        person_id = tokens.read(current_app.config["SECRET_KEY"], tokens.Purpose.CALENDAR_FEED, token)
    except tokens.ExpiredToken as error:
        return _plain(str(error), 410)
    except tokens.BadToken as error:
        return _plain(str(error), 404)
    registrations = db.session.scalars(
        select(Registration).where(Registration.person_id == person_id).order_by(Registration.id)
    ).all()
    name = current_app.config["MAIL_FROM"][0] or "My events"
    answer = _answer(name, registrations, _own_entries, "my-events.ics")
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.get("/events/<slug>/add")
def add_to(slug: str) -> ResponseReturnValue:
    """Open the web calendar named by `to`, with one session filled in. Without `to`, offer a choice of calendars.

    The query parameter `session` holds the session's id; without it, the next session of the event is taken.
    """
    listing = _public_listing(slug)
    event, to = listing.event, request.args.get("to")
    session = links.session_to_add(event, now(), request.args.get("session"))
    if session is None or listing.status == Status.CANCELLED or (to is not None and to not in links.ADD_TO):
        return _plain("There is nothing to add to a calendar here.", 404)
    if to is not None:
        return redirect(links.ADD_TO[to](event, session))
    title = links.title_of(event, session)
    return render_template("add.html", event=event, session=session, title=title, when=when(session, event.timezone))


def _public_listing(slug: str) -> Listing:
    listing = db.session.scalar(
        select(Listing)
        .where(Listing.slug == slug, Listing.status != Status.DRAFT)
        .order_by(Listing.stated_at.desc())
        .limit(1)
    )
    return listing or abort(_plain("There is no such event.", 404))


def _public_entries(listing: Listing) -> Iterator[ics.Entry]:
    _, sender = current_app.config["MAIL_FROM"]
    for session in _shown_sessions(listing):
        yield ics.Entry(
            uid=public_uid_of(session.id, sender),
            event=listing.event,
            session=replace(session, join_url=None),
            url=listing.event.url,
            stated_at=listing.stated_at,
            cancelled=session.id in listing.cancelled_at,
        )


def _own_entries(registration: Registration) -> Iterator[ics.Entry]:
    _, sender = current_app.config["MAIL_FROM"]
    for session in _shown_sessions(registration):
        yield ics.Entry(
            uid=uid_of(registration.id, session.id, sender),
            event=registration.event,
            session=session,
            url=registration.page_url,
            stated_at=registration.stated_at,
            cancelled=session.id in registration.cancelled_at,
        )


def _shown_sessions(shown: ShownEvent) -> Iterator[SessionFacts]:
    """The sessions, except those that were cancelled more than 30 days ago."""
    for session in shown.event.sessions:
        cancelled_at = shown.cancelled_at.get(session.id)
        if cancelled_at is None or _kept_until(cancelled_at) > now():
            yield session


def _kept_until(cancelled_at: str) -> datetime:
    return datetime.fromisoformat(cancelled_at) + CANCELLED_KEPT


def _answer(name: str, shown: Sequence[S], entries_of: Callable[[S], Iterator[ics.Entry]], file_name: str) -> Response:
    """The calendar called `name`, or 304 if the client has this version. `?download=1` makes it a file to save."""
    content = ics.render_feed(name, [entry for one in shown for entry in entries_of(one)])
    response = Response(content, content_type="text/calendar; charset=utf-8")
    response.add_etag()
    changes = [moment for one in shown for moment in _changes(one)]
    response.last_modified = max(changes, default=None)
    if request.args.get("download"):
        response.headers.set("Content-Disposition", "attachment", filename=file_name)
    response.headers["Cache-Control"] = "no-cache"
    response.make_conditional(request)
    return response


def _changes(shown: ShownEvent) -> Iterator[datetime]:
    """The instants at which the feed changed: an event was stated, or a cancelled session was dropped."""
    yield shown.stated_at
    for cancelled_at in shown.cancelled_at.values():
        if _kept_until(cancelled_at) <= now():
            yield _kept_until(cancelled_at)


def _plain(sentence: str, status: int) -> Response:
    return Response(sentence + "\n", status, content_type="text/plain; charset=utf-8")
