"""The changes of an event, in words."""

from datetime import timedelta
from typing import Any

import pytest

from services.notifications.changes import Change, changes_of
from shared.contracts.notices import SessionFacts
from tests.support.mail_examples import a_notice, a_session, an_event

FIRST = a_session()
STARTS, ENDS = FIRST.starts_at, FIRST.ends_at


def second(**changes: Any) -> SessionFacts:
    week = timedelta(days=7)
    return a_session(**{"id": "s2", "starts_at": STARTS + week, "ends_at": ENDS + week, **changes})


def told(before: tuple[SessionFacts, ...], now: tuple[SessionFacts, ...], **changes: Any) -> list[tuple[str, str]]:
    facts = {"kind": "changed", **changes}
    notice = a_notice(event=an_event(sessions=now), before=before, **facts)
    return [(change.label, change.detail) for change in changes_of(notice)]


@pytest.mark.parametrize(
    ("now", "label", "detail"),
    [
        ({"starts_at": STARTS + timedelta(days=7), "ends_at": ENDS + timedelta(days=7)},
         "New date", "Thursday 11 November, 12.30 (was Thursday 4 November, 12.30)"),
        ({"starts_at": STARTS + timedelta(days=371), "ends_at": ENDS + timedelta(days=371)},
         "New date", "Thursday 9 November 2028, 12.30 (was Thursday 4 November 2027, 12.30)"),
        ({"starts_at": STARTS + timedelta(minutes=30)},
         "New time", "Thursday 4 November 2027, 13.00 to 14.00 (was 12.30 to 14.00)"),
        ({"ends_at": ENDS + timedelta(minutes=30)},
         "New time", "Thursday 4 November 2027, 12.30 to 14.30 (was 12.30 to 14.00)"),
        ({"location": "Town Hall"}, "New place", "Town Hall (was online)"),
        ({"join_url": "https://meet.example.org/other"}, "New link to join", "https://meet.example.org/other"),
        ({"title": "Beginning"}, "New title of Thursday 4 November, 12.30", "Beginning"),
    ],
)  # fmt: skip
def test_a_change_names_the_new_and_the_old(now: dict[str, Any], label: str, detail: str) -> None:
    assert told((FIRST,), (a_session(**now),)) == [(label, detail)]


def test_a_date_is_that_of_the_events_own_zone() -> None:
    late = {"starts_at": STARTS + timedelta(hours=11), "ends_at": ENDS + timedelta(hours=11)}
    notice = a_notice(
        kind="changed", before=(FIRST,), event=an_event(timezone="Europe/Berlin", sessions=(a_session(**late),))
    )
    assert changes_of(notice) == [Change("New date", "Friday 5 November, 00.30 (was Thursday 4 November, 13.30)")]


@pytest.mark.parametrize("now", [(FIRST,), (FIRST, second(cancelled=True))])
def test_a_session_that_was_dropped_is_cancelled(now: tuple[SessionFacts, ...]) -> None:
    assert told((FIRST, second()), now) == [("One session is cancelled", "Thursday 11 November, 12.30")]


def test_several_cancelled_sessions_are_counted() -> None:
    gone = FIRST, second(title="Afterwards")
    kept = second(id="s3")
    assert told((*gone, kept), (kept,)) == [
        ("2 sessions are cancelled", "Thursday 4 November, 12.30; Afterwards, Thursday 11 November, 12.30")
    ]


def test_a_session_that_was_cancelled_before_is_not_told_again() -> None:
    assert told((FIRST, second(cancelled=True)), (FIRST, second(cancelled=True))) == []


@pytest.mark.parametrize("before", [(FIRST,), (FIRST, second(cancelled=True))])
def test_a_session_that_was_added_is_new(before: tuple[SessionFacts, ...]) -> None:
    assert told(before, (FIRST, second())) == [("One session is new", "Thursday 11 November, 12.30")]


def test_one_of_several_sessions_is_named() -> None:
    now = FIRST, second(title="Afterwards", location="Town Hall")
    assert told((FIRST, second(title="Afterwards")), now) == [
        ("New place of Afterwards, Thursday 11 November, 12.30", "Town Hall (was online)")
    ]


def test_a_notice_about_one_session_says_nothing_of_the_others() -> None:
    before = a_session(starts_at=STARTS - timedelta(days=1)), second()
    assert [label for label, _ in told(before, (FIRST,), kind="session")] == ["New date"]


def test_a_new_title_of_the_event_is_told() -> None:
    assert told((FIRST,), (FIRST,), changes=("title",)) == [("New title", "Learning together")]


def test_without_the_state_before_there_is_nothing_to_tell() -> None:
    assert told((), (FIRST,), changes=("time",)) == []
