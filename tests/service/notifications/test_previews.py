"""Previews of mails."""

import json
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from services.notifications.compose import compose
from shared.contracts import decode, encode
from shared.contracts.notices import Kind, MailDue
from shared.contracts.previews import WrittenMail
from tests.support.mail_examples import MAIL_ID, a_mail
from tests.support.notifications_world import World
from tests.support.service_calls import signed


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch, MAIL_DIR=str(tmp_path / "mail"))


def asked(world: World, mail: MailDue) -> TestResponse:
    body = json.dumps(encode(mail))
    return world.app.test_client().post("/mail/preview", data=body, headers=signed(world.app, body))


@pytest.mark.parametrize("kind", [Kind.CONFIRMED, Kind.WAITLISTED])
def test_a_preview_equals_the_mail_that_would_be_sent(world: World, kind: Kind, tmp_path: Path) -> None:
    mail = a_mail(kind=kind, name="Example, Ada 👩🏽‍💻")
    written = decode("written-mail", 1, asked(world, mail).get_json())
    sent = compose(mail, MAIL_ID, world.app.extensions["letterhead"])
    read: EmailMessage = BytesParser(policy=policy.default).parsebytes(sent)
    assert isinstance(written, WrittenMail)
    assert (written.sender, written.recipient) == (read["From"], read["To"])
    assert (written.reply_to, written.subject) == (read["Reply-To"], read["Subject"])
    for subtype, content in (("plain", written.text), ("html", written.html)):
        body = read.get_body([subtype])
        assert body is not None
        assert content == body.get_content()
    assert not (tmp_path / "mail").exists(), "a preview was sent"


def test_a_mail_that_cannot_be_composed_is_refused_with_the_reason(world: World) -> None:
    answer = asked(world, a_mail(name="Ada\nExample"))
    assert (answer.status_code, answer.get_json()) == (422, {"reason": "There is a line break in the name."})


def test_only_our_own_services_may_ask(world: World) -> None:
    body = json.dumps(encode(a_mail()))
    assert world.app.test_client().post("/mail/preview", data=body).status_code == 401
