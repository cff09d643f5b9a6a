"""Secrets at rest, and keys and fingerprints derived from the key encryption key."""

import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class CannotUnseal(Exception):
    """None of the configured key encryption keys opens a stored secret."""


def seal(secret: bytes, *, label: str, keys: Sequence[bytes]) -> bytes:
    """Seals by AES-256-GCM under the first key, bound to `label`. Returns a nonce of 12 bytes, then the ciphertext."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(keys[0]).encrypt(nonce, secret, label.encode())


def unseal(sealed: bytes, *, label: str, keys: Sequence[bytes]) -> bytes:
    """Unseals with the key that fits. Raises CannotUnseal."""
    for key in keys:
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label.encode())
        except InvalidTag:
            continue
    raise CannotUnseal(label)


def derive_key(purpose: str, keys: Sequence[bytes]) -> bytes:
    """Returns 32 bytes for another purpose than encryption (HKDF)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(keys[0])


def fingerprint(secret: str) -> bytes:
    """Returns the hash of a random secret, by which a row is found."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def keyed_fingerprint(typed: str, purpose: str, keys: Sequence[bytes]) -> bytes:
    """Returns the keyed hash of a text that a person typed. A plain hash would hide nothing, because all such texts can
    be tried. The hash depends on the first key encryption key.
    """
    text = typed.encode("utf-8", "surrogatepass")
    return hmac.digest(derive_key(purpose, keys), text, "sha256")
