"""What a request costs today, and another amount: proposed by one person, agreed to or refused by another.

Whether an amount is proposed isn't published; it stands in the request's history.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import IllegalTransition, not_blank
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.recording import lock_request, person_record
from permits.domain import fees
from permits.domain.corrections import ChangedMeanwhile, Changes
from permits.domain.fees import (
    AmountUndecided,
    FeeBasis,
    FeeUnknown,
    Line,
    NoAmountProposed,
    Proposal,
)
from permits.domain.requests import BILLABLE, BILLED, ENDS, Status
from permits.models import AmountProposal, Permit, PermitRequest
from saudi.days import legal_day
from saudi.money import riyals


@dataclass(frozen=True)
class Fee:
    """What's billed, line by line, and the other amount that stands."""

    lines: list[Line]
    proposal: AmountProposal | None


def fee_of(session: Session, row: PermitRequest, *, on: date) -> Fee:
    """Returns the fee of the request on a day. Raises FeeUnknown."""
    computed = _table_lines(session, row, on)
    proposal = standing_proposal(session, row)
    if proposal is not None and proposal.status == Proposal.AGREED:
        return Fee(fees.agreed_lines(computed, proposal.amount_halalas), proposal)
    return Fee(computed, proposal)


def shown_fee(session: Session, row: PermitRequest, *, on: date) -> Fee | None:
    """Returns the fee of a request: by its bill if one counts, else as of the day. None for an end without a bill,
    and if the table has no tariff."""
    status = Status(row.status)
    if row.invoice is not None and status in BILLED:
        return Fee(row.invoice.lines, standing_proposal(session, row))
    if status in ENDS:
        return None
    try:
        return fee_of(session, row, on=on)
    except FeeUnknown:
        return None


def fee_amount(session: Session, row: PermitRequest, *, on: date) -> str | None:
    """Returns the fee in riyals as the history shows it; None if the table has no tariff."""
    try:
        return riyals(fees.total(fee_of(session, row, on=on).lines))
    except FeeUnknown:
        return None


def fee_change(session: Session, row: PermitRequest, before: str | None, *, on: date) -> Changes:
    """Returns what the history says when other data change the fee."""
    after = fee_amount(session, row, on=on)
    return {"fee.amount": [before, after]} if after != before else {}


def decided_fee(session: Session, row: PermitRequest, *, on: date) -> list[Line]:
    """Returns the lines to bill. Raises FeeUnknown, AmountUndecided."""
    fee = fee_of(session, row, on=on)
    if fee.proposal is not None and fee.proposal.status == Proposal.PROPOSED:
        raise AmountUndecided
    return fee.lines


def _table_lines(session: Session, row: PermitRequest, on: date) -> list[Line]:
    previous = session.get(Permit, row.previous_permit_id) if row.previous_permit_id else None
    asked = FeeBasis(
        row.kind,
        row.use_class,
        catalogue.class_of(row.municipality, on),
        row.building,
        previous.building if previous else None,
    )
    return fees.fee_lines(asked, catalogue.tariffs(), on=on)


def standing_proposal(session: Session, row: PermitRequest) -> AmountProposal | None:
    """Returns the other amount that is proposed or agreed to."""
    return session.scalar(
        select(AmountProposal).where(
            AmountProposal.request_id == row.request_id,
            AmountProposal.status.in_([Proposal.PROPOSED.value, Proposal.AGREED.value]),
        )
    )


def propose_amount(
    work: UnitOfWork, request_id: str, *, amount_halalas: int, reason: str
) -> PermitRequest:
    """Proposes an amount other than the table's for a request that may be billed, in place of an earlier proposal.
    Raises NotFound, IllegalTransition, InvalidFields, FeeUnknown."""
    reason = not_blank(reason, "reason")
    row = lock_request(work, request_id)
    if Status(row.status) not in BILLABLE:
        raise IllegalTransition("propose_amount", row.status)
    fees.check_proposed(amount_halalas, _table_lines(work.session, row, legal_day(work.now)))
    cost = fee_amount(work.session, row, on=legal_day(work.now))
    drop_proposal(work.session, row)
    work.session.add(
        AmountProposal(
            proposal_id=new_id(),
            request_id=row.request_id,
            amount_halalas=amount_halalas,
            reason=reason,
            status=Proposal.PROPOSED.value,
            proposed_by=person_record(work.actor),
            proposed_at=work.now,
        )
    )
    told = {"proposal.amount": [cost, riyals(amount_halalas)]}
    work.record_action(row, "propose_amount", note=reason, details=told)
    return row


def agree_to_amount(
    work: UnitOfWork, request_id: str, *, note: str | None = None, seen_halalas: int | None = None
) -> PermitRequest:
    """Agrees to the proposed amount. Raises NotFound, NoAmountProposed, AnotherPersonAgrees for the proposer, and
    ChangedMeanwhile for another amount than the person has seen."""
    row, proposal = _lock_undecided(work, request_id, seen_halalas)
    fees.require_another(work.actor.subject, proposal.proposed_by["subject"])
    return _decide(work, row, proposal, Proposal.AGREED, note)


def refuse_amount(
    work: UnitOfWork, request_id: str, *, reason: str, seen_halalas: int | None = None
) -> PermitRequest:
    """Refuses the proposed amount; the proposer may refuse too. Raises NotFound, NoAmountProposed, and ChangedMeanwhile
    for another amount than the person has seen."""
    reason = not_blank(reason, "reason")
    row, proposal = _lock_undecided(work, request_id, seen_halalas)
    return _decide(work, row, proposal, Proposal.REFUSED, reason)


def _lock_undecided(
    work: UnitOfWork, request_id: str, seen_halalas: int | None
) -> tuple[PermitRequest, AmountProposal]:
    """Locks the request, and returns it with its undecided proposal. A later proposal takes the place of an earlier
    one, so the amount is compared with the amount that the person has seen."""
    row = lock_request(work, request_id)
    proposal = standing_proposal(work.session, row)
    if proposal is None or proposal.status != Proposal.PROPOSED:
        raise NoAmountProposed
    if seen_halalas not in (None, proposal.amount_halalas):
        raise ChangedMeanwhile
    return row, proposal


def _decide(
    work: UnitOfWork, row: PermitRequest, proposal: AmountProposal, how: Proposal, note: str | None
) -> PermitRequest:
    cost, proposed = (
        fee_amount(work.session, row, on=legal_day(work.now)),
        riyals(proposal.amount_halalas),
    )
    proposal.status, proposal.decided_by, proposal.decided_at = (
        how.value,
        person_record(work.actor),
        work.now,
    )
    if how is Proposal.AGREED:
        action, told = "agree_to_amount", {"fee.amount": [cost, proposed]}
    else:
        action, told = "refuse_amount", {"proposal.amount": [proposed, None]}
    work.record_action(row, action, note=note, details=told)
    return row


def drop_proposal(session: Session, row: PermitRequest) -> None:
    """Drops the standing proposal of the locked request, because the request is returned or another amount is
    proposed."""
    proposal = standing_proposal(session, row)
    if proposal is not None:
        proposal.status = Proposal.DROPPED.value
        session.flush()
