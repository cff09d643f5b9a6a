"""Receipt and opening of bids. The receipt of a bid is in no event and counts no version of the offering: otherwise the
topic, or the version that everybody reads, would tell how many handed in."""

from collections.abc import Mapping
from typing import Any

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from saudi.text import compact, tidy
from tenders.commands.publishing import close_when_due
from tenders.commands.recording import advance, lock_offering, record_public_change
from tenders.domain.offerings import (
    TENDER,
    Action,
    BidRecordedAlready,
    check_opening,
    require_another_person,
    require_bids_open,
    require_bids_sealed,
    require_opening_time,
    require_source,
)
from tenders.domain.terms import parse_kept_text
from tenders.lookups import standing_bids
from tenders.models import Bid, Offering, OfferingT


def receive_bid(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> Bid:
    """Records that a sealed bid came, in the shape of the contract's `Receipt`. Raises NotFound, IllegalTransition,
    BidsAreClosed, BidRecordedAlready and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    receipt_number, source = body["receipt_number"], body["source"]
    row.life.after(Action.RECEIVE, row.status)
    require_bids_open(row.bids_until, work.now)
    require_source(row.aggregate_type, source)
    if receipt_number in standing_bids(work.session, offering_id):
        raise BidRecordedAlready
    bid = Bid(
        bid_id=new_id(),
        offering_id=offering_id,
        receipt_number=receipt_number,
        source=source,
        received_at=work.now,
        received_by=work.actor.subject,
    )
    work.session.add(bid)
    work.record_action(row, Action.RECEIVE)
    work.session.flush()
    return bid


def withdraw_receipt(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> Bid:
    """Takes back a receipt that was recorded by mistake, in the shape of the contract's `ReceiptWithdrawal`, before the
    published time of the opening. The receipt and its withdrawal both stay in the history. Raises NotFound,
    IllegalTransition, BidsMayBeOpen, SamePerson and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    row.life.after(Action.WITHDRAW_RECEIPT, row.status)
    require_bids_sealed(row.opens_at, work.now)
    reason, number = parse_kept_text(body["reason"], "reason"), body["receipt_number"]
    bid = standing_bids(work.session, offering_id).get(number)
    if bid is None:
        raise InvalidFields.of("receipt_number", "bid-unknown")
    require_another_person(bid.received_by, work.actor.subject)
    bid.withdrawn_at = work.now
    work.record_action(row, Action.WITHDRAW_RECEIPT, note=f"{number}: {reason}")
    work.session.flush()
    return bid


def open_bids(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> OfferingT:
    """Records what the committee read, in the shape of the contract's `Opening`. Every received bid is read, or none:
    a bid that is left out could be changed afterwards. Raises NotFound, IllegalTransition, BidsAreSealed and
    InvalidFields."""
    row = lock_offering(work, model, offering_id)
    minutes = not_blank(body["minutes_number"], "minutes_number")
    close_when_due(work, row)
    advance(row, Action.OPEN)
    require_opening_time(row.opens_at, work.now)
    received = standing_bids(work.session, offering_id)
    check_opening(received, [one["receipt_number"] for one in body["bids"]])
    findings = Findings()
    for place, read in enumerate(body["bids"]):
        with findings.gather():
            _keep_contents(row, received[read["receipt_number"]], read, place)
    findings.settle()
    row.opened_at, row.opened_by = work.now, work.actor.subject
    row.opening_minutes, row.bids_count = minutes, len(received)
    return record_public_change(work, row, Action.OPEN, "opened")


def _keep_contents(row: Offering, bid: Bid, read: Mapping[str, Any], place: int) -> None:
    """Keeps what the committee read. A person may bid for a lease, and has no unified number. Raises InvalidFields."""
    number = read.get("unified_number")
    if number is None and row.aggregate_type == TENDER:
        raise InvalidFields.of(f"bids.{place}.unified_number", "required")
    bid.accepted = read["accepted"]
    bid.contents = {
        "bidder": tidy(parse_kept_text(read["bidder"], f"bids.{place}.bidder")),
        "unified_number": compact(number) if number else None,
        "amount_halalas": read["amount"],
    }
