"""What registration is told of the answers that mail programs really send."""

from pathlib import Path

import pytest

from shared.contracts.receipts import RsvpReceived
from tests.support.calendar_answers import KEY, post
from tests.support.calendar_world import World, a_notice, an_event
from tests.support.recorded_answers import ANSWERS, as_sent

pytestmark = pytest.mark.usefixtures("late_october")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Ada has been invited to half past twelve in November."""
    world = World(tmp_path, monkeypatch, INBOUND_KEY=KEY)
    world.tell(a_notice(an_event("2027-11-04T12:30")))
    return world


def told(world: World) -> RsvpReceived:
    (row,) = (row for row in world.owed() if row.queue == "registration")
    answer: RsvpReceived = RsvpReceived.wire_schema.load(row.body)
    return answer


@pytest.mark.parametrize("name", ANSWERS)
def test_every_programs_answer_reaches_registration(world: World, name: str) -> None:
    assert post(world, as_sent(name)).json == {"accepted": True, "reason": ""}
    answer = told(world)
    assert (answer.registration_id, answer.session_id) == ("r1", "e1s1")
    assert (answer.answer, answer.stamped_at) == (ANSWERS[name].answer, ANSWERS[name].stamped_at)


def test_a_proposal_is_told_on_the_events_own_clocks(world: World) -> None:
    post(world, as_sent("outlook-proposes-another-time"))
    assert told(world).comment == (
        "Friday would suit me better.\nProposes Friday 5 November 2027, 09.00 to 10.30 (Greenwich Mean Time, London)"
    )


def test_an_answer_that_only_outlook_could_read_changes_nothing(world: World) -> None:
    refused = {"accepted": False, "reason": "it is in Outlook's own format (TNEF)"}
    assert post(world, as_sent("outlook-in-its-own-format")).json == refused
    assert world.owed() == []
