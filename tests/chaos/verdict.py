"""The judge: what became of each person and each mail, from what was recorded, without looking anywhere else."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import median, quantiles
from uuid import UUID

from tests.chaos.relay import REFUSED, Arrival


@dataclass(frozen=True)
class Owed:
    """A row of registration's outbox that is about a mail to somebody; `kind` is the notice's."""

    id: UUID
    key: str
    ordinal: int
    kind: str
    outcome: str | None
    possibly_repeated: bool
    created_at: float


@dataclass(frozen=True)
class Registered:
    """A registration as the source of truth has it."""

    id: UUID
    email: str
    status: str


@dataclass(frozen=True)
class Act:
    """What a client did for somebody, and whether it was told that it was done."""

    email: str
    what: str
    told_done: bool


@dataclass(frozen=True)
class Facts:
    """All that was recorded.

    `unsettled` counts rows of every outbox and inbox that were still open at the end; `in_flight` is how
    many mails workers may have had in their hands, at the most, when they or their database were killed.
    """

    acts: list[Act]
    registered: list[Registered]
    owed: list[Owed]
    arrivals: list[Arrival]
    unsettled: int
    in_flight: int


@dataclass
class Verdict:
    """What was found: problems in words, and the figures of the report."""

    problems: list[str] = field(default_factory=list)
    figures: dict[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether nothing was wrong."""
        return not self.problems


def judge(facts: Facts) -> Verdict:
    """Nothing lost, nothing out of order, nothing twice but what is marked, nobody left in the dark."""
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
    """Who was told "done" is registered; who is registered has a mail, whatever the browser was told."""
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
    """What arrives about a registration never goes back: neither its ordinal nor an invitation's SEQUENCE."""
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
