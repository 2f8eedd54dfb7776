"""Message handlers of notifications: mails to send, and receipts for what it owes."""

import time
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID

from flask import current_app

from services.notifications.compose import Letterhead, compose, smtp_address
from services.notifications.letters import Unsendable
from services.notifications.models import Suppression, queue
from services.notifications.relay.signing import Signer
from services.notifications.relay.smtp import Refused
from shared.contracts.notices import MailDue
from shared.contracts.receipts import Outcome, Settled
from shared.messaging.envelope import Envelope
from shared.messaging.inbox import Ended


class Transport(Protocol):
    """A way to send mails: an SMTP relay, or a Maildir."""

    def send(self, sender: str, recipient: str, content: bytes) -> str:
        """Send one mail and return the answer. Raises Refused or inbox.TryAgain."""


def is_suppressed(mail: MailDue, envelope: Envelope) -> Ended | None:
    """Settle a mail without sending it if its address is suppressed."""
    reason = Suppression.reason_for(mail.notice.recipient.email)
    return None if reason is None else Ended(Outcome.SUPPRESSED, reason, kept=_delivery(mail, envelope))


@queue.receives(MailDue, leased=True, unless=is_suppressed)
def send_mail(mail: MailDue, envelope: Envelope) -> Ended:
    """Compose a mail, sign it and send it."""
    began = time.monotonic()
    answer = _send(mail, UUID(envelope.id))
    return replace(answer, kept=_delivery(mail, envelope) | {"seconds_taken": round(time.monotonic() - began, 4)})


@queue.receives(Settled)
def settle(receipts: list[Settled]) -> None:
    """Mark as settled what other services have received."""
    queue.settle(receipts)


def _delivery(mail: MailDue, envelope: Envelope) -> dict[str, Any]:
    """The columns of a delivery beside its outcome."""
    return {
        "kind": mail.notice.kind,
        "registration_id": mail.notice.registration_id,
        "message_id_header": _letterhead().message_id(UUID(envelope.id)),
    }


def _send(mail: MailDue, message_id: UUID) -> Ended:
    transport: Transport = current_app.extensions["transport"]
    letterhead = _letterhead()
    try:
        recipient = smtp_address(mail.notice.recipient.email)
        content = _signed(compose(mail, message_id, letterhead), mail)
        answer = transport.send(letterhead.envelope_sender(message_id), recipient, content)
    except (Unsendable, Refused) as error:
        return Ended(Outcome.FAILED, str(error))
    return Ended(Outcome.SENT, answer)


def _signed(content: bytes, mail: MailDue) -> bytes:
    signer: Signer | None = current_app.extensions["signer"]
    return signer.sign(content, mail.notice.stated_at) if signer else content


def _letterhead() -> Letterhead:
    letterhead: Letterhead = current_app.extensions["letterhead"]
    return letterhead
