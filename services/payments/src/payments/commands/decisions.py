"""What people decide about money: one proposes, another agrees or not, and a refund is paid out."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, NotFound, not_blank
from chassis.data.aggregates import lock
from payments.commands import settling
from payments.commands.counter import BillNotPayable
from payments.commands.recording import record_payment
from payments.domain import decisions
from payments.domain.decisions import DecisionStatus, Kind
from payments.domain.reach import Actor, require_reach
from payments.domain.settlement import is_over
from payments.domain.settling import Status, Suspense, judge
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


def propose(
    session: Session, actor: Actor, payment_id: str, proposal: Proposal, *, now: datetime
) -> Decision:
    """Raises NotFound, InvalidFields, IllegalTransition, DecisionIsOpen, BillNotPayable, MoneyMayHaveCome."""
    proposal = _checked(proposal)
    bill = _target(session, actor, proposal.bill_id)  # locked first, as everywhere
    payment = lock(session, Payment, payment_id)
    require_reach(actor, payment.municipality)
    _require_fits(session, payment, proposal.kind)
    if _open(session, payment_id) is not None:
        raise decisions.DecisionIsOpen
    if proposal.kind is Kind.APPLY:
        _require_payable(bill, payment)
    elif proposal.kind is Kind.DISMISS:
        _require_absent(session, payment)
    row = Decision(
        decision_id=new_id(),
        payment_id=payment_id,
        kind=proposal.kind.value,
        bill_id=proposal.bill_id,
        iban=proposal.iban,
        holder=proposal.holder,
        reason=proposal.reason,
        status=DecisionStatus.PROPOSED.value,
        proposed_by=actor.subject,
        proposed_at=now,
    )
    session.add(row)
    action = f"propose-{proposal.kind}"
    record_payment(session, payment, actor, action, None, now=now, note=proposal.reason)
    return row


def decide(
    session: Session, actor: Actor, decision_id: str, *, agrees: bool, note: str, now: datetime
) -> Decision:
    """Another person's word. Agreed, it publishes what becomes of the money at once: whoever would issue something for
    it learns that it goes back before it has gone. Raises NotFound, InvalidFields, DecisionIsMade, SecondPersonNeeded,
    BillNotPayable, MoneyMayHaveCome."""
    note = not_blank(note, "note")
    known = session.get(Decision, decision_id)
    if known is None:
        raise NotFound
    bill = _target(session, actor, known.bill_id)
    payment = lock(session, Payment, known.payment_id)
    require_reach(actor, payment.municipality)
    row = lock(session, Decision, decision_id)
    decisions.require_second(DecisionStatus(row.status), row.proposed_by, actor.subject)
    if agrees:
        _require_as_proposed(session, payment, row)
    status = DecisionStatus.APPROVED if agrees else DecisionStatus.REJECTED
    row.status, row.decided_by, row.decided_at, row.note = status.value, actor.subject, now, note
    if agrees:
        _carry_out(session, actor, row, (bill, payment), now)
    else:
        action = f"reject-{row.kind}"
        record_payment(session, payment, actor, action, None, now=now, note=note)
    return row


def pay_out(
    session: Session, actor: Actor, payment_id: str, *, transfer: str, now: datetime
) -> Payment:
    """The money has gone back, by the bank's number of the transfer. Publishes payment.refunded. Raises NotFound,
    IllegalTransition, DecisionIsOpen."""
    transfer = not_blank(transfer, "transfer")
    payment = lock(session, Payment, payment_id)
    require_reach(actor, payment.municipality)
    another = _open(session, payment_id) is not None
    decisions.require_refunding(Status(payment.status), another_proposed=another)
    payment.status, payment.transfer, payment.ended_at = Status.REFUNDED.value, transfer, now
    payment.reason = payment.refund_wanted = payment.refund_since = None
    details = {"transfer": transfer}
    record_payment(session, payment, actor, "pay-out", "refunded", now=now, details=details)
    settling.MONEY.labels(payment.source, Status.REFUNDED.value).inc()
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


def _target(session: Session, actor: Actor, bill_id: str | None) -> Bill | None:
    if bill_id is None:
        return None
    bill = lock(session, Bill, bill_id)
    require_reach(actor, bill.municipality)
    return bill


def _open(session: Session, payment_id: str) -> Decision | None:
    statement = select(Decision).where(
        Decision.payment_id == payment_id, Decision.status == DecisionStatus.PROPOSED.value
    )
    return session.scalars(statement).one_or_none()


def _require_payable(bill: Bill | None, payment: Payment) -> Bill:
    reason = judge(settling.owed(bill), payment.amount_halalas)
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


def _carry_out(
    session: Session,
    actor: Actor,
    row: Decision,
    meeting: tuple[Bill | None, Payment],
    now: datetime,
) -> None:
    bill, payment = meeting
    kind, note = Kind(row.kind), row.note
    if kind is Kind.APPLY:
        bill = _require_payable(bill, payment)
        payment.ended_at = None  # of money that had been dismissed
        settling.settle(session, bill, payment, actor, now=now, note=note)
    elif kind is Kind.REFUND:
        _send_back(session, actor, row, payment, now)
    else:
        _require_absent(session, payment)
        payment.status, payment.ended_at, payment.reason = Status.DISMISSED.value, now, None
        record_payment(session, payment, actor, "dismiss", "dismissed", now=now, note=note)
        settling.MONEY.labels(payment.source, Status.DISMISSED.value).inc()


def _send_back(
    session: Session, actor: Actor, row: Decision, payment: Payment, now: datetime
) -> None:
    """The money is to go to this account, and to none that was agreed to before: the bank refused it, or sent the
    transfer back. Publishes `refunding` unless that is what was published last."""
    earlier = update(Decision).where(
        Decision.payment_id == payment.payment_id,
        Decision.decision_id != row.decision_id,
        Decision.kind == Kind.REFUND.value,
        Decision.status == DecisionStatus.APPROVED.value,
    )
    session.execute(earlier.values(status=DecisionStatus.REPLACED.value))
    happened = None if payment.status == Status.REFUNDING else "refunding"
    payment.status, payment.refund_since = Status.REFUNDING.value, payment.refund_since or now
    payment.transfer = payment.ended_at = None
    record_payment(session, payment, actor, "agree-refund", happened, now=now, note=row.note)
