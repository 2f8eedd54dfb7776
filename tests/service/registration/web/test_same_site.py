"""Forms that another site sends are refused; those of our own pages are taken from every browser."""

import pytest
from flask.testing import FlaskClient

from tests.support.public_form import fill_in

OURS = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "null"},  # without Fetch Metadata, from a page whose policy is no-referrer
    {"Origin": "http://localhost:8000"},
    {},
]
OTHERS = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://other.example"},
    {"Origin": "null", "Referer": "https://other.example/page"},
]


@pytest.mark.parametrize("headers", OURS)
def test_a_form_of_our_own_page_is_taken(client: FlaskClient, event: str, headers: dict[str, str]) -> None:
    sent = client.post(f"/events/{event}", data=fill_in(client, event), headers=headers)
    assert sent.status_code == 303


@pytest.mark.parametrize("headers", OTHERS)
def test_a_form_of_another_site_is_refused(client: FlaskClient, event: str, headers: dict[str, str]) -> None:
    refused = client.post(f"/events/{event}", data=fill_in(client, event), headers=headers)
    assert refused.status_code == 403
