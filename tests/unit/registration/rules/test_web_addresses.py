"""Web addresses in names, and names that only have dots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.rules.web_addresses import has_address, has_address_or_site
from services.registration.web.applications import InvalidFields, read_application

GOOD = {"name": "Ann Example", "email": "ann@example.org", "consents": ["privacy"]}
ADDRESSES = [
    "Win a prize at https://prize.example/now",
    "http://prize.example",
    "HTTPS://PRIZE.EXAMPLE",
    "ftp://prize.example",
    "https:\\\\prize.example",
    "www.prize.example claim it",
    "Claim:www.prize.example",
    "WWW2.prize.example",
    "prize.example/now",
    "Ann prize.example/now?a=b",
    "prize.example:8080/now",
    "prize.example?claim=1",
    "ｗｗｗ．prize．example",
    "www。prize。example",
    "h\u200bttps://prize.example",
    "ww\u00adw.prize.example",
    "prämie.example/jetzt",
    "mailto:ann@example.org",
    "javascript:alert(1)",
]
SITES = ["Win at prize.com", "prize.co.uk", "Claim now: PRIZE.COM!", "prize.xyz", "ann@prize.com"]
NAMES = [
    "J.R. Example",
    "J. R. R. Example",
    "St. Ann's",
    "St.Ann",
    "Dr.Ann Example",
    "Ann Example Jr.",
    "Ann Example, Ph.D.",
    "Ann Example M.Sc.",
    "Jean-Luc O’Brien",
    "Ann.Example",
    "A.N.Other",
    "Ann / Bea Example",
    "Ann Example (she/her)",
    "Ann Example, c/o Bea Sample",
    "Ann Example: trustee",
    "d'Arcy",
    "Ng",
    "http",
    "李小龙",
    "محمد",
    "Ann... Example",
    "Comté Example",
]
ORGANISATIONS = [*NAMES, "Example.org", "Placecard.com", "St. Ann's Trust / Sample Fund", "Example & Co. Ltd."]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_seen_however_it_is_written(text: str) -> None:
    assert has_address(text)


@pytest.mark.parametrize("text", SITES)
def test_a_domain_is_no_name_but_may_be_an_organisation(text: str) -> None:
    assert has_address_or_site(text)
    assert not has_address(text)


@pytest.mark.parametrize("name", NAMES)
def test_names_with_dots_and_strokes_are_names(name: str) -> None:
    assert not has_address_or_site(name)
    assert read_application([], {**GOOD, "name": name}, source="form").name == name


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_organisations_may_be_called_by_their_domain(organisation: str) -> None:
    read = read_application([], {**GOOD, "organisation": organisation}, source="api")
    assert read.organisation == organisation


@pytest.mark.parametrize("text", ADDRESSES + SITES)
def test_an_address_is_an_error_at_the_name(text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        read_application([], {**GOOD, "name": text}, source="form")
    assert refused.value.errors == {"name": "Enter your name without a web address or an e-mail address."}


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_an_error_at_the_organisation(text: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        read_application([], {**GOOD, "organisation": text}, source="api")
    assert refused.value.errors == {"organisation": "Enter the organisation’s name without a web address."}


WORDS = st.text(st.characters(categories=["L", "M"]), max_size=12)


@given(WORDS, st.sampled_from(["http://", "https://", "HTTPS://", "www.", "Www."]), WORDS)
def test_an_address_is_seen_among_any_words(before: str, start: str, after: str) -> None:
    assert has_address(f"{before} {start}prize.example {after}")


@given(st.lists(st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=12), min_size=1, max_size=4))
def test_letters_and_spaces_are_never_an_address(words: list[str]) -> None:
    assert not has_address_or_site(" ".join(words))
