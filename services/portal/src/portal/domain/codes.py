"""The code that a public form sent to a mobile. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def has_code(form: Mapping[str, Any], about: Mapping[str, str], now: datetime) -> bool:
    """Returns whether a code that may still be good was sent for what is typed now (`about`)."""
    sent = form.get("sent")
    if not sent or any(sent.get(name) != typed for name, typed in about.items()):
        return False
    return datetime.fromisoformat(sent["expires_at"]) > now
