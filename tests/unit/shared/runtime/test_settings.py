"""Settings from the environment: a wrong one is named in one sentence."""

import pytest

from shared.runtime.settings import BadSetting, Environment


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda e: e.port("X", 1), "X must be a whole number from 1 to 65535, not 'nonsense'."),
        (lambda e: e.text("Y"), "Y is not set."),
        (lambda e: e.url("X", ("http",)), "X must be a URL of the form http://…."),
        (lambda e: e.database("X"), "X must be a URL of the form postgresql://… or postgres://… or sqlite://…."),
        (lambda e: e.zone("X", ""), "X must be an IANA time zone such as Europe/London, not 'nonsense'."),
        (lambda e: e.choice("X", "a", ("a", "b")), "X must be one of a, b, not 'nonsense'."),
        (lambda e: e.mail_address("X"), "X must be an e-mail address such as 'Events <events@example.org>'."),
    ],
)
def test_a_wrong_setting_ends_start_up_with_one_sentence(read: object, sentence: str) -> None:
    with pytest.raises(BadSetting) as refused:
        read(Environment({"X": "nonsense"}))  # type: ignore[operator]
    assert str(refused.value) == sentence


def test_a_wrong_url_is_refused_without_repeating_its_password() -> None:
    with pytest.raises(BadSetting) as refused:
        Environment({"X": "ftp://user:hunter2@host"}).url("X", ("http",))
    assert "hunter2" not in str(refused.value)
