"""The life of a permit request, from draft to issue, and the money in between."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from chassis.core.refusals import Conflict, Fault, IllegalTransition, InvalidFields
from permits.domain.actions import words
from saudi.days import both_calendars


class Status(StrEnum):
    DRAFT = "draft"
    WITH_OFFICE = "with_office"
    TECHNICAL_REVIEW = "technical_review"
    MUNICIPALITY_REVIEW = "municipality_review"
    RETURNED = "returned"
    APPROVED = "approved"
    AWAITING_PAYMENT = "awaiting_payment"
    ISSUED = "issued"
    REJECTED = "rejected"
    CANCELLED_BY_APPLICANT = "cancelled_by_applicant"
    EXPIRED_UNPAID = "expired_unpaid"


STATUS_TITLES = {
    Status.DRAFT: ("مسودة", "Draft"),
    Status.WITH_OFFICE: ("لدى المكتب الهندسي", "With the engineering office"),
    Status.TECHNICAL_REVIEW: ("تدقيق فني", "Technical review"),
    Status.MUNICIPALITY_REVIEW: ("لدى البلدية", "With the municipality"),
    Status.RETURNED: ("معادة للاستكمال", "Returned for completion"),
    Status.APPROVED: ("معتمد", "Approved"),
    Status.AWAITING_PAYMENT: ("بانتظار السداد", "Awaiting payment"),
    Status.ISSUED: ("صدرت", "Issued"),
    Status.REJECTED: ("مرفوض", "Rejected"),
    Status.CANCELLED_BY_APPLICANT: ("ملغى", "Cancelled by the applicant"),
    Status.EXPIRED_UNPAID: ("منتهي لعدم السداد", "Expired unpaid"),
}


class Action(StrEnum):
    SEND_TO_OFFICE = "send_to_office"
    SEND_TO_TECHNICAL_REVIEW = "send_to_technical_review"
    PASS_TECHNICAL_REVIEW = "pass_technical_review"  # noqa: S105 - a step, not a secret
    RETURN = "return"
    RESUBMIT = "resubmit"
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_PAYMENT = "request_payment"
    RECORD_PAYMENT = "record_payment"
    ISSUE = "issue"
    CANCEL = "cancel"
    EXPIRE_UNPAID = "expire_unpaid"


_REVIEWS = (Status.TECHNICAL_REVIEW, Status.MUNICIPALITY_REVIEW)
_OPEN = (
    Status.DRAFT,
    Status.WITH_OFFICE,
    *_REVIEWS,
    Status.RETURNED,
    Status.APPROVED,
    Status.AWAITING_PAYMENT,
)
TRANSITIONS: dict[Action, dict[Status, Status]] = {
    Action.SEND_TO_OFFICE: {Status.DRAFT: Status.WITH_OFFICE},
    Action.SEND_TO_TECHNICAL_REVIEW: {Status.WITH_OFFICE: Status.TECHNICAL_REVIEW},
    Action.PASS_TECHNICAL_REVIEW: {Status.TECHNICAL_REVIEW: Status.MUNICIPALITY_REVIEW},
    Action.RETURN: dict.fromkeys(_REVIEWS, Status.RETURNED),
    Action.RESUBMIT: {Status.RETURNED: Status.WITH_OFFICE},
    Action.APPROVE: {Status.MUNICIPALITY_REVIEW: Status.APPROVED},
    Action.REJECT: dict.fromkeys(_REVIEWS, Status.REJECTED),
    Action.REQUEST_PAYMENT: {Status.APPROVED: Status.AWAITING_PAYMENT},
    Action.RECORD_PAYMENT: {Status.AWAITING_PAYMENT: Status.AWAITING_PAYMENT},
    Action.ISSUE: {Status.AWAITING_PAYMENT: Status.ISSUED},
    Action.CANCEL: dict.fromkeys(_OPEN, Status.CANCELLED_BY_APPLICANT),
    Action.EXPIRE_UNPAID: {Status.AWAITING_PAYMENT: Status.EXPIRED_UNPAID},
}


@dataclass(frozen=True)
class Invoice:
    """What the owner has to pay: a SADAD bill, in riyals, until and with the day `due_on`."""

    number: str
    amount: Decimal
    due_on: date


@dataclass(frozen=True)
class Payment:
    receipt_number: str
    amount: Decimal
    paid_at: datetime


@dataclass(frozen=True)
class Progress:
    """The progress of a request: its status and the money. The rules below look at nothing else."""

    status: Status = Status.DRAFT
    invoice: Invoice | None = None
    payment: Payment | None = None


class AlreadySubmitted(Conflict):
    """Balady's request number was recorded before."""

    problem = "already-submitted"


class PaymentMissing(Conflict):
    """No permit leaves the house before its invoice is paid."""

    problem = "payment-missing"


class PaymentRecorded(Conflict):
    """The invoice is paid: the permit follows, or a refund outside this system."""

    problem = "payment-already-recorded"


class InvoiceNotOverdue(Conflict):
    """The owner still has time to pay."""

    problem = "invoice-not-overdue"


def advance(progress: Progress, action: Action) -> Progress:
    """The progress after `action`, for actions without a rule of their own. Raises
    IllegalTransition."""
    try:
        return replace(progress, status=TRANSITIONS[action][progress.status])
    except KeyError:
        possible = [step for step, ways in TRANSITIONS.items() if progress.status in ways]
        raise IllegalTransition(action, progress.status, words(possible)) from None


def request_payment(progress: Progress, invoice: Invoice, *, today: date) -> Progress:
    """Raises InvalidFields for an amount of nothing or a due date that's past."""
    after = advance(progress, Action.REQUEST_PAYMENT)
    faults = []
    if invoice.amount <= 0:
        faults.append(Fault("amount", "positive"))
    if invoice.due_on < today:
        faults.append(Fault("due_on", "past-date"))
    if faults:
        raise InvalidFields(faults)
    return replace(after, invoice=invoice)


def record_payment(progress: Progress, payment: Payment, *, now: datetime) -> Progress:
    """Raises InvalidFields unless exactly the invoice's amount was paid, and not in the future."""
    after = advance(progress, Action.RECORD_PAYMENT)
    if progress.payment is not None:
        raise PaymentRecorded
    faults = []
    if progress.invoice is None or payment.amount != progress.invoice.amount:
        faults.append(Fault("amount", "other-amount"))
    if payment.paid_at > now:
        faults.append(Fault("paid_at", "future-date"))
    if faults:
        raise InvalidFields(faults)
    return replace(after, payment=payment)


def issue(progress: Progress) -> Progress:
    """Raises PaymentMissing: a permit is never usable before payment."""
    after = advance(progress, Action.ISSUE)
    if progress.payment is None:
        raise PaymentMissing
    return after


def cancel(progress: Progress) -> Progress:
    """The applicant withdraws; not any more once he paid."""
    after = advance(progress, Action.CANCEL)
    if progress.payment is not None:
        raise PaymentRecorded
    return after


def expire_unpaid(progress: Progress, *, today: date) -> Progress:
    """Raises InvoiceNotOverdue on or before the due date, PaymentRecorded after payment."""
    after = advance(progress, Action.EXPIRE_UNPAID)
    if progress.payment is not None:
        raise PaymentRecorded
    if progress.invoice is not None and today <= progress.invoice.due_on:
        due_on = progress.invoice.due_on
        raise InvoiceNotOverdue(due_on=due_on, due_on_hijri=both_calendars(due_on).hijri)
    return after
