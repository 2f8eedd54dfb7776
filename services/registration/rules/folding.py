"""Folding of text for search, which ignores case, accents, ligatures, and the kinds of apostrophes and hyphens."""

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
"""Replacements for letters without a Unicode decomposition, and for the kinds of apostrophes and hyphens."""


def folded(text: str) -> str:
    """Fold a text: lower case, without accents and ligatures (Unicode NFKD), with ASCII apostrophes and hyphens."""
    replaced = text.translate(LETTERS)  # first, because NFKD turns a free-standing acute accent into a space and a mark
    decomposed = unicodedata.normalize("NFKD", replaced.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(LETTERS)
