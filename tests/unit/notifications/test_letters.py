"""The words of mails: plain text and HTML say the same."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from services.notifications.letters import TEMPLATES, Letter, write
from shared.contracts.notices import Invite, InviteFacts, Kind, Method
from tests.support.mail_examples import INVITE, a_mail, a_session, an_event

JOIN = "https://meet.example.org/room"
THURSDAY = datetime(2027, 11, 4, 12, 30, tzinfo=UTC)
WITHDRAWAL = Invite(method=Method.CANCEL, content=INVITE.content)
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


PRESS_YES = "An invite is attached. Press Yes in Gmail, or Accept in Outlook, to put the date in your calendar."


@pytest.mark.parametrize(
    ("kind", "choices", "sentence"),
    [
        ("confirmed", InviteFacts(), f"{PRESS_YES} The organisers see your answer."),
        ("confirmed", InviteFacts(asks_for_rsvp=False), "An invite is attached. Open it to put the date in your"),
        ("confirmed", InviteFacts(decline_frees_place=True), f"{PRESS_YES} If you answer No, your place goes to"),
        ("session", InviteFacts(decline_frees_place=True), f"{PRESS_YES} The organisers see your answer."),
    ],
)
def test_a_mail_says_what_answering_its_invite_does(kind: str, choices: InviteFacts, sentence: str) -> None:
    written = letter(kind, event=an_event(invites=choices))
    assert sentence in written.text
    assert sentence in seen(written.html)
    assert ("Press Yes" in written.text) == choices.asks_for_rsvp


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
def test_a_change_is_named_where_the_state_before_is_unknown(changes: tuple[str, ...], words: str) -> None:
    written = letter("changed", changes=changes)
    assert written.subject == "Changed: Learning together"
    assert f"have changed {words} Learning together." in written.text
    assert f"have changed {words} Learning together" in seen(written.html)


A_WEEK_LATER = {"starts_at": THURSDAY + timedelta(days=7), "ends_at": THURSDAY + timedelta(days=7, minutes=90)}


def test_a_new_date_is_told_with_the_old_one() -> None:
    moved = an_event(sessions=(a_session(**A_WEEK_LATER),))
    written = letter("changed", event=moved, before=(a_session(),), changes=("time",))
    assert written.subject == "New date: Learning together"
    sentence = "New date: Thursday 11 November, 12.30 (was Thursday 4 November, 12.30)"
    assert f"\n{sentence}\n" in written.text
    assert sentence in seen(written.html)


def test_a_cancelled_session_is_told_as_such() -> None:
    sessions = a_session(), a_session(id="s2", title="Afterwards", cancelled=True, **A_WEEK_LATER)
    before = a_session(), a_session(id="s2", title="Afterwards", **A_WEEK_LATER)
    written = letter("changed", event=an_event(sessions=sessions), before=before, changes=("time", "place"))
    assert written.subject == "One session is cancelled: Learning together"
    for words in (written.text, seen(written.html)):
        assert "One session is cancelled: Afterwards, Thursday 11 November, 12.30" in words
        assert "the time and the place" not in words


def test_several_changes_are_listed() -> None:
    moved = a_session(location="Town Hall", **A_WEEK_LATER)
    written = letter("changed", event=an_event(sessions=(moved,)), before=(a_session(),), changes=("time", "place"))
    assert written.subject == "Changed: Learning together"
    for words in (written.text, seen(written.html)):
        assert words.index("New date: Thursday 11 November") < words.index("New place: Town Hall (was online)")


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, "Thursday 4 November, 12.30: Learning together"),
        ({"before": (a_session(**A_WEEK_LATER),)}, "New date, Thursday 4 November, 12.30: Learning together"),
        ({"invite": WITHDRAWAL}, "Session cancelled, Thursday 4 November, 12.30: Learning together"),
        (
            {"invite": WITHDRAWAL, "holds_place": False},
            "No longer in your calendar, Thursday 4 November, 12.30: Learning together",
        ),
    ],
)
def test_a_mail_about_one_session_has_its_date_in_the_subject(changes: dict[str, Any], subject: str) -> None:
    assert letter("session", **changes).subject == subject


def test_a_session_is_not_called_cancelled_to_a_person_who_cancelled() -> None:
    event = an_event(sessions=(a_session(cancelled=True),))
    written = letter("session", event=event, invite=WITHDRAWAL, holds_place=False)
    for words in (written.text, seen(written.html)):
        assert "You no longer have a place at Learning together" in words
        assert not re.search(r"will not take place|- cancelled|Cancelled:", words)


def test_a_withdrawn_invite_promises_nothing() -> None:
    withdrawn = letter("cancelled", invite=WITHDRAWAL)
    for words in (withdrawn.text, seen(withdrawn.html)):
        assert "If your calendar still shows the date, delete it there." in words


ADD = "https://events.example.org/calendar/events/learning/add"
FEED = "https://events.example.org/calendar/people/token.ics"


@pytest.mark.parametrize("kind", ["confirmed", "session", "changed", "place_came_free"])
def test_an_invite_to_one_session_comes_with_one_link_that_adds_it(kind: str) -> None:
    written = letter(kind, add_url=ADD, feed_url=FEED)
    assert f"If you see no buttons, add the date to your calendar here:\n{ADD}?session=s1\n" in written.text
    assert f'If you see no buttons, <a href="{ADD}?session=s1">add the date to your calendar here</a>.' in written.html
    assert FEED not in written.text + written.html


def test_several_sessions_come_with_the_feed_of_all() -> None:
    sessions = a_session(), a_session(id="s2", **A_WEEK_LATER)
    written = letter(event=an_event(sessions=sessions), add_url=ADD, feed_url=FEED)
    assert FEED in written.text
    assert f'href="{FEED}"' in written.html
    assert ADD not in written.text + written.html
    assert "put the dates in your calendar" in written.text


@pytest.mark.parametrize("changes", [{"holds_place": False}, {"invite": WITHDRAWAL}])
def test_nothing_is_to_be_added_without_a_place_or_after_a_withdrawal(changes: dict[str, Any]) -> None:
    written = letter("cancelled", add_url=ADD, feed_url=FEED, **changes)
    for link in (ADD, FEED):
        assert link not in written.text + written.html


@pytest.mark.parametrize(
    ("changes", "subject", "sentence"),
    [
        ({"status": "confirmed"}, "You are already registered", "You still have your place."),
        ({}, "You are already registered", "You still have your place."),
        ({"status": "pending", "holds_place": False}, "You are already registered", "Nothing has changed."),
        (
            {"status": "waitlisted", "holds_place": False},
            "You are still on the waiting list",
            "with this address. You are still on the waiting list.",
        ),
    ],
)
def test_a_person_who_registers_again_is_told_where_they_stand(
    changes: dict[str, Any], subject: str, sentence: str
) -> None:
    written = letter("already_registered", **{"invite": None, **changes})
    assert written.subject == f"{subject}: Learning together"
    assert sentence in written.text
    assert sentence in seen(written.html)


def test_a_shared_address_is_told_whose_registration_it_is() -> None:
    written = letter("already_registered", invite=None)
    for words in (written.text, seen(written.html)):
        assert "This registration is for Ada Example only." in words
        assert "A colleague who wants to come registers with an address of their own, or replies to this mail." in words


def test_a_cancellation_says_who_cancelled_and_what_to_do() -> None:
    by_organisers = letter("cancelled", holds_place=False, by_organisers=True)
    own = letter("cancelled", holds_place=False)
    for text in (by_organisers.text, by_organisers.html):
        assert "The organisers have cancelled your registration" in text
        assert "reply to this e-mail" in text
        assert "take your place again" not in text
    for text in (own.text, own.html):
        assert "The organisers have cancelled" not in text
        assert "you can take your place again" in text
        assert "with the answers that you gave, if there are places left" in text


def test_a_person_with_a_place_and_no_invite_is_offered_their_feed() -> None:
    assert FEED in letter(invite=None, feed_url=FEED).text
    assert f'href="{FEED}"' in letter(invite=None, feed_url=FEED).html
    assert FEED not in letter(invite=None, feed_url=FEED, holds_place=False).text
    assert FEED not in letter(feed_url=FEED).text


@pytest.mark.parametrize("kind", Kind)
def test_nothing_that_people_type_becomes_markup(kind: Kind) -> None:
    markup = '<script>alert("x")</script>&"'
    session = a_session(title=markup + markup, location=markup)
    mail = a_mail(
        kind=kind,
        name=markup,
        event=an_event(title=markup, sessions=(session,)),
        before=(a_session(title=f"old {markup}", location=f"old {markup}"),),
        next_steps=(markup,),
        reason=markup,
        topic=markup,
    )
    written = write(mail, markup)
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
