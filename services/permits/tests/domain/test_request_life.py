"""Any sequence of steps, legal or not: what must hold of a request whatever people do to it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chassis.core.refusals import Refusal
from permits.domain import requests
from permits.domain.requests import Action, Invoice, Payment, Progress, Status

START = date(2026, 11, 24)
ENDS = {Status.ISSUED, Status.REJECTED, Status.CANCELLED_BY_APPLICANT, Status.EXPIRED_UNPAID}
PLAIN = [
    Action.SEND_TO_OFFICE,
    Action.SEND_TO_TECHNICAL_REVIEW,
    Action.PASS_TECHNICAL_REVIEW,
    Action.RETURN,
    Action.RESUBMIT,
    Action.APPROVE,
    Action.REJECT,
]
AMOUNTS = strategies.sampled_from([Decimal(0), Decimal("500.00"), Decimal("1621.50")])


class RequestLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.today = START
        self.seen = [Progress()]

    @property
    def progress(self) -> Progress:
        return self.seen[-1]

    def attempt(self, step: Progress | None) -> None:
        if step is not None:
            self.seen.append(step)

    @rule(action=strategies.sampled_from(PLAIN))
    def take_a_plain_step(self, action: Action) -> None:
        self.attempt(_try(lambda: requests.advance(self.progress, action)))

    @rule(amount=AMOUNTS, days=strategies.integers(-1, 30))
    def bill(self, amount: Decimal, days: int) -> None:
        invoice = Invoice("1", amount, self.today + timedelta(days=days))
        self.attempt(
            _try(lambda: requests.request_payment(self.progress, invoice, today=self.today))
        )

    @rule(amount=AMOUNTS)
    def pay(self, amount: Decimal) -> None:
        now = datetime.combine(self.today, datetime.min.time(), UTC)
        self.attempt(
            _try(lambda: requests.record_payment(self.progress, Payment("1", amount, now), now=now))
        )

    @rule()
    def issue(self) -> None:
        self.attempt(_try(lambda: requests.issue(self.progress)))

    @rule()
    def cancel(self) -> None:
        self.attempt(_try(lambda: requests.cancel(self.progress)))

    @rule()
    def expire(self) -> None:
        self.attempt(_try(lambda: requests.expire_unpaid(self.progress, today=self.today)))

    @rule(days=strategies.integers(1, 40))
    def let_time_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @invariant()
    def nothing_is_issued_unpaid(self) -> None:
        if self.progress.status == Status.ISSUED:
            assert self.progress.payment is not None

    @invariant()
    def exactly_the_invoice_is_paid(self) -> None:
        if self.progress.payment is not None:
            assert self.progress.invoice is not None
            assert self.progress.payment.amount == self.progress.invoice.amount > 0

    @invariant()
    def an_end_is_an_end(self) -> None:
        assert all(step.status not in ENDS for step in self.seen[:-1])

    @invariant()
    def a_paid_request_becomes_a_permit_or_waits_for_it(self) -> None:
        if self.progress.payment is not None:
            assert self.progress.status in {Status.AWAITING_PAYMENT, Status.ISSUED}

    @invariant()
    def nothing_is_issued_that_was_not_reviewed_twice(self) -> None:
        if self.progress.status == Status.ISSUED:
            statuses = {step.status for step in self.seen}
            assert {Status.TECHNICAL_REVIEW, Status.MUNICIPALITY_REVIEW} <= statuses


def _try(step: Callable[[], Progress]) -> Progress | None:
    try:
        return step()
    except Refusal:
        return None


RequestLife.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestRequestLife = RequestLife.TestCase
