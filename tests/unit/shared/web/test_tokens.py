"""Signed tokens: each opens one thing until it expires."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.database.utc import now
from shared.web import tokens
from shared.web.tokens import BadToken, ExpiredToken, Purpose


def test_a_token_opens_only_what_it_was_made_for() -> None:
    token = tokens.sign("secret", Purpose.OWN_PAGE, "ada", now() + timedelta(days=1))
    assert tokens.read("secret", Purpose.OWN_PAGE, token) == "ada"
    with pytest.raises(BadToken):
        tokens.read("secret", Purpose.CALENDAR_FEED, token)
    with pytest.raises(BadToken):
        tokens.read("other secret", Purpose.OWN_PAGE, token)


def test_a_token_ends() -> None:
    token = tokens.sign("secret", Purpose.OWN_PAGE, "ada", now() - timedelta(seconds=2))
    with pytest.raises(ExpiredToken):
        tokens.read("secret", Purpose.OWN_PAGE, token)


@given(st.text())
def test_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(BadToken):
        tokens.read("secret", Purpose.OWN_PAGE, text)


def test_the_same_token_is_made_twice() -> None:
    until = now()
    assert tokens.sign("s", Purpose.FORM, "x", until) == tokens.sign("s", Purpose.FORM, "x", until)
