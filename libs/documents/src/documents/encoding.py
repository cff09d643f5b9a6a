"""Base64url without padding, as keys, signatures and payloads are written."""

import base64
import binascii


def to_text(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Returns the bytes of the one text that stands for them. Raises ValueError for any other spelling: bits left over
    at the end would let two texts pass as one document."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("isn't base64url") from None
    if to_text(raw) != text:
        raise ValueError("isn't the usual base64url of its bytes")
    return raw
