"""The key with which the portal authenticates as a client of the issuer."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey

from chassis.core.settings import is_key


def private_jwk(setting: str) -> dict[str, Any]:
    """Returns the key for P-256 that a setting of 32 bytes stands for; its `kid` is its thumbprint."""
    key = _key(setting)
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}


def public_jwk(setting: str) -> dict[str, Any]:
    """Returns the public part, as the issuer registers it."""
    key = _key(setting)
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}


def _key(setting: str) -> ECKey:
    key = ec.derive_private_key(int.from_bytes(is_key(setting), "big"), ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return ECKey.import_key(pem)
