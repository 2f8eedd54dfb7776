"""Sending an organiser what a registrant would get."""

from uuid import uuid5

from services.registration.models import Event, Organiser
from services.registration.notices import notices
from services.registration.notices.previews import recipient
from services.registration.operations import timeline
from services.registration.operations.timeline import Actor
from shared.contracts.notices import Kind
from shared.database.utc import now


def send(event: Event, kind: Kind, organiser: Organiser, by: Actor) -> None:
    """Send an organiser the mail that a registrant would get, through the outbox.

    An organiser has one preview invite for each event; the next preview updates it.
    """
    sample_id = str(uuid5(event.id, str(organiser.id)))
    sample = notices.sample(event, kind, sample_id, recipient(organiser))
    notices.send_sample(sample, int(now().timestamp() * 1000))
    timeline.record(event, "preview sent", by, mail=kind)
