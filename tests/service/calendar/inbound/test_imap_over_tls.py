"""Answers read over TLS: from a server whose certificate is good for its name, and from no other."""

import ssl
from pathlib import Path

import pytest
import trustme

from services.calendar.inbound.imap import read_imap
from tests.support.calendar_answers import a_reply, answers_owed
from tests.support.calendar_world import World, a_notice, an_event
from tests.support.imap_server import ImapServer

pytestmark = pytest.mark.usefixtures("late_october")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(tmp_path, monkeypatch)
    world.tell(a_notice(an_event("2027-11-04T12:30")))
    return world


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Who issues certificates that this machine trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_answers_are_read_over_tls(world: World, authority: trustme.CA) -> None:
    with ImapServer(tls(authority.issue_cert("127.0.0.1"))) as server, world.app.app_context():
        assert server.url.startswith("imaps://")
        server.deliver(a_reply())
        assert read_imap(server.url) == 1
    assert [answer for _, _, answer in answers_owed(world)] == ["accepted"]


@pytest.mark.parametrize("name", ["mail.example.org", "127.0.0.2"])
def test_a_certificate_for_another_name_is_not_trusted(world: World, authority: trustme.CA, name: str) -> None:
    with ImapServer(tls(authority.issue_cert(name))) as server, world.app.app_context():
        server.deliver(a_reply())
        with pytest.raises(ssl.SSLCertVerificationError):
            read_imap(server.url)
        assert server.fetched == []


@pytest.mark.usefixtures("authority")
def test_a_certificate_of_unknown_issue_is_not_trusted(world: World) -> None:
    server = ImapServer(tls(trustme.CA().issue_cert("127.0.0.1")))
    with server, world.app.app_context(), pytest.raises(ssl.SSLCertVerificationError):
        read_imap(server.url)


def test_a_server_without_tls_is_told_no_password(world: World, authority: trustme.CA) -> None:
    with ImapServer() as server, world.app.app_context():
        with pytest.raises(ssl.SSLError):
            read_imap(server.url.replace("imap://", "imaps://"))
        assert "LOGIN" not in " ".join(server.said)
