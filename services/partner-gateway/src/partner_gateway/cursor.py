"""The page cursor: where the page before ended, signed and bound to the filters and to the organisation."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import date

from partner_gateway.domain import InvalidQuery, Query

_MAC_BYTES = 16


@dataclass(frozen=True)
class Position:
    """The last row of a page, in the order (issued_on, permit_id)."""

    issued_on: date
    permit_id: str


def issue(secret: bytes, position: Position, query: Query, organisation: str) -> str:
    """An opaque cursor for the page after `position`."""
    payload = f"{position.issued_on.isoformat()}{position.permit_id}".encode()
    return _encode(payload + _mac(secret, payload, query, organisation))


def read(secret: bytes, cursor: str, query: Query, organisation: str) -> Position:
    """The position. Raises InvalidQuery on field `cursor` for one that's forged or of another query or organisation."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, _mac(secret, payload, query, organisation)):
            raise ValueError("mac")
        return Position(date.fromisoformat(payload[:10].decode()), payload[10:].decode())
    except ValueError:
        raise InvalidQuery("cursor", "cursor") from None


def _mac(secret: bytes, payload: bytes, query: Query, organisation: str) -> bytes:
    bound = json.dumps([organisation, query.filters()], sort_keys=True).encode()
    digest = hashlib.sha256(bound).digest()
    return hmac.new(secret, digest + payload, hashlib.sha256).digest()[:_MAC_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
