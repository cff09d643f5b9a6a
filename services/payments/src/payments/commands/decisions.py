"""Decisions about money: one person proposes, a second person approves or rejects, and a refund is paid out."""

from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, InvalidFields, NotFound, not_blank
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from payments.commands.recording import record_payment
from payments.commands.settle import MONEY, BillNotPayable, for_money, settle_bill
from payments.domain import decisions
from payments.domain.decisions import DecisionStatus, Kind
from payments.domain.payments import (
    Status,
    Suspense,
    find_other_debtor,
    find_suspense,
    require_reach,
)
from payments.domain.refunds import AccountChanged, read_iban
from payments.domain.settlement import is_over
from payments.models import Bill, Decision, Payment, Reconciliation, SettlementLine


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """`bill_id` for `apply`; for `refund` the `iban` and the `holder` of the account, or else `account_given_at` of the
    account that the payer gave and the accountant has read."""

    kind: Kind
    reason: str
    bill_id: str | None = None
    iban: str | None = field(default=None, repr=False)
    holder: str | None = field(default=None, repr=False)
    account_given_at: str | None = None
    account_given_by: str | None = None


def propose_decision(work: UnitOfWork, payment_id: str, proposal: Proposal) -> Decision:
    """Adds a proposal, which a second person decides. Raises NotFound, InvalidFields, IllegalTransition,
    RefundTransferred, DecisionIsOpen, BillNotPayable, MoneyMayHaveCome, AccountChanged."""
    bill = _lock_bill(work, proposal.bill_id if proposal.kind is Kind.APPLY else None)
    payment = work.lock(Payment, payment_id)
    require_reach(work.actor, payment.municipality)
    proposal = _check_proposal(proposal, payment)
    _require_possible(work.session, payment, proposal.kind)
    if has_open_decision(work.session, payment_id):
        raise decisions.DecisionIsOpen
    if proposal.kind is Kind.APPLY:
        _require_payable(work.session, bill, payment)
    elif proposal.kind is Kind.DISMISS:
        _require_absent(work.session, payment)
    row = Decision(
        decision_id=new_id(),
        payment_id=payment_id,
        kind=proposal.kind.value,
        bill_id=proposal.bill_id,
        iban=proposal.iban,
        holder=proposal.holder,
        account_given_by=proposal.account_given_by,
        reason=proposal.reason,
        status=DecisionStatus.PROPOSED.value,
        proposed_by=work.actor.subject,
        proposed_by_name=work.actor.name,
        proposed_at=work.now,
    )
    work.session.add(row)
    action = f"propose-{proposal.kind}"
    record_payment(work, payment, action, None, note=proposal.reason)
    return row


def decide(work: UnitOfWork, decision_id: str, *, agrees: bool, note: str) -> Decision:
    """Approves or rejects a proposal, by a second person.

    An approved decision is published at once, so that no service issues anything for money that goes back. A rejected
    refund to the account that the payer gave publishes payment.account_wanted. Raises NotFound, InvalidFields,
    DecisionIsMade, SecondPersonNeeded, RefundTransferred, BillNotPayable, MoneyMayHaveCome.
    """
    note = not_blank(note, "note")
    known = work.session.get(Decision, decision_id)
    if known is None:
        raise NotFound
    bill = _lock_bill(work, known.bill_id)
    payment = work.lock(Payment, known.payment_id)
    require_reach(work.actor, payment.municipality)
    row = work.lock(Decision, decision_id)
    decisions.require_second_person(DecisionStatus(row.status), row.proposed_by, work.actor.subject)
    if agrees:
        _require_still_possible(work.session, payment, row)
    status = DecisionStatus.APPROVED if agrees else DecisionStatus.REJECTED
    row.status, row.note, row.decided_at = status.value, note, work.now
    row.decided_by, row.decided_by_name = work.actor.subject, work.actor.name
    if agrees:
        _carry_out_decision(work, row, (bill, payment))
    else:
        happened = None
        if row.account_given_by is not None:
            payment.forget_account()
            happened = "account_wanted"
        record_payment(work, payment, f"reject-{row.kind}", happened, note=note)
    return row


def pay_out_refund(
    work: UnitOfWork, payment_id: str, *, transfer: str, decision_id: str | None = None
) -> Payment:
    """Notes that a refund went out, by the bank's number of the `transfer`. `decision_id`: the refund whose account was
    read for the transfer. Publishes payment.refunded. Raises NotFound, IllegalTransition, DecisionIsOpen,
    RefundReplaced."""
    transfer = not_blank(transfer, "transfer")
    payment = work.lock(Payment, payment_id)
    require_reach(work.actor, payment.municipality)
    another = has_open_decision(work.session, payment_id)
    decisions.require_refunding(Status(payment.status), another_proposed=another)
    if decision_id is not None:
        _require_agreed_refund(work.session, payment_id, decision_id)
    payment.status, payment.transfer, payment.ended_at = Status.REFUNDED.value, transfer, work.now
    payment.transfer_returned_at = None
    payment.reason = payment.refund_wanted = payment.refund_since = None
    details = {"transfer": transfer}
    record_payment(work, payment, "pay-out", "refunded", details=details)
    MONEY.labels(payment.source, Status.REFUNDED.value).inc()
    return payment


def _require_agreed_refund(session: Session, payment_id: str, decision_id: str) -> None:
    """Raises RefundReplaced unless the decision is the agreed refund of the payment, which is locked."""
    agreed = select(Decision.decision_id).where(
        Decision.payment_id == payment_id,
        Decision.kind == Kind.REFUND.value,
        Decision.status == DecisionStatus.APPROVED.value,
    )
    if decision_id not in session.scalars(agreed).all():
        raise decisions.RefundReplaced


def return_transfer(work: UnitOfWork, payment_id: str, *, transfer: str, reason: str) -> Payment:
    """Notes that the bank has returned a refund's transfer, so that a refund may be proposed anew. The number of the
    `transfer` stays in the payment. Publishes payment.account_wanted. Raises NotFound, InvalidFields,
    IllegalTransition."""
    reason = not_blank(reason, "reason")
    payment = work.lock(Payment, payment_id)
    require_reach(work.actor, payment.municipality)
    decisions.require_returnable(Status(payment.status), is_returned=payment.is_returned)
    if transfer != payment.transfer:
        raise InvalidFields.of("transfer", "transfer-of-refund")
    payment.transfer_returned_at = payment.refund_since = work.now
    details = {"transfer": transfer}
    happened = "account_wanted"
    record_payment(work, payment, "return-transfer", happened, note=reason, details=details)
    return payment


def _check_proposal(proposal: Proposal, payment: Payment) -> Proposal:
    """Returns the proposal without fields of other kinds, and with the account that the payer gave where it names none.
    Raises AccountChanged, and InvalidFields that names every field at fault."""
    findings = Findings()
    iban = holder = reason = None
    with findings.gather():
        reason = not_blank(proposal.reason, "reason")
    takes_given = _takes_given_account(proposal, payment)
    if takes_given:
        iban, holder = payment.account_iban, payment.account_holder
    elif proposal.kind is Kind.REFUND:
        with findings.gather():
            holder = not_blank(proposal.holder or "", "holder")
        with findings.gather():
            iban = read_iban(proposal.iban)
    if proposal.kind is Kind.APPLY and proposal.bill_id is None:
        findings.fault("bill_id", "required")
    findings.settle()
    bill_id = proposal.bill_id if proposal.kind is Kind.APPLY else None
    return Proposal(
        kind=proposal.kind,
        reason=reason or "",
        bill_id=bill_id,
        iban=iban,
        holder=holder,
        account_given_by=payment.account_given_by if takes_given else None,
    )


def _takes_given_account(proposal: Proposal, payment: Payment) -> bool:
    """Returns whether a refund goes to the account that the payer gave. Raises AccountChanged for another one than the
    accountant has read."""
    names_another = proposal.iban is not None or proposal.holder is not None
    if proposal.kind is not Kind.REFUND or names_another or proposal.account_given_at is None:
        return False
    given_at = payment.account_given_at
    if given_at is None or proposal.account_given_at != rfc3339(given_at):
        raise AccountChanged
    return True


def _lock_bill(work: UnitOfWork, bill_id: str | None) -> Bill | None:
    """Locks the bill of an `apply`. Every transaction locks the bill before the payment."""
    if bill_id is None:
        return None
    bill = work.lock(Bill, bill_id)
    require_reach(work.actor, bill.municipality)
    return bill


def has_open_decision(session: Session, payment_id: str) -> bool:
    """Returns whether a proposal about the payment waits for a second person."""
    statement = select(Decision.decision_id).where(
        Decision.payment_id == payment_id, Decision.status == DecisionStatus.PROPOSED.value
    )
    return session.scalar(statement) is not None


def _require_payable(session: Session, bill: Bill | None, payment: Payment) -> Bill:
    """Raises BillNotPayable, also for money that came for a bill of another municipality or of another payer."""
    reason = find_suspense(for_money(bill), payment.amount_halalas, paid_on=payment.paid_on)
    if bill is None or reason is not None:
        raise BillNotPayable(reason or Suspense.UNKNOWN_BILL)
    came_for = session.get(Bill, payment.bill_id) if payment.bill_id else None
    if came_for is not None:
        other = find_other_debtor(
            (came_for.municipality, came_for.payer_number), (bill.municipality, bill.payer_number)
        )
        if other is not None:
            raise BillNotPayable(other)
    return bill


def _require_absent(session: Session, payment: Payment) -> None:
    """Raises MoneyMayHaveCome unless the bank's settlements rule the payment out: the settlement of its day is
    complete, and no settlement of any day has the payment."""
    made_at = session.scalar(
        select(Reconciliation.made_at).where(
            Reconciliation.source == payment.source, Reconciliation.day == payment.paid_on
        )
    )
    is_reconciled = made_at is not None and is_over(payment.paid_on, made_at)
    decisions.require_absent(is_settled=_is_settled(session, payment), is_reconciled=is_reconciled)


def _require_possible(session: Session, payment: Payment, kind: Kind) -> None:
    """Raises IllegalTransition when the payment's status doesn't allow a decision of this kind, and RefundTransferred
    for money that was transferred back."""
    status = Status(payment.status)
    decisions.require_possible(status, kind)
    decisions.require_not_transferred(status, is_returned=payment.is_returned)
    decisions.require_arrived(status, kind, is_settled=_is_settled(session, payment))


def _is_settled(session: Session, payment: Payment) -> bool:
    """Returns whether a line of the bank, of any day, has the payment."""
    line = select(SettlementLine.line_id).where(
        SettlementLine.source == payment.source, SettlementLine.reference == payment.reference
    )
    return session.scalar(select(line.exists())) or False


def _require_still_possible(session: Session, payment: Payment, row: Decision) -> None:
    """Raises IllegalTransition or RefundTransferred when the payment has changed since the proposal so that the
    decision isn't possible."""
    status, kind = Status(payment.status), Kind(row.kind)
    _require_possible(session, payment, kind)
    settled_since = payment.settled_at is not None and payment.settled_at > row.proposed_at
    decisions.require_no_settlement_since(status, kind, settled_since=settled_since)


def _carry_out_decision(
    work: UnitOfWork, row: Decision, locked: tuple[Bill | None, Payment]
) -> None:
    bill, payment = locked
    kind, note = Kind(row.kind), row.note
    payment.forget_account()  # the decision keeps the account of a refund
    if kind is not Kind.REFUND:
        forget_accounts_of_decisions(work.session, payment.payment_id)
    if kind is Kind.APPLY:
        bill = _require_payable(work.session, bill, payment)
        payment.ended_at = None  # a dismissed payment has this time
        settle_bill(work, bill, payment, note=note)
    elif kind is Kind.REFUND:
        _begin_refund(work, row, payment)
    else:
        _require_absent(work.session, payment)
        payment.status, payment.ended_at, payment.reason = Status.DISMISSED.value, work.now, None
        record_payment(work, payment, "dismiss", "dismissed", note=note)
        MONEY.labels(payment.source, Status.DISMISSED.value).inc()


def forget_accounts_of_decisions(session: Session, payment_id: str) -> None:
    """Empties the accounts of all decisions about a payment: the money doesn't go back, or went back long ago."""
    rows = update(Decision).where(Decision.payment_id == payment_id)
    session.execute(rows.values(iban=None, holder=None))


def _begin_refund(work: UnitOfWork, row: Decision, payment: Payment) -> None:
    """Sends the money to the account of this decision, in place of any account that was approved before: the bank has
    refused that account, or has returned the transfer. Publishes `refunding` unless the payment is refunding. The
    number of a returned transfer stays until the next transfer's."""
    earlier = update(Decision).where(
        Decision.payment_id == payment.payment_id,
        Decision.decision_id != row.decision_id,
        Decision.kind == Kind.REFUND.value,
        Decision.status == DecisionStatus.APPROVED.value,
    )
    work.session.execute(earlier.values(status=DecisionStatus.REPLACED.value))
    happened = None if payment.status == Status.REFUNDING else "refunding"
    payment.status, payment.refund_since = Status.REFUNDING.value, payment.refund_since or work.now
    payment.ended_at = None
    record_payment(work, payment, "agree-refund", happened, note=row.note)
