"""Answers to invitations, in the shapes that mail programs give them, and which of them count."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.calendar.rules.answers import Asked, Ignored, Known, Reply, objection_to
from services.calendar.rules.invite import digest_of
from shared.contracts.receipts import Answer
from tests.support.calendar_replies import ADA, UID, a_calendar
from tests.support.recorded_answers import RECEIVED
from tests.support.reply_mails import SHAPES, a_mail, as_gmail, read


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED])
def test_an_answer_is_found_in_every_shape(shape, answer) -> None:  # type: ignore[no-untyped-def]
    assert read(shape(a_calendar(partstat=answer.upper()))) == [
        Reply(
            uid=UID,
            attendee=digest_of(ADA),
            answer=answer,
            stamped_at=datetime(2027, 10, 20, 9, 15, tzinfo=UTC),
            sequence=0,
        )
    ]


def test_another_time_may_be_proposed() -> None:
    counter = a_calendar("COUNTER", "TENTATIVE", more="COMMENT:Could we\\, perhaps\\, start later?")
    (reply,) = read(as_gmail(counter))
    assert reply.answer == Answer.COUNTER
    assert reply.comment == "Could we, perhaps, start later?"
    assert reply.proposes == (datetime(2027, 11, 4, 12, 30, tzinfo=UTC), datetime(2027, 11, 4, 14, 0, tzinfo=UTC))


def test_a_delegation_names_the_delegate() -> None:
    attendee = (
        f'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:bo@example.org":mailto:{ADA}\r\n'
        f'ATTENDEE;PARTSTAT=ACCEPTED;DELEGATED-FROM="mailto:{ADA}":mailto:bo@example.org'
    )
    (own,) = read(a_mail(a_calendar(attendee=attendee)))
    assert (own.answer, own.attendee, own.comment) == (Answer.DELEGATED, digest_of(ADA), "bo@example.org")


def test_an_answer_about_one_of_a_series_says_which() -> None:
    one = a_calendar(more="RECURRENCE-ID;TZID=Europe/London:20270610T123000")
    (reply,) = read(a_mail(one))
    assert reply.recurrence_id == datetime(2027, 6, 10, 11, 30, tzinfo=UTC)


def test_an_address_beside_a_principal_of_the_calendars_own_is_found() -> None:
    attendee = f"ATTENDEE;PARTSTAT=ACCEPTED;EMAIL={ADA}:urn:uuid:2f5e7a60-0000-4000-8000-000000000000"
    (reply,) = read(a_mail(a_calendar(attendee=attendee)))
    assert reply.attendee == digest_of(ADA)


ASKED = Asked(digest_of("ADA@example.org"), sequence=0, at=datetime(2027, 9, 1, tzinfo=UTC))


def test_only_the_invited_count_and_only_what_is_news() -> None:
    (reply,) = read(a_mail(a_calendar()))
    earlier, later = datetime(2027, 10, 19, tzinfo=UTC), datetime(2027, 10, 21, tzinfo=UTC)
    assert objection_to(reply, ASKED, None) is None
    assert objection_to(reply, ASKED, Known(Answer.DECLINED, earlier, proved=True)) is None
    assert objection_to(reply, ASKED, Known(Answer.DECLINED, reply.stamped_at, proved=True)) is None
    assert objection_to(reply, ASKED, Known(Answer.DECLINED, later, proved=True)) == "a later answer is known"
    same = Known(Answer.ACCEPTED, reply.stamped_at, proved=False)
    assert objection_to(reply, ASKED, same) == "it is known already"
    assert objection_to(replace(reply, proved=True), ASKED, same) is None
    bo = replace(ASKED, invited=digest_of("bo@example.org"))
    assert objection_to(reply, bo, None) == "the attendee is not whom we invited"
    assert objection_to(reply, replace(ASKED, is_withdrawn=True), None) == "the invite has been withdrawn"


@pytest.mark.parametrize(
    ("sequence", "stamped_days_later", "is_stale"),
    [(1, 5, True), (1, 35, True), (2, 5, False), (3, 5, False), (None, 5, True), (None, 35, False)],
)
def test_an_answer_to_an_earlier_version_is_stale_and_without_a_version_its_time_tells(
    sequence: int | None, stamped_days_later: int, is_stale: bool
) -> None:
    asked = replace(ASKED, sequence=2, at=ASKED.at + timedelta(days=30))
    stamped_at = ASKED.at + timedelta(days=stamped_days_later)
    reply = Reply(UID, ASKED.invited, Answer.DECLINED, stamped_at=stamped_at, sequence=sequence)
    assert (objection_to(reply, asked, None) == "it answers an earlier invite") is is_stale


def test_a_time_ahead_of_the_receipt_is_the_time_of_the_receipt() -> None:
    (reply,) = read(a_mail(a_calendar().replace("20271020T091500Z", "99991231T235959Z")))
    assert reply.stamped_at == RECEIVED


def test_the_version_that_an_answer_names_is_read() -> None:
    assert [reply.sequence for reply in read(a_mail(a_calendar().replace("SEQUENCE:0", "SEQUENCE:7")))] == [7]
    assert [reply.sequence for reply in read(a_mail(a_calendar().replace("SEQUENCE:0", "SEQUENCE:x")))] == [None]
    assert [reply.sequence for reply in read(a_mail(a_calendar().replace("SEQUENCE:0\r\n", "")))] == [None]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RECURRENCE-ID;VALUE=DATE:20270617", date(2027, 6, 17)),
        ("RECURRENCE-ID:20270617T123000", datetime(2027, 6, 17, 12, 30)),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE:20270617T113000Z", datetime(2027, 6, 17, 11, 30, tzinfo=UTC)),
    ],
)
def test_an_occurrence_may_be_named_by_its_day_or_by_local_time(line: str, expected: date) -> None:
    (reply,) = read(a_mail(a_calendar(more=line)))
    assert reply.recurrence_id == expected


@pytest.mark.parametrize(
    "line", ["RECURRENCE-ID:", "RECURRENCE-ID:next week", "RECURRENCE-ID;VALUE=PERIOD:20270617T113000Z/PT1H"]
)
def test_an_occurrence_that_cannot_be_read_never_becomes_the_whole_series(line: str) -> None:
    with pytest.raises(Ignored, match=r"RECURRENCE-ID|calendar cannot be read"):
        read(a_mail(a_calendar(more=line)))


def test_googles_note_is_read_from_the_attendee() -> None:
    attendee = f'ATTENDEE;PARTSTAT=DECLINED;X-RESPONSE-COMMENT="Sorry, I am away^nthat week":mailto:{ADA}'
    (reply,) = read(a_mail(a_calendar(attendee=attendee)))
    assert reply.comment == "Sorry, I am away\nthat week"
    (both,) = read(a_mail(a_calendar(attendee=attendee, more="COMMENT:Next time!")))
    assert both.comment == "Next time!\nSorry, I am away\nthat week"
