"""What people decide about money: one proposes, another agrees or not, and a refund is paid out."""

from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from payments.commands import settle
from payments.commands.counter import BillNotPayable
from payments.commands.recording import record_payment
from payments.domain import decisions
from payments.domain.access import require_reach
from payments.domain.decisions import DecisionStatus, Kind
from payments.domain.payments import Status, Suspense, judge
from payments.domain.settlement import is_over
from payments.models import Bill, Decision, Payment, Reconciliation, SettlementLine
from saudi.bank_accounts import parse_iban
from saudi.malformed import Malformed


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """`bill_id` for `apply`; `iban` and `holder`, whose account it is, for `refund`."""

    kind: Kind
    reason: str
    bill_id: str | None = None
    iban: str | None = field(default=None, repr=False)
    holder: str | None = field(default=None, repr=False)


def propose(work: UnitOfWork, payment_id: str, proposal: Proposal) -> Decision:
    """Raises NotFound, InvalidFields, IllegalTransition, DecisionIsOpen, BillNotPayable, MoneyMayHaveCome."""
    proposal = _checked(proposal)
    bill = _target(work, proposal.bill_id)  # locked first, as everywhere
    payment = work.lock(Payment, payment_id)
    require_reach(work.actor, payment.municipality)
    _require_fits(work.session, payment, proposal.kind)
    if _open(work.session, payment_id) is not None:
        raise decisions.DecisionIsOpen
    if proposal.kind is Kind.APPLY:
        _require_payable(bill, payment)
    elif proposal.kind is Kind.DISMISS:
        _require_absent(work.session, payment)
    row = Decision(
        decision_id=new_id(),
        payment_id=payment_id,
        kind=proposal.kind.value,
        bill_id=proposal.bill_id,
        iban=proposal.iban,
        holder=proposal.holder,
        reason=proposal.reason,
        status=DecisionStatus.PROPOSED.value,
        proposed_by=work.actor.subject,
        proposed_at=work.now,
    )
    work.session.add(row)
    action = f"propose-{proposal.kind}"
    record_payment(work, payment, action, None, note=proposal.reason)
    return row


def decide(work: UnitOfWork, decision_id: str, *, agrees: bool, note: str) -> Decision:
    """Another person's word. Agreed, it publishes what becomes of the money at once: whoever would issue something for
    it learns that it goes back before it has gone. Raises NotFound, InvalidFields, DecisionIsMade, SecondPersonNeeded,
    BillNotPayable, MoneyMayHaveCome."""
    note = not_blank(note, "note")
    known = work.session.get(Decision, decision_id)
    if known is None:
        raise NotFound
    bill = _target(work, known.bill_id)
    payment = work.lock(Payment, known.payment_id)
    require_reach(work.actor, payment.municipality)
    row = work.lock(Decision, decision_id)
    decisions.require_second(DecisionStatus(row.status), row.proposed_by, work.actor.subject)
    if agrees:
        _require_as_proposed(work.session, payment, row)
    status = DecisionStatus.APPROVED if agrees else DecisionStatus.REJECTED
    row.status, row.decided_by, row.decided_at, row.note = (
        status.value,
        work.actor.subject,
        work.now,
        note,
    )
    if agrees:
        _carry_out(work, row, (bill, payment))
    else:
        action = f"reject-{row.kind}"
        record_payment(work, payment, action, None, note=note)
    return row


def pay_out(work: UnitOfWork, payment_id: str, *, transfer: str) -> Payment:
    """The money has gone back, by the bank's number of the transfer. Publishes payment.refunded. Raises NotFound,
    IllegalTransition, DecisionIsOpen."""
    transfer = not_blank(transfer, "transfer")
    payment = work.lock(Payment, payment_id)
    require_reach(work.actor, payment.municipality)
    another = _open(work.session, payment_id) is not None
    decisions.require_refunding(Status(payment.status), another_proposed=another)
    payment.status, payment.transfer, payment.ended_at = Status.REFUNDED.value, transfer, work.now
    payment.reason = payment.refund_wanted = payment.refund_since = None
    details = {"transfer": transfer}
    record_payment(work, payment, "pay-out", "refunded", details=details)
    settle.MONEY.labels(payment.source, Status.REFUNDED.value).inc()
    return payment


def _checked(proposal: Proposal) -> Proposal:
    """With what it needs, and without what it doesn't. Raises InvalidFields that names every field."""
    found = Findings()
    iban = holder = reason = None
    with found.gather():
        reason = not_blank(proposal.reason, "reason")
    if proposal.kind is Kind.REFUND:
        with found.gather():
            holder = not_blank(proposal.holder or "", "holder")
        try:
            iban = parse_iban(proposal.iban or "")
        except Malformed as error:
            found.fault("iban", error.code if proposal.iban else "required", **error.params)
    if proposal.kind is Kind.APPLY and proposal.bill_id is None:
        found.fault("bill_id", "required")
    found.settle()
    bill_id = proposal.bill_id if proposal.kind is Kind.APPLY else None
    return Proposal(
        kind=proposal.kind, reason=reason or "", bill_id=bill_id, iban=iban, holder=holder
    )


def _target(work: UnitOfWork, bill_id: str | None) -> Bill | None:
    if bill_id is None:
        return None
    bill = work.lock(Bill, bill_id)
    require_reach(work.actor, bill.municipality)
    return bill


def _open(session: Session, payment_id: str) -> Decision | None:
    statement = select(Decision).where(
        Decision.payment_id == payment_id, Decision.status == DecisionStatus.PROPOSED.value
    )
    return session.scalars(statement).one_or_none()


def _require_payable(bill: Bill | None, payment: Payment) -> Bill:
    reason = judge(settle.owed(bill), payment.amount_halalas)
    if bill is None or reason is not None:
        raise BillNotPayable(reason or Suspense.UNKNOWN_BILL)
    return bill


def _require_absent(session: Session, payment: Payment) -> None:
    """By what the bank has told of its day, and of every other day so far."""
    made_at = session.scalar(
        select(Reconciliation.made_at).where(
            Reconciliation.source == payment.source, Reconciliation.day == payment.paid_on
        )
    )
    is_reconciled = made_at is not None and is_over(payment.paid_on, made_at)
    decisions.require_absent(is_settled=_is_settled(session, payment), is_reconciled=is_reconciled)


def _require_fits(session: Session, payment: Payment, kind: Kind) -> None:
    """Raises IllegalTransition for money of which that can't be decided."""
    status = Status(payment.status)
    decisions.require_fits(status, kind)
    decisions.require_arrived(status, kind, is_settled=_is_settled(session, payment))


def _is_settled(session: Session, payment: Payment) -> bool:
    """By a line of the bank, of whatever day."""
    line = select(SettlementLine.line_id).where(
        SettlementLine.source == payment.source, SettlementLine.reference == payment.reference
    )
    return session.scalar(select(line.exists())) or False


def _require_as_proposed(session: Session, payment: Payment, row: Decision) -> None:
    """Raises IllegalTransition for money of which that can't be decided, or not any more."""
    status, kind = Status(payment.status), Kind(row.kind)
    _require_fits(session, payment, kind)
    settled_since = payment.settled_at is not None and payment.settled_at > row.proposed_at
    decisions.require_as_proposed(status, kind, settled_since=settled_since)


def _carry_out(work: UnitOfWork, row: Decision, meeting: tuple[Bill | None, Payment]) -> None:
    bill, payment = meeting
    kind, note = Kind(row.kind), row.note
    if kind is Kind.APPLY:
        bill = _require_payable(bill, payment)
        payment.ended_at = None  # of money that had been dismissed
        settle.settle(work, bill, payment, note=note)
    elif kind is Kind.REFUND:
        _send_back(work, row, payment)
    else:
        _require_absent(work.session, payment)
        payment.status, payment.ended_at, payment.reason = Status.DISMISSED.value, work.now, None
        record_payment(work, payment, "dismiss", "dismissed", note=note)
        settle.MONEY.labels(payment.source, Status.DISMISSED.value).inc()


def _send_back(work: UnitOfWork, row: Decision, payment: Payment) -> None:
    """The money is to go to this account, and to none that was agreed to before: the bank refused it, or sent the
    transfer back. Publishes `refunding` unless that is what was published last."""
    earlier = update(Decision).where(
        Decision.payment_id == payment.payment_id,
        Decision.decision_id != row.decision_id,
        Decision.kind == Kind.REFUND.value,
        Decision.status == DecisionStatus.APPROVED.value,
    )
    work.session.execute(earlier.values(status=DecisionStatus.REPLACED.value))
    happened = None if payment.status == Status.REFUNDING else "refunding"
    payment.status, payment.refund_since = Status.REFUNDING.value, payment.refund_since or work.now
    payment.transfer = payment.ended_at = None
    record_payment(work, payment, "agree-refund", happened, note=row.note)
