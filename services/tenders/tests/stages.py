"""Brings tenders and leases of the tests to a stage of their lives, through the commands."""

from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from tenders.commands import awards, bids, publishing
from tenders.domain.leases import SigningTerm
from tenders.models import Lease, Tender
from tenders.sample import sample_lease, sample_tender

from .people import CLERK, GOVERNORATE, OPENER, PREPARER, RECEIPTS, opening

NOW = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)  # a Sunday, 11:00 in Riyadh; 1448/06/19
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
AFTER = NOW + 20 * DAY + HOUR  # the published time of the opening
PREFIX = "ocds-qatif0"
TERM = SigningTerm(days=30, record_days=7)
STAGES = ("draft", "published", "received", "opened", "awarded", "contracted")


def bring(
    session: Any, model: type[Any], stage: str, *, now: datetime = NOW, **changes: Any
) -> Any:
    """Returns an offering at a stage. After `received` it's the time of the opening."""
    step = STAGES.index(stage)
    row = draft(session, model, now=now, **changes)
    key = row.aggregate_id
    later = now + 20 * DAY + HOUR
    if step >= 1:
        publishing.publish_offering(work(session, GOVERNORATE, now), model, key, ocid_prefix=PREFIX)
    if step >= 2:
        receive(session, model, key, now)
    if step >= 3:
        open_now(session, row, later)
    if step >= 4:
        award(session, model, key, later)
    if step >= 5:
        sign(session, model, key, later)
    session.flush()
    return row


def work(session: Any, actor: Any, now: datetime = NOW) -> UnitOfWork:
    return UnitOfWork(session, actor, now)


def draft(session: Any, model: type[Any], *, now: datetime = NOW, **changes: Any) -> Any:
    """Drafts a tender or lease, of Saihat without another branch."""
    changes.setdefault("municipality", "saihat")
    unit = work(session, GOVERNORATE, now)
    sample = sample_tender if model is Tender else sample_lease
    return publishing.draft_offering(unit, model, sample(now, **changes))


def receive(session: Any, model: type[Any], key: str, now: datetime) -> None:
    for number in RECEIPTS:
        unit = work(session, CLERK, now)
        bids.receive_bid(unit, model, key, {"receipt_number": number, "source": "paper"})


def open_now(session: Any, row: Any, now: datetime = AFTER) -> None:
    """The committee reads every received bid."""
    bids.open_bids(work(session, OPENER, now), type(row), row.aggregate_id, opening())


def award(
    session: Any, model: type[Any], key: str, now: datetime, *, term: SigningTerm = TERM
) -> Any:
    body = {"receipt_number": RECEIPTS[0], "minutes_number": "م-15"}
    unit = work(session, PREPARER, now)
    return awards.award_offering(unit, model, key, body, signing_term=term)


def sign(session: Any, model: type[Any], key: str, now: datetime) -> Any:
    body = {"contract_number": "ع-88", "signed_on": (now + 3 * HOUR).date()}
    return awards.sign_contract(work(session, PREPARER, now), model, key, body)


def hand_over(session: Any, key: str, now: datetime) -> Lease:
    day = (now + 3 * HOUR).date()
    unit = work(session, PREPARER, now)
    return awards.hand_over(unit, key, {"report_number": "ت-3", "handed_over_on": day})


def as_json(body: Any) -> Any:
    """Returns a body of the samples as it's sent over HTTP: moments as texts, amounts in riyals."""
    sent = {}
    for name, value in body.items():
        if isinstance(value, datetime):
            sent[name] = rfc3339(value)
        elif name in ("estimate", "minimum_rent", "booklet_price", "amount"):
            sent[name] = f"{value // 100}.{value % 100:02}"
        elif name == "bids":
            sent[name] = [as_json(one) for one in value]
        else:
            sent[name] = value
    return sent
