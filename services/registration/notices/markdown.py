"""Renders organisers' Markdown as safe HTML, or as plain text for mail."""

import html
from collections.abc import Iterator
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

ALLOWED_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "code", "pre", "hr"}
ALLOWED_SCHEMES = {"http", "https", "mailto"}
LONGEST_DESCRIPTION = 20_000

_markdown = MarkdownIt("commonmark", {"html": False})
_markdown_with_addresses = MarkdownIt("commonmark", {"html": False})


@lru_cache(maxsize=512)
def safe_html(markdown: str) -> str:
    """Markdown as HTML with a few harmless tags; links open nothing but http, https and mailto."""
    rendered = _markdown.render(markdown).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return nh3.clean(rendered, tags=ALLOWED_TAGS, attributes={"a": {"href"}}, url_schemes=ALLOWED_SCHEMES)


@lru_cache(maxsize=512)
def plain_text(markdown: str) -> str:
    """Markdown as plain text, with a blank line between paragraphs and each link's address after its words."""
    return html.unescape(nh3.clean(_markdown_with_addresses.render(markdown), tags=set())).strip()


def _write_addresses(state: StateCore) -> None:
    """Put the address of each link in brackets after its words, unless they are the same."""
    for block in state.tokens:
        block.children = list(_with_addresses(block.children or []))


def _with_addresses(tokens: list[Token]) -> Iterator[Token]:
    address, words = "", ""
    for token in tokens:
        yield token
        if token.type == "link_open":
            address, words = _address(str(token.attrs["href"])), ""
        elif token.type == "link_close" and address not in ("", words):
            yield Token("text", "", 0, content=f" ({address})")
        words += token.content


def _address(href: str) -> str:
    """The address as people read it; empty for a relative link or another scheme."""
    scheme, _, rest = href.partition(":")
    if scheme not in ALLOWED_SCHEMES:
        return ""
    return rest if scheme == "mailto" else href


_markdown_with_addresses.core.ruler.push("addresses", _write_addresses)
