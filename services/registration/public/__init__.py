"""The public interface: event pages, the form, and each registrant's own page."""

from flask import Flask

from services.registration.public import events, own_page, thanks


def init_public(app: Flask) -> None:
    """Add the pages that anybody, or anybody with a link of their own, can open."""
    for pages in (events, thanks, own_page):
        app.register_blueprint(pages.blueprint)
