"""Organisers' Markdown: made into HTML that is safe to show, or into plain text for mail."""

import html
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

ALLOWED_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "code", "pre", "hr"}
LONGEST_DESCRIPTION = 20_000

_markdown = MarkdownIt("commonmark", {"html": False})


@lru_cache(maxsize=512)
def safe_html(markdown: str) -> str:
    """Markdown as HTML with a few harmless tags; links open nothing but http, https and mailto."""
    rendered = _markdown.render(markdown).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return nh3.clean(rendered, tags=ALLOWED_TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"})


@lru_cache(maxsize=512)
def plain_text(markdown: str) -> str:
    """Markdown as plain text, a blank line between paragraphs."""
    return html.unescape(nh3.clean(_markdown.render(markdown), tags=set())).strip()
