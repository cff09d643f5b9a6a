"""What Open311's GeoReport v2 says that isn't ours to choose: statuses, windows of time, what the public reads.

https://wiki.open311.org/GeoReport_v2, and FixMyStreet's extension `servicerequestupdates`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from chassis.core.refusals import Fault, InvalidFields, NotFound, Refusal
from reports.domain.places import Governorate
from reports.domain.reports import ENDED, STATUS_TITLES, TRANSITIONS, Action, Status
from saudi.text import place_key

LONGEST_SPAN = timedelta(days=90)
MOST_ROWS_SKIPPED = 5_000
OPEN, CLOSED = "open", "closed"
# The statuses that an update of FixMyStreet may name, in any case; those that end a request there.
CLOSING = frozenset(
    "closed fixed duplicate not_councils_responsibility no_further_action internal_referral".split()
)
UPDATE_STATUSES = CLOSING | frozenset(
    "open in_progress action_scheduled investigating planned reopen for_triage".split()
)
# What happens to a report and is told to the public, with the status that it leads to.
TOLD = {
    action: next(iter(TRANSITIONS[action].values()))
    for action in (
        *(Action.REFER, Action.RETURN, Action.START, Action.LINK_EXTERNAL, Action.RESOLVE),
        *(Action.CLOSE, Action.FOLLOW, Action.REOPEN, Action.REJECT, Action.FOLLOW_REJECTION),
        *(Action.MARK_DUPLICATE, Action.SPLIT),
    )
}
_FIRST = datetime(1, 1, 1, tzinfo=UTC)
_FIELDS = {
    "category": "service_code",
    "location.latitude": "lat",
    "location.longitude": "long",
    "location": "lat",
    "location.town": "address_string",
    "reporter.name": "first_name",
    "reporter.mobile": "phone",
    "reporter.email": "email",
}


class ServiceUnknown(NotFound):
    """No such service, or none of which the public reads."""

    problem = "service-unknown"


class JurisdictionUnknown(NotFound):
    """The request is meant for another city."""

    problem = "jurisdiction-unknown"


class KeyRefused(Refusal):
    """No API key, one that isn't known, or one that was withdrawn."""

    problem = "api-key-refused"


class PictureRefused(InvalidFields):
    """The address of a picture that isn't asked for, because it leads to no public place."""


def status_of(status: str) -> str:
    """`open` or `closed`."""
    return CLOSED if status in ENDED else OPEN


def title_of(status: str, language: str) -> str:
    """The status in words."""
    return STATUS_TITLES[Status(status)][0 if language == "ar" else 1]


def window(
    start: datetime | None, end: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """The time asked about: 90 days up to now unless one says otherwise. Raises InvalidFields for more than 90 days,
    and for an end before the start."""
    if end is None:
        end = now if start is None else max(start, min(now, _later(start)))
    if start is None:
        start = end - min(LONGEST_SPAN, end - _FIRST)
    if start > end:
        raise InvalidFields.of("end_date", "end-before-start")
    if end - start > LONGEST_SPAN:
        raise InvalidFields.of("start_date", "span-too-wide", limit=LONGEST_SPAN.days)
    return start, end


def _later(start: datetime) -> datetime:
    last = datetime.max.replace(tzinfo=UTC)
    return start + min(LONGEST_SPAN, last - start)


def skipped(page: int, page_size: int) -> int:
    """The rows before a page. Raises InvalidFields when it's too far back: a narrower time finds it."""
    rows = (page - 1) * page_size
    if rows > MOST_ROWS_SKIPPED:
        raise InvalidFields.of("page", "maximum", limit=MOST_ROWS_SKIPPED // page_size + 1)
    return rows


def listed(text: str | None) -> list[str] | None:
    """The values of a list with commas; None when nothing was asked for."""
    if text is None:
        return None
    return [one.strip() for one in text.split(",") if one.strip()]


def statuses(text: str | None) -> list[str] | None:
    """The statuses asked for, in small letters; None when nothing was asked for. Raises InvalidFields for one that
    GeoReport doesn't know: an empty page would say that there are no such requests."""
    known = listed(text.lower() if text else text)
    if known and set(known) - {OPEN, CLOSED}:
        raise InvalidFields.of("status", "enum", allowed=[OPEN, CLOSED])
    return known


def closes(status: str) -> bool:
    """Whether an update of that status ends the request. Raises InvalidFields for a status that isn't known."""
    known = status.strip().lower()
    if known not in UPDATE_STATUSES:
        raise InvalidFields.of(
            "status", "enum", allowed=sorted(one.upper() for one in UPDATE_STATUSES)
        )
    return known in CLOSING


def renamed(faults: Iterable[Fault]) -> list[Fault]:
    """Faults of a filing under the names that GeoReport has for its fields."""
    return [Fault(_field(fault.field), fault.code, fault.params) for fault in faults]


def _field(name: str) -> str:
    if name.startswith("extra."):
        return f"attribute[{name.removeprefix('extra.')}]"
    return _FIELDS.get(name, name)


def town_of(address: str, governorate: Governorate) -> str | None:
    """The town that an address names between commas, the last one first."""
    for part in reversed(re.split(r"[,،\n]", address)):
        if found := governorate.towns.get(place_key(part)):
            return found.name
    return None
