"""How many texts a day may bring: to one mobile, and in all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from chassis.core.refusals import Refusal
from saudi.days import RIYADH, legal_day

MOBILE, ALL = "mobile", "all"
# What a cap held back wakes nobody: it goes between these times in Riyadh.
MORNING, EVENING = time(8), time(21)


class Held(StrEnum):
    """Why a text waits: until its recipient confirms the mobile, or until a day that has room for it."""

    UNCONFIRMED = "unconfirmed"
    CAP = "daily-cap"


@dataclass(frozen=True)
class Caps:
    """Texts of one day in Riyadh. `in_all` counts whoever asks for them: a text of an event waits for the next day, a
    one-time code or another system's text is refused. `to_mobile` counts texts of events; codes have limits of a mobile
    of their own, and a system answers for what it sends. What is urgent isn't counted."""

    to_mobile: int
    in_all: int


class DayIsFull(Refusal):
    """The cap of the day in all, `limit`, has nothing left for `retry_after` seconds."""

    problem = "too-many-requests"

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(seconds=retry_after)
        self.limit = limit
        self.retry_after = retry_after


def check_room(in_all: int, caps: Caps, now: datetime) -> None:
    """Raises DayIsFull when one more text would break the cap of the day in all."""
    if in_all >= caps.in_all:
        tomorrow = datetime.combine(legal_day(now) + timedelta(days=1), time(), RIYADH)
        raise DayIsFull(caps.in_all, max(1, int((tomorrow - now).total_seconds())))


def goes_now(now: datetime) -> bool:
    """Whether it's an hour at which texts that a cap held back may go."""
    return MORNING <= now.astimezone(RIYADH).time() < EVENING


def is_over(counts: Mapping[str, int], caps: Caps) -> bool:
    """Whether one more text would break a cap. `counts` by MOBILE and ALL, as far as they're known."""
    limits = {MOBILE: caps.to_mobile, ALL: caps.in_all}
    return any(counts.get(kind, 0) >= limit for kind, limit in limits.items())
