"""After the opening: negotiation, award and contract; of a lease hand-over, extension and return; cancellation."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.core.refusals import Findings, InvalidFields, not_blank
from chassis.data.deadlines import drop_deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from saudi.bilingual import Bilingual
from saudi.days import legal_day, midnight_after
from tenders.commands.booklets import end_purchases
from tenders.commands.files import release_files
from tenders.commands.recording import (
    SILENT,
    advance,
    drop_clock,
    lock_offering,
    record_draft,
    record_public_change,
)
from tenders.domain.disclosure import fault_series_numbers
from tenders.domain.documents import links_of
from tenders.domain.leases import (
    SigningTerm,
    ends_on,
    extend_term,
    require_minimum,
    require_term_over,
)
from tenders.domain.notices import AWARDED, CANCELLED
from tenders.domain.offerings import (
    LEASE,
    Action,
    NotAccepted,
    require_another_person,
    require_true_cause,
)
from tenders.domain.terms import parse_kept_text, parse_words
from tenders.lookups import standing_bids
from tenders.models import Bid, Lease, Offering, OfferingT

SILENT_CODE = "winner-silent"
SILENT_REASON = Bilingual(
    "لم يوقع الفائز العقد خلال المهلة النظامية.", "The winner didn't sign the contract in time."
)


def negotiate(work: UnitOfWork, lease_id: str, *, note: str) -> Lease:
    """Begins the negotiation with the highest bidder. Raises NotFound, IllegalTransition, NotAccepted and
    InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    note = parse_kept_text(note, "note")
    advance(row, Action.NEGOTIATE)
    if not any(one.accepted for one in standing_bids(work.session, lease_id).values()):
        raise NotAccepted
    return record_public_change(work, row, Action.NEGOTIATE, "negotiating", note=note)


def award_offering(
    work: UnitOfWork,
    model: type[OfferingT],
    offering_id: str,
    body: Mapping[str, Any],
    *,
    signing_term: SigningTerm,
) -> OfferingT:
    """Awards to an accepted bid, in the shape of the contract's `Award`. The estimate is told from now on, and the
    followers hear of the award. A lease whose winner doesn't sign within the `signing_term` is cancelled by the clock.
    Raises NotFound, IllegalTransition, SamePerson, NotAccepted, BelowMinimum and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    negotiated = row.status == "negotiating"
    advance(row, Action.AWARD)
    require_another_person(row.opened_by, work.actor.subject)
    minutes = not_blank(body["minutes_number"], "minutes_number")
    bid = _bid_to_award(
        work, offering_id, body["receipt_number"], only_highest=row.aggregate_type == LEASE
    )
    amount = _awarded_amount(bid, body.get("amount"), negotiated=negotiated)
    if row.aggregate_type == LEASE:
        require_minimum(amount, row.secret_amount)
    row.awarded_at = work.now
    row.award = {
        "receipt_number": bid.receipt_number,
        "supplier": bid.contents["bidder"],
        "unified_number": bid.contents["unified_number"],
        "amount_halalas": amount,
        "minutes_number": minutes,
        **(_begin_signing_term(work, row, signing_term) if isinstance(row, Lease) else {}),
    }
    return record_public_change(work, row, Action.AWARD, "awarded", notice=AWARDED)


def _begin_signing_term(work: UnitOfWork, row: Lease, term: SigningTerm) -> dict[str, str]:
    """Has the clock cancel the award after the term. Returns the last days to sign and to record the contract: they
    are kept with the award, so that a setting that changes later moves neither."""
    awarded_on = legal_day(work.now)
    sign_until, record_until = term.sign_until(awarded_on), term.record_until(awarded_on)
    set_deadline(work.session, LEASE, row.aggregate_id, SILENT, midnight_after(record_until))
    return {"sign_until": sign_until.isoformat(), "record_until": record_until.isoformat()}


def _awarded_amount(bid: Bid, named: int | None, *, negotiated: bool) -> int:
    """Returns the amount in halalas: that which was read at the opening, or a higher one that a negotiation reached.
    Raises InvalidFields."""
    read: int = bid.contents["amount_halalas"]
    if named is None or named == read:
        return read
    if not negotiated or named < read:
        raise InvalidFields.of("amount", "amount-of-bid")
    return named


def _bid_to_award(
    work: UnitOfWork, offering_id: str, receipt_number: str, *, only_highest: bool
) -> Bid:
    """Returns the accepted bid. A lease goes to the highest one, and a negotiation is with the highest bidder alone. A
    committee that prefers a lower bid refuses the higher ones at the opening."""
    known = standing_bids(work.session, offering_id)
    if receipt_number not in known:
        raise InvalidFields.of("receipt_number", "bid-unknown")
    bid = known[receipt_number]
    if not bid.accepted:
        raise NotAccepted
    amounts = [one.contents["amount_halalas"] for one in known.values() if one.accepted]
    if only_highest and bid.contents["amount_halalas"] < max(amounts):
        raise InvalidFields.of("receipt_number", "bid-not-highest")
    return bid


def sign_contract(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> OfferingT:
    """Records the contract, in the shape of the contract's `Contract`. A tender ends with it; the term of a lease
    begins with the hand-over. Raises NotFound, IllegalTransition and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    advance(row, Action.CONTRACT)
    findings, signed_on = Findings(), body["signed_on"]
    with findings.gather():
        row.contract_number = not_blank(body["contract_number"], "contract_number")
        fault_series_numbers(findings, contract_number=row.contract_number)
    if signed_on > legal_day(work.now):
        findings.fault("signed_on", "day-in-future")
    if row.awarded_at is not None and signed_on < legal_day(row.awarded_at):
        findings.fault("signed_on", "before-the-award")
    sign_until = (row.award or {}).get("sign_until")
    if sign_until is not None and signed_on > date.fromisoformat(sign_until):
        findings.fault("signed_on", "after-the-signing-term")
    findings.settle()
    row.signed_on = signed_on
    row.settled_at = work.now
    drop_deadline(work.session, row.aggregate_type, offering_id, SILENT)
    return record_public_change(work, row, Action.CONTRACT, "contracted")


def hand_over(work: UnitOfWork, lease_id: str, body: Mapping[str, Any]) -> Lease:
    """Records the hand-over report, in the shape of the contract's `HandOver`: the term is counted from its day. Raises
    NotFound, IllegalTransition and InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    advance(row, Action.HAND_OVER)
    findings, day = Findings(), body["handed_over_on"]
    with findings.gather():
        row.hand_over_report = not_blank(body["report_number"], "report_number")
    if day > legal_day(work.now):
        findings.fault("handed_over_on", "day-in-future")
    if row.signed_on is not None and day < row.signed_on:
        findings.fault("handed_over_on", "before-the-contract")
    findings.settle()
    row.handed_over_on = day
    row.ends_on = ends_on(day, years=row.term_years, days=row.term_days)
    return record_public_change(work, row, Action.HAND_OVER, "handed_over")


def extend(work: UnitOfWork, lease_id: str, *, note: str) -> Lease:
    """Extends a temporary lease once, by the same term. Raises NotFound, IllegalTransition, NotExtendable and
    InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    note = parse_kept_text(note, "note")
    advance(row, Action.EXTEND)
    last = row.ends_on or legal_day(work.now)
    today = legal_day(work.now)
    row.ends_on = extend_term(last, days=row.term_days, extended=row.extended, today=today)
    row.extended = True
    return record_public_change(work, row, Action.EXTEND, "extended", note=note)


def return_site(work: UnitOfWork, lease_id: str, *, note: str) -> Lease:
    """Records the return of the site after the term. Raises NotFound, IllegalTransition, TermNotOver and
    InvalidFields."""
    row = lock_offering(work, Lease, lease_id)
    note = parse_kept_text(note, "note")
    advance(row, Action.RETURN)
    require_term_over(row.ends_on, legal_day(work.now))
    return record_public_change(work, row, Action.RETURN, "returned", note=note)


def cancel_offering(
    work: UnitOfWork, model: type[OfferingT], offering_id: str, body: Mapping[str, Any]
) -> OfferingT:
    """Cancels with a reason that everybody reads, and has the followers told. A draft is cancelled silently, and loses
    its files. Raises NotFound, IllegalTransition and InvalidFields."""
    row = lock_offering(work, model, offering_id)
    row.life.after(Action.CANCEL, row.status)
    findings = Findings()
    reason = parse_words(body["reason"], "reason", findings)
    with findings.gather():
        _require_true_cause(work, row, body["code"])
    findings.settle()
    return _cancel(work, row, body["code"], reason)


def _require_true_cause(work: UnitOfWork, row: Offering, code: str) -> None:
    bids = standing_bids(work.session, row.aggregate_id).items()
    sign_until = (row.award or {}).get("sign_until")
    today = legal_day(work.now).isoformat()
    require_true_cause(
        code,
        row.status,
        {number: one.contents["amount_halalas"] if one.accepted else None for number, one in bids},
        least=row.secret_amount if row.aggregate_type == LEASE else None,
        signing_is_over=sign_until is None or today > sign_until,
    )


def _cancel(work: UnitOfWork, row: OfferingT, code: str, reason: dict[str, str]) -> OfferingT:
    advance(row, Action.CANCEL)
    row.cancel_code, row.cancel_reason = code, reason
    row.cancelled_at = row.settled_at = work.now
    drop_clock(work, row)
    if isinstance(row, Lease):
        end_purchases(work, row, give_back=row.opened_at is None)
    if row.number is None:
        row.documents = links_of(row.documents)
        release_files(work, row)
        record_draft(work, row, Action.CANCEL)
        return row
    return record_public_change(work, row, Action.CANCEL, "cancelled", notice=CANCELLED)


def cancel_silent(work: UnitOfWork, lease_id: str) -> Lease | None:
    """Cancels a lease of which no contract was recorded in time. Does nothing if the lease went on meanwhile."""
    row = work.lock(Lease, lease_id)
    if row.status != "awarded":
        return None
    return _cancel(work, row, SILENT_CODE, SILENT_REASON.pair())
