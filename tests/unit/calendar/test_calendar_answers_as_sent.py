"""Answers in the very form that mail programs give them (answers/*.eml; people, ids and words are examples)."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.calendar.rules.answers import Ignored, Reply, replies_in
from services.calendar.rules.invite import digest_of
from shared.contracts.receipts import Answer

FOLDER = Path(__file__).parent / "answers"
FRIDAY = (datetime(2027, 11, 5, 9, 0, tzinfo=UTC), datetime(2027, 11, 5, 10, 30, tzinfo=UTC))
AT_THREE = (datetime(2027, 11, 4, 15, 0, tzinfo=UTC), datetime(2027, 11, 4, 16, 30, tzinfo=UTC))


def an_answer(answer: Answer, comment: str = "", proposes: tuple[datetime, datetime] | None = None) -> Reply:
    return Reply(
        uid="r1-e1s1@charity.example.org",
        attendee=digest_of("ada@example.org"),
        answer=answer,
        stamped_at=datetime(2027, 10, 20, 9, 15, tzinfo=UTC),
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


@pytest.mark.parametrize("name", ANSWERS)
def test_what_each_program_sends_is_understood(name: str) -> None:
    assert replies_in(as_sent(name)) == [ANSWERS[name]]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_server_that_changes_the_ends_of_lines_does_not_matter(name: str) -> None:
    assert replies_in(as_sent(name).replace(b"\r\n", b"\n")) == [ANSWERS[name]]


def test_an_answer_in_a_format_that_only_outlook_reads_is_ignored_with_that_reason() -> None:
    with pytest.raises(Ignored, match=r"it is in Outlook's own format \(TNEF\)"):
        replies_in(as_sent("outlook-in-its-own-format"))


def test_no_recorded_answer_is_left_out() -> None:
    assert {file.stem for file in FOLDER.glob("*.eml")} == {*ANSWERS, "outlook-in-its-own-format"}
