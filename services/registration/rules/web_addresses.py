"""Recognises web addresses, and finds them in names.

Our mails greet people by the name on the form, and mail programs turn addresses into links: a stranger could have us
send anybody a link of theirs.
"""

import re
import unicodedata
from urllib.parse import urlsplit

from services.registration.rules.questions import UNSEEN

UNSEEN_CHARACTERS = re.compile(f"[{UNSEEN}]")
LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
ADDRESS = re.compile(
    rf"""
    [a-z][a-z0-9+.-]* : (?= \s? [/\\]{{2}} )      # https://prize.example
    | \b (?: mailto | javascript | data | tel ) :
    | \b www \d? \. [^\W_]                        # www.prize.example
    | \b (?: {LABEL} \. )+ [^\W\d_]{{2,}} \.? (?: : \d+ )? [/\\?\#] \S   # prize.example/now
    """,
    re.VERBOSE,
)
ENDS = (
    "app|biz|buzz|cc|cf|click|club|cn|co|com|dev|eu|fun|gq|icu|info|io|link|live|ly|net|online|org|ru|shop|site|"
    "store|tk|top|uk|us|vip|website|win|xyz"
)
"""Ends of domains that mail programs turn into links without more, and that end no name of a person."""
SITE = re.compile(rf"\b {LABEL} \. (?: {LABEL} \. )* (?: {ENDS} ) \b (?! \.\w )", re.VERBOSE)


NOT_A_WEB_ADDRESS = "Enter a link that begins with https:// or http://."


def is_web_address(text: str) -> bool:
    """True for an http or https URL with a host."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def has_address(text: str) -> bool:
    """True if the text has something that mail programs and people take for a web address: with a scheme, "www." or
    a path. A domain alone does not count: organisations are called Example.org."""
    return ADDRESS.search(_as_read(text)) is not None


def has_address_or_site(text: str) -> bool:
    """True if the text has a web address, or a domain of a common kind such as prize.com."""
    return has_address(text) or SITE.search(_as_read(text)) is not None


def _as_read(text: str) -> str:
    """The text as a reader takes it: in lower case, without invisible characters, full-width ones as plain ones."""
    plain = unicodedata.normalize("NFKC", UNSEEN_CHARACTERS.sub("", text))
    return plain.casefold().replace("\u3002", ".").replace("\u2024", ".")
