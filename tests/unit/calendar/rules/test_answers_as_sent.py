"""Answers in the very form that mail programs give them (answers/*.eml; people, ids and words are examples)."""

import pytest

from services.calendar.rules.answers import Ignored, replies_in
from tests.support.recorded_answers import ANSWERS, FOLDER, RECEIVED, as_sent


@pytest.mark.parametrize("name", ANSWERS)
def test_what_each_program_sends_is_understood(name: str) -> None:
    assert replies_in(as_sent(name), received_at=RECEIVED) == [ANSWERS[name]]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_server_that_changes_the_ends_of_lines_does_not_matter(name: str) -> None:
    assert replies_in(as_sent(name).replace(b"\r\n", b"\n"), received_at=RECEIVED) == [ANSWERS[name]]


def test_an_answer_in_a_format_that_only_outlook_reads_is_ignored_with_that_reason() -> None:
    with pytest.raises(Ignored, match=r"it is in Outlook's own format \(TNEF\)"):
        replies_in(as_sent("outlook-in-its-own-format"), received_at=RECEIVED)


def test_no_recorded_answer_is_left_out() -> None:
    assert {file.stem for file in FOLDER.glob("*.eml")} == {*ANSWERS, "outlook-in-its-own-format"}
