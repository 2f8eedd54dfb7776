"""Keeps a form that an organiser sent after their sign-in had expired, and shows it again after they sign in.

The sign-in page holds the form in a signed token, so nothing is stored. Only forms from our own pages are kept:
otherwise another site could have an organiser send its form by signing in.
"""

import json
from datetime import timedelta

from flask import current_app, request
from flask_wtf.csrf import validate_csrf
from wtforms.validators import ValidationError

from services.registration.web.forms import RETURNED
from shared.database.utc import now
from shared.web import tokens
from shared.web.tokens import BadToken, Purpose

KEPT_FOR = timedelta(hours=1)
CSRF_FIELD = "csrf_token"


def keep_form() -> str:
    """A token that holds the form of this request; empty if there is none or another site sent it."""
    typed = request.form.to_dict(flat=False)
    if request.method != "POST" or not _is_ours(typed.pop(CSRF_FIELD, [""])[0]):
        return ""
    subject = json.dumps([request.path, typed])
    return tokens.sign(current_app.config["SECRET_KEY"], Purpose.KEPT_FORM, subject, now() + KEPT_FOR)


def kept_form(token: str) -> tuple[str, list[tuple[str, str]]] | None:
    """The path and fields of a kept form, plus one field that makes it be shown again first.

    None if the token is invalid or has expired.
    """
    try:
        path, typed = json.loads(tokens.read(current_app.config["SECRET_KEY"], Purpose.KEPT_FORM, token))
    except BadToken:
        return None
    fields = [(name, value) for name, values in typed.items() for value in values]
    return path, [*fields, (RETURNED, "yes")]


def _is_ours(csrf_token: str) -> bool:
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return True
    try:
        validate_csrf(csrf_token)
    except ValidationError:
        return False
    return True
