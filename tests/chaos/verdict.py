"""The judge: finds problems in the records of a run."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median, quantiles
from uuid import UUID

from tests.chaos.relay import REFUSED, Arrival


@dataclass(frozen=True)
class Owed:
    """A row of registration's outbox that owes a mail; `kind` is that of its notice."""

    id: UUID
    key: str
    ordinal: int
    kind: str
    outcome: str | None
    possibly_repeated: bool
    created_at: float


@dataclass(frozen=True)
class Registered:
    """A registration in the source of truth."""

    id: UUID
    email: str
    status: str


@dataclass(frozen=True)
class Act:
    """An action of a client for a person. `told_done` is True if the client got a successful response."""

    email: str
    what: str
    told_done: bool


@dataclass(frozen=True)
class Facts:
    """The records of a run.

    `unsettled` counts the rows of all outboxes and inboxes that were open at the end. `in_flight` is the largest
    number of mails that workers may have been sending when they or their database were killed.
    """

    acts: list[Act]
    registered: list[Registered]
    owed: list[Owed]
    arrivals: list[Arrival]
    unsettled: int
    in_flight: int


@dataclass
class Verdict:
    """The problems that were found, in words, and the figures of the report."""

    problems: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True if there is no problem."""
        return not self.problems


def judge(facts: Facts) -> Verdict:
    """Check that nothing is lost or out of order, that duplicates are marked, and that every person has a mail."""
    verdict = Verdict()
    came = defaultdict(list)
    for arrival in facts.arrivals:
        came[arrival.message_id].append(arrival)
    _nobody_was_forgotten(facts, verdict)
    _every_notice_ended_well(facts, came, verdict)
    _order_was_kept(facts, verdict)
    _repeats_are_marked(facts, came, verdict)
    if facts.unsettled:
        verdict.problems.append(f"{facts.unsettled} messages were not settled in time")
    _count(facts, came, verdict)
    return verdict


def _nobody_was_forgotten(facts: Facts, verdict: Verdict) -> None:
    """Each person with a successful response is registered, and each registered person has a mail."""
    standing = {one.email: one for one in facts.registered}
    reached = {arrival.to for arrival in facts.arrivals}
    last_told: dict[str, str] = {}
    for act in facts.acts:
        if act.told_done:
            last_told[act.email] = "register" if act.what == "return" else act.what
            if act.email not in standing:
                verdict.problems.append(f"{act.email} was told {act.what!r} and is not registered")
    for email, what in last_told.items():
        if what == "cancel" and email in standing and standing[email].status != "cancelled":
            verdict.problems.append(f"{email} cancelled and is {standing[email].status}")
        if what == "register" and email in standing and standing[email].status == "cancelled":
            verdict.problems.append(f"{email} registered and is cancelled")
    verdict.problems += [
        f"{email} is registered and got no mail"
        for email in standing
        if email not in reached and not email.startswith(REFUSED)
    ]


def _every_notice_ended_well(facts: Facts, came: dict[UUID, list[Arrival]], verdict: Verdict) -> None:
    emails = {str(one.id): one.email for one in facts.registered}
    sent_up_to: dict[str, int] = defaultdict(int)
    for row in facts.owed:
        if row.outcome == "sent":
            sent_up_to[row.key] = max(sent_up_to[row.key], row.ordinal)
    for row in facts.owed:
        if row.outcome == "sent" and row.id not in came:
            verdict.problems.append(f"{row.kind} {row.id} counts as sent and never arrived")
        if row.outcome == "failed" and not emails.get(row.key, "").startswith(REFUSED):
            verdict.problems.append(f"{row.kind} {row.id} failed")
        if row.outcome == "superseded" and not any(
            other.key == row.key and other.ordinal > row.ordinal for other in facts.owed
        ):
            verdict.problems.append(f"{row.kind} {row.id} was superseded by nothing")


def _order_was_kept(facts: Facts, verdict: Verdict) -> None:
    """In the order of arrival, neither a registration's ordinal nor an invitation's SEQUENCE falls."""
    rows = {row.id: row for row in facts.owed}
    ordinals: dict[str, int] = defaultdict(int)
    sequences: dict[str, int] = defaultdict(int)
    for arrival in sorted(facts.arrivals, key=lambda one: one.at):
        row = rows.get(arrival.message_id)
        if row is None:
            verdict.problems.append(f"a mail {arrival.message_id} arrived that nobody owed")
            continue
        if row.ordinal < ordinals[row.key]:
            verdict.problems.append(f"{row.kind} {row.id} arrived after something newer")
        if arrival.uid and arrival.sequence < sequences[arrival.uid]:
            verdict.problems.append(f"{row.kind} {row.id} has a SEQUENCE that fell")
        ordinals[row.key] = max(row.ordinal, ordinals[row.key])
        if arrival.uid:
            sequences[arrival.uid] = max(arrival.sequence, sequences[arrival.uid])
    _last_mail_tells_the_truth(facts, verdict)


def _last_mail_tells_the_truth(facts: Facts, verdict: Verdict) -> None:
    emails = {str(one.id): one for one in facts.registered}
    last: dict[str, Owed] = {}
    for row in facts.owed:
        if row.key in emails and row.ordinal >= last.get(row.key, row).ordinal:
            last[row.key] = row
    for key, row in last.items():
        is_farewell = row.kind == "cancelled"
        if is_farewell != (emails[key].status == "cancelled"):
            verdict.problems.append(f"{emails[key].email} is {emails[key].status} and was last told {row.kind}")


def _repeats_are_marked(facts: Facts, came: dict[UUID, list[Arrival]], verdict: Verdict) -> None:
    marked = {row.id for row in facts.owed if row.possibly_repeated}
    for message_id, arrivals in came.items():
        if len(arrivals) > 1 and message_id not in marked:
            verdict.problems.append(f"{message_id} arrived {len(arrivals)} times and is not marked")
    repeats = sum(len(arrivals) - 1 for arrivals in came.values())
    unanswered = sum(not arrival.answered for arrival in facts.arrivals)
    if repeats > unanswered + facts.in_flight:
        excuses = f"{unanswered} were never answered for and {facts.in_flight} in flight"
        verdict.problems.append(f"{repeats} arrived twice, but only {excuses}")


def _count(facts: Facts, came: dict[UUID, list[Arrival]], verdict: Verdict) -> None:
    outcomes = Counter(row.outcome or "owed" for row in facts.owed)
    written = {row.id: row.created_at for row in facts.owed}
    delays = [arrivals[0].at - written[one] for one, arrivals in came.items() if one in written]
    verdict.figures = {
        "registered": str(len(facts.registered)),
        "cancelled, registered again": f"{_done(facts, 'cancel')}, {_done(facts, 'return')}",
        "told of a failure": str(sum(not act.told_done for act in facts.acts)),
        "mails that arrived": str(len(facts.arrivals)),
        "superseded": str(outcomes["superseded"]),
        "refused by the relay": str(outcomes["failed"]),
        "kept by the relay without an answer": str(sum(not arrival.answered for arrival in facts.arrivals)),
        "in flight when killed, at most": str(facts.in_flight),
        "arrived twice": str(sum(len(arrivals) - 1 for arrivals in came.values())),
        "marked as possibly repeated": str(sum(row.possibly_repeated for row in facts.owed)),
        "delay, median": f"{median(delays):.2f} s" if delays else "–",
        "delay, 95 of 100": f"{quantiles(delays, n=20)[-1]:.1f} s" if len(delays) > 1 else "–",
        "delay, longest": f"{max(delays):.0f} s" if delays else "–",
        "wrong": str(len(verdict.problems)),
    }


def _done(facts: Facts, what: str) -> int:
    return sum(act.told_done and act.what == what for act in facts.acts)
