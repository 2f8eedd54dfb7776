"""Recognises text that a spreadsheet would run as a formula when it opens a CSV file (CWE-1236)."""

import re

STARTS = r"\x00-\x1f\s=@+\-\uff1d\uff20\uff0b\uff0d"
"""The characters that such a text can begin with, as a character class for regular expressions: blanks, control
characters, and the signs of formulas, also in full width."""

FORMULA = re.compile(
    r"""
    [\x00-\x1f]  # programs drop some control characters, and read what follows
    | \s* (?:
        [=@\uff1d\uff20\uff0b\uff0d]
        | [+-] (?! (?:
            [0-9]+ (?: [ .]?[0-9]+ )*                        # digits, in groups or not
            (?: [ ]?\([0-9]+\) (?: [ .]?[0-9]+ )+ )?         # a phone number can have one group in brackets
          )? \s* \Z )
    )
    """,
    re.VERBOSE,
)


def is_formula(text: str) -> bool:
    """True if a spreadsheet could run this text: it begins with a sign of formulas, or with a control character.

    A sign alone ("-"), a number with a sign and a phone number ("+44 (0)7700 900123") are no formulas: they have no
    operator, name or function.
    """
    return FORMULA.match(text) is not None


def without_formula(text: str) -> str:
    """The text, after an apostrophe if it is a formula. Spreadsheets then read it as text."""
    return f"'{text}" if is_formula(text) else text
