"""The messages between services: frozen dataclasses with a version, validated by marshmallow.

One file for each conversation: `notices` to a person, `receipts` of their outcome, `listings` for public calendars,
`previews` of notices. A message holds the whole state, not a change, so that a later one can supersede an earlier one.
"""

from shared.contracts.contract import Message, UnreadableMessage, contract, decode, encode

__all__ = ["Message", "UnreadableMessage", "contract", "decode", "encode"]
