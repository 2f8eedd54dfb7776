"""Signs mails for the sender's domain (DKIM, RFC 6376), so that mail servers can recognise forgeries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

RELAXED = (b"relaxed", b"relaxed")
SHORTEST_KEY_BITS = 1024
SIGNED = (
    b"from",
    b"to",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-type",
    b"auto-submitted",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
"""The headers to sign if a mail has them. From is signed once more than it occurs, so that none can be added."""


class UnusableKey(ValueError):
    """The key cannot be used; the message gives the reason and nothing of the key."""


class Signer:
    """Signs mails with one key, whose public half is published at `selector`._domainkey.`domain`."""

    def __init__(self, key: str, selector: str, domain: str) -> None:
        """`key` is an RSA private key in PEM. Raises UnusableKey."""
        self.key, self.selector, self.domain = key.replace("\r\n", "\n").encode(), selector.encode(), domain.encode()
        try:
            modulus = int(parse_pem_private_key(self.key)["modulus"])
        except (UnparsableKeyError, ValueError, LookupError, TypeError) as error:
            raise UnusableKey("it is not an RSA private key in PEM") from error
        if modulus.bit_length() < SHORTEST_KEY_BITS:
            raise UnusableKey(f"it is shorter than {SHORTEST_KEY_BITS} bits")

    def sign(self, content: bytes, at: datetime) -> bytes:
        """The mail with its signature, dated `at` instead of now, so that a retry sends the same bytes."""
        signing = _Signing(content, at)
        has = {name.lower() for name, _ in signing.headers}
        headers = [name for name in SIGNED if name in has]
        signature = signing.sign(
            self.selector, self.domain, self.key, canonicalize=RELAXED, include_headers=[*headers, b"from"]
        )
        return bytes(signature) + content


class _Signing(dkim.DKIM):
    """One signature, whose time (`t=`) is that of the mail and not that of the attempt to send it."""

    def __init__(self, content: bytes, at: datetime) -> None:
        super().__init__(content)
        self.at = str(int(at.timestamp())).encode()

    def gen_header(self, fields: Sequence[tuple[bytes, bytes]], *args: Any, **options: Any) -> Any:
        return super().gen_header(
            [(name, self.at if name == b"t" else value) for name, value in fields], *args, **options
        )
