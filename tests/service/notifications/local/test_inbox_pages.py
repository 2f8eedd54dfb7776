"""The inbox pages, and the mails that are kept instead of sent."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests.support.mail_examples import a_mail
from tests.support.notifications_world import World, owed


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tmp_path, monkeypatch, MAIL_DIR=str(tmp_path / "mail"))


@pytest.fixture
def browser(world: World) -> Iterator[FlaskClient]:
    with world.app.test_client() as client:
        yield client


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "mail" / "new").iterdir())


def test_an_empty_inbox_says_so(browser: FlaskClient) -> None:
    page = browser.get("/mail/inbox").text
    assert "There is none yet." in page
    assert "<table" not in page


def test_a_kept_mail_is_listed_and_can_be_read(world: World, browser: FlaskClient, tmp_path: Path) -> None:
    envelope = owed(a_mail())
    world.handle(envelope)
    (key,) = kept(tmp_path)
    assert world.delivery(envelope).detail == f"Kept in the Maildir as {key}."
    listing = browser.get("/mail/inbox").text
    assert f'href="/mail/inbox/{key}"' in listing
    assert "You have a place: Learning together" in listing
    page = browser.get(f"/mail/inbox/{key}").text
    for words in ("Ada Example &lt;ada@example.org&gt;", "Hello Ada Example,", "METHOD:REQUEST", "Fri, 01 Oct 2027"):
        assert words in page


def test_the_newest_mail_comes_first_and_older_ones_are_a_page_away(
    world: World, browser: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.notifications.local.inbox_pages.MAILS_A_PAGE", 2)
    for ordinal in range(3):
        world.handle(owed(a_mail(), ordinal=ordinal))
    first, second, third = kept(tmp_path)
    newest = browser.get("/mail/inbox").text
    assert newest.index(third) < newest.index(second)
    assert first not in newest
    older = browser.get(f"/mail/inbox?before={second}").text
    assert first in older
    assert second not in older


def test_other_files_in_the_folder_are_ignored(world: World, browser: FlaskClient, tmp_path: Path) -> None:
    world.handle(owed(a_mail()))
    (tmp_path / "mail" / "new" / "a-note-of-my-own").write_text("Hello")
    assert browser.get("/mail/inbox").text.count('<th scope="row"') == 1


def test_the_html_of_a_mail_runs_no_script_and_opens_links_in_a_new_tab(
    world: World, browser: FlaskClient, tmp_path: Path
) -> None:
    world.handle(owed(a_mail()))
    (key,) = kept(tmp_path)
    shown = browser.get(f"/mail/inbox/{key}/html")
    directives = shown.headers["Content-Security-Policy"].split("; ")
    assert "default-src 'none'" in directives
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in directives
    assert "script-src" not in shown.headers["Content-Security-Policy"]
    assert '<base target="_blank">' in shown.text
    framing = browser.get(f"/mail/inbox/{key}").headers["Content-Security-Policy"]
    assert "frame-src 'self'" in framing


def test_the_invite_and_the_whole_mail_are_served_byte_for_byte(
    world: World, browser: FlaskClient, tmp_path: Path
) -> None:
    mail = a_mail()
    world.handle(owed(mail))
    (key,) = kept(tmp_path)
    invite = browser.get(f"/mail/inbox/{key}/invite.ics")
    assert mail.invite is not None
    assert invite.data == mail.invite.content.encode()
    assert invite.content_type.startswith("text/calendar")
    raw = browser.get(f"/mail/inbox/{key}/raw")
    assert raw.data == (tmp_path / "mail" / "new" / key).read_bytes()
    assert message_from_bytes(raw.data, policy=policy.SMTP)["Delivered-To"] == "ada@example.org"


@pytest.mark.parametrize("path", ["", "/html", "/raw", "/invite.ics"])
def test_an_unknown_mail_is_not_found(browser: FlaskClient, path: str) -> None:
    assert browser.get(f"/mail/inbox/{uuid4()}{path}").status_code == 404
    assert browser.get(f"/mail/inbox/..%2f..%2fnotifications.db{path}").status_code == 404


def test_there_are_no_inbox_pages_if_mail_goes_to_a_relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path, monkeypatch, SMTP_URL="smtp://127.0.0.1:1")
    assert world.app.test_client().get("/mail/inbox").status_code == 404


def test_the_health_check_is_under_mail(browser: FlaskClient) -> None:
    assert browser.get("/mail/healthz").json == {"status": "ok", "service": "notifications"}
