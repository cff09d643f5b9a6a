"""What is signed, and how, when something is posted to an address of others: Standard Webhooks 1.0, symmetric.

A secret is shown to its owner as `whsec_` and 32 bytes in base64. The receiver compares HMAC-SHA-256 over
`id.timestamp.body` with the header, refuses what is older than some minutes, and knows a repetition by its id.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 - what the specification puts before a secret
SECRET_BYTES = 32


def new_secret() -> str:
    """Returns a secret of 32 random bytes as its owner is shown it."""
    return shown_secret(secrets.token_bytes(SECRET_BYTES))


def shown_secret(key: bytes) -> str:
    """Returns a key in the form of a secret."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def signed_headers(
    webhook_id: str, moment: datetime, body: bytes, *owned: str
) -> Mapping[str, str]:
    """Returns the three headers. `owned`: the owner's secrets, one signature each, while an old one is still good.

    `webhook_id` is the same at each attempt.
    """
    stamp = str(int(moment.timestamp()))
    signed = b".".join([webhook_id.encode(), stamp.encode(), body])
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in owned),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
