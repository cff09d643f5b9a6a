"""The signature of a payment notice: `key=1,time=1764118800,mac=<64 hex digits>`, HMAC-SHA-256 over time and raw body.

The signature covers the time, so an old notice can't be sent again with a new time. The comparison takes as long
for a wrong signature as for a right one.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

WINDOW_SECONDS = 300
_FORM = re.compile(r"key=([0-9]{1,3}),time=([0-9]{1,12}),mac=([0-9a-f]{64})", re.ASCII)
_NO_KEY = bytes(32)  # an unknown key takes as long as a known key


class Fault(StrEnum):
    """Why a signature is refused, for the log."""

    FORM = "form"
    KEY = "key"
    MAC = "mac"
    TIME = "time"


class NotSigned(Exception):
    """The bill system hasn't signed the notice."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True)
class Signature:
    """The number of the key, and the time in seconds of the epoch."""

    key: int
    time: int


def sign(key: bytes, number: int, moment: int, body: bytes) -> str:
    """Returns the text of the header, as the bill system makes it."""
    return f"key={number},time={moment},mac={_mac(key, moment, body).hex()}"


def check(text: str, body: bytes, *, keys: Mapping[int, bytes], now: datetime) -> Signature:
    """Returns the signature. Raises NotSigned for a malformed header, an unknown key, another body, or a time more than
    five minutes from `now`."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise NotSigned(Fault.FORM)
    number, moment = int(match[1]), int(match[2])
    key = keys.get(number)
    is_same = hmac.compare_digest(_mac(key or _NO_KEY, moment, body), bytes.fromhex(match[3]))
    if key is None:
        raise NotSigned(Fault.KEY)
    if not is_same:
        raise NotSigned(Fault.MAC)
    if abs(now.timestamp() - moment) > WINDOW_SECONDS:
        raise NotSigned(Fault.TIME)
    return Signature(number, moment)


def _mac(key: bytes, moment: int, body: bytes) -> bytes:
    return hmac.digest(key, f"{moment}.".encode() + body, "sha256")
