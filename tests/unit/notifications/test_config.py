"""Settings: one sentence names a wrong one, and no password is ever shown."""

import pytest

from services.notifications.config import Config
from services.notifications.relay.smtp import Relay, without_addresses
from shared.runtime.settings import BadSetting
from tests.support.mail_examples import ENOUGH


def test_replies_go_to_the_sender_unless_reply_to_is_set() -> None:
    assert Config.read(ENOUGH).REPLY_TO == ("", "events@example.org")
    assert Config.read({**ENOUGH, "REPLY_TO": "hello@example.org"}).REPLY_TO == ("", "hello@example.org")


@pytest.mark.parametrize(("host", "in_ascii"), [("bücher", "xn--bcher-kva"), ("straße", "xn--strae-oqa")])
def test_a_domain_in_another_script_is_written_in_ascii_by_idna_2008(host: str, in_ascii: str) -> None:
    config = Config.read({**ENOUGH, "MAIL_FROM": f"Bücher <events@{host}.example>"})
    name, address = config.MAIL_FROM
    assert (name, address) == ("Bücher", f"events@{in_ascii}.example")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"MAIL_DIR": ""}, "Neither SMTP_URL nor MAIL_DIR is set"),
        ({"SMTP_URL": "http://example.org"}, "SMTP_URL must be a URL of the form smtp://"),
        ({"BOUNCE_ADDRESS": "bounces@example.org"}, "BOUNCE_ADDRESS must have a . before the @"),
        ({"MAIL_FROM": "müller@example.org"}, "MAIL_FROM must be an e-mail address"),
        ({"MAIL_FROM": "events@"}, "MAIL_FROM must be an e-mail address"),
        ({"SMTP_TIMEOUT": "90"}, "SMTP_TIMEOUT must be a whole number from 1 to 30"),
        ({"SMTP_MAX_CONNECTIONS": "0"}, "SMTP_MAX_CONNECTIONS must be a whole number from 1"),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadSetting, match=sentence):
        Config.read(ENOUGH | wrong)


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://relay.example", Relay("smtp", "relay.example", 25)),
        ("smtps://relay.example", Relay("smtps", "relay.example", 465)),
        ("smtp+starttls://me:p%40ss%2F@relay.example", Relay("smtp+starttls", "relay.example", 587, "me", "p@ss/")),
        ("smtp://me%40example.org:x@relay.example:2525", Relay("smtp", "relay.example", 2525, "me@example.org", "x")),
        ("smtp://[::1]:1025", Relay("smtp", "::1", 1025)),
    ],
)
def test_a_relay_is_named_by_a_url(url: str, relay: Relay) -> None:
    assert Relay.at(url) == relay


def test_a_relay_never_shows_its_password() -> None:
    assert "secret" not in repr(Relay.at("smtp://me:secret@relay.example"))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 <ada@example.org>: no", "550 <(address)>: no"),
        ("550 ada.example+x@mail.example.org, eve@example.com.", "550 (address), (address)"),
        ("550 5.1.1 No such user", "550 5.1.1 No such user"),
        ("line one\r\nline two", "line one line two"),
    ],
)
def test_addresses_are_taken_out_of_a_relays_answer(said: str, kept: str) -> None:
    assert without_addresses(said) == kept
