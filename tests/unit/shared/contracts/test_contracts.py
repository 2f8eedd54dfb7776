"""Messages on the wire: written as their contract says, and read by any version that knows it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import UnreadableMessage, decode, encode
from shared.contracts.notices import EventFacts, Invite, Kind, MailDue, Method, Notice, Recipient, SessionFacts
from shared.contracts.receipts import Outcome, Settled
from shared.database.utc import now

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
invites = st.none() | st.builds(Invite, method=st.sampled_from(Method), content=st.text())


@given(st.builds(MailDue, notice=notices, invite=invites))
def test_a_message_comes_off_the_wire_as_it_went_on(mail: MailDue) -> None:
    assert decode("mail-due", 1, encode(mail)) == mail


@pytest.mark.parametrize(
    "body", [None, [], {}, {"message_id": 1}, {"message_id": "x", "outcome": "sent", "at": "soon"}]
)
def test_a_body_that_breaks_its_contract_is_refused_with_a_reason(body: object) -> None:
    with pytest.raises(UnreadableMessage):
        decode("settled", 1, body)


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_comes_off_the_wire_as_it_went_on(outcome: Outcome) -> None:
    receipt = Settled(message_id="x", outcome=outcome, at=now())
    decoded = decode("settled", 1, encode(receipt))
    assert decoded == receipt
    assert isinstance(decoded, Settled)
    assert decoded.outcome is outcome


@given(st.text().filter(lambda text: text not in set(Outcome)))
def test_an_outcome_that_is_not_known_is_unreadable(outcome: str) -> None:
    body = encode(Settled(message_id="x", outcome=Outcome.SENT, at=now()))
    with pytest.raises(UnreadableMessage, match="outcome"):
        decode("settled", 1, {**body, "outcome": outcome})


@given(st.builds(MailDue, notice=notices, invite=invites))
def test_an_unknown_kind_deep_in_a_message_is_unreadable(mail: MailDue) -> None:
    body = encode(mail)
    body["notice"]["kind"] = "birthday"
    with pytest.raises(UnreadableMessage, match="kind"):
        decode("mail-due", 1, body)


@pytest.mark.parametrize("missing", ["message_id", "outcome", "at"])
def test_a_field_without_a_default_must_be_there(missing: str) -> None:
    body = encode(Settled(message_id="x", outcome=Outcome.SENT, at=now()))
    del body[missing]
    with pytest.raises(UnreadableMessage, match=missing):
        decode("settled", 1, body)


def test_a_message_nobody_has_agreed_on_is_refused() -> None:
    with pytest.raises(UnreadableMessage, match="There is no contract"):
        decode("settled", 99, {})


def test_a_field_from_a_later_version_is_passed_over() -> None:
    body = encode(Settled(message_id="x", outcome=Outcome.SENT, at=now()))
    assert isinstance(decode("settled", 1, {**body, "colour": "blue"}), Settled)


@given(st.builds(MailDue, notice=notices, invite=invites))
def test_a_message_from_before_events_had_choices_about_invites_is_read(mail: MailDue) -> None:
    body = encode(mail)
    del body["notice"]["event"]["invites"]
    assert decode("mail-due", 1, body) == mail
