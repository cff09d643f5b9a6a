"""Booklets of leases (كراسات الشروط) that the municipality sells: the buyer, the bill, the states of a purchase."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from chassis.core.refusals import Conflict, Findings, says_something
from saudi.days import legal_day
from saudi.ids import parse_id
from saudi.text import tidy
from tenders.domain.offerings import Status

REQUESTED, PAID, ENDED = "requested", "paid", "ended"
NOT_SOLD = "booklet-not-sold"  # why an invoice is withdrawn, or its money goes back
ESTABLISHMENT = "unified_number"


class BookletNotSold(Conflict):
    """Furas sells the booklet of this lease."""

    problem = "booklet-not-sold"


def require_sale(booklet_url: str | None) -> None:
    """Raises BookletNotSold."""
    if booklet_url is None:
        raise BookletNotSold


def parse_buyer(body: Mapping[str, Any]) -> dict[str, str]:
    """Returns name, id_type and id_number for the contract's `BookletBuyer`. Raises InvalidFields."""
    findings = Findings()
    name = tidy(body["name"])
    if not says_something(name):
        findings.fault("buyer.name", "required")
    number = findings.read("buyer.id_number", parse_id, body["id_type"], body["id_number"])
    findings.settle()
    return {"name": name, "id_type": body["id_type"], "id_number": number}


def invoice_lines(price: int) -> list[dict[str, Any]]:
    """Returns the line of a booklet's invoice. The line doesn't name the lease: whoever reads bills mustn't learn who
    bought which booklet."""
    return [
        {
            "code": "lease-booklet",
            "ar": "كراسة شروط مزايدة",
            "en": "Booklet of a lease",
            "amount_halalas": price,
            "because": {"ar": "ثمن الكراسة المعلن", "en": "The published price of the booklet"},
        }
    ]


def last_day_to_pay(now: datetime, *, bill_days: int, bids_until: datetime) -> date:
    """Returns the due day of a bill: after `bill_days`, and not after the day of the deadline for bids."""
    return min(legal_day(now) + timedelta(days=bill_days), legal_day(bids_until))


def is_paid_in_time(paid_at: datetime, bids_until: datetime) -> bool:
    """Returns whether money buys the booklet. The moment of the payment counts: the bill system tells of it later."""
    return paid_at < bids_until


def purchase_status(paid_at: datetime | None, lease_status: str) -> str:
    """Returns what a buyer reads: a paid booklet stays bought, unless its money goes back. What isn't paid ends with
    the sale."""
    if paid_at is not None:
        return PAID
    return REQUESTED if lease_status == Status.PUBLISHED else ENDED
