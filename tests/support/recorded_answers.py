"""Answers as mail programs send them (recorded_answers/*.eml; people, ids and words are examples)."""

from datetime import UTC, datetime
from pathlib import Path

from services.calendar.rules.answers import Reply
from services.calendar.rules.invite import digest_of
from shared.contracts.receipts import Answer

RECEIVED = datetime(2027, 10, 20, 9, 15, 2, tzinfo=UTC)
FOLDER = Path(__file__).parent / "recorded_answers"
FRIDAY = (datetime(2027, 11, 5, 9, 0, tzinfo=UTC), datetime(2027, 11, 5, 10, 30, tzinfo=UTC))
AT_THREE = (datetime(2027, 11, 4, 15, 0, tzinfo=UTC), datetime(2027, 11, 4, 16, 30, tzinfo=UTC))


def an_answer(answer: Answer, comment: str = "", proposes: tuple[datetime, datetime] | None = None) -> Reply:
    return Reply(
        uid="r1-e1s1@charity.example.org",
        attendee=digest_of("ada@example.org"),
        answer=answer,
        stamped_at=datetime(2027, 10, 20, 9, 15, tzinfo=UTC),
        sequence=0,
        comment=comment,
        proposes=proposes,
    )


ANSWERS = {
    "gmail-accepted": an_answer(Answer.ACCEPTED),
    "gmail-declined-with-a-note": an_answer(Answer.DECLINED, "I am away, sorry. Next time!"),
    "gmail-proposes-another-time": an_answer(Answer.COUNTER, "Could we start at three?", AT_THREE),
    "outlook-tentative": an_answer(Answer.TENTATIVE),
    "outlook-proposes-another-time": an_answer(Answer.COUNTER, "Friday would suit me better.", FRIDAY),
    "apple-mail-declined": an_answer(Answer.DECLINED),
    "icloud-accepted": an_answer(Answer.ACCEPTED),
    "thunderbird-tentative": an_answer(Answer.TENTATIVE),
    "kontact-delegated": an_answer(Answer.DELEGATED, "bo@example.org"),
}


def as_sent(name: str) -> bytes:
    """The mail as it comes over the wire."""
    return (FOLDER / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")
