"""Search finds names however they are typed."""

import pytest

from services.registration.rules.folding import folded

NAMES = [
    ("José Ångström", "jose angstrom"),
    ("Siân O’Brien", "sian o'brien"),
    ("İpek Işık", "ipek isik"),
    ("Łukasz Sørensen", "lukasz sorensen"),
    ("Đặng Thị Hoa", "dang thi hoa"),
    ("Þóra Æsudóttir", "thora aesudottir"),
    ("Weiß", "weiss"),
    ("ŒUVRE", "oeuvre"),
    ("Zoë Müller–Çelik", "zoe muller-celik"),
    ("Ełżbieta Wójcik", "elzbieta wojcik"),
    ("Ŵyn ap Siôn", "wyn ap sion"),
    ("Νίκος", "νικοσ"),
]


@pytest.mark.parametrize(("name", "typed"), NAMES)
def test_a_name_is_found_without_its_accents(name: str, typed: str) -> None:
    assert folded(name) == typed


@pytest.mark.parametrize(("name", "_"), NAMES)
def test_folding_twice_changes_nothing_more(name: str, _: str) -> None:
    assert folded(folded(name)) == folded(name)
