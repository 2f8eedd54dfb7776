"""The invites as Thunderbird's engine (ical.js) and node-ical read them, where those are installed."""

import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from services.calendar.ics import render_invite
from tests.support.calendar_examples import an_event, an_issue

SCRIPT = Path(__file__).parent / "other_parsers" / "parse.cjs"
ZONES = (
    "Europe/London",
    "Europe/Belfast",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Sydney",
    "Pacific/Pago_Pago",
    "Pacific/Auckland",
)
DAYS = ("2027-11-04", "2027-06-10", "2027-03-28", "2027-10-31", "2027-11-07", "2027-10-03", "2027-04-04")
HOURS = ("00:30", "12:30", "23:30")
SINGLE = [an_event(f"{day}T{hour}", zone=zone) for zone in ZONES for day in DAYS for hour in HOURS]
SERIES = [
    an_event(*starts, zone=zone)
    for zone in ZONES
    for starts in (
        ("2027-10-21T12:30", "2027-10-28T12:30", "2027-11-04T12:30", "2027-11-11T12:30"),
        ("2027-10-21T12:30", "2027-10-28T12:30", "2027-11-05T09:00", "2027-11-11T12:30"),
        ("2027-09-02T18:00", "2027-10-07T18:00", "2027-11-04T18:00"),
    )
]


def run(texts: list[str]) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    return subprocess.run([node, SCRIPT], input=json.dumps(texts), capture_output=True, text=True, check=False)


def test_other_parsers_find_the_same_instants() -> None:
    if "Cannot find module" in run([]).stderr:
        pytest.skip("the npm packages ical.js and node-ical are not installed (make test does it where there is npm)")
    events = SINGLE + SERIES

    answer = run([render_invite(an_issue(event)) for event in events])

    assert answer.returncode == 0, answer.stderr
    for event, found in zip(events, json.loads(answer.stdout), strict=True):
        expected = [(session.starts_at, session.ends_at) for session in event.sessions]
        assert instants(found["icalJs"]) == expected
        assert instants(found["nodeIcal"]) == expected[:1]


def instants(found: list[list[str]]) -> list[tuple[datetime, datetime]]:
    return sorted((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in found)
