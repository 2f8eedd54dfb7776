"""Who a mail comes from, and whether the receiving server proved it (RFC 5322, RFC 7489, RFC 8601)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import Message as Mail
from email.utils import getaddresses

LONGEST_HEADER = 10_000
GOOGLE = "calendar-notification@google.com"
ON_BEHALF = (GOOGLE, "noreply@email.apple.com")
"""Web calendars that answer for their users. Where one of them is the From, Reply-To is the user."""

DMARC = re.compile(r"\s*dmarc\s*(?:/\s*\d+\s*)?=\s*(\w+)", re.I)
HEADER_FROM = re.compile(r"\bheader\s*\.\s*from\s*=\s*(\S+)", re.I)


class Untrusted(Exception):
    """The mail must not be believed. The reason names nobody."""


@dataclass(frozen=True)
class Sender:
    """The addresses that a mail claims to come from, in lower case, and the one of them that DMARC proves, if any."""

    addresses: frozenset[str]
    proved: str | None = None


def sender_of(mail: Mail, trusted_authserv_id: str | None) -> Sender:
    """The sender of a mail: its From and its Sender, or the user for whom a web calendar answers.

    `trusted_authserv_id` is the name under which the receiving server states its results. Only From can be proved,
    because DMARC does not look at Sender. Google proves its user: it states the address of the signed-in account.
    Raises Untrusted if the mail has no single From or the receiving server says that DMARC failed.
    """
    if len(mail.get_all("From", [])) != 1:
        raise Untrusted("the mail has not exactly one From")
    writers = _addresses(mail, "From")
    passed = _domains_that_pass(mail.get_all("Authentication-Results", []), trusted_authserv_id)
    if len(writers) != 1:
        return Sender(frozenset(writers + _addresses(mail, "Sender")))
    (writer,) = users = writers
    if writer in ON_BEHALF:
        users = _addresses(mail, "Reply-To")
    is_proved = writer.rpartition("@")[2] in passed and len(users) == 1 and (users == writers or writer == GOOGLE)
    return Sender(frozenset(users + _addresses(mail, "Sender")), users[0] if is_proved else None)


def _addresses(mail: Mail, header: str) -> list[str]:
    values = [str(value)[:LONGEST_HEADER] for value in mail.get_all(header, [])[:1]]
    return [address.casefold() for _, address in getaddresses(values) if "@" in address]


def _domains_that_pass(headers: Iterable[str], trusted_authserv_id: str | None) -> set[str]:
    """The From domains for which our own server says that DMARC passed.

    Only the topmost header with its name counts: a server writes above what it received, so a lower one may be forged.
    Raises Untrusted if it says that DMARC failed.
    """
    if not trusted_authserv_id:
        return set()
    for header in headers:
        name, *results = _segments(str(header)[:LONGEST_HEADER])
        if name.split()[:1] == [trusted_authserv_id.casefold()]:
            return {domain for result in results if (domain := _passed(result))}
    return set()


def _passed(result: str) -> str | None:
    found = DMARC.match(result)
    if found is None:
        return None
    if found[1] == "fail":
        raise Untrusted("the receiving server says that DMARC failed")
    domain = HEADER_FROM.search(result)
    return domain[1].rpartition("@")[2] if domain and found[1] == "pass" else None


def _segments(header: str) -> list[str]:
    """The header in lower case, cut at its semicolons. Comments are left out, and quoted text becomes one word."""
    segments, depth, quoted, escaped = [""], 0, False, False
    for letter in header.casefold():
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"' and not depth:
            quoted = not quoted
        elif letter in "()" and not quoted:
            depth = max(0, depth + (1 if letter == "(" else -1))
            segments[-1] += " "
        elif letter == ";" and not quoted and not depth:
            segments.append("")
        elif not depth:
            segments[-1] += letter if not quoted or letter.isalnum() or letter in ".-@" else "_"
    return segments
