"""The envelope of a message on the wire: its id, key and ordinal."""

from dataclasses import dataclass, replace
from typing import Any

from shared.contracts import Message, encode


@dataclass(frozen=True)
class Envelope:
    """A message on the wire.

    Id, key, ordinal and origin stay the same from hop to hop, so that each hop recognises a redelivery and the last
    one knows where to send the receipt. `attempt` counts the times the origin has sent it, from 1.
    """

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
        """A copy of the envelope with another message in it."""
        return replace(self, type=message.wire_name, version=message.wire_version, body=encode(message))
