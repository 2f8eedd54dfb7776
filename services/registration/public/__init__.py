"""The public door: event pages, the form, and each registrant's own page."""

from services.registration.public.forms import forms
from services.registration.public.own_page import own_pages

__all__ = ["forms", "own_pages"]
