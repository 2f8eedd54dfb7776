"""Previews a mail: composes it and parses the result."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from services.notifications.compose import compose
from services.notifications.letters import Unsendable
from shared.contracts import encode
from shared.contracts.notices import MailDue
from shared.contracts.previews import WrittenMail
from shared.database.ids import new_id
from shared.web import service_calls

blueprint = Blueprint("previews", __name__, url_prefix="/mail")


@blueprint.post("/preview")
def preview() -> ResponseReturnValue:
    """The mail as its recipient would see it; registration asks for it, for the console."""
    due = service_calls.read_call(MailDue)
    try:
        content = compose(due, new_id(), current_app.extensions["letterhead"])
    except Unsendable as error:
        return service_calls.refuse_call(str(error))
    mail = BytesParser(policy=policy.default).parsebytes(content)
    return encode(
        WrittenMail(
            sender=str(mail["From"]),
            recipient=str(mail["To"]),
            reply_to=str(mail["Reply-To"]),
            subject=str(mail["Subject"]),
            text=_body(mail, "plain"),
            html=_body(mail, "html"),
        )
    )


def _body(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body([subtype])
    return str(body.get_content()) if body is not None else ""
