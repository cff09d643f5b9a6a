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
    """AES-256-GCM under the first key, bound to `label`: a nonce of 12 bytes, then the ciphertext."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(keys[0]).encrypt(nonce, secret, label.encode())


def unseal(sealed: bytes, *, label: str, keys: Sequence[bytes]) -> bytes:
    """Opens with the key that fits. Raises CannotUnseal."""
    for key in keys:
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label.encode())
        except InvalidTag:
            continue
    raise CannotUnseal(label)


def derived_key(purpose: str, keys: Sequence[bytes]) -> bytes:
    """32 bytes for another purpose than encryption (HKDF)."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(keys[0])


def fingerprint(secret: str) -> bytes:
    """The hash of a random secret, for finding it again."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def keyed_fingerprint(typed: str, purpose: str, keys: Sequence[bytes]) -> bytes:
    """The keyed hash of a text that a person typed: a plain hash hides nothing, because all such texts can be tried.

    It depends on the first key encryption key.
    """
    text = typed.encode("utf-8", "surrogatepass")
    return hmac.digest(derived_key(purpose, keys), text, "sha256")
