"""The list of documents that aren't valid any more though their paper says so, signed as a JWS (RFC 7515, RFC 9864).

It holds ids and words of the state, no number and no person. A document leaves it when its own expiry has passed:
from then on the paper itself says that it isn't valid.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from documents.encoding import from_text, to_text
from documents.keys import KeySet, SigningKey

TYPE = "document-revocations+jws"
_REGISTRY = jws.JWSRegistry(algorithms=["Ed25519"])


class State(StrEnum):
    """Why a document isn't valid: cancelled (ملغاة), suspended for the time being (موقوفة), replaced by a newer
    document of the same thing (حلت محلها وثيقة أحدث)."""

    CANCELLED = "cancelled"
    SUSPENDED = "suspended"
    REPLACED = "replaced"


class NotTheList(ValueError):
    """The list isn't one, or no key of the set that is in force signed it."""


@dataclass(frozen=True)
class RevocationList:
    """`documents`: id → state. `keys`: ids of keys that were revoked. `next_at`: when the following list is due."""

    issued_at: datetime
    next_at: datetime
    documents: Mapping[uuid.UUID, State] = field(default_factory=dict)
    keys: frozenset[str] = frozenset()

    def sign(self, key: SigningKey) -> str:
        """Returns the list as it's published: a compact JWS."""
        header = {"alg": "Ed25519", "typ": TYPE, "kid": key.public.key_id}
        jwk = OKPKey.import_key(key.private)
        return jws.serialize_compact(header, json.dumps(self._claims()), jwk, registry=_REGISTRY)

    def _claims(self) -> dict[str, Any]:
        return {
            "issued_at": self.issued_at.isoformat(),
            "next_at": self.next_at.isoformat(),
            "documents": {to_text(one.bytes): str(state) for one, state in self.documents.items()},
            "keys": sorted(self.keys),
        }

    @classmethod
    def parse(cls, text: str | bytes, keys: KeySet) -> "RevocationList":
        """Reads a list that a key of the set signed. Raises NotTheList; also for one that was signed by a key that
        the set, or the list itself, has as revoked."""
        try:
            signed = jws.extract_compact(text.encode() if isinstance(text, str) else text)
            key = keys.get(str(signed.headers().get("kid")))
            if key is None or key.revoked_at or signed.headers().get("typ") != TYPE:
                raise NotTheList("no key in force signed the list")
            jwk = OKPKey.import_key(key.as_jwk())
            verified = jws.deserialize_compact(text, jwk, registry=_REGISTRY)
            found = cls._of(json.loads(verified.payload))
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotTheList(str(error)) from None
        if key.key_id in found.keys:
            raise NotTheList("no key in force signed the list")
        return found

    @classmethod
    def _of(cls, claims: Mapping[str, Any]) -> "RevocationList":
        return cls(
            issued_at=datetime.fromisoformat(claims["issued_at"]),
            next_at=datetime.fromisoformat(claims["next_at"]),
            documents={
                uuid.UUID(bytes=from_text(one)): State(state)
                for one, state in claims["documents"].items()
            },
            keys=frozenset(claims["keys"]),
        )
