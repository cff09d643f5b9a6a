"""The rules of Open311's GeoReport v2: its statuses, windows of time, public actions.

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
# The parse_statuses of an update by FixMyStreet, in any case. `CLOSING` end a request.
CLOSING = frozenset(
    "closed fixed duplicate not_councils_responsibility no_further_action internal_referral".split()
)
UPDATE_STATUSES = CLOSING | frozenset(
    "open in_progress action_scheduled investigating planned reopen for_triage".split()
)
# The actions that the public reads, each with the status that it leads to.
PUBLIC_ACTIONS = {
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
    """The service is unknown, or its reports aren't public."""

    problem = "service-unknown"


class JurisdictionUnknown(NotFound):
    """The request is meant for another city."""

    problem = "jurisdiction-unknown"


class KeyRefused(Refusal):
    """The API key is missing, unknown or withdrawn."""

    problem = "api-key-refused"


class PictureRefused(InvalidFields):
    """The service doesn't fetch a picture from this address, because the address isn't public."""


def status_of(status: str) -> str:
    """Returns `open` or `closed`."""
    return CLOSED if status in ENDED else OPEN


def title_of(status: str, language: str) -> str:
    """Returns the title of the status."""
    return STATUS_TITLES[Status(status)].in_language(language)


def window(
    start: datetime | None, end: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """Returns the window of time, by default the last 90 days. Raises InvalidFields for more than 90 days, and for an
    end before the start."""
    if end is None:
        end = now if start is None else max(start, min(now, _latest_end(start)))
    if start is None:
        start = end - min(LONGEST_SPAN, end - _FIRST)
    if start > end:
        raise InvalidFields.of("end_date", "end-before-start")
    if end - start > LONGEST_SPAN:
        raise InvalidFields.of("start_date", "span-too-wide", limit=LONGEST_SPAN.days)
    return start, end


def _latest_end(start: datetime) -> datetime:
    last = datetime.max.replace(tzinfo=UTC)
    return start + min(LONGEST_SPAN, last - start)


def rows_before(page: int, page_size: int) -> int:
    """Returns the number of rows before a page. Raises InvalidFields for a distant page: a narrower window finds it."""
    rows = (page - 1) * page_size
    if rows > MOST_ROWS_SKIPPED:
        raise InvalidFields.of("page", "maximum", limit=MOST_ROWS_SKIPPED // page_size + 1)
    return rows


def split_list(text: str | None) -> list[str] | None:
    """Returns the values of a list with commas; None without a list."""
    if text is None:
        return None
    return [one.strip() for one in text.split(",") if one.strip()]


def parse_statuses(text: str | None) -> list[str] | None:
    """Returns the statuses in small letters; None without a list. Raises InvalidFields for an unknown status, because
    an empty page would say that no such request exists."""
    known = split_list(text.lower() if text else text)
    if known and set(known) - {OPEN, CLOSED}:
        raise InvalidFields.of("status", "enum", allowed=[OPEN, CLOSED])
    return known


def is_closing(status: str) -> bool:
    """Returns whether an update of this status ends the request. Raises InvalidFields for an unknown status."""
    known = status.strip().lower()
    if known not in UPDATE_STATUSES:
        raise InvalidFields.of(
            "status", "enum", allowed=sorted(one.upper() for one in UPDATE_STATUSES)
        )
    return known in CLOSING


def rename_faults(faults: Iterable[Fault]) -> list[Fault]:
    """Returns the faults under GeoReport's names of the fields."""
    return [Fault(_georeport_name(fault.field), fault.code, fault.params) for fault in faults]


def _georeport_name(name: str) -> str:
    if name.startswith("extra."):
        return f"attribute[{name.removeprefix('extra.')}]"
    return _FIELDS.get(name, name)


def town_of(address: str, governorate: Governorate) -> str | None:
    """Returns the last town that the address names between commas."""
    for part in reversed(re.split(r"[,،\n]", address)):
        if found := governorate.towns.get(place_key(part)):
            return found.name
    return None
