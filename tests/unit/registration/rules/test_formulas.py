"""Text that a spreadsheet would run, and text that only looks like it."""

import csv
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook  # type: ignore[import-untyped,unused-ignore]

from services.registration.rules.formulas import is_formula, without_formula

FORMULAS = (
    "=1+1",
    "+1+cmd",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\x00=1+1",
    " =1+1",
    "\u00a0=1+1",
    "＝1+1",
    "－1+1",
    "+44-7700-900123",
    "-A1",
    "-(1)",
    "+(0)1",
    "--1",
    "-1 -1",
    "+cmd|' /C calc'!A0",
    "- a ramp",
    '-"a"',
    "+1%",
)
HARMLESS = (
    "",
    "Ann",
    "-",
    "+",
    "- ",
    "-1",
    "-1.5",
    "+44 7700 900123",
    "+447700900123",
    "+44.7700.900123",
    "+44 (0)7700 900123",
    "+44(0)7700 900 123",
    "a=1+1",
    "1+1",
    "'=1+1",
)
SIGNS = st.text(st.sampled_from("+-=@ .()09Ae'\"!|,;%*/^&<>:{}[]#\t\r\n\x00\x1f\u00a0＝＋－＠"), max_size=12)
TEXTS = SIGNS | st.text(max_size=12) | st.builds("{}{}".format, st.sampled_from("+-"), SIGNS | st.text("0123 .()"))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_becomes_text(text: str) -> None:
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert without_formula(text) == text


@given(TEXTS)
def test_nothing_that_is_guarded_is_a_formula_any_more(text: str) -> None:
    assert not is_formula(without_formula(text))


@given(TEXTS)
@example("+44 (0)7700 900123")
def test_what_stays_as_it_is_has_nothing_to_run(text: str) -> None:
    """It begins with no sign, or is one number: no name, operator, function or reference follows its sign."""
    if is_formula(text):
        return
    rest = text.strip()
    assert rest[:1] not in set("=@＝＋－＠")
    if rest[:1] in ("+", "-"):
        assert set(rest[1:]) <= set("0123456789 .()")
        assert rest[1:2] in set("0123456789") | {""}


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"])).filter(lambda text: text.strip()[:1] not in "=+-@＝＋－＠")
)
def test_text_without_a_sign_before_it_stays_as_it_is(text: str) -> None:
    assert without_formula(text) == text


@given(st.from_regex(r"\+[1-9][0-9]{0,2}(( |\.)?[0-9]{2,4}){2,4}", fullmatch=True))
def test_phone_numbers_stay_as_they_are(number: str) -> None:
    assert without_formula(number) == number


def test_libreoffice_runs_none_of_them(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    source = tmp_path / "list.csv"
    with source.open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([without_formula(text), "end"] for text in (*FORMULAS, *HARMLESS))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    utf_8_with_commas = "--infilter=CSV:44,34,76,1"
    subprocess.run(
        [office, "--headless", profile, utf_8_with_commas, "--convert-to", "xlsx", "--outdir", tmp_path, source],
        check=True,
        capture_output=True,
        timeout=120,
    )
    cells = [row[0] for row in load_workbook(tmp_path / "list.xlsx").active.iter_rows()]
    assert len(cells) == len(FORMULAS) + len(HARMLESS)
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert "+44 7700 900123" in {cell.value for cell in cells}
