"""A REPLY to an invite (RFC 5546, 3.2.3), with all that tests change in it."""

UID = "r1-s1@charity.example.org"
ADA = "ada@example.org"


def a_calendar(method: str = "REPLY", partstat: str = "ACCEPTED", attendee: str = "", more: str = "") -> str:
    attendee = attendee or f"ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT={partstat};CN=Ada Example:mailto:{ADA}"
    lines = f"""BEGIN:VCALENDAR
PRODID:-//Somebody//Else//EN
VERSION:2.0
METHOD:{method}
BEGIN:VEVENT
DTSTART:20271104T123000Z
DTEND:20271104T140000Z
DTSTAMP:20271020T091500Z
ORGANIZER;CN=Example Charity:mailto:events@charity.example.org
UID:{UID}
{attendee}
{more}
SEQUENCE:0
SUMMARY:Learning together
END:VEVENT
END:VCALENDAR
"""
    return "\r\n".join(line for line in lines.splitlines() if line) + "\r\n"
