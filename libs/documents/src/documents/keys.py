"""Keys of documents: Ed25519, named by a part of their thumbprint, published as a JWK set (RFC 7517, RFC 9864).

A key that was replaced stays published, because the documents that it signed go on being valid. A key that was
stolen is published as revoked, and vouches for nothing any more, whatever day a document bears.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from documents.encoding import from_text, to_text
from documents.statements import KEY_ID_BYTES, Statement, message_of, write

SEED_BYTES = 32


@dataclass(frozen=True)
class PublicKey:
    """A public key of 32 bytes. `revoked_at`: since when it's known that others may have the private key."""

    raw: bytes
    revoked_at: datetime | None = None

    @cached_property
    def key_id(self) -> str:
        """Returns the first 6 bytes of the thumbprint of RFC 7638, in base64url."""
        members = json.dumps(
            {"crv": "Ed25519", "kty": "OKP", "x": to_text(self.raw)}, separators=(",", ":")
        )
        return to_text(hashlib.sha256(members.encode()).digest()[:KEY_ID_BYTES])

    def revoked(self, at: datetime) -> "PublicKey":
        """The same key, revoked."""
        return replace(self, revoked_at=at)

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Returns whether the signature of the message is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def as_jwk(self) -> dict[str, Any]:
        """Returns the key as it's published. `revoked_at` is a member of our own: other readers of JWK sets overlook
        it."""
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": to_text(self.raw)}
        jwk |= {"kid": self.key_id, "alg": "Ed25519", "use": "sig"}
        if self.revoked_at:
            jwk["revoked_at"] = self.revoked_at.isoformat()
        return jwk


class SigningKey:
    """A private key, of a seed of 32 random bytes. Raises ValueError for another length."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError("a seed has 32 bytes")
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = PublicKey(
            self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        )

    def __repr__(self) -> str:
        return f"SigningKey({self.public.key_id})"

    def sign(self, statement: Statement, base: str) -> str:
        """Returns the text of the document's QR code. `base` is the address under which documents are verified, without
        a slash at its end: `https://services.example/documents`."""
        key_id = self.public.key_id
        signature = self.private.sign(message_of(statement, key_id, base))
        return write(statement, key_id, base, signature)


class KeySet:
    """Public keys by their id."""

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys: Mapping[str, PublicKey] = {key.key_id: key for key in keys}

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self._keys.values())

    def get(self, key_id: str) -> PublicKey | None:
        """Returns the key of this id."""
        return self._keys.get(key_id)

    def as_jwks(self) -> dict[str, Any]:
        """Returns the set as it's published."""
        return {"keys": [key.as_jwk() for key in self]}

    @classmethod
    def parse(cls, text: str | bytes) -> "KeySet":
        """Reads a published set. Raises ValueError, also for a key whose id isn't that of its bytes."""
        try:
            jwks = json.loads(text)["keys"]
            return cls([_public(jwk) for jwk in jwks if jwk.get("crv") == "Ed25519"])
        except (KeyError, TypeError, AttributeError):
            raise ValueError("isn't a set of keys") from None


def _public(jwk: Mapping[str, Any]) -> PublicKey:
    revoked_at = jwk.get("revoked_at")
    key = PublicKey(from_text(jwk["x"]), datetime.fromisoformat(revoked_at) if revoked_at else None)
    if key.key_id != jwk["kid"]:
        raise ValueError("a key's id isn't that of its bytes")
    return key
