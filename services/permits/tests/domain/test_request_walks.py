"""Any sequence of steps, legal or not: what must hold of a request, and of its money, whatever people and the bill
system do."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from hypothesis import strategies
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from chassis.core.refusals import Refusal
from chassis.testing_walks import walk_settings
from invoicing import rules
from invoicing.rules import Status as Money
from permits.domain import requests
from permits.domain.requests import ENDS, Action, Progress, Status
from saudi.days import RIYADH

START = date(2026, 11, 24)
PLAIN = [
    Action.SEND_TO_OFFICE,
    Action.SEND_TO_TECHNICAL_REVIEW,
    Action.PASS_TECHNICAL_REVIEW,
    Action.EDIT,
    Action.RESUBMIT,
    Action.APPROVE,
]
GIVING_UP = [Action.REJECT, Action.CANCEL, Action.WITHDRAW_PAYMENT]
ANY = strategies.integers(0, 9)
BACK = (Money.REFUNDING, Money.REFUNDED)


class RequestLife(RuleBasedStateMachine):
    """`invoices` are all that the request ever had; the last one is its own. `came`: whether its money came."""

    def __init__(self) -> None:
        super().__init__()
        self.today = START
        self.seen = [Progress()]
        self.invoices: list[Money] = []
        self.came: list[bool] = []

    @property
    def progress(self) -> Progress:
        return self.seen[-1]

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, time(9), RIYADH)

    def attempt(self, step: Progress | None) -> bool:
        if step is not None:
            self.seen.append(step)
        return step is not None

    def give_up(self) -> None:
        if self.invoices:
            self.invoices[-1] = rules.after_giving_up(self.invoices[-1]) or self.invoices[-1]

    def take(self, action: Action) -> bool:
        advance = requests.advance
        return self.attempt(_try(lambda: advance(self.progress, action, today=self.today)))

    @rule(action=strategies.sampled_from(PLAIN))
    def take_a_plain_step(self, action: Action) -> None:
        self.take(action)

    @rule(action=strategies.sampled_from(GIVING_UP))
    def give_the_bill_up(self, action: Action) -> None:
        if self.take(action):
            self.give_up()

    @rule()
    def go_back(self) -> None:
        if self.take(Action.RETURN) and self.invoices:
            self.invoices[-1] = rules.after_return(self.invoices[-1]) or self.invoices[-1]

    @rule(costs_the_same=strategies.booleans(), days=strategies.integers(0, 30))
    def bill(self, costs_the_same: bool, days: int) -> None:
        held = bool(self.invoices) and self.invoices[-1] is Money.HELD
        if held and costs_the_same:
            if self.take(Action.CARRY_PAYMENT):
                self.invoices[-1] = Money.PAID
            return
        due_on, ask = self.today + timedelta(days=days), requests.request_payment
        if self.attempt(_try(lambda: ask(self.progress, due_on=due_on, today=self.today))):
            self.give_up()
            self.invoices.append(Money.REQUESTED)
            self.came.append(False)

    @rule(which=ANY)
    def money_comes(self, which: int) -> None:
        if not self.invoices:
            return
        which %= len(self.invoices)
        current = which == len(self.invoices) - 1
        waits = current and self.progress.status is Status.AWAITING_PAYMENT
        after = rules.after_payment(self.invoices[which], waited_for=waits, takes_ended=True)
        self.came[which] = True
        if after is not None:
            self.invoices[which] = after
        if after is Money.PAID:
            assert self.take(Action.PAY)

    @rule(which=ANY, gone=strategies.booleans())
    def payments_sends_the_money_back(self, which: int, gone: bool) -> None:
        if not self.invoices:
            return
        which %= len(self.invoices)
        if not self.came[which]:
            return
        before, current = self.invoices[which], which == len(self.invoices) - 1
        after = rules.after_refund(before, sent=gone)
        assert (after is None) == (before in BACK and not (gone and before is Money.REFUNDING))
        self.invoices[which] = after or before
        if before is Money.PAID and current and self.progress.status is Status.PAID:
            assert self.take(Action.UNBILL)

    @rule(expired=strategies.booleans())
    def the_bill_ends(self, expired: bool) -> None:
        if self.invoices and self.invoices[-1] is Money.REQUESTED:
            self.invoices[-1] = Money.ENDED
            assert self.take(Action.EXPIRE_UNPAID if expired else Action.UNBILL)

    @rule()
    def issue(self) -> None:
        self.attempt(_try(lambda: requests.issue(self.progress, today=self.today)))

    @rule()
    def expire(self) -> None:
        expire = requests.expire_unpaid
        if self.attempt(_try(lambda: expire(self.progress, now=self.now))):
            self.give_up()

    @rule(days=strategies.integers(1, 40))
    def let_time_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @invariant()
    def nothing_is_issued_or_waits_for_issue_unpaid(self) -> None:
        if self.progress.status is Status.PAID:
            assert (self.invoices[-1], self.came[-1]) == (Money.PAID, True)
        if self.progress.status is Status.ISSUED:
            assert self.invoices[-1] in (Money.PAID, *BACK)
            assert self.came[-1]
            assert (self.seen[-2].status, self.seen[-1].status) == (Status.PAID, Status.ISSUED)

    @invariant()
    def a_request_that_waits_for_money_has_a_bill_that_is_open(self) -> None:
        waits = self.progress.status is Status.AWAITING_PAYMENT
        assert waits == (bool(self.invoices) and self.invoices[-1] is Money.REQUESTED)

    @invariant()
    def nobody_pays_twice_or_for_nothing(self) -> None:
        kept = [one for one in self.invoices if one is Money.PAID]
        wanted = self.progress.status in (Status.PAID, Status.ISSUED)
        went_back = wanted and self.invoices[-1] in BACK

        assert len(kept) == (1 if wanted and not went_back else 0)
        held = [one for one in self.invoices if one is Money.HELD]
        assert not held or (self.invoices[-1:] == held and self.progress.status not in ENDS)
        for invoice, came in zip(self.invoices, self.came, strict=True):
            assert came == (invoice in rules.SETTLED)

    @invariant()
    def an_end_is_an_end(self) -> None:
        assert all(step.status not in ENDS for step in self.seen[:-1])

    @invariant()
    def what_has_not_ended_has_a_way_out(self) -> None:
        steps = (
            action for action, ways in requests.TRANSITIONS.items() if self.progress.status in ways
        )
        assert (self.progress.status in ENDS) != any(step is Action.CANCEL for step in steps)

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


RequestLife.TestCase.settings = walk_settings(60)
TestRequestLife = RequestLife.TestCase
