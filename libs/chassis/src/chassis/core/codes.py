"""The rules of one-time codes: six digits for a few minutes and a few tries, which prove that a person holds a mobile.

chassis.one_time_codes keeps the codes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

DIGITS = 6


class Verdict(StrEnum):
    """`over`: no code can be right, because no code was sent, or the last code is too old, was used, or has no tries
    left. One word covers all cases, so that the answer doesn't reveal who was sent a code."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True)
class CodeState:
    """A code's end, and its number of wrong tries."""

    expires_at: datetime
    tries: int


def new_code(below: Callable[[int], int]) -> str:
    """Returns six digits. `below` draws from a source that can't be guessed, such as `secrets.randbelow`."""
    return f"{below(10**DIGITS):0{DIGITS}d}"


def judge(code: CodeState, *, right: bool, most_tries: int, now: datetime) -> Verdict:
    """Returns the verdict on a try. The last wrong try ends the code: afterwards the right digits fail too."""
    if code.tries >= most_tries or now >= code.expires_at:
        return Verdict.OVER
    return Verdict.RIGHT if right else Verdict.WRONG
