"""What is sent when, over any history that a registration may have."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.calendar.rules.invite import (
    Sent,
    Step,
    Truth,
    digest_of,
    fingerprint,
    next_step,
    public_uid_of,
    uid_of,
)
from services.calendar.rules.invite_plan import Part
from shared.contracts.notices import Method
from tests.support.calendar_examples import ADA, STATED, an_event


def sent(method: Method, sequence: int, shown: str = "as it was") -> Sent:
    return Sent(method, sequence, shown, STATED)


def true(shown: str | None, minutes: int = 1) -> Truth:
    return Truth(shown, STATED + timedelta(minutes=minutes))


def test_the_table_of_what_is_sent_when() -> None:
    assert next_step(None, true("as it was")) == Step(Method.REQUEST, 0)
    assert next_step(None, true(None)) == Step()
    assert next_step(sent(Method.REQUEST, 3), true("as it was")) == Step(Method.REQUEST, 3, again=True)
    assert next_step(sent(Method.REQUEST, 3), true("moved")) == Step(Method.REQUEST, 4)
    assert next_step(sent(Method.REQUEST, 3), true(None)) == Step(Method.CANCEL, 4)
    assert next_step(sent(Method.CANCEL, 4), true("as it was")) == Step(Method.REQUEST, 5)


def test_a_withdrawal_is_repeated_for_the_same_notice_only() -> None:
    assert next_step(sent(Method.CANCEL, 4), true(None, minutes=0)) == Step(Method.CANCEL, 4, again=True)
    assert next_step(sent(Method.CANCEL, 4), true(None, minutes=1)) == Step()


@dataclass
class Mailed:
    """One mail: what it asks the calendar for, with what would be its bytes."""

    method: Method
    sequence: int
    shown: str
    stamped: int

    def as_sent(self) -> Sent:
        return Sent(self.method, self.sequence, self.shown, STATED + timedelta(minutes=self.stamped))


@dataclass
class Calendar:
    """A calendar program as RFC 5546 wants it: a higher SEQUENCE wins, then a later stamp."""

    seen: tuple[int, int] = (-1, -1)
    shows: str | None = None

    def read(self, mail: Mailed) -> None:
        if (mail.sequence, mail.stamped) >= self.seen:
            self.seen = (mail.sequence, mail.stamped)
            self.shows = mail.shown if mail.method is Method.REQUEST else None


@dataclass
class Sender:
    """Notices in, mails out, as the inbox lets them through: nothing that something newer has overtaken."""

    last: Mailed | None = None
    newest: int = 0
    by_notice: dict[int, Mailed | None] = field(default_factory=dict)

    def tell(self, ordinal: int, shown: str | None) -> Mailed | None:
        if ordinal in self.by_notice:
            return self.by_notice[ordinal]
        if ordinal < self.newest:
            return None
        self.newest = ordinal
        step = next_step(self.last.as_sent() if self.last else None, Truth(shown, STATED + timedelta(minutes=ordinal)))
        mail = self.last if step.again else None
        if step.method and not step.again:
            mail = self.last = Mailed(step.method, step.sequence, shown or "", ordinal)
        self.by_notice[ordinal] = mail
        return mail


HISTORIES = st.lists(st.sampled_from([None, "at noon", "at one", "renamed", "elsewhere"]), min_size=1, max_size=12)


@given(history=HISTORIES, data=st.data())
def test_whatever_happens_the_last_mail_leaves_the_calendar_right(
    history: list[str | None], data: st.DataObject
) -> None:
    told = list(enumerate(history, 1))
    arrivals = data.draw(st.permutations(told)) + data.draw(st.lists(st.sampled_from(told), max_size=8))
    sender, mails = Sender(), []
    for ordinal, shown in arrivals:
        mail = sender.tell(ordinal, shown)
        if mail:
            mails.append(mail)

    new = [mail for number, mail in enumerate(mails) if all(mail is not earlier for earlier in mails[:number])]
    assert [mail.sequence for mail in new] == list(range(len(new)))
    in_order, in_any_order = Calendar(), Calendar()
    for mail in mails:
        in_order.read(mail)
    for mail in data.draw(st.permutations(mails)):
        in_any_order.read(mail)
    assert in_order.shows == in_any_order.shows == history[-1]


@given(history=HISTORIES)
def test_a_repeated_notice_is_answered_with_the_same_mail(history: list[str | None]) -> None:
    sender = Sender()
    for ordinal, shown in enumerate(history, 1):
        assert sender.tell(ordinal, shown) is sender.tell(ordinal, shown)


def test_an_invite_changes_with_its_title_time_place_and_address_and_nothing_else() -> None:
    event = an_event("2027-11-04T12:30")
    session = event.sessions[0]

    def shown(event=event, session=session, email=ADA.email) -> str | None:  # type: ignore[no-untyped-def]
        return fingerprint(event, Part("s1", (session,)), email)

    assert shown() == shown(event=replace(event, description="Said better.")) == shown(email="MAILTO:Ada@Example.org")
    different = {
        shown(event=replace(event, title="Renamed")),
        shown(event=replace(event, timezone="Europe/Dublin")),
        shown(session=replace(session, ends_at=session.ends_at + timedelta(minutes=1))),
        shown(session=replace(session, location="Town hall")),
        shown(session=replace(session, join_url="https://meet.example.org/b")),
        shown(email="bo@example.org"),
    }
    assert len(different) == 6
    assert shown() not in different
    assert shown(session=replace(session, cancelled=True)) is None


def test_a_uid_ends_in_the_senders_domain() -> None:
    assert uid_of("r1", "s1", "events@charity.example.org") == "r1-s1@charity.example.org"
    assert public_uid_of("s1", "events@charity.example.org") == "s1@charity.example.org"


def test_an_address_has_one_digest_however_it_is_written() -> None:
    assert (
        len({digest_of(form) for form in ("Ada@example.org", "mailto:ada%40example.org", " MAILTO:ADA@EXAMPLE.ORG")})
        == 1
    )
