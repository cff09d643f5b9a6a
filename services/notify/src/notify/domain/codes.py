"""One-time codes: six digits for a few minutes and a few tries, which prove that a person holds a mobile.

A code belongs to the caller that asked for it, to a purpose and to a mobile. Its digits are kept as a keyed hash; the
text with them is sealed until the message has been handed over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DIGITS = 6


class Verdict(StrEnum):
    """`over`: no code could be right, because none was sent, or the last one is too old, was used, or has no tries
    left. There's one word for all, so that it tells nobody who was sent a code."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True)
class Sent:
    """A code as far as the rules go: when it ends, how many wrong tries it had, whether it was used."""

    expires_at: datetime
    tries: int
    used: bool


def new_code(below: Callable[[int], int]) -> str:
    """Six digits; `below` draws from a source that can't be guessed, such as `secrets.randbelow`."""
    return f"{below(10**DIGITS):0{DIGITS}d}"


def expiry(now: datetime, seconds: int) -> datetime:
    """When a code of now ends."""
    return now + timedelta(seconds=seconds)


def judge(code: Sent, *, right: bool, most_tries: int, now: datetime) -> Verdict:
    """What a try comes to. The last wrong try ends the code, even for who knows it afterwards."""
    if code.used or code.tries >= most_tries or now >= code.expires_at:
        return Verdict.OVER
    return Verdict.RIGHT if right else Verdict.WRONG
