"""Filters for templates, and pages for errors."""

import json
from typing import Any

from flask import Flask, Response, make_response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from wtforms import Field

from services.registration.models import Event, Session
from services.registration.notices.markdown import safe_html
from services.registration.rules.questions import Question
from services.registration.web import words
from services.registration.web.idempotency import new_form_key
from shared.i18n.dates import moment, when
from shared.web.headers import content_security_policy

SENTENCES = {
    400: ("This request could not be read", "Please go back and try again."),
    403: ("This form came from another site", "Please open the event’s own page and send the form from there."),
    404: ("There is no such page", "It may have moved, or the address may be incomplete."),
    409: ("This is closed", "The event or the registration is cancelled or over, so nothing can be changed here."),
    413: ("Request too large", "What you sent is larger than a form can be."),
    429: ("Too many attempts", "Please wait a minute, go back and try again."),
    500: ("Something went wrong on our side", "Go back and try again: what you typed is still in your browser."),
}


def init_pages(app: Flask) -> None:
    """Give the application's templates what they need."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        when=when,
        moment=moment,
        safe_markdown=_safe_markdown,
        place=place,
        places=places,
        word=words.word,
        conditions_json=_conditions_json,
        webcal=lambda url: "webcal://" + url.split("://", 1)[1],
    )
    app.jinja_env.globals.update(fresh_form_key=new_form_key, aria_attributes=aria_attributes, words=words)
    display_name, address = app.config["MAIL_FROM"]
    app.context_processor(lambda: {"organisation_name": display_name or address.partition("@")[2]})
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(500, _error_page)


def frameable(page: str, embedded: bool) -> Response:
    """An uncached page. Where it is embedded, other sites may show it in a frame."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    if embedded:
        response.headers["Content-Security-Policy"] = content_security_policy(frame_ancestors="*")
    return response


def aria_attributes(field: Field) -> dict[str, str]:
    """The ARIA attributes that link a control to its help and its error."""
    notes = [note for note, there in (("help", field.description), ("error", field.errors)) if there]
    attributes = {"aria-describedby": " ".join(f"{field.id}-{note}" for note in notes)} if notes else {}
    return attributes | ({"aria-invalid": "true"} if field.errors else {})


def place(session: Session) -> str:
    """The place of a session. One without a place is online, and one with a link is online too."""
    if not session.location:
        return "Online"
    return f"{session.location}, and online" if session.join_url else session.location


def places(event: Event) -> list[str]:
    """The different places of an event's sessions, in the order of the sessions."""
    return list(dict.fromkeys(place(session) for session in event.live_sessions))


def _safe_markdown(text: str) -> Any:
    from markupsafe import Markup

    return Markup(safe_html(text))  # noqa: S704  (nh3 has cleaned it)


def _conditions_json(question: Question) -> str:
    return json.dumps([condition.as_data() for condition in question.shown_when])


def _error_page(error: Exception) -> ResponseReturnValue:
    status = error.code if isinstance(error, HTTPException) and error.code else 500
    if status < 400 and isinstance(error, HTTPException):
        return error.get_response()
    title, sentence = SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400])
    return render_template("error.html", title=title, sentence=sentence), status
