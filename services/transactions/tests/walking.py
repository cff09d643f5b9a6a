"""A state machine of transactions on a real database: entries, referrals, returns, answers, decisions, letters, filings
and withdrawals in whatever order, by officers of several departments and by citizens, and the clock across deadlines.
What always has to hold stands in the invariants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Event as Stop
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, text

from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.run.deadlines import Deadlines
from chassis.testing_walks import Tally, WalkDatabase
from saudi.days import legal_day
from transactions import queries
from transactions.catalogue import office
from transactions.commands import letters, move
from transactions.commands.applicants import find_by_applicant
from transactions.commands.enter import enter, enter_own
from transactions.domain.transactions import OPEN, OUTCOMES, Status
from transactions.models import Letter, Movement, Transaction

from .people import (
    CLERK,
    DELEGATE,
    ENGINEER,
    GOVERNORATE,
    OWNER,
    STAFF_OFFICER,
    STRANGER,
    SURVEYOR,
    SURVEYOR_ELSEWHERE,
    entry,
    own_entry,
)

BEGAN = datetime(2026, 11, 29, 8, tzinfo=UTC)
TALLY = Tally("transactions")
OFFICERS = (SURVEYOR, ENGINEER, STAFF_OFFICER, CLERK, GOVERNORATE, SURVEYOR_ELSEWHERE)
CITIZENS = (OWNER, STRANGER, DELEGATE)
WHICH = st.integers(0, 5)
OFFICER, CITIZEN = st.sampled_from(OFFICERS), st.sampled_from(CITIZENS)
DEPARTMENT = st.sampled_from(("survey", "engineering", "human-resources", "legal"))
_NO_CHANGES = ("note", "issue-letter", "reveal", "search")  # stand in the history beside the moves
with_transactions = precondition(lambda self: bool(self.ids))
_DEADLINES = text(
    "SELECT aggregate_id, kind FROM deadline WHERE aggregate_id = ANY(:ids)"
    " UNION ALL SELECT subject_id, worker FROM parked"
    " WHERE kind = 'deadline' AND settled_at IS NULL AND subject_id = ANY(:ids)"
)
_MOVEMENTS = select(Movement).order_by(Movement.movement_id)


@dataclass
class WalkFixtures:
    """The fixtures of pytest that a walk uses."""

    database: WalkDatabase
    process: Any


class Register(RuleBasedStateMachine):
    """`now` never goes back. `moves`: transaction → the statuses through which it went."""

    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.database, self.session = fixtures.database, fixtures.database.session
        self.database.begin_walk()
        self.now = BEGAN
        self.ids: list[str] = []
        self.touched: str | None = None
        self.held: dict[str, Transaction] = {}  # a session reads anew what nobody holds
        self.left: dict[str, str] = {}
        self.runner = Deadlines(fixtures.process, clock=lambda: self.now)

    def teardown(self) -> None:
        self.database.end_walk()

    def work(self, actor: Any) -> UnitOfWork:
        return UnitOfWork(self.session, actor, self.now)

    def attempt(self, what: str, command: Callable[[], Any]) -> Any:
        """Runs a command in a savepoint of its own. A refusal leaves nothing, and returns None."""
        try:
            made = self.database.attempt(command)
        except Refusal as refused:
            TALLY.count_refusal(what, refused)
            return None
        TALLY.count_effect(what, self.row(self.touched).status if self.touched else "")
        return made

    def pick(self, which: int) -> str:
        self.touched = self.ids[which % len(self.ids)]
        return self.touched

    def row(self, transaction_id: str) -> Transaction:
        found: Transaction = self.session.get_one(Transaction, transaction_id)
        self.held[transaction_id] = found
        return found

    # Entries.

    @initialize(confidential=st.booleans())
    def begin(self, confidential: bool) -> None:
        self.enter(CLERK, "survey-decision", False)
        self.enter(CLERK, "staff-inquiry" if confidential else "plot-division", False)
        self.enter_own(OWNER)

    @rule(
        by=st.sampled_from((CLERK, GOVERNORATE)),
        kind=st.sampled_from(("survey-decision", "staff-inquiry", "petition")),
        confidential=st.booleans(),
    )
    def enter(self, by: Any, kind: str, confidential: bool) -> None:
        body = entry(kind=kind, confidential=confidential)
        if row := self.attempt("enter", lambda: enter(self.work(by), body)):
            self.ids.append(row.transaction_id)

    @rule(by=CITIZEN)
    def enter_own(self, by: Any) -> None:
        made = self.attempt(
            "enter own", lambda: enter_own(self.work(by), by.citizen(), own_entry())
        )
        if made:
            self.ids.append(made.transaction_id)

    # Moves by officers.

    def by_officer(self, what: str, which: int, by: Any, command: Callable[[str], Any]) -> None:
        """An officer moves what a department of the officer has, and nothing else."""
        chosen = self.pick(which)
        has = self.has(by, self.row(chosen))
        if self.attempt(what, lambda: command(chosen)) is not None:
            assert has, f"{what} of another department's transaction"

    def has(self, by: Any, row: Transaction) -> bool:
        """Returns whether a department of the officer has the transaction. A confidential one stays in its branch."""
        branches = (row.municipality,) if row.confidential else (row.municipality, "qatif")
        departments = by.attributes["departments"].split()
        return row.department in departments and by.municipality in branches

    @with_transactions
    @rule(which=WHICH, by=OFFICER, department=DEPARTMENT, within=st.sampled_from((None, 0, 3, 90)))
    def refer(self, which: int, by: Any, department: str, within: int | None) -> None:
        """A department refers what it has, the registry of the branch what isn't confidential."""
        chosen = self.pick(which)
        may = self.may_at_counter(by, self.row(chosen))
        command = lambda: move.refer(  # noqa: E731
            self.work(by), chosen, department=department, note="للرأي", within=within
        )
        if self.attempt("refer", command) is not None:
            assert may, "a referral of another department's transaction"

    def may_at_counter(self, by: Any, row: Transaction) -> bool:
        """Returns whether the officer's department has the transaction, or the officer is its branch's registry."""
        registry = by in (CLERK, GOVERNORATE) and by.municipality in (row.municipality, "qatif")
        return self.has(by, row) or (registry and not row.confidential)

    @with_transactions
    @rule(which=WHICH, by=OFFICER)
    def send_back(self, which: int, by: Any) -> None:
        command = lambda one: move.return_for_completion(self.work(by), one, note="أكملوا")  # noqa: E731
        self.by_officer("return", which, by, command)

    @with_transactions
    @rule(which=WHICH, by=OFFICER, outcome=st.sampled_from(OUTCOMES))
    def decide(self, which: int, by: Any, outcome: str) -> None:
        command = lambda one: move.decide(self.work(by), one, outcome=outcome, note="القرار")  # noqa: E731
        self.by_officer("decide", which, by, command)

    @with_transactions
    @rule(which=WHICH, by=OFFICER)
    def file_away(self, which: int, by: Any) -> None:
        command = lambda one: move.file_away(self.work(by), one, reason="انتهت")  # noqa: E731
        self.by_officer("file", which, by, command)

    @with_transactions
    @rule(which=WHICH, by=OFFICER)
    def note(self, which: int, by: Any) -> None:
        command = lambda one: move.note(self.work(by), one, text="ملاحظة")  # noqa: E731
        self.by_officer("note", which, by, command)

    @with_transactions
    @rule(which=WHICH, by=OFFICER)
    def issue_letter(self, which: int, by: Any) -> None:
        body = {"subject": "إفادة", "body": "نص"}
        command = lambda one: letters.issue_letter(self.work(by), one, body)  # noqa: E731
        self.by_officer("letter", which, by, command)

    @with_transactions
    @rule(which=WHICH, by=OFFICER)
    def withdraw_at_counter(self, which: int, by: Any) -> None:
        """The registry of the branch withdraws what isn't confidential, a department what it has."""
        chosen = self.pick(which)
        may = self.may_at_counter(by, self.row(chosen))
        command = lambda: move.withdraw_at_counter(self.work(by), chosen, reason="رغب مقدمها")  # noqa: E731
        if self.attempt("withdraw at the counter", command) is not None:
            assert may, "a withdrawal of another department's transaction"

    @rule(by=OFFICER)
    def search(self, by: Any) -> None:
        """An officer finds an applicant's transactions by the number."""
        self.touched = None
        find = lambda: find_by_applicant(self.work(by), OWNER.id_number, reason="حضر دون رقم")  # noqa: E731
        for row in self.attempt("search", find) or ():
            assert self.has(by, row) or not row.confidential, "a confidential one is found"

    # Moves by citizens.

    def by_citizen(self, what: str, which: int, by: Any, command: Callable[[str], Any]) -> None:
        chosen = self.pick(which)
        row = self.row(chosen)
        own = not row.confidential and row.applicant_number in by.citizen().numbers
        if self.attempt(what, lambda: command(chosen)) is not None:
            assert own, f"{what} of another person's transaction"

    @with_transactions
    @rule(which=WHICH, by=CITIZEN)
    def answer(self, which: int, by: Any) -> None:
        row = self.row(self.pick(which))
        before, returned_on = row.due_on, row.returned_on
        self.by_citizen(
            "answer",
            which,
            by,
            lambda one: move.answer_own(
                self.work(by), by.citizen(), one, text="أكملت", documents=[]
            ),
        )
        if returned_on is not None and row.returned_on is None:
            waited = office().working_days_between(returned_on, legal_day(self.now))
            assert row.due_on == office().add_working_days(before, waited), "due day"

    @with_transactions
    @rule(which=WHICH, by=CITIZEN)
    def withdraw(self, which: int, by: Any) -> None:
        self.by_citizen(
            "withdraw",
            which,
            by,
            lambda one: move.withdraw_own(self.work(by), by.citizen(), one),
        )

    # Time.

    @rule(days=st.sampled_from((1, 4, 12, 31)))
    def wait(self, days: int) -> None:
        """Time passes, and the loop of deadlines files what nobody completed."""
        self.now += timedelta(days=days)
        self.database.run_beside(self._fire_deadlines)
        self.touched = None

    def _fire_deadlines(self) -> None:
        while self.runner.step(Stop()):
            pass

    # What always has to hold.

    @invariant()
    def numbers_are_complete(self) -> None:
        serials: dict[str, list[int]] = {}
        for number in self.numbers(Transaction.number):
            assert number[6] == "7", "series' digit"
            serials.setdefault(number[:7], []).append(int(number[7:]))
        for found in serials.values():
            assert sorted(found) == list(range(1, len(found) + 1)), "gap in the numbers"

    @invariant()
    def history_events_and_versions_agree(self) -> None:
        for transaction_id in self._looked_at():
            row = self.row(transaction_id)
            events = self._events_of(transaction_id)
            assert [one.version for one in events] == list(range(1, row.version + 1)), "events"
            last = events[-1].envelope["data"]
            assert last["status"] == row.status, "the last event tells another status"
            self._check_secrets(row, events)
            self._check_movements(row)

    def numbers(self, column: Any) -> Sequence[str]:
        return self.database.read(column, lambda: self.session.scalars(select(column)).all())

    def _looked_at(self) -> list[str]:
        return [self.touched] if self.touched else self.ids

    def _events_of(self, transaction_id: str) -> Sequence[Any]:
        return [one for one in self.database.events() if one.aggregate_id == transaction_id]

    def _waits_of(self, transaction_id: str) -> list[str]:
        find = lambda: self.session.execute(_DEADLINES, {"ids": self.ids}).all()  # noqa: E731
        found = self.database.read("deadlines", find)
        return [one.kind for one in found if one.aggregate_id == transaction_id]

    def _check_secrets(self, row: Transaction, events: Any) -> None:
        for one in events:
            told = one.envelope["data"]
            assert "تجريبية" not in str(told), "an event tells a text"
            if row.confidential:
                assert (told["kind"], told["department"]) == (None, None), "secret kind"
                assert (told["contacts"], told["concerns"]) == ([], []), "secret contact"
                inquiry = told["inquiry"]
                assert (inquiry["match"], inquiry["subjects"]) == ([], []), "secret inquiry"

    def _check_movements(self, row: Transaction) -> None:
        found = self.database.read("movements", lambda: self.session.scalars(_MOVEMENTS).all())
        moves = [one for one in found if one.transaction_id == row.transaction_id]
        own = [one for one in moves if one.action not in _NO_CHANGES]
        assert len(own) == row.version, "a move doesn't stand in the history"
        assert moves[-1].status == row.status
        referred = [one for one in moves if one.action == "refer"]
        if referred:
            assert referred[-1].to_department == row.department, "the history's department"
        assert row.department in row.departments

    @invariant()
    def dates_and_deadlines_fit_the_status(self) -> None:
        for transaction_id in self._looked_at():
            row = self.row(transaction_id)
            status = Status(row.status)
            waits = self._waits_of(transaction_id)
            assert waits == (["lapse"] if status is Status.RETURNED else []), "deadline"
            assert (row.answer_until is not None) == (status is Status.RETURNED), "answer_until"
            ended = status in (Status.FILED, Status.WITHDRAWN)
            assert (row.ended_at is not None) == ended, "ended_at"
            assert (row.outcome is not None) == (row.decided_at is not None)
            if status in OPEN:
                assert row.outcome is None, "decided and open"
            if status is Status.FILED and row.channel == "web" and row.reason_code is None:
                assert row.outcome is not None, (
                    "filed without the answer that its applicant is owed"
                )
            if transaction_id in self.left:
                assert self.left[transaction_id] == row.status, "an ended transaction moved"
            if row.ended_at is not None:
                self.left[transaction_id] = row.status
            if row.confidential:
                assert status is not Status.RETURNED, "a confidential one waits for its applicant"
                assert row.reason_code is None, "the clock filed a confidential one"
            if status is Status.RETURNED and row.answer_until is not None:
                assert legal_day(self.now) <= row.answer_until, "it should have lapsed"

    @cached_property
    def _who_sees(self) -> Any:
        """The statement of who sees each transaction, in the order of the officers."""
        seen = (queries.is_seen(queries.reach_of(by)) for by in OFFICERS)
        return select(Transaction.transaction_id, *seen)

    @invariant()
    def a_confidential_transaction_is_seen_by_its_department_only(self) -> None:
        seen = self.database.read("seen", lambda: self.session.execute(self._who_sees).all())
        answers = {transaction_id: found for transaction_id, *found in seen}
        for transaction_id in self._looked_at():
            row = self.row(transaction_id)
            for by, is_seen in zip(OFFICERS, answers[transaction_id], strict=True):
                home = by.municipality == row.municipality
                has = row.department in by.attributes["departments"].split()
                if row.confidential:
                    assert bool(is_seen) == (home and has), "a confidential one is seen"
                elif not home and by.municipality != "qatif":
                    assert not is_seen, "another branch sees it"

    def check(self) -> None:
        """Checks every invariant, for a walk that a test takes step by step."""
        self.touched = None
        self.numbers_are_complete()
        self.history_events_and_versions_agree()
        self.dates_and_deadlines_fit_the_status()
        self.a_confidential_transaction_is_seen_by_its_department_only()
        self.letters_have_numbers_of_their_own()

    @invariant()
    def letters_have_numbers_of_their_own(self) -> None:
        numbers = self.numbers(Letter.letter_no)
        assert len(set(numbers)) == len(numbers)
        assert all(one[6] == "6" for one in numbers)
