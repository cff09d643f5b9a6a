"""The page cursor: where the page before ended, signed and bound to what was asked and by whom."""

import base64
import hashlib
import hmac
import json
from typing import Any

from partner_gateway.domain import InvalidQuery

_MAC_BYTES = 16


def issue(secret: bytes, position: str, bound: Any) -> str:
    """An opaque cursor for the page after `position`; `bound` is JSON-like: the organisation and the filters."""
    payload = position.encode()
    return _text(payload + _mac(secret, payload, bound))


def read(secret: bytes, cursor: str, bound: Any) -> str:
    """The position. Raises InvalidQuery on field `cursor` for one that's forged or of another query or organisation."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if _text(raw) != cursor:  # the decoder passes over spare bits, and over what is no letter
            raise ValueError("spelling")
        if not hmac.compare_digest(mac, _mac(secret, payload, bound)):
            raise ValueError("mac")
        return payload.decode()
    except ValueError:
        raise InvalidQuery("cursor", "cursor") from None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(secret: bytes, payload: bytes, bound: Any) -> bytes:
    digest = hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).digest()
    return hmac.digest(secret, digest + payload, "sha256")[:_MAC_BYTES]
