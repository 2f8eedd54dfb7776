"""Folding of text for search: what differs only in case, accents, ligatures or kinds of apostrophe is the same."""

import unicodedata

LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "ł": "l",
        "ŧ": "t",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ŋ": "n",
        "ß": "ss",
        **dict.fromkeys("\u2018\u2019\u02bc\u02b9\u02bb\u2032\u0060\u00b4\uff07", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    }
)
"""Letters that Unicode does not decompose into a base letter and a mark, and the kinds of apostrophe and hyphen."""


def folded(text: str) -> str:
    """The text in small letters without accents (Unicode NFKD), ligatures and typographic apostrophes."""
    replaced = text.translate(LETTERS)  # before NFKD, which takes an acute accent for a space and a mark
    decomposed = unicodedata.normalize("NFKD", replaced.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(LETTERS)
