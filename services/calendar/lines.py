"""Writes components of iCalendar objects as text (RFC 5545, 3.1 to 3.3).

The library that reads them writes them too, but takes six times as long over it: that was a third of what it took to
staple an invite.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Self

from icalendar.timezone.tzid import is_utc

OCTETS_A_LINE = 74  # and the space before those that go on
NOT_IN_A_LINE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
NEEDS_QUOTES = re.compile(r"[,;: '’]")
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class Component:
    """A component: its properties in the order in which they are put, then the components in it.

    `zones` are the IANA names of those that its times are in.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.zones: set[str] = set()
        self._lines: list[str] = []
        self._within: list[str] = []

    def put(self, name: str, value: object, parameters: Mapping[str, str] = MappingProxyType({})) -> None:
        """Put a property whose value is written as it is. It stays one line, whatever the value holds."""
        described = "".join(f";{key}={_parameter(word)}" for key, word in parameters.items())
        self._lines.append(_folded(NOT_IN_A_LINE.sub("", f"{name}{described}:{value}")))

    def put_text(self, name: str, text: str) -> None:
        """Put a property whose value is text."""
        self.put(name, text.translate(ESCAPED))

    def put_times(self, name: str, *moments: datetime) -> None:
        """Put a property whose value is one time or several, all in one zone."""
        zone = moments[0].tzinfo
        if is_utc(moments[0]):
            self.put(name, ",".join(f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" for moment in moments))
        else:
            self.zones.add(str(zone))
            self.put(name, ",".join(f"{moment:%Y%m%dT%H%M%S}" for moment in moments), {"TZID": str(zone)})

    def place(self, within: "Self | str") -> None:
        """Place a component, or its text, in this one."""
        self._within.append(str(within))

    def __str__(self) -> str:
        """The text, with CRLF line ends."""
        lines = "".join(f"{line}\r\n" for line in self._lines)
        return f"BEGIN:{self.kind}\r\n{lines}{''.join(self._within)}END:{self.kind}\r\n"


def _parameter(word: str) -> str:
    """A parameter's value, with the caret escaped (RFC 6868) and quoted where it has to be."""
    word = word.replace("^", "^^").replace('"', "^'")
    return f'"{word}"' if NEEDS_QUOTES.search(word) else word


def _folded(line: str) -> str:
    """The line, folded without splitting a character, or an escaped one, which some clients do not join again."""
    octets, pieces = line.encode(), []
    while len(octets) > OCTETS_A_LINE:
        end = OCTETS_A_LINE
        while octets[end] & 0b1100_0000 == 0b1000_0000:
            end -= 1
        last = octets[end - 1 : end]
        escapes = end - len(octets[:end].rstrip(last)) if last in (b"\\", b"^") else 0
        end -= escapes % 2
        pieces.append(octets[:end])
        octets = octets[end:]
    return b"\r\n ".join([*pieces, octets]).decode()
