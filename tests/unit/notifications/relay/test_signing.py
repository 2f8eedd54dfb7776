"""DKIM signatures: they verify, and no longer do after a change."""

import re
from collections.abc import Iterator
from datetime import timedelta
from email.parser import BytesParser
from email.policy import SMTP
from pathlib import Path

import dkim
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import PrivateFormat

from services.notifications import create_app
from services.notifications.compose import compose
from services.notifications.config import Config
from services.notifications.relay.signing import Signer
from shared.contracts.notices import Kind, MailDue
from shared.runtime.settings import BadSetting
from tests.support.mail_examples import ENOUGH, LETTERHEAD, MAIL_ID, a_mail
from tests.support.mail_signing import PRIVATE, pem, published

FORMATS = (PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL)


@pytest.fixture(autouse=True)
def a_month_later() -> Iterator[None]:
    """A signature from the future does not verify."""
    with time_machine.travel(a_mail().notice.stated_at + timedelta(days=30)):
        yield


def signed(mail: MailDue, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    signer = Signer(pem(PRIVATE, form), "placecard", LETTERHEAD.domain)
    return signer.sign(compose(mail, MAIL_ID, LETTERHEAD), mail.notice.stated_at)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("name", ["Ada Example", "Example, Ada", "عائشة مثال", "Ada 👩🏽‍💻 Example", "ü" * 190])
def test_the_signature_of_every_mail_verifies(kind: Kind, name: str) -> None:
    content = signed(a_mail(kind=kind, name=name))
    assert dkim.verify(content, dnsfunc=published)
    mail = BytesParser(policy=SMTP).parsebytes(content)
    assert mail.defects == []
    assert max(map(len, content.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("form", FORMATS)
def test_both_forms_of_key_are_accepted(form: PrivateFormat) -> None:
    assert dkim.verify(signed(a_mail(), form), dnsfunc=published)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Subject: You have", b"Subject: We have"),
        (b"From: Example", b"From: Another"),
        (b"To: Ada", b"To: Eve"),
        (b"Reply-To: hello", b"Reply-To: other"),
        (b"Auto-Submitted: auto-generated", b"Auto-Submitted: no"),
        (b"We look forward", b"We never look forward"),
        (b"\r\nFrom: ", b"\r\nFrom: Eve <eve@example.org>\r\nFrom: "),
    ],
)
def test_a_changed_mail_does_not_verify(before: bytes, after: bytes) -> None:
    content = signed(a_mail())
    assert before in content
    assert not dkim.verify(content.replace(before, after, 1), dnsfunc=published)


def test_changes_of_white_space_and_letter_case_do_not_matter() -> None:
    content = signed(a_mail())
    assert dkim.verify(content.replace(b"Auto-Submitted: ", b"auto-submitted:   "), dnsfunc=published)


def test_the_signature_says_what_it_covers() -> None:
    mail = BytesParser(policy=SMTP).parsebytes(signed(a_mail()))
    tags = dict(re.findall(r"(\w+)=([^;]*)", re.sub(r"\s+", "", mail["DKIM-Signature"])))
    assert (tags["a"], tags["c"], tags["d"], tags["s"]) == (
        "rsa-sha256",
        "relaxed/relaxed",
        "example.org",
        "placecard",
    )
    assert int(tags["t"]) == int(a_mail().notice.stated_at.timestamp())
    covered = {"from", "to", "subject", "date", "message-id", "reply-to", "content-type", "mime-version"}
    assert covered | {"auto-submitted"} <= set(tags["h"].split(":"))
    assert tags["h"].split(":").count("from") == 2


def test_a_retry_signs_the_same_bytes() -> None:
    assert signed(a_mail()) == signed(a_mail())


def with_key(key: str, selector: str = "placecard") -> dict[str, str]:
    return {**ENOUGH, "DKIM_KEY": key, "DKIM_SELECTOR": selector}


def test_a_key_may_be_in_a_file_or_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_text(pem(PRIVATE))
    for key in (str(file), pem(PRIVATE).replace("\n", "\\n")):
        found = Config.read(with_key(key)).DKIM_KEY
        assert found == pem(PRIVATE)


SHORT = "-----BEGIN PRIVATE KEY-----\nYWJj\n-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"DKIM_KEY": SHORT}, "DKIM_KEY and DKIM_SELECTOR belong together: set both, or neither."),
        ({"DKIM_SELECTOR": "x"}, "DKIM_KEY and DKIM_SELECTOR belong together: set both, or neither."),
        (with_key(SHORT, "no such"), "DKIM_SELECTOR must be a name such as placecard or s1.mail."),
        (with_key("/no/such/file"), "DKIM_KEY must be an RSA private key in PEM, or name a file that holds one."),
        (with_key(SHORT), "DKIM_KEY cannot be used: it is not an RSA private key in PEM."),
        (with_key(SHORT.replace("YWJj", "!")), "DKIM_KEY cannot be used: it is not an RSA private key in PEM."),
        (with_key(__file__), "DKIM_KEY cannot be used: it is not an RSA private key in PEM."),
        (
            with_key(pem(ec.generate_private_key(ec.SECP256R1()))),
            "DKIM_KEY cannot be used: it is not an RSA private key in PEM.",
        ),
    ],
)
def test_a_bad_key_ends_start_up_with_one_sentence(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadSetting) as refused:
        create_app({**ENOUGH, **settings})
    assert str(refused.value) == sentence
