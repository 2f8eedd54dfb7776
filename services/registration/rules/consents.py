"""Consent wordings by purpose and version. A changed wording is a new version."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wording:
    """The wording of one consent. `error` is shown if a required box is not ticked."""

    purpose: str
    version: int
    text: str
    required: bool
    error: str = ""


WORDINGS = (
    Wording(
        "privacy",
        1,
        "I agree that my details are kept and used to run this event and the groups I ask to join.",
        required=True,
        error="Tick this box to register: without your agreement we cannot keep your details.",
    ),
    Wording("news", 1, "I would like to hear about later events and findings by e-mail.", required=False),
)
