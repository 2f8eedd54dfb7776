"""The words of mails: plain text and HTML say the same."""

import re
from html import unescape
from typing import Any

import pytest

from services.notifications.letters import TEMPLATES, Letter, write
from shared.contracts.notices import Invite, InviteFacts, Kind
from tests.support.mail_examples import INVITE, a_mail, a_session, an_event

JOIN = "https://meet.example.org/room"
PAGE = "https://events.example.org/registrations/token"


def letter(kind: str = "confirmed", **changes: Any) -> Letter:
    return write(a_mail(kind=kind, topic="Community of practice", **changes), "Example Foundation")


def seen(html: str) -> str:
    """The visible words of an HTML mail."""
    body = html[html.index("<body") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_mail_names_the_event_the_time_and_the_persons_own_page(kind: Kind) -> None:
    written = letter(kind)
    assert "Learning together" in written.subject
    assert len(written.subject) <= 78
    assert "When: Thursday 4 November 2027, 12.30 to 14.00 (Greenwich Mean Time, London)" in written.text
    assert "Thursday 4 November 2027 12.30 to 14.00 Greenwich Mean Time, London" in seen(written.html)
    assert written.text.startswith("Hello Ada Example,\n\n")
    assert "Hello Ada Example" in seen(written.html)
    assert PAGE in written.text
    assert f'href="{PAGE}"' in written.html
    assert "!" not in written.text + seen(written.html)


@pytest.mark.parametrize("kind", Kind)
def test_the_join_link_is_sent_only_to_people_with_a_place(kind: Kind) -> None:
    with_place, without = letter(kind, holds_place=True), letter(kind, holds_place=False)
    assert f"Join online: {JOIN}\n" in with_place.text
    assert f'href="{JOIN}"' in with_place.html
    assert JOIN not in without.text + without.html


@pytest.mark.parametrize(
    ("kind", "choices", "sentence"),
    [
        ("confirmed", InviteFacts(), "calendar. Answer it if you like: the organisers see what you say."),
        ("confirmed", InviteFacts(asks_for_rsvp=False), "calendar."),
        ("confirmed", InviteFacts(decline_frees_place=True), "calendar. Answer it: if you say no, your place goes to"),
        ("session", InviteFacts(decline_frees_place=True), "calendar. Answer it if you like: the organisers see"),
    ],
)
def test_a_mail_says_what_answering_its_invite_does(kind: str, choices: InviteFacts, sentence: str) -> None:
    written = letter(kind, event=an_event(invites=choices))
    assert f"The invite in this e-mail puts the date in your {sentence}" in written.text
    assert f"The invite in this e-mail puts the date in your {sentence}" in seen(written.html)
    assert ("Answer it" in written.text) == choices.asks_for_rsvp


def test_a_session_without_a_join_link_says_that_one_will_follow() -> None:
    written = letter(event=an_event(sessions=(a_session(join_url=None),)))
    assert "Where: online; the link to join will follow\n" in written.text
    assert "Online; the link to join will follow" in seen(written.html)


def test_several_sessions_are_listed_with_their_own_titles_and_places() -> None:
    sessions = (
        a_session(title="Beginning", join_url=None, location="Town Hall, Example Street"),
        a_session(id="s2", title="Afterwards", cancelled=True),
    )
    written = letter(event=an_event(sessions=sessions))
    for words in (written.text, seen(written.html)):
        assert words.index("Beginning") < words.index("Town Hall, Example Street") < words.index("Afterwards")
    assert "(Greenwich Mean Time, London) - cancelled\nWhere: online\n" in written.text
    assert "Cancelled: Thursday 4 November 2027" in seen(written.html)
    assert JOIN not in written.text + written.html


def test_next_steps_are_listed_word_for_word() -> None:
    written = letter(next_steps=("A person looks at your answers.", "We write within a week."))
    assert "What happens next\n* A person looks at your answers.\n* We write within a week.\n" in written.text
    assert "What happens next A person looks at your answers. We write within a week." in seen(written.html)


@pytest.mark.parametrize("kind", ["not_placed", "event_cancelled"])
def test_a_reason_is_quoted_as_it_was_written(kind: str) -> None:
    written = letter(kind, reason="Our speaker is ill.\r\nWe are sorry.")
    assert "Why\nOur speaker is ill.\nWe are sorry.\n" in written.text
    assert "Why Our speaker is ill. We are sorry." in seen(written.html)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (("time",), "the time of"),
        (("time", "place"), "the time and the place of"),
        (("time", "title", "place"), "the time, the title and the place of"),
        ((), "the details of"),
    ],
)
def test_a_change_is_named(changes: tuple[str, ...], words: str) -> None:
    written = letter("changed", changes=changes)
    assert f"have changed {words} Learning together." in written.text
    assert f"have changed {words} Learning together" in seen(written.html)


def test_a_mail_says_what_its_invite_does_to_the_calendar() -> None:
    asked, withdrawn = letter(), letter("cancelled", invite=Invite(method="CANCEL", content=INVITE.content))
    for words in (asked.text, seen(asked.html)):
        assert "puts the date in your calendar" in words
    for words in (withdrawn.text, seen(withdrawn.html)):
        assert "takes the date out of your calendar" in words


def test_a_person_with_a_place_and_no_invite_is_offered_their_feed() -> None:
    feed = "https://events.example.org/calendar/people/token.ics"
    assert feed in letter(invite=None, feed_url=feed).text
    assert f'href="{feed}"' in letter(invite=None, feed_url=feed).html
    assert feed not in letter(invite=None, feed_url=feed, holds_place=False).text
    assert feed not in letter(feed_url=feed).text


def test_nothing_that_people_type_becomes_markup() -> None:
    markup = '<script>alert("x")</script>&"'
    written = letter(
        "not_placed",
        name=markup,
        event=an_event(title=markup, sessions=(a_session(title=markup + markup, location=markup),)),
        next_steps=(markup,),
        reason=markup,
    )
    assert "<script" not in written.html
    assert seen(written.html).count("<script>alert") >= 7
    assert f"Hello {markup}," in written.text


def test_a_person_without_a_name_is_greeted() -> None:
    written = letter(name="")
    assert written.text.startswith("Hello,\n\n")
    assert '<p dir="auto">Hello,</p>' in written.html


def test_an_html_mail_names_its_language_and_has_no_outside_parts() -> None:
    html = letter().html
    assert '<html lang="en-GB">' in html
    assert "prefers-color-scheme: dark" in html
    assert not re.search(r"<(img|script|link|iframe)|url\(|@import", html)


def test_every_kind_of_notice_has_its_own_pair_of_templates() -> None:
    shared = {"base.txt", "base.html"}
    written = {name for name in TEMPLATES.list_templates(["txt", "html"]) if "/" not in name}
    assert written - shared == {f"{kind}.{suffix}" for kind in Kind for suffix in ("txt", "html")}
