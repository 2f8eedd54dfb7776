"""The routing rules of the demo programme: a community of practice and a funder pilot.

No rule uses the stage of a place: nobody is refused because their place is at an early stage.
"""

from services.registration.rules.conditions import Condition, Operator
from services.registration.rules.routing import RoutingOutcome, Rule

COMMUNITY, PILOT = "community-of-practice", "funder-pilot"

PLACES_AND_ORGANISATIONS = ("place_organisation", "community_organisation", "charity", "council")


def _did_not_ask(answer: str) -> tuple[Rule, ...]:
    return (
        Rule(
            (Condition("interests", Operator.BLANK),),
            RoutingOutcome.NOT_ASKED,
            "Did not say what they would like to join",
        ),
        Rule((Condition("interests", Operator.IS_NOT, (answer,)),), RoutingOutcome.NOT_ASKED, "Did not ask for it"),
    )


COMMUNITY_RULES = (
    *_did_not_ask("community_of_practice"),
    Rule(
        (Condition("organisation_type", Operator.INCLUDES, (*PLACES_AND_ORGANISATIONS, "funder_and_place")),),
        RoutingOutcome.PLACE,
        "Asked, and works in or for a place",
        "You are in the community of practice. We will write with the first date after the webinar.",
    ),
    Rule(
        (Condition("organisation_type", Operator.IS, ("funder",)),),
        RoutingOutcome.REVIEW,
        "Asked, and is a funder only: suggest the funder pilot",
        "The community of practice is for places and organisations. As a funder you may find the funder pilot "
        "a better fit: one of us will write to you about both.",
    ),
    Rule(
        (),
        RoutingOutcome.REVIEW,
        "Asked, and nothing else matches",
        "One of us is reading your answers about the community of practice and will write to you.",
    ),
)

PILOT_RULES = (
    *_did_not_ask("funder_pilot"),
    Rule(
        (Condition("organisation_type", Operator.INCLUDES, ("funder", "funder_and_place")),),
        RoutingOutcome.PLACE,
        "Asked, and is a funder",
        "You are in the funder pilot. We will write with the practical tools and the first date after the webinar.",
    ),
    Rule(
        (Condition("organisation_type", Operator.INCLUDES, PLACES_AND_ORGANISATIONS),),
        RoutingOutcome.REVIEW,
        "Asked, and is a place or organisation only: suggest the community of practice",
        "The funder pilot is for funders. You may find the community of practice a better fit: one of us will "
        "write to you about both.",
    ),
    Rule(
        (),
        RoutingOutcome.REVIEW,
        "Asked, and nothing else matches",
        "One of us is reading your answers about the funder pilot and will write to you.",
    ),
)
