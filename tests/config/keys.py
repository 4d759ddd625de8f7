"""Private keys of each kind that a user may configure."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

PASSPHRASE = "distinctive-passphrase-0815"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: str | None = None) -> str:
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY = pem(RSA_KEY)
ENCRYPTED_KEY = pem(RSA_KEY, PASSPHRASE)
EC_KEY = pem(ec.generate_private_key(ec.SECP256R1()))
