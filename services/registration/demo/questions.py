"""The questions of the demo event."""

from typing import Any


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
