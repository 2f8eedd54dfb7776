"""Markdown as plain text, for mails and calendars."""

import pytest

from services.registration.notices.markdown import plain_text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("Read [the paper](https://example.org/paper).", "Read the paper (https://example.org/paper)."),
        ("Read [*the* **paper**](https://example.org/a?b=1&c=2)", "Read the paper (https://example.org/a?b=1&c=2)"),
        ("[One](https://example.org/1) and [two](https://example.org/2)",
         "One (https://example.org/1) and two (https://example.org/2)"),
        ("[the paper][1]\n\n[1]: https://example.org/paper", "the paper (https://example.org/paper)"),
        ("* [A](https://example.org/a)\n* B", "A (https://example.org/a)\nB"),
        ("Write to [us](mailto:events@example.org)", "Write to us (events@example.org)"),
    ],
)  # fmt: skip
def test_a_link_keeps_its_address(markdown: str, text: str) -> None:
    assert "\n".join(filter(None, plain_text(markdown).splitlines())) == text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("<https://example.org/paper>", "https://example.org/paper"),
        ("[https://example.org/paper](https://example.org/paper)", "https://example.org/paper"),
        ("<events@example.org>", "events@example.org"),
        ("[events@example.org](mailto:events@example.org)", "events@example.org"),
    ],
)
def test_a_link_whose_words_are_its_address_is_written_once(markdown: str, text: str) -> None:
    assert plain_text(markdown) == text


@pytest.mark.parametrize("address", ["/events", "#top", "ftp://example.org/file"])
def test_an_address_that_opens_nothing_in_a_mail_is_not_shown(address: str) -> None:
    assert plain_text(f"[the page]({address})") == "the page"


def test_html_stays_text() -> None:
    assert plain_text("Fish & <b>chips</b>") == "Fish & <b>chips</b>"
