"""Answers to the invitation of the examples, and the ways in which they reach calendar."""

from typing import Any

from shared.contracts.receipts import RsvpReceived
from tests.support.calendar_world import World

KEY = "the key of the mail server"
UID = "r1-e1s1@charity.example.org"
ADA = "ada@example.org"


def a_reply(
    partstat: str = "ACCEPTED",
    *,
    uid: str = UID,
    attendee: str = ADA,
    sender: str = "",
    stamp: str = "20271020T091500Z",
    sequence: int = 0,
    more: str = "",
    headers: str = "",
) -> bytes:
    """An answer of `attendee`, in a mail from `sender` (the same, unless named)."""
    return (
        f"{headers}From: {sender or attendee}\r\nContent-Type: text/calendar; method=REPLY\r\n\r\n"
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Else//EN\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:{stamp}\r\nSEQUENCE:{sequence}\r\nATTENDEE;PARTSTAT={partstat}:mailto:{attendee}\r\n{more}"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode(errors="replace")


def post(world: World, raw: bytes, key: str = KEY) -> Any:
    return world.client.post(
        "/calendar/inbound", data=raw, content_type="message/rfc822", headers={"Authorization": f"Bearer {key}"}
    )


def answers_owed(world: World) -> list[tuple[str, int, str]]:
    """Key, ordinal and answer of what registration is owed."""
    rows = [row for row in world.owed() if row.queue == "registration"]
    return [(row.key, row.ordinal, RsvpReceived.wire_schema.load(row.body).answer) for row in rows]
