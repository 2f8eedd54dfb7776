"""Mails with an answer to an invitation, in the shapes that mail programs give them."""

import base64
from email.message import EmailMessage

from services.calendar.rules.answers import Reply, replies_in
from tests.support.calendar_replies import ADA
from tests.support.recorded_answers import RECEIVED


def read(raw: bytes) -> list[Reply]:
    """What is read from a mail that comes seconds after the answer was given."""
    return replies_in(raw, received_at=RECEIVED)


def a_mail(calendar: str, kind: str = "text/calendar; charset=UTF-8; method=REPLY", headers: str = "") -> bytes:
    head = f"From: {ADA}\r\nTo: events@charity.example.org\r\nSubject: Accepted\r\n{headers}MIME-Version: 1.0\r\n"
    return (head + f"Content-Type: {kind}\r\n\r\n").encode() + calendar.encode()


def as_gmail(calendar: str) -> bytes:
    """mixed [ alternative [ plain, html, calendar in 7bit ], application/ics in base64 ], sent by Google for her."""
    attached = base64.encodebytes(calendar.encode()).decode()
    return f"""MIME-Version: 1.0
Reply-To: {ADA}
Sender: Google Calendar <calendar-notification@google.com>
Auto-Submitted: auto-generated
Message-ID: <calendar-1@google.com>
Subject: Accepted: Learning together @ Thu 4 Nov 2027 12:30 - 14:00 (GMT)
From: {ADA}
To: events@charity.example.org
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{base64.b64encode(b"Ada Example has accepted this invitation.").decode()}

--inner
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<p>Ada Example has accepted this invitation.</p>
--inner
Content-Type: text/calendar; charset="UTF-8"; method=REPLY
Content-Transfer-Encoding: 7bit

{calendar}
--inner--

--outer
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{attached}
--outer--
""".encode()


def as_outlook(calendar: str) -> bytes:
    """alternative [ plain, html, calendar in base64 ], the address in capitals, a zone by Microsoft's name."""
    windows = calendar.replace(
        "BEGIN:VEVENT",
        "BEGIN:VTIMEZONE\r\nTZID:GMT Standard Time\r\nBEGIN:STANDARD\r\nDTSTART:16010101T020000\r\n"
        "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0000\r\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\n"
        "BEGIN:DAYLIGHT\r\nDTSTART:16010101T010000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\n"
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
    )
    windows = windows.replace("DTSTART:20271104T123000Z", "DTSTART;TZID=GMT Standard Time:20271104T123000")
    windows = windows.replace(f"mailto:{ADA}", "MAILTO:Ada@Example.ORG")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADA, "events@charity.example.org", "Accepted: Learning together"
    mail["X-MS-Has-Attach"], mail["X-Auto-Response-Suppress"] = "", "DR, OOF, AutoReply"
    mail.set_content("")
    mail.add_alternative("<html></html>", subtype="html")
    mail.add_alternative(windows.encode(), maintype="text", subtype="calendar", params={"method": "REPLY"})
    return mail.as_bytes()


def as_apple(calendar: str) -> bytes:
    """alternative [ plain, mixed [ html, attached .ics ] ], lines folded in the middle of the address."""
    folded = calendar.replace(f"mailto:{ADA}", "mai\r\n lto:ada@exam\r\n ple.org")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ADA, "events@charity.example.org", "Ada Example: Accepted"
    mail.set_content("Ada Example has accepted")
    mail.add_attachment(
        folded.encode(), maintype="text", subtype="calendar", filename="iCal-1.ics", params={"method": "REPLY"}
    )
    return mail.as_bytes()


def as_thunderbird(calendar: str) -> bytes:
    """mixed [ alternative [ plain, calendar quoted-printable ], application/ics ]."""
    return (
        'From: Ada Example <ada@example.org>\nContent-Type: multipart/mixed; boundary="b1"\n\n--b1\n'
        'Content-Type: multipart/alternative; boundary="b2"\n\n--b2\nContent-Type: text/plain; charset=utf-8\n\n'
        "Ada Example has accepted your event invitation.\n--b2\n"
        "Content-Type: text/calendar; method=REPLY; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        + calendar.replace("=", "=3D").replace("\r\n", "\n")
        + '\n--b2--\n--b1\nContent-Type: application/ics; name="invite.ics"\nContent-Transfer-Encoding: base64\n\n'
        + base64.encodebytes(calendar.encode()).decode()
        + "\n--b1--\n"
    ).encode()


def bare(calendar: str) -> bytes:
    """Nothing but the calendar, in an encoding of its own."""
    return a_mail("", 'text/calendar; charset="utf-16-le"; method=REPLY') + calendar.encode("utf-16-le")


SHAPES = [as_gmail, as_outlook, as_apple, as_thunderbird, a_mail, bare]
