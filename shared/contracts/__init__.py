"""The messages between services: frozen dataclasses, checked by marshmallow, with a version.

One file a conversation: `notices` (what a person must be told), `receipts` (what became of it),
`listings` (what calendars show the public). A message says how things stand, not what changed,
so that a later one can replace an earlier one.
"""

from shared.contracts.contract import Message, UnreadableMessage, contract, decode, encode

__all__ = ["Message", "UnreadableMessage", "contract", "decode", "encode"]
