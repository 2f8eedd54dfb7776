"""Cuts calendar texts (RFC 5545) down to the lines that an answer needs, before anything is parsed.

A line costs the parser a thousand times what it costs here, so what strangers send is parsed only after this.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

MOST_COMPONENTS = 50
MOST_OBSERVANCES = 200
DEEPEST_NESTING = 5
LONGEST_LINE = 4000
MOST_COMMENTS = 10

BEGIN, END = "BEGIN:VCALENDAR", "END:VCALENDAR"
LINE_END = re.compile(r"\r\n|\n|\r")
FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
NAME = re.compile(r"[A-Za-z-]+")
OBSERVANCE = {"DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"}
NEEDED = {
    "VCALENDAR": {"METHOD", "VERSION", "PRODID"},
    "VTIMEZONE": {"TZID"},
    "STANDARD": OBSERVANCE,
    "DAYLIGHT": OBSERVANCE,
    "VEVENT": {"UID", "DTSTAMP", "SEQUENCE", "RECURRENCE-ID", "DTSTART", "DTEND", "COMMENT", "ATTENDEE"},
}


class Malformed(Exception):
    """The calendar text is out of shape, or too large to be an answer."""


def calendars_in(text: str) -> Iterator[list[str]]:
    """The unfolded lines of each calendar in a text. What stands around them is left out."""
    lines: list[str] = []
    for line in LINE_END.split(FOLD.sub("", text)):
        word = line.lstrip("\ufeff").rstrip().upper()
        if word == BEGIN:
            lines = [BEGIN]
        elif lines:
            lines.append(line)
            if word == END:
                yield lines
                lines = []


def needed_lines(calendar: list[str], senders: Collection[str]) -> str:
    """The calendar with only the lines that an answer needs, and at most one ATTENDEE in each VEVENT.

    That is the first that mentions one of `senders`, or else the first of all (RFC 5546, 3.2.3, allows one).
    Raises Malformed, also for more than 50 components or 5 levels of nesting; observances of time zones don't count.
    """
    open_components: list[_Component] = []
    counts = {"components": 0, "observances": 0}
    kept: list[str] = []
    for line in calendar:
        found = NAME.match(line)
        name = found[0].upper() if found else ""
        if name == "BEGIN":
            open_components.append(_Component(line[6:].strip().upper()))
            counts["observances" if open_components[-1].is_observance else "components"] += 1
            if counts["components"] > MOST_COMPONENTS or counts["observances"] > MOST_OBSERVANCES:
                raise Malformed("the calendar has too many components")
            if len(open_components) > DEEPEST_NESTING:
                raise Malformed("the calendar has too many components in one another")
        elif name == "END":
            if not open_components or open_components[-1].name != line[4:].strip().upper():
                raise Malformed("the calendar is out of shape")
            closed = open_components.pop()
            above = open_components[-1].lines if open_components else kept
            if closed.name in NEEDED:
                above += [f"BEGIN:{closed.name}", *closed.lines, *closed.attendee, f"END:{closed.name}"]
        elif open_components:
            open_components[-1].take(name, line, senders)
    return "\r\n".join([*kept, ""])


@dataclass
class _Component:
    """A component whose END has not been read yet, with the lines of it that are needed."""

    name: str
    lines: list[str] = field(default_factory=list)
    attendee: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    @property
    def is_observance(self) -> bool:
        return self.name in ("STANDARD", "DAYLIGHT")

    def take(self, name: str, line: str, senders: Collection[str]) -> None:
        """Keep a line if it is needed; of a property that stands once, the first."""
        if name not in NEEDED.get(self.name, ()):
            return
        if name == "ATTENDEE":
            self._take_attendee(line, senders)
            return
        self.seen[name] = self.seen.get(name, 0) + 1
        if name == "COMMENT" and self.seen[name] <= MOST_COMMENTS:
            self.lines.append(line[:LONGEST_LINE])
        elif self.seen[name] == 1 and len(line) <= LONGEST_LINE:
            self.lines.append(line)

    def _take_attendee(self, line: str, senders: Collection[str]) -> None:
        if len(line) > LONGEST_LINE or self.seen.get("the sender"):
            return
        written = unquote(line).casefold()
        is_sender = any(sender in written for sender in senders)
        if is_sender or not self.attendee:
            self.attendee = [line]
        if is_sender:
            self.seen["the sender"] = 1
