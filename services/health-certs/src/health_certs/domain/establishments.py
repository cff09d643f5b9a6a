"""The establishment that a request names: a licence in force, or an application for a licence that isn't refused.

The establishment never holds up a certificate, because the certificate is the worker's. When the licence or the
application has come to nothing before the issue, the certificate is issued without an establishment.
"""

from dataclasses import dataclass
from datetime import date

ISSUED = "issued"
CANCELLED = "cancelled"
# Statuses of an application. `issued` stands here for the time in which the licence isn't known yet.
GOOD_APPLICATION = frozenset(
    ("submitted", "waiting", "returned", "in_review", "inspection", "awaiting_payment", ISSUED)
)


@dataclass(frozen=True)
class Place:
    """A licence or an application, as licences published it last. `number`: the unified number, None for a professional
    in his own name; `ends_on`: a licence's last valid day, None for an application."""

    status: str
    municipality: str
    number: str | None
    trade_name: str | None
    licence_no: str | None
    application_no: str | None
    ends_on: date | None

    def is_good(self, on: date) -> bool:
        """Returns whether requests may name the place, and certificates be issued with it, on the day."""
        if self.licence_no is not None:
            return self.status == "valid" and self.ends_on is not None and on <= self.ends_on
        return self.status in GOOD_APPLICATION


def workplace_of(place: Place | None) -> str:
    """Returns what stands for the establishment in the rules of uniqueness: a worker has one open request, and one
    certificate in force, for a profession and workplace. The workplace is the unified number; without one the licence's
    or the application's number; without an establishment nothing."""
    return (place and (place.number or place.licence_no or place.application_no)) or ""


def site_of(place: Place | None) -> tuple[str | None, str | None]:
    """Returns what a move changes. A certificate may move within one establishment: licences counts the workers of a
    licence or an application, and an establishment has several."""
    if place is None:
        return None, None
    return place.number, place.licence_no or place.application_no
