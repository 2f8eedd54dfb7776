"""Rules that describe what changed about an event's sessions, in the words of a mail."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.contracts.notices import Kind, Notice, SessionFacts
from shared.i18n.dates import day_and_time, when


@dataclass(frozen=True)
class Change:
    """One change, such as "New date" with the detail "Thursday 11 November, 13.00 (was Thursday 4 November, 12.30)"."""

    label: str
    detail: str


def changes_of(notice: Notice) -> list[Change]:
    """The changes between `notice.before` and the event's sessions now; none if the notice has no `before`.

    A notice about one session leaves the others out.
    """
    if not notice.before:
        return []
    zone = notice.event.timezone
    current = {session.id: session for session in notice.event.sessions}
    before = {session.id: session for session in notice.before if not session.cancelled}
    if notice.kind == Kind.SESSION:
        before = {key: session for key, session in before.items() if key in current}
    after = {key: session for key, session in current.items() if not session.cancelled}
    in_both = [(before[key], session) for key, session in after.items() if key in before]
    several = len(current) > 1
    changes = [change for old, new in in_both for change in _session_changes(old, new, zone, several=several)]
    changes += _counted("cancelled", [old for key, old in before.items() if key not in after], zone)
    changes += _counted("new", [new for key, new in after.items() if key not in before], zone)
    if "title" in notice.changes and not any(old.title != new.title for old, new in in_both):
        changes.append(Change("New title", notice.event.title))
    return changes


def _session_changes(old: SessionFacts, new: SessionFacts, zone: str, *, several: bool) -> Iterator[Change]:
    of_which = f" of {_name(new, zone)}" if several else ""
    if (old.starts_at, old.ends_at) != (new.starts_at, new.ends_at):
        yield _new_time(old, new, zone, f" of {new.title}" if several and new.title else "")
    if old.location != new.location:
        yield Change(f"New place{of_which}", f"{new.location or 'online'} (was {old.location or 'online'})")
    if old.join_url and new.join_url and old.join_url != new.join_url:
        yield Change(f"New link to join{of_which}", new.join_url)
    if old.title != new.title:
        was = f" (was {old.title})" if old.title else ""
        yield Change(f"New title of {day_and_time(new.starts_at, zone)}", f"{new.title or 'none'}{was}")


def _new_time(old: SessionFacts, new: SessionFacts, zone: str, of_which: str) -> Change:
    before, after = (session.starts_at.astimezone(ZoneInfo(zone)) for session in (old, new))
    if before.date() != after.date():
        years = before.year != after.year
        was, now = (day_and_time(session.starts_at, zone, year=years) for session in (old, new))
        return Change(f"New date{of_which}", f"{now} (was {was})")
    was, now = when(old, zone).times, when(new, zone).times
    return Change(f"New time{of_which}", f"{when(new, zone).day}, {now} (was {was})")


def _counted(state: str, sessions: list[SessionFacts], zone: str) -> list[Change]:
    if not sessions:
        return []
    label = f"One session is {state}" if len(sessions) == 1 else f"{len(sessions)} sessions are {state}"
    return [Change(label, "; ".join(_name(session, zone) for session in sessions))]


def _name(session: SessionFacts, zone: str) -> str:
    at = day_and_time(session.starts_at, zone)
    return f"{session.title}, {at}" if session.title else at
