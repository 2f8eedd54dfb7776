"""Identifiers: UUIDs of version 7 (RFC 9562), which sort by the time they were made."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh identifier; later ones compare greater, so indexes stay compact."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
