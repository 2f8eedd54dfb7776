"""Texts as people paste them: from spreadsheets, word processors and mail programs."""

import pytest

from services.registration.rules.questions import UnusableText, clean_line, clean_text
from services.registration.web.applications import normalised_email

INVISIBLE = ["\u200b", "\u2060\u00ad", "\u3164", "\u2800", "\u200e\u200f", "\ufeff"]


@pytest.mark.parametrize("text", INVISIBLE)
def test_a_line_of_nothing_but_invisible_characters_is_empty(text: str) -> None:
    assert clean_line(text) == clean_text(text) == ""


@pytest.mark.parametrize("around", ["\u200b{}", "{}\u200b", "{}\u2060", "\ufeff{}", "\u200e{}"])
def test_invisible_characters_around_an_address_are_dropped(around: str) -> None:
    assert normalised_email(around.format("ann@example.org")) == ("ann@example.org", "ann@example.org")


def test_a_joiner_between_letters_stays() -> None:
    assert clean_line("\u0915\u094d\u200d\u0937") == "\u0915\u094d\u200d\u0937"


def test_two_cells_of_a_spreadsheet_are_one_line() -> None:
    assert clean_line("Ann\tExample") == "Ann Example"


@pytest.mark.parametrize("line_break", ["\x0b", "\u2028", "\r", "\r\n", "\x85"])
def test_a_line_break_of_another_program_is_a_line_break(line_break: str) -> None:
    assert clean_text(f"one{line_break}two") == "one\ntwo"


@pytest.mark.parametrize("text", ["a\r\nBcc: b@example.org", "a\nb", "a\x07b"])
def test_a_line_holds_no_line_break_and_no_control_character(text: str) -> None:
    with pytest.raises(UnusableText):
        clean_line(text)


def test_an_address_outside_ascii_is_refused() -> None:
    with pytest.raises(UnusableText):
        normalised_email("jörg@example.org")
