"""The inbox pages: show in the browser the mails that were kept on this machine."""

from email.message import EmailMessage, MIMEPart
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from services.notifications.local.maildir import Maildir
from shared.web.headers import content_security_policy
from shared.web.sandboxed_html import SANDBOX, sandboxed

MAILS_A_PAGE = 100


def blueprint_for(maildir: Maildir) -> Blueprint:
    """The pages under /mail/inbox, for the mails in `maildir`."""
    blueprint = Blueprint("inbox", __name__, url_prefix="/mail/inbox")

    def mail_or_404(key: UUID) -> EmailMessage:
        return maildir.read(key) or abort(404)

    @blueprint.get("")
    def all_mails() -> ResponseReturnValue:
        """The newest mails, a page at a time."""
        keys = maildir.newest(MAILS_A_PAGE, before=request.args.get("before", type=UUID))
        mails = [(key, mail) for key in keys if (mail := maildir.read(key))]
        older = keys[-1] if len(keys) == MAILS_A_PAGE else None
        return render_template("inbox/all.html", mails=mails, older=older)

    @blueprint.get("/<uuid:key>")
    def one_mail(key: UUID) -> ResponseReturnValue:
        """One mail with all its bodies."""
        mail = mail_or_404(key)
        page = render_template(
            "inbox/one.html",
            key=key,
            mail=mail,
            text=_content(mail.get_body(["plain"])),
            has_html=mail.get_body(["html"]) is not None,
            calendar=_content(_invite(mail)),
            sandbox=SANDBOX,
        )
        return Response(page, headers={"Content-Security-Policy": content_security_policy(frame_src="'self'")})

    @blueprint.get("/<uuid:key>/html")
    def html(key: UUID) -> ResponseReturnValue:
        """The HTML body on its own, sandboxed."""
        return sandboxed(_content(mail_or_404(key).get_body(["html"]) or abort(404)))

    @blueprint.get("/<uuid:key>/invite.ics")
    def invite(key: UUID) -> ResponseReturnValue:
        """The invite, with the content type that a mail program sees."""
        part = _invite(mail_or_404(key)) or abort(404)
        return Response(part.get_payload(decode=True), content_type=part["Content-Type"])

    @blueprint.get("/<uuid:key>/raw")
    def raw(key: UUID) -> ResponseReturnValue:
        """The mail's bytes, as plain text."""
        return Response(maildir.raw(key) or abort(404), mimetype="text/plain")

    @blueprint.after_request
    def keep_private(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        return response

    return blueprint


def _invite(mail: EmailMessage) -> MIMEPart | None:
    return next((part for part in mail.walk() if part.get_content_type() == "text/calendar"), None)


def _content(part: MIMEPart | None) -> str:
    return str(part.get_content()) if part is not None else ""
