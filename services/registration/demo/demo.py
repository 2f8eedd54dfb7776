"""The demo: a webinar, and the programme with two cohorts that it leads to."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.registration.demo.questions import QUESTIONS
from services.registration.demo.rules import COMMUNITY, COMMUNITY_RULES, PILOT, PILOT_RULES
from services.registration.models import Cohort, Event, Programme, db
from services.registration.operations import events
from services.registration.operations.events import EventPlan, PlannedSession
from services.registration.operations.timeline import SYSTEM
from services.registration.rules.events import EventDetails, SessionDetails
from services.registration.rules.invites import Invites
from services.registration.rules.programmes import CohortDetails
from services.registration.rules.routing import PairPolicy, rules_as_data
from shared.database.ids import new_id
from shared.database.utc import now

LONDON = "Europe/London"

ABOUT = """\
What changes when people in a place, and the funders who back them, work on the system together rather
than one project at a time? This webinar shares what has been learned so far, from the inside.

**John Hitchin** hosts, with **Natsayi Sithole** of Save the Children UK and **Stephen Skeet** of
Volunteering Matters.

We will walk through five stages that place-based work tends to pass through:

1. **Intention**: a few people decide that it is time to work differently.
2. **Established**: there is a group, a place and a way of meeting.
3. **Connection**: people across the place know and rely on one another.
4. **Mutuality**: power, money and learning are shared.
5. **Systemic**: the way the place works has changed, and stays changed.

There are two ways to go on afterwards. Places and organisations can join a **community of practice**;
funders can join a **pilot of practical tools**. Tell us on the form which you would like.
"""


def load(today: date | None = None) -> None:
    """Create and publish the demo event, unless the database has an event. `today` is a date in London."""
    if db.session.scalar(select(Event.id).limit(1)) is not None:
        return
    programme = _programme()
    starts, ends = _next_fourth_of_november(today or now().astimezone(ZoneInfo(LONDON)).date())
    plan = EventPlan(
        details=EventDetails(
            title="Place-based systemic change: what we are learning",
            slug="pbsc-learning",
            timezone=LONDON,
            description=ABOUT,
            invites=Invites(reminder_minutes=30),
        ),
        sessions=(PlannedSession(SessionDetails(starts, ends, join_url="https://meet.example.org/pbsc-learning")),),
        questions=tuple(QUESTIONS),
        programme=programme,
    )
    events.publish(events.create(plan, SYSTEM), SYSTEM)


def _next_fourth_of_november(today: date) -> tuple[datetime, datetime]:
    """12.30 to 14.00 in London on the next 4 November, in UTC."""
    year = today.year if (today.month, today.day) <= (11, 4) else today.year + 1
    day, zone = date(year, 11, 4), ZoneInfo(LONDON)
    starts, ends = (datetime.combine(day, at, zone).astimezone(UTC) for at in (time(12, 30), time(14, 0)))
    return starts, ends


def _programme() -> Programme:
    programme = Programme(
        id=new_id(),
        slug="place-based-systemic-change",
        title="Place-based systemic change",
        description="Learning together how places change, and how funders can help.",
        pair_policy=PairPolicy.FIRST_CHOICE,
        created_at=now(),
    )
    community = CohortDetails(
        title="community of practice",
        slug=COMMUNITY,
        position=1,
        welcome="Welcome to the community of practice: people from places and organisations who learn from "
        "one another between events.",
    )
    pilot = CohortDetails(
        title="funder pilot",
        slug=PILOT,
        position=2,
        welcome="Welcome to the funder pilot: practical tools, tried out with other funders.",
    )
    programme.cohorts = [
        Cohort(details=community, rules=rules_as_data(COMMUNITY_RULES)),
        Cohort(details=pilot, rules=rules_as_data(PILOT_RULES)),
    ]
    db.session.add(programme)
    return programme
