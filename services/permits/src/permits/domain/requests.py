"""The life of a permit request, from draft to issue; `invoices` has the money in between."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from chassis.core.refusals import Conflict
from chassis.core.state_machine import StateMachine
from permits.domain.actions import titles_of
from saudi.days import both_calendars, legal_day, midnight_after


class Status(StrEnum):
    DRAFT = "draft"
    WITH_OFFICE = "with_office"
    TECHNICAL_REVIEW = "technical_review"
    MUNICIPALITY_REVIEW = "municipality_review"
    RETURNED = "returned"
    APPROVED = "approved"
    AWAITING_PAYMENT = "awaiting_payment"
    PAID = "paid"
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
    Status.PAID: ("مسددة بانتظار الإصدار", "Paid"),
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
    EDIT = "edit"
    RESUBMIT = "resubmit"
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_PAYMENT = "request_payment"
    PAY = "pay"
    CARRY_PAYMENT = "carry_payment"
    WITHDRAW_PAYMENT = "withdraw_payment"
    UNBILL = "unbill"
    ISSUE = "issue"
    CANCEL = "cancel"
    EXPIRE_UNPAID = "expire_unpaid"
    READMIT = "readmit"


_REVIEWS = (Status.TECHNICAL_REVIEW, Status.MUNICIPALITY_REVIEW)
BILLABLE = (Status.APPROVED, Status.AWAITING_PAYMENT)
# Its bill is open or paid.
BILLED = frozenset((Status.AWAITING_PAYMENT, Status.PAID, Status.ISSUED))
EDITABLE = (Status.DRAFT, Status.WITH_OFFICE, Status.RETURNED)
OPEN = (*EDITABLE, *_REVIEWS, *BILLABLE, Status.PAID)

TRANSITIONS: dict[Action, dict[Status, Status]] = {
    Action.SEND_TO_OFFICE: {Status.DRAFT: Status.WITH_OFFICE},
    Action.SEND_TO_TECHNICAL_REVIEW: {Status.WITH_OFFICE: Status.TECHNICAL_REVIEW},
    Action.PASS_TECHNICAL_REVIEW: {Status.TECHNICAL_REVIEW: Status.MUNICIPALITY_REVIEW},
    # An error that is found after approval goes back too, also one after payment: the money is held meanwhile.
    Action.RETURN: dict.fromkeys((*_REVIEWS, *BILLABLE, Status.PAID), Status.RETURNED),
    Action.EDIT: {status: status for status in EDITABLE},
    Action.RESUBMIT: {Status.RETURNED: Status.WITH_OFFICE},
    Action.APPROVE: {Status.MUNICIPALITY_REVIEW: Status.APPROVED},
    # Later than the reviews for a cause that came later: the permit that it follows was replaced or cancelled.
    Action.REJECT: dict.fromkeys(
        (*_REVIEWS, Status.RETURNED, *BILLABLE, Status.PAID), Status.REJECTED
    ),
    # A wrong bill is withdrawn, and billed anew.
    Action.REQUEST_PAYMENT: dict.fromkeys(BILLABLE, Status.AWAITING_PAYMENT),
    # Also once it has ended unpaid: money that was paid in time counts whenever the news of the money comes.
    Action.PAY: dict.fromkeys((Status.AWAITING_PAYMENT, Status.EXPIRED_UNPAID), Status.PAID),
    # Money that was held, of what the corrected request costs.
    Action.CARRY_PAYMENT: {Status.APPROVED: Status.PAID},
    Action.WITHDRAW_PAYMENT: {Status.AWAITING_PAYMENT: Status.APPROVED},
    Action.UNBILL: dict.fromkeys((Status.AWAITING_PAYMENT, Status.PAID), Status.APPROVED),
    Action.ISSUE: {Status.PAID: Status.ISSUED},
    Action.CANCEL: dict.fromkeys(OPEN, Status.CANCELLED_BY_APPLICANT),
    Action.EXPIRE_UNPAID: {Status.AWAITING_PAYMENT: Status.EXPIRED_UNPAID},
    # By an accepted appeal; it's reviewed from the beginning.
    Action.READMIT: {Status.REJECTED: Status.TECHNICAL_REVIEW},
}
# What follows from the money or from an appeal, and nobody can do by hand.
FOLLOWING = frozenset((Action.PAY, Action.CARRY_PAYMENT, Action.UNBILL, Action.READMIT))
MACHINE = StateMachine(TRANSITIONS, titles_of(one for one in Action if one not in FOLLOWING))
ENDS = frozenset(
    (Status.ISSUED, Status.REJECTED, Status.CANCELLED_BY_APPLICANT, Status.EXPIRED_UNPAID)
)
# They leave Balady's number to whoever takes the request up again.
FREED = ENDS - {Status.ISSUED}
# Before issue the applicant acts, or the engineering office that works for him, or the municipality.
_NEXT_STEPS = {
    **dict.fromkeys(EDITABLE, "applicant"),
    **dict.fromkeys((*_REVIEWS, Status.APPROVED, Status.PAID), "municipality"),
    Status.AWAITING_PAYMENT: "payment",
}


@dataclass(frozen=True)
class Progress:
    """How far a request has come. `due_on`: the last day on which its bill can be paid, while it waits for the money;
    `decided_on`: when it was approved or rejected; `ended_on`: when it reached an end. Days are Riyadh's."""

    status: Status = Status.DRAFT
    due_on: date | None = None
    decided_on: date | None = None
    ended_on: date | None = None


PLEDGE_MISSING = "pledge-missing"  # a warning of application.py


class PledgeMissing(Conflict):
    """The works need insulation, and the owner hasn't pledged it (the minister's circular; Cabinet, April 2020)."""

    problem = "insulation-pledge-missing"


class AlreadySubmitted(Conflict):
    """Balady's request number was recorded before."""

    problem = "already-submitted"


class PaymentMissing(Conflict):
    """No permit leaves the house before its bill is paid."""

    problem = "payment-missing"


class InvoiceNotOverdue(Conflict):
    """The owner still has time to pay."""

    problem = "invoice-not-overdue"


def advance(progress: Progress, action: Action, *, today: date) -> Progress:
    """Returns the progress after an action without a rule of its own. Raises IllegalTransition."""
    status = MACHINE.after(action, progress.status)
    return replace(
        progress,
        status=status,
        due_on=None,
        decided_on=_decided_on(progress, action, today),
        ended_on=today if status in ENDS else None,
    )


def _decided_on(progress: Progress, action: Action, today: date) -> date | None:
    if action in (Action.APPROVE, Action.REJECT):
        return today
    return None if action in (Action.RETURN, Action.READMIT) else progress.decided_on


def next_step(status: Status) -> str:
    """Returns who acts next, in the words of events/permits/request.v1.schema.json."""
    return _NEXT_STEPS.get(status, "none")


def waits_for_money(status: str) -> bool:
    """Returns whether the request has a bill to pay."""
    return status == Status.AWAITING_PAYMENT


def request_payment(progress: Progress, *, due_on: date, today: date) -> Progress:
    """Returns the progress of a request that waits for the money until the end of `due_on`."""
    return replace(advance(progress, Action.REQUEST_PAYMENT, today=today), due_on=due_on)


def issue(progress: Progress, *, today: date) -> Progress:
    """Raises PaymentMissing: a permit is never usable before payment."""
    if progress.status is Status.AWAITING_PAYMENT:
        raise PaymentMissing
    return advance(progress, Action.ISSUE, today=today)


# The news of a payment may come late. Payments itself gives a bill up so long after its last day.
NEWS_OF_PAYMENT = timedelta(hours=24)


def expire_unpaid(progress: Progress, *, now: datetime) -> Progress:
    """Ends an unpaid request on an officer's word. Raises InvoiceNotOverdue while the bill can be paid, and until the
    news of a payment on the last day has come."""
    after = advance(progress, Action.EXPIRE_UNPAID, today=legal_day(now))
    if progress.due_on is not None and now < midnight_after(progress.due_on) + NEWS_OF_PAYMENT:
        due_on = progress.due_on
        raise InvoiceNotOverdue(due_on=due_on, due_on_hijri=both_calendars(due_on).hijri)
    return after
