"""The caps of a day: texts to one mobile, and texts in all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum

from chassis.core.refusals import Refusal
from saudi.days import RIYADH, legal_day, midnight_after
from saudi.waits import word_wait

MOBILE, ALL = "mobile", "all"
# An unconfirmed mobile gets the texts of so many things a day. The portal's page of a filed report names the number.
UNCONFIRMED_THINGS = 3
# What an officer asks a person goes to an unconfirmed mobile too: the report waits for the answer. `reports` limits how
# often its link is sent again.
QUESTIONS = frozenset({"report-question"})
# A text that a cap held back goes between these times in Riyadh, so that it wakes nobody.
MORNING, EVENING = time(8), time(21)
# Bills, decisions with a term or against a right, and news that may come of fraud: a third of a mobile's texts of a day
# is kept for these, and after a full day these go before all others. A term runs whether the text waits or not.
PRIORITY_TEMPLATES = frozenset(
    {
        *("bill-registered", "bill-cancelled", "payment-twice", "payment-differs"),
        *("payment-refund-wanted", "payment-account-wanted", "delegation-made"),
        *("payment-too-late", "violation-warned", "violation-notified", "violation-upheld"),
        *("violation-reduced", "violation-final", "violation-owed-again"),
        *("licence-application-asked", "licence-application-returned"),
        "licence-application-refused",
        *("licence-suspended", "licence-cancelled", "licence-closed", "permit-request-refused"),
        *("permit-suspended", "permit-cancelled", "appeal-accepted", "appeal-rejected"),
        *("permit-transferred", "permit-cancelled-for-owner"),
        *("health-certificate-revoked", "transaction-returned", "appointment-affected"),
        *("tender-deadline", "tender-cancelled", "lease-deadline", "lease-cancelled"),
    }
)


class Held(StrEnum):
    """Why a text waits: for the confirmation of the mobile, or for a day with room under the cap."""

    UNCONFIRMED = "unconfirmed"
    CAP = "daily-cap"


@dataclass(frozen=True)
class Caps:
    """Texts of one day in Riyadh. Urgent texts aren't counted.

    `in_all` counts the texts of every sender: over the cap, a text of an event waits for the next day, and a one-time
    code or another system's text is refused. `to_mobile` counts texts of events only: codes have their own limits per
    mobile, and each system is responsible for its texts.
    """

    to_mobile: int
    in_all: int

    @property
    def to_mobile_of_others(self) -> int:
        """Returns the texts of a day after which a mobile gets texts of PRIORITY_TEMPLATES only."""
        return self.to_mobile - self.to_mobile // 3

    def to_mobile_for(self, template: str) -> int:
        """Returns the texts of a day after which one more text of the template waits."""
        return self.to_mobile if template in PRIORITY_TEMPLATES else self.to_mobile_of_others


class DayIsFull(Refusal):
    """The day's cap on all texts, `limit`, is reached for another `retry_after` seconds."""

    problem = "too-many-requests"

    def __init__(self, limit: int, retry_after: int) -> None:
        super().__init__(wait=word_wait(retry_after).pair())
        self.limit = limit
        self.retry_after = retry_after


def check_room(in_all: int, caps: Caps, now: datetime) -> None:
    """Raises DayIsFull when one more text would exceed the day's cap on all texts."""
    if in_all >= caps.in_all:
        tomorrow = midnight_after(legal_day(now))
        raise DayIsFull(caps.in_all, max(1, int((tomorrow - now).total_seconds())))


def is_daytime(now: datetime) -> bool:
    """Returns whether held texts may go at this hour."""
    return MORNING <= now.astimezone(RIYADH).time() < EVENING


def exceeds_cap(counts: Mapping[str, int], caps: Caps, template: str) -> bool:
    """Returns whether one more text of the template would exceed a cap. `counts`: by MOBILE and ALL; a missing count is
    0."""
    limits = {MOBILE: caps.to_mobile_for(template), ALL: caps.in_all}
    return any(counts.get(kind, 0) >= limit for kind, limit in limits.items())
