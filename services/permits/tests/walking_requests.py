"""A state machine of requests on a real database: several persons do whatever they like in whatever order, the bill
system and payments answer late or not at all, and Balady's number is taken up again. What always has to hold:
promises_of_requests.py."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
)

from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import Tally, WalkDatabase
from invoicing.rules import Status as Money
from permits.commands import bill, change_permit, fees, handle_appeal, issue, review, submit_request
from permits.commands.handle_appeal import Filing
from permits.domain.actors import SYSTEM
from permits.domain.appeals import Against
from permits.domain.requests import ENDS, FREED, Status
from permits.models import PermitRequest

from .promises_of_requests import Promises, Settled

PEOPLE = ("p_a", "p_b", "p_c")
WHO = st.sampled_from(PEOPLE)
MODULES = (review, fees, bill, issue)
OUT_OF_TURN = (
    *("send_to_office", "send_to_technical_review", "pass_technical_review", "approve"),
    *("return_request", "agree_to_amount", "refuse_amount", "withdraw_payment"),
    *("reject", "expire_unpaid", "issue_permit"),
)
BACK = (Money.REFUND_REQUESTED, Money.REFUNDING, Money.REFUNDED)
NOT_FREED = tuple(one for one in Status if one not in FREED)
TALLY = Tally("permits: requests")


def when(*statuses: Status) -> Any:
    """Only then, so that walks get far; what's out of turn is a rule of its own."""
    return precondition(lambda self: self.status in statuses)


class Requests(Promises, RuleBasedStateMachine):
    """One Balady number, its requests one after another, and the permit in the end."""

    def __init__(self, database: WalkDatabase, desk_class: Any, house: Any) -> None:
        super().__init__()
        self.database, self.session, self.house = database, database.session, house
        database.begin_walk()
        self.desk = desk_class(self.session, house)
        self.floors = count(2)
        self.number = str(uuid4().int)[:14]
        self.known: dict[str, Settled] = {}
        self.mine: list[str] = []
        self.permit_id: str | None = None
        self.moved = True
        self.held: list[Any] = []  # a session forgets what nobody holds, and would read it anew
        self.submit("p_a")

    def teardown(self) -> None:
        try:
            self.there_is_a_way_out()
            self.every_event_is_there()
        finally:
            self.database.end_walk()

    # ------------------------------------------------------------------------------------------------- doing

    def by(self, subject: str) -> Any:
        return replace(self.desk.officer, subject=subject, name=f"موظف {subject}")

    def work_of(self, subject: str) -> UnitOfWork:
        return self.desk.work.acting_as(self.by(subject))  # type: ignore[no-any-return]

    @property
    def row(self) -> PermitRequest:
        found: PermitRequest = self.session.get_one(PermitRequest, self.mine[-1])
        self.held = [found]
        return found

    @property
    def revived(self) -> str | None:
        """Returns the request that has the number again since its money came in time."""
        rows = [self.session.get_one(PermitRequest, key) for key in self.mine]
        alive = [row.request_id for row in rows if Status(row.status) not in FREED]
        return alive[0] if alive else None

    @property
    def status(self) -> Status:
        return Status(self.row.status)

    @property
    def proposed(self) -> bool:
        find = lambda: fees.standing_proposal(self.session, self.row)  # noqa: E731
        standing = self.database.read(("proposal", self.mine[-1]), find)
        return standing is not None and standing.status == "proposed"

    def attempt(self, what: str, command: Callable[[], Any]) -> Any:
        """In a transaction of its own; a refusal leaves nothing. None for a refusal."""
        try:
            made = self.database.attempt(command)
        except Refusal as refused:
            TALLY.count_refusal(what, refused)
            return None
        TALLY.count_effect(what)
        self.moved = True
        return made

    def on(self, command: Callable[..., Any], who: str, **more: Any) -> Any:
        work, request_id = self.work_of(who), self.mine[-1]
        return self.attempt(command.__name__, lambda: command(work, request_id, **more))

    def submit(self, who: str) -> PermitRequest | None:
        data = self.house(request_number=self.number)
        submit = submit_request.submit
        made: PermitRequest | None = self.attempt("submit", lambda: submit(self.work_of(who), data))
        if made is not None:
            self.mine.append(made.request_id)
        return made

    # ------------------------------------------------------------------------------------------------- rules

    @initialize(steps=st.sampled_from([0, 1, 3, 4, 5, 6, 6]), reviewer=WHO, others=WHO)
    def begin(self, steps: int, reviewer: str, others: str) -> None:
        """Walks begin all along the way, or few of them would get far."""
        self.go_on(reviewer, min(steps, 3))
        self.go_on(others, 1 if steps > 3 else 0)
        if steps > 4:
            self.bill(reviewer, 30)
        if steps > 5:
            self.money_comes(0)

    @when(Status.DRAFT, Status.WITH_OFFICE, Status.TECHNICAL_REVIEW, Status.MUNICIPALITY_REVIEW)
    @rule(who=WHO, steps=st.sampled_from([1, 3, 4]))
    def go_on(self, who: str, steps: int) -> None:
        """The next steps of its way, as far as this person gets."""
        for _ in range(steps):
            step = {
                Status.DRAFT: "send_to_office",
                Status.WITH_OFFICE: "send_to_technical_review",
                Status.TECHNICAL_REVIEW: "pass_technical_review",
                Status.MUNICIPALITY_REVIEW: "approve",
            }.get(self.status)
            if step is None or self.on(getattr(review, step), who) is None:
                return

    @rule(who=WHO, what=st.sampled_from(OUT_OF_TURN))
    def do_anything_at_any_time(self, who: str, what: str) -> None:
        """Mostly out of turn, and then it leaves nothing."""
        more = {
            "return_request": {"notes": "ملاحظات"},
            "refuse_amount": {"reason": "لا ينطبق"},
            "withdraw_payment": {"reason": "قبل أوانها"},
            "reject": {"reason": "خارج النطاق"},
        }.get(what, {})
        module = next(one for one in MODULES if hasattr(one, what))
        made = self.on(getattr(module, what), who, **more)
        if what == "issue_permit" and made is not None:
            self.permit_id = made.permit_id

    @when(Status.MUNICIPALITY_REVIEW, Status.AWAITING_PAYMENT, Status.PAID)
    @rule(who=WHO)
    def send_back(self, who: str) -> None:
        self.on(review.return_request, who, notes="ملاحظات")

    @when(Status.DRAFT, Status.RETURNED)
    @rule(who=WHO, bigger=st.booleans(), edit=st.booleans())
    def correct(self, who: str, bigger: bool, edit: bool) -> None:
        """Another area costs another fee, another description the same."""
        building = self.house()["building"] | {"description": f"فيلا {next(self.floors)}"}
        if bigger:
            building["built_area_m2"] = 310.25 + next(self.floors)
        command = submit_request.edit if edit else submit_request.resubmit
        work, request_id = self.work_of(who), self.mine[-1]
        self.attempt(command.__name__, lambda: command(work, request_id, {"building": building}))

    @when(Status.APPROVED, Status.AWAITING_PAYMENT)
    @rule(who=WHO, halalas=st.sampled_from([50000, 90000]))
    def propose(self, who: str, halalas: int) -> None:
        self.on(fees.propose_amount, who, amount_halalas=halalas, reason="قرار")

    @precondition(lambda self: self.proposed)
    @rule(who=WHO, agree=st.booleans())
    def answer_the_proposal(self, who: str, agree: bool) -> None:
        if agree:
            self.on(fees.agree_to_amount, who)
        else:
            self.on(fees.refuse_amount, who, reason="لا ينطبق")

    @when(Status.APPROVED, Status.AWAITING_PAYMENT)
    @rule(who=WHO, days=st.integers(0, 30))
    def bill(self, who: str, days: int) -> None:
        wanted = bill.PaymentRequest(due_on=self.desk.now.date() + timedelta(days=days))
        before = self.row.invoice_id
        work, request_id = self.work_of(who), self.mine[-1]
        done = self.attempt("bill", lambda: bill.request_payment(work, request_id, wanted))
        if done is not None and done.invoice_id != before:
            self.known[done.invoice_id] = Settled()
        elif done is not None and done.status == Status.PAID:
            TALLY.count_effect("carried")

    @when(Status.AWAITING_PAYMENT)
    @rule(who=WHO)
    def withdraw_the_bill(self, who: str) -> None:
        self.on(bill.withdraw_payment, who, reason="قبل أوانها")

    @precondition(lambda self: self.known)
    @rule(which=st.integers(0, 9))
    def money_comes(self, which: int) -> None:
        """Pays any bill that ever was: also twice, also a withdrawn bill."""
        if self.known:
            key = list(self.known)[-1 - which % len(self.known) if which > 5 else -1]
            self.known[key].came = True
            work = UnitOfWork(self.session, SYSTEM, self.desk.now)
            bill.settle_invoice(work, key, payment_id=str(uuid4()), paid_at=self.desk.now)
            self.session.flush()
            self.moved = True

    @precondition(lambda self: any(one.came for one in self.known.values()))
    @rule(which=st.integers(0, 9), gone=st.booleans())
    def payments_sends_it_back(self, which: int, gone: bool) -> None:
        key = list(self.known)[which % len(self.known)] if self.known else None
        if key is not None and self.known[key].came:
            self.known[key].went = True
            bill.refund_invoice(UnitOfWork(self.session, SYSTEM, self.desk.now), key, gone=gone)
            self.session.flush()
            self.moved = True

    @when(Status.AWAITING_PAYMENT)
    @rule(how=st.sampled_from(["expired", "refused", "cancelled"]))
    def the_bill_ends(self, how: str) -> None:
        if self.known and not self.known[list(self.known)[-1]].came:
            bill.end_bill(
                UnitOfWork(self.session, SYSTEM, self.desk.now), list(self.known)[-1], how
            )
            self.session.flush()
            self.moved = True

    @when(Status.PAID)
    @rule(who=WHO)
    def issue(self, who: str) -> None:
        made = self.on(issue.issue_permit, who)
        if made is not None:
            self.permit_id = made.permit_id

    @precondition(lambda self: self.status not in ENDS)
    @rule(who=WHO, how=st.sampled_from(["reject", "cancel", "expire"]), sure=st.integers(0, 3))
    def end(self, who: str, how: str, sure: int) -> None:
        if sure:
            return
        if how == "reject":
            self.on(review.reject, who, reason="خارج النطاق")
        else:
            self.on(review.cancel_request if how == "cancel" else review.expire_unpaid, who)

    @when(*FREED)
    @rule(who=WHO)
    def take_the_number_up_again(self, who: str) -> None:
        is_taken = self.revived is not None
        assert (self.submit(who) is None) is is_taken, "a number that is free again is refused"

    @when(*NOT_FREED)
    @rule(who=WHO, sure=st.integers(0, 9))
    def take_a_number_that_is_not_free(self, who: str, sure: int) -> None:
        if sure == 0:
            assert self.submit(who) is None, "a number that is taken is given again"

    @precondition(lambda self: self.permit_id is not None)
    @rule(who=WHO)
    def cancel_the_permit(self, who: str) -> None:
        work, permit_id = self.work_of(who), str(self.permit_id)
        cancel = change_permit.cancel_permit
        self.attempt("cancel_permit", lambda: cancel(work, permit_id, reason="سبب"))

    @precondition(lambda self: self.status is Status.REJECTED or self.permit_id is not None)
    @rule(who=WHO, decider=WHO, how=st.sampled_from(["accept", "accept", "reject"]))
    def appeal(self, who: str, decider: str, how: str) -> None:
        against = Against.REJECTION if self.permit_id is None else Against.CANCELLATION
        filing = Filing(against=against, of=self.permit_id or self.mine[-1], grounds="المخطط معتمد")
        made = self.attempt("file", lambda: handle_appeal.file(self.work_of(who), filing))
        if made is not None:
            decide, work = getattr(handle_appeal, how), self.work_of(decider)
            what = f"{how} against {against.value}"
            self.attempt(what, lambda: decide(work, made.appeal_id, reason="بعد النظر"))

    @rule(days=st.sampled_from([1, 1, 31]))
    def time_passes(self, days: int) -> None:
        self.desk.now += timedelta(days=days)

    # ------------------------------------------------------------------------------------------- at the end

    def there_is_a_way_out(self) -> None:
        """Four persons who did nothing yet bring it to its permit from wherever it is, if it hasn't ended; a number
        whose request ended is taken up again, and that one is brought there."""
        if self.status in FREED and (earlier := self.revived) is not None:
            self.mine.append(earlier)
        elif self.status in FREED:
            assert self.submit("p_d") is not None, "a number of an ended request is refused"
        if self.status is Status.RETURNED:
            self.correct("p_d", bigger=False, edit=False)
        self.go_on("p_e", 3)
        self.go_on("p_f", 1)
        if self.status is Status.APPROVED:
            self.answer_the_proposal("p_g", agree=False)
            self.bill("p_g", 30)
        if self.status is Status.AWAITING_PAYMENT:
            self.money_comes(0)
        if self.status is not Status.ISSUED:
            assert self.status is Status.PAID, f"no way out of {self.status}"
            self.issue("p_h")
        assert self.status is Status.ISSUED, "a request has no way to its permit"
        self.no_money_is_lost_or_counted_twice()
        self.nothing_is_issued_without_all()

    def every_event_is_there(self) -> None:
        for key in self.mine:
            row = self.session.get_one(PermitRequest, key)
            events = [one for one in self.database.events() if one.aggregate_id == key]
            assert [event.version for event in events] == list(range(1, row.version + 1)), (
                "a change without an event"
            )
            assert events[-1].envelope["data"]["status"] == row.status, (
                "the last event tells another status"
            )
