"""The establishment that a request names: a licence in force, or an application for one that isn't refused.

It never holds up a certificate, which is the worker's: when the licence or the application has come to nothing until
the issue, the certificate is issued without an establishment.
"""

from dataclasses import dataclass
from datetime import date

ISSUED = "issued"
CANCELLED = "cancelled"
# Of an application; issued, while its licence isn't known yet.
GOOD_APPLICATION = frozenset(
    ("submitted", "waiting", "returned", "in_review", "inspection", "awaiting_payment", ISSUED)
)


@dataclass(frozen=True)
class Place:
    """A licence or an application as licences told last. `number`: the unified number, None for a professional in his
    own name; `ends_on`: a licence's last valid day, None for an application."""

    status: str
    municipality: str
    number: str | None
    trade_name: str | None
    licence_no: str | None
    application_no: str | None
    ends_on: date | None

    def is_good(self, on: date) -> bool:
        """Whether workers may be asked for, and certificates issued with it, on the day."""
        if self.licence_no is not None:
            return self.status == "valid" and self.ends_on is not None and on <= self.ends_on
        return self.status in GOOD_APPLICATION


def workplace_of(place: Place | None) -> str:
    """What stands for the establishment where a worker has one open request, and one certificate in force, for a
    profession: its number, the licence's or the application's without one, or nothing."""
    return (place and (place.number or place.licence_no or place.application_no)) or ""


def site_of(place: Place | None) -> tuple[str | None, str | None]:
    """By what a certificate goes elsewhere, within one establishment too: licences counts the workers of a licence or
    an application, and an establishment has several of them."""
    if place is None:
        return None, None
    return place.number, place.licence_no or place.application_no
