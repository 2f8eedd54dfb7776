"""Messages on the wire, tokens, and settings."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import UnreadableMessage, decode, encode
from shared.contracts.notices import EventFacts, Invite, Kind, MailDue, Notice, Recipient, SessionFacts
from shared.contracts.receipts import Outcome, Settled
from shared.database.utc import now
from shared.runtime.settings import BadSetting, Environment
from shared.web import tokens
from shared.web.tokens import BadToken, ExpiredToken, Purpose

instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
sessions = st.builds(SessionFacts, id=st.uuids().map(str), title=st.text(), starts_at=instants, ends_at=instants)
events = st.builds(
    EventFacts,
    id=st.text(),
    slug=st.text(),
    title=st.text(),
    url=st.text(),
    timezone=st.just("Europe/London"),
    sessions=st.lists(sessions, max_size=3).map(tuple),
)
people = st.builds(Recipient, person_id=st.text(), name=st.text(), email=st.text())
notices = st.builds(
    Notice,
    kind=st.just(Kind.CONFIRMED),
    registration_id=st.text(),
    stated_at=instants,
    recipient=people,
    event=events,
    page_url=st.text(),
    next_steps=st.lists(st.text()).map(tuple),
)
invites = st.none() | st.builds(Invite, method=st.just("REQUEST"), content=st.text())


@given(st.builds(MailDue, notice=notices, invite=invites))
def test_a_message_comes_off_the_wire_as_it_went_on(mail: MailDue) -> None:
    assert decode("mail-due", 1, encode(mail)) == mail


@pytest.mark.parametrize(
    "body", [None, [], {}, {"message_id": 1}, {"message_id": "x", "outcome": "sent", "at": "soon"}]
)
def test_a_body_that_breaks_its_contract_is_refused_with_a_reason(body: object) -> None:
    with pytest.raises(UnreadableMessage):
        decode("settled", 1, body)


def test_a_message_nobody_has_agreed_on_is_refused() -> None:
    with pytest.raises(UnreadableMessage, match="No contract"):
        decode("settled", 99, {})


def test_a_field_from_a_later_version_is_passed_over() -> None:
    body = encode(Settled(message_id="x", outcome=Outcome.SENT, at=now()))
    assert isinstance(decode("settled", 1, {**body, "colour": "blue"}), Settled)


@given(st.builds(MailDue, notice=notices, invite=invites))
def test_a_message_from_before_events_had_choices_about_invites_is_read(mail: MailDue) -> None:
    body = encode(mail)
    del body["notice"]["event"]["invites"]
    assert decode("mail-due", 1, body) == mail


def test_a_token_opens_only_what_it_was_made_for() -> None:
    token = tokens.sign("secret", Purpose.OWN_PAGE, "ada", now() + timedelta(days=1))
    assert tokens.read("secret", Purpose.OWN_PAGE, token) == "ada"
    with pytest.raises(BadToken):
        tokens.read("secret", Purpose.CALENDAR_FEED, token)
    with pytest.raises(BadToken):
        tokens.read("other secret", Purpose.OWN_PAGE, token)


def test_a_token_ends() -> None:
    token = tokens.sign("secret", Purpose.OWN_PAGE, "ada", now() - timedelta(seconds=2))
    with pytest.raises(ExpiredToken):
        tokens.read("secret", Purpose.OWN_PAGE, token)


@given(st.text())
def test_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(BadToken):
        tokens.read("secret", Purpose.OWN_PAGE, text)


def test_the_same_token_is_made_twice() -> None:
    until = now()
    assert tokens.sign("s", Purpose.FORM, "x", until) == tokens.sign("s", Purpose.FORM, "x", until)


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda e: e.port("X", 1), "X must be a whole number from 1 to 65535, not 'nonsense'."),
        (lambda e: e.text("Y"), "Y is not set."),
        (lambda e: e.url("X", ("http",)), "X must be a URL of the form http://…."),
        (lambda e: e.database("X"), "X must be a URL of the form postgresql://… or postgres://… or sqlite://…."),
        (lambda e: e.zone("X", ""), "X must be an IANA time zone such as Europe/London, not 'nonsense'."),
        (lambda e: e.choice("X", "a", ("a", "b")), "X must be one of a, b, not 'nonsense'."),
        (lambda e: e.mail_address("X"), "X must be an e-mail address such as 'Events <events@example.org>'."),
    ],
)
def test_a_wrong_setting_ends_start_up_with_one_sentence(read: object, sentence: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read(Environment({"X": "nonsense"}))  # type: ignore[operator]
    assert str(refused.value) == sentence


def test_a_wrong_url_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(BadSetting) as refused:
        Environment({"X": "ftp://user:hunter2@host"}).url("X", ("http",))
    assert "hunter2" not in str(refused.value)
