"""The signature of a payment notice: `key=1,time=1764118800,mac=<64 hex digits>`, HMAC-SHA-256 over time and raw body.

The time is part of what is signed, so an old notice can't be sent again with a new time. The comparison takes as long
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
_NOBODYS = bytes(32)  # compared for a key that isn't there, so that it takes as long


class Fault(StrEnum):
    """Why a signature isn't taken, for the log."""

    FORM = "form"
    KEY = "key"
    MAC = "mac"
    TIME = "time"


class NotSigned(Exception):
    """The notice isn't one of the bill system's."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True)
class Signed:
    """By which key, and when, in seconds of the epoch."""

    key: int
    time: int


def sign(key: bytes, number: int, moment: int, body: bytes) -> str:
    """The text of the header, as the bill system makes it."""
    return f"key={number},time={moment},mac={_mac(key, moment, body).hex()}"


def check(text: str, body: bytes, *, keys: Mapping[int, bytes], now: datetime) -> Signed:
    """Raises NotSigned: a form that isn't the signature's, an unknown key, another body, or a time more than five
    minutes from ours."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise NotSigned(Fault.FORM)
    number, moment = int(found[1]), int(found[2])
    key = keys.get(number)
    is_same = hmac.compare_digest(_mac(key or _NOBODYS, moment, body), bytes.fromhex(found[3]))
    if key is None:
        raise NotSigned(Fault.KEY)
    if not is_same:
        raise NotSigned(Fault.MAC)
    if abs(now.timestamp() - moment) > WINDOW_SECONDS:
        raise NotSigned(Fault.TIME)
    return Signed(number, moment)


def _mac(key: bytes, moment: int, body: bytes) -> bytes:
    return hmac.digest(key, f"{moment}.".encode() + body, "sha256")
