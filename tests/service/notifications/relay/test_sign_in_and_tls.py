"""Sign-in and TLS, against a server that requires them."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.support.mail_examples import a_mail
from tests.support.notifications_world import World, owed
from tests.support.receiving_relay import ReceivingRelay

PASSWORD = "p@ss/word"
IN_A_URL = "p%40ss%2Fword"


def check(_: object, __: object, ___: object, ____: object, given: object) -> AuthResult:
    assert isinstance(given, LoginPassword)
    return AuthResult(success=(given.login, given.password) == (b"sender", PASSWORD.encode()), handled=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-made certificate for localhost, and its key."""
    openssl = shutil.which("openssl") or pytest.skip("The openssl command is not here to make a certificate.")
    folder = tmp_path_factory.mktemp("certificate")
    made, key = folder / "certificate.pem", folder / "key.pem"
    asked = f"""req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2
        -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {key} -out {made}"""
    subprocess.run([openssl, *asked.split()], check=True, capture_output=True)
    return made, key


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_the_right_password_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ReceivingRelay(authenticator=check, auth_required=True, auth_require_tls=False) as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp://sender:{IN_A_URL}@127.0.0.1:{relay.port}")
        world.handle(owed(a_mail()))
        assert len(relay.mails) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_password_loses_no_mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ReceivingRelay(authenticator=check, auth_required=True, auth_require_tls=False) as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp://sender:wrong@127.0.0.1:{relay.port}")
        envelope = owed(a_mail())
        world.handle(envelope)
    waiting = world.delivery(envelope)
    assert (waiting.status, waiting.errors, world.receipts) == ("pending", 0, [])
    assert waiting.detail is not None
    assert waiting.detail.startswith("The relay refuses our user name or password: 535")


def test_starttls_is_used_and_the_certificate_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path], tls: ssl.SSLContext
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with ReceivingRelay(tls_context=tls, require_starttls=True) as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp+starttls://localhost:{relay.port}")
        world.handle(owed(a_mail()))
        assert len(relay.mails) == 1


def test_tls_from_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path], tls: ssl.SSLContext
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with ReceivingRelay(ssl_context=tls) as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtps://localhost:{relay.port}")
        for ordinal in (1, 2):
            world.handle(owed(a_mail(), ordinal=ordinal))
        assert len(relay.mails) == 2


def test_a_self_signed_certificate_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext
) -> None:
    with ReceivingRelay(tls_context=tls, require_starttls=True) as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp+starttls://localhost:{relay.port}")
        envelope = owed(a_mail())
        world.handle(envelope)
        assert relay.mails == []
    detail = world.delivery(envelope).detail
    assert detail == "The relay's certificate is not trusted: self-signed certificate"


def test_nothing_is_sent_in_the_clear_to_a_relay_without_starttls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ReceivingRelay() as relay:
        world = World(tmp_path, monkeypatch, SMTP_URL=f"smtp+starttls://127.0.0.1:{relay.port}")
        envelope = owed(a_mail())
        world.handle(envelope)
        assert relay.mails == []
    assert "STARTTLS extension not supported" in str(world.delivery(envelope).detail)
