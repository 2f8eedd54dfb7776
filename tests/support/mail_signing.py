"""A DKIM key for tests, and its public half as DNS would publish it."""

import base64

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return private.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def published(name: bytes, timeout: int = 5) -> bytes:
    """The TXT record of the example's key."""
    assert name == b"placecard._domainkey.example.org."
    public = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
