"""The demo: one programme with two cohorts, and the webinar that leads to them. Loaded once."""

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.registration.models import Cohort, Event, Programme, db
from services.registration.operations import events
from services.registration.operations.events import Description, Sitting
from services.registration.rules.invites import Invites
from services.registration.rules.routing import PairPolicy, rules_as_data
from services.registration.rules.seed import COMMUNITY, COMMUNITY_RULES, PILOT, PILOT_RULES
from services.registration.timeline import SYSTEM
from shared.clock import now
from shared.ids import new_id

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
    """Create and publish the demo event, unless there are events already."""
    if db.session.scalar(select(Event.id).limit(1)) is not None:
        return
    programme = _programme()
    starts, ends = _next_fourth_of_november(today or now().astimezone(ZoneInfo(LONDON)).date())
    description = Description(
        title="Place-based systemic change: what we are learning",
        slug="pbsc-learning",
        timezone=LONDON,
        sessions=(Sitting(starts, ends, join_url="https://meet.example.org/pbsc-learning"),),
        description=ABOUT,
        questions=tuple(QUESTIONS),
        programme=programme,
        invites=Invites(reminder_minutes=30),
    )
    events.publish(events.create(description, SYSTEM), SYSTEM)


def _next_fourth_of_november(today: date) -> tuple[datetime, datetime]:
    """Half past twelve to two on the next 4 November in London, as UTC instants."""
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
    programme.cohorts = [
        Cohort(
            slug=COMMUNITY,
            title="community of practice",
            position=1,
            welcome="Welcome to the community of practice: people from places and organisations who learn from "
            "one another between events.",
            rules=rules_as_data(COMMUNITY_RULES),
        ),
        Cohort(
            slug=PILOT,
            title="funder pilot",
            position=2,
            welcome="Welcome to the funder pilot: practical tools, tried out with other funders.",
            rules=rules_as_data(PILOT_RULES),
        ),
    ]
    db.session.add(programme)
    return programme


def _options(**labels: str) -> list[dict[str, str]]:
    return [{"value": value, "label": label} for value, label in labels.items()]


def _includes(fact: str, *values: str) -> dict[str, Any]:
    return {"fact": fact, "test": "includes any of", "values": list(values)}


QUESTIONS: list[dict[str, Any]] = [
    {"key": "role", "label": "Your role", "type": "text", "autocomplete": "organization-title"},
    {
        "key": "organisation_type",
        "label": "What kind of organisation are you with?",
        "help": "This helps us find the right group for you.",
        "type": "one of",
        "options": _options(
            place_organisation="An organisation that works in one place",
            community_organisation="A community organisation",
            charity="A charity",
            council="A council or other public body",
            funder="A funder",
            funder_and_place="A funder that also works in a place",
            other="Something else",
        ),
    },
    {
        "key": "stage",
        "label": "Which stage is your place at?",
        "help": "For places and organisations. A guess is fine: nobody is turned away for being early.",
        "type": "one of",
        "options": _options(
            intention="Intention: a few people decide to work differently",
            established="Established: a group and a way of meeting",
            connection="Connection: people know and rely on one another",
            mutuality="Mutuality: power, money and learning are shared",
            systemic="Systemic: the way the place works has changed",
            not_sure="Not sure",
        ),
        "shown_when": [
            _includes(
                "organisation_type",
                "place_organisation",
                "community_organisation",
                "charity",
                "council",
                "funder_and_place",
            )
        ],
    },
    {
        "key": "place",
        "label": "Which place do you work in?",
        "help": "A neighbourhood, town, city or region. Leave it empty if you work everywhere.",
        "type": "text",
        "autocomplete": "address-level2",
    },
    {
        "key": "interests",
        "label": "What would you like to join?",
        "help": "Tick all that apply.",
        "type": "any of",
        "options": _options(
            webinar="The webinar",
            community_of_practice="The community of practice, for places and organisations",
            funder_pilot="The pilot of practical tools, for funders",
        ),
    },
    {
        "key": "first_choice",
        "label": "Which of the two is your first choice?",
        "help": "Asked when you would like both the community of practice and the funder pilot.",
        "type": "one of",
        "options": _options(
            community_of_practice="The community of practice",
            funder_pilot="The funder pilot",
            no_preference="No preference",
        ),
        "shown_when": [_includes("interests", "community_of_practice"), _includes("interests", "funder_pilot")],
    },
    {
        "key": "access_needs",
        "label": "Is there anything we can do so that you can take part fully?",
        "help": "For example captions, British Sign Language or materials in advance.",
        "type": "long text",
        "purpose": "To make the event accessible to you. Only the organisers see it.",
    },
]
