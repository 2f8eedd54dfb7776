"""Identifiers: UUIDs of version 7 (RFC 9562), which sort by their time of creation."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A new identifier. Later ones compare greater, so indexes stay compact."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
