"""Times whose day a person may write in either calendar."""

import re
from datetime import UTC, datetime

from saudi.days import RIYADH, parse_day
from saudi.malformed import Malformed
from saudi.text import tidy

_TIME = re.compile(
    r"(?P<day>[^Tt ]+)[Tt ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?)(?P<zone>[Zz]|[+-][0-9]{2}:[0-9]{2})"
)

_EXAMPLE = "1448/06/14T11:30:00+03:00"


def parse_moment(text: str) -> datetime:
    """RFC 3339, its day as in `parse_day`: `1448/06/14T11:30:00+03:00` and `2026-11-24T08:30:00Z` are
    one moment. An aware datetime in UTC.

    Raises Malformed: `moment-format`; `no-such-day`, `outside-calendar`.
    """
    found = _TIME.fullmatch(tidy(text))
    if not found:
        raise Malformed("moment-format", example=_EXAMPLE)
    day = parse_day(found["day"])
    try:
        moment = datetime.fromisoformat(f"{day}T{found['time']}{found['zone'].upper()}")
        moment.astimezone(RIYADH)
        return moment.astimezone(UTC)
    except (
        ValueError,
        OverflowError,
    ):  # no such hour, a leap second, the first and last day of all
        raise Malformed("moment-format", example=_EXAMPLE) from None
