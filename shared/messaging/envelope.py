"""What goes over the wire: a message with its id, key and ordinal."""

from dataclasses import dataclass, replace
from typing import Any

from shared.contracts import Message, encode


@dataclass(frozen=True)
class Envelope:
    """A message on the wire. Id, key, ordinal and origin stay the same from hop to hop, so that each hop can
    recognise a redelivery, and the last hop knows where to send the receipt. `attempt` counts how often the
    origin has sent it."""

    id: str
    type: str
    version: int
    key: str
    ordinal: int
    origin: str
    bulk: bool
    body: dict[str, Any]
    attempt: int = 1

    def carrying(self, message: Message) -> "Envelope":
        """The same envelope with another message in it."""
        return replace(self, type=message.wire_name, version=message.wire_version, body=encode(message))
