"""`tenders sample`: tenders and leases that say «بيانات تجريبية», made through the service's own commands."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import click
from sqlalchemy import func, select

from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process, pass_process
from tenders.commands import awards, bids, publishing
from tenders.context import Context
from tenders.domain.actors import service_as
from tenders.models import Lease, Tender
from tenders.resources import Resources
from tenders.settings import Settings

MARK, MARK_EN = "(بيانات تجريبية)", "(sample data)"
OFFICER = service_as("sample-data")
COMMITTEE = service_as("sample-committee")  # opens bids, and so doesn't award
_AGO = timedelta(days=50)  # so that the award is of last month
_BIDS = ((118_000_000, True), (121_500_000, True), (97_000_000, False))
_BRANCHES = ("qatif", "saihat", "tarout", "safwa")
_TENDERS = (
    ("صيانة حديقة الحي", "Maintenance of a garden", "works"),
    ("توريد حاويات نظافة", "Supply of waste containers", "goods"),
    ("مكافحة آفات الصحة العامة", "Control of pests", "services"),
)
_LEASES = (
    ("تأجير كشك على الكورنيش", "Lease of a kiosk at the corniche", "temporary"),
    ("تأجير موقع صراف آلي", "Lease of a site for a cash machine", "atm"),
)


def sample_tender(now: datetime, place: int = 0, **changes: Any) -> dict[str, Any]:
    """Returns the body of a tender in the shape of the contract's `NewTender`, with moments as operations get them."""
    arabic, english, category = _TENDERS[place % len(_TENDERS)]
    return {
        **_common_terms(now, place, arabic, english),
        "category": category,
        "method": "open",
        "estimate": 125_000_000,
        **changes,
    }


def sample_lease(now: datetime, place: int = 0, **changes: Any) -> dict[str, Any]:
    """Returns the body of a lease in the shape of the contract's `NewLease`, with moments as operations get them."""
    arabic, english, kind = _LEASES[place % len(_LEASES)]
    return {
        **_common_terms(now, place, arabic, english),
        "kind": kind,
        "activity": {"ar": "مقهى", "en": "Coffee shop"},
        "site": {"district": "الكورنيش", "plan": "352/3", "plot": "12"},
        "area_m2": 24.5,
        **({"term_days": 90} if kind == "temporary" else {"term_years": 5}),
        "minimum_rent": 5_000_000,
        **changes,
    }


def _common_terms(now: datetime, place: int, arabic: str, english: str) -> dict[str, Any]:
    return {
        "municipality": _BRANCHES[place % len(_BRANCHES)],
        "title": {"ar": f"{arabic} {MARK}", "en": f"{english} {MARK_EN}"},
        "description": {"ar": f"{arabic} {MARK}", "en": f"{english} {MARK_EN}"},
        "booklet_price": 75_000,
        "guarantee_percent": 1,
        "documents": [
            {
                "kind": "booklet",
                "title": {"ar": "كراسة الشروط", "en": "Booklet"},
                "url": "https://platform.example/booklet.pdf",
            }
        ],
        "questions_until": now + timedelta(days=10),
        "bids_until": now + timedelta(days=20),
        "opens_at": now + timedelta(days=20, hours=1),
    }


@click.command("sample", help="Fill an empty database with rows that say «بيانات تجريبية».")
@click.option("--count", default=12, show_default=True, help="How many tenders, and leases.")
@pass_process
def command(process: Process[Settings, Resources], count: int) -> None:
    """Refuses a database that holds a row: sample data don't belong among real ones."""
    with process.transaction() as context:
        if context.session.scalar(select(func.count()).select_from(Tender)):
            raise click.ClickException("there are rows already: this is for an empty database")
    for place in range(count):
        for model, sample in ((Tender, sample_tender), (Lease, sample_lease)):
            with process.transaction() as context:
                _make(context, model, sample, place)
    with process.transaction() as context:
        _make_awarded_tender(context)
    click.echo(f"{count} tenders, {count} leases")


def _make(
    context: Context, model: type[Any], sample: Callable[..., dict[str, Any]], place: int
) -> None:
    """Publishes all but every fourth, which stays a draft."""
    work, ocid_prefix = UnitOfWork.of(context, OFFICER), context.settings.ocid_prefix
    row = publishing.draft_offering(work, model, sample(work.now, place))
    if place % 4 != 3:
        publishing.publish_offering(work, model, row.aggregate_id, ocid_prefix=ocid_prefix)


def _make_awarded_tender(context: Context) -> None:
    """Brings a tender from its publication, weeks ago, to its award."""
    began = context.now - _AGO
    work = UnitOfWork(context.session, OFFICER, began)
    tender = publishing.draft_offering(work, Tender, sample_tender(began))
    key = tender.tender_id
    publishing.publish_offering(work, Tender, key, ocid_prefix=context.settings.ocid_prefix)
    receipts = [f"E-{number}" for number in range(1, len(_BIDS) + 1)]
    for receipt in receipts:
        bids.receive_bid(work, Tender, key, {"receipt_number": receipt, "source": "etimad"})
    at_opening = UnitOfWork(context.session, COMMITTEE, tender.opens_at)
    bids.open_bids(at_opening, Tender, key, _opening(receipts))
    at_award = UnitOfWork(context.session, OFFICER, tender.opens_at + timedelta(days=5))
    body = {"receipt_number": receipts[0], "minutes_number": "م-15"}
    awards.award_offering(at_award, Tender, key, body, signing_term=context.settings.signing_term)


def _opening(receipts: Sequence[str]) -> dict[str, Any]:
    """Returns what the committee read, in the shape of the contract's `Opening`."""
    read = zip(receipts, _BIDS, strict=True)
    return {
        "minutes_number": "م-14",
        "bids": [
            {
                "receipt_number": receipt,
                "bidder": f"مؤسسة الواحة {number} {MARK}",
                "unified_number": "7000000005",
                "amount": amount,
                "accepted": accepted,
            }
            for number, (receipt, (amount, accepted)) in enumerate(read, start=1)
        ],
    }
