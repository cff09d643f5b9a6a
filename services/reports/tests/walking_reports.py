"""A state machine of three reports' lives: every order of commands, against a model that knows the rules.

Two departments, two contractors, an officer, reporters and the loop of deadlines act in any order, late or twice. A
command is allowed exactly when the model says so, a refusal changes nothing, each change is one event with the next
version. The rules come from the decisions and the README, not from the code.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event as Stop
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import func, select

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, NotFound
from chassis.data.deadlines import pending
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import contacts_of
from chassis.run.deadlines import Deadlines
from chassis.testing_walks import Tally, WalkDatabase
from reports import queries
from reports.commands import duplicates, ending, filing, referral, remarks, treatment
from reports.commands.open311 import NewUpdate, add_update
from reports.domain.actors import REPORTER, service_as
from reports.domain.reports import Reopening
from reports.models import Photo, Remark, Report
from reports.open311 import reads, views

RULE = Reopening(timedelta(days=5), 2)
# Category → its service time by the clock, its department, and whether it asks for an after-photo.
KINDS = {
    "light-out": (timedelta(hours=48), "lighting", False),
    "container-full": (timedelta(hours=24), "cleaning", True),
}
KINDS_AT_FIRST = ("container-full", "light-out", "container-full")
UNASSIGNED, AT_WORK = ("new", "classified"), ("assigned", "in_progress")
WAITING = ("waiting_external", "waiting_reporter")
RUNNING = (*UNASSIGNED, *AT_WORK, *WAITING)
ENDED = ("closed", "rejected", "duplicate")
ACCUSATION = "رماها فلان"
WHICH = st.integers(0, 11)  # see `Life.pick`
CONTRACTORS = st.sampled_from(["al-amal", "binaa"])
BEGAN = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
TALLY = Tally("reports: three reports")


def last_moment(moment: datetime) -> datetime:
    """Returns the last second of the moment's day in Riyadh, three hours ahead."""
    return (moment + timedelta(hours=3)).replace(
        hour=23, minute=59, second=59, microsecond=0
    ) - timedelta(hours=3)


@dataclass
class Model:
    """A report as the rules would have it."""

    report_id: str
    number: str
    category: str
    filed_at: datetime
    status: str = "assigned"
    asked_in: str | None = None
    department: str | None = None
    contractor: str | None = None
    has_photo: bool = False  # of the present treatment
    said_at: datetime | None = None  # the reporter's last word that the problem is there
    resolved_at: datetime | None = None
    stars: int | None = None
    words: str = "waiting"  # or shown, withheld
    updates: list[str] = field(default_factory=list)  # of other systems: waiting, shown
    version: int = 1
    waited: timedelta = timedelta(0)
    waits_since: datetime | None = None
    reopened: int = 0
    until: datetime | None = None
    closings: int = 0
    tokens: list[str] = field(default_factory=list)
    main: "Model | None" = None
    followers: int = 0

    @property
    def own_due(self) -> datetime | None:
        return None if self.waits_since else self.filed_at + KINDS[self.category][0] + self.waited

    @property
    def needs_photo(self) -> bool:
        return KINDS[self.category][2]

    def go_on(self, now: datetime) -> None:
        if self.waits_since:
            self.waited, self.waits_since = self.waited + (now - self.waits_since), None

    def become(self, status: str) -> None:
        self.status, self.version = status, self.version + 1

    def give_work(self, contractor: str | None) -> None:
        """Other hands need a photo of their own."""
        self.has_photo = self.has_photo and self.contractor == contractor
        self.contractor = contractor

    def close(self, now: datetime) -> None:
        may_reopen = self.reopened < RULE.most
        self.until = last_moment(now + RULE.window) if may_reopen else None
        self.closings += 1
        self.become("closed")

    def reopen(self, now: datetime) -> None:
        self.reopened, self.until, self.main, self.followers = self.reopened + 1, None, None, 0
        self.stars = self.resolved_at = None
        self.said_at, self.has_photo, self.contractor = now, False, None
        self.become("assigned")


class Life(RuleBasedStateMachine):
    def __init__(self, fixtures: Any) -> None:
        super().__init__()
        self.fixtures = fixtures
        self.database, self.officer = fixtures.database, fixtures.officer
        self.session = self.database.session
        self.database.begin_walk()
        self.now = BEGAN
        self.runner = Deadlines(fixtures.process, clock=lambda: self.now)
        self.models = [self.file(one) for one in KINDS_AT_FIRST]

    def file(self, category: str) -> Model:
        body = self.fixtures.new_report(category=category, description=ACCUSATION)
        with self.database.transaction() as session:
            row = filing.file_report(UnitOfWork(session, self.officer, self.now), body)
            made = Model(row.report_id, row.report_number, category, self.now)
        made.department, made.said_at = KINDS[category][1], self.now
        self.now += timedelta(hours=7)
        return made

    def teardown(self) -> None:
        self.database.end_walk()

    def ask(
        self,
        allowed: bool,
        one: Model,
        act: Any,
        *,
        actor: Any = None,
        refusals: Any = Conflict,
        **more: Any,
    ) -> bool:
        """Asks for a command in a transaction of its own, a minute later; the outcome is the model's."""
        self.now += timedelta(minutes=1)
        refused = None
        try:
            with self.database.transaction() as session:
                act(UnitOfWork(session, actor or self.officer, self.now), one.report_id, **more)
        except refusals as error:
            refused = error
        name = act.__name__
        assert (refused is None) == allowed, f"{name}: the model says {allowed}, {refused!r}"
        if allowed:
            TALLY.count_effect(name, one.status)
        return allowed

    def on(self, act: Any, one: Model, statuses: tuple[str, ...], **more: Any) -> bool:
        return self.ask(one.status in statuses, one, act, **more)

    def pick(self, which: int, *statuses: str) -> Model:
        """Returns a report for which a command is in turn, three times of four; else any report."""
        in_turn = [one for one in self.models if one.status in statuses]
        return (
            in_turn[which // 4 % len(in_turn)] if which % 4 and in_turn else self.models[which % 3]
        )

    def followers_of(self, main: Model) -> list[Model]:
        return [one for one in self.models if one.main is main and one.status == "duplicate"]

    def wait(self, one: Model) -> None:
        one.waits_since = self.now
        for follower in self.followers_of(one):
            follower.version += 1  # it's due when its main report is

    def go_on(self, one: Model) -> None:
        for follower in self.followers_of(one) if one.waits_since else ():
            follower.version += 1
        one.go_on(self.now)

    # Time

    @rule(hours=st.sampled_from([1, 5, 16, 30, 120]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(hours=st.sampled_from([0, 5, 30, 200]))
    def the_deadlines_fire(self, hours: int) -> None:
        """Each report that is late escalates once, however many levels passed; then nothing is due in the past."""
        self.now += timedelta(hours=hours)
        late = [one for one in self.models if (due := self.deadline(one)) and due <= self.now]
        self.database.run_beside(self._fire_deadlines)
        for one in late:
            one.version += 1
            TALLY.count_effect("escalate", one.status)
        for one in self.models:
            due = self.deadline(one)
            assert due is None or due > self.now, "a deadline armed itself in the past"

    def _fire_deadlines(self) -> None:
        for _ in range(4):
            self.runner.step(Stop())

    def deadline(self, one: Model) -> datetime | None:
        return self.deadlines(one).get("escalation")

    def deadlines(self, one: Model) -> dict[str, datetime]:
        named = (self.session, "report", one.report_id)
        return self.database.read(("deadlines", one.report_id), lambda: pending(*named))

    @rule(category=st.sampled_from(sorted(KINDS)))
    def file_another(self, category: str) -> None:
        """A new report takes the place of one that has ended for good."""
        for place, one in enumerate(self.models):
            is_over = one.status == "closed" and (one.until is None or one.until < self.now)
            if is_over or one.status == "rejected":
                self.models[place] = self.file(category)
                TALLY.count_effect("file", "none")
                return

    # The officer and the department

    @rule(which=WHICH, department=st.sampled_from([None, "lighting", "roads"]))
    def refer(self, which: int, department: str | None) -> None:
        one = self.pick(which, *RUNNING)
        if self.on(referral.refer, one, RUNNING, department=department):
            self.go_on(one)
            chosen = department or KINDS[one.category][1]
            if chosen != one.department:
                one.has_photo = False
            one.department = chosen
            one.give_work(None)
            one.become("assigned")

    @rule(which=WHICH)
    def send_back(self, which: int) -> None:
        one = self.pick(which, *AT_WORK, "resolved")
        treated = one.status == "resolved"
        if self.on(referral.send_back, one, (*AT_WORK, "resolved"), reason="لا"):
            if treated:
                one.said_at, one.has_photo, one.resolved_at = self.now, False, None
            else:
                one.department = None
                one.give_work(None)
            one.become("assigned" if treated else "classified")

    @rule(which=WHICH, contractor=st.sampled_from([None, "al-amal", "binaa"]))
    def start(self, which: int, contractor: str | None) -> None:
        one = self.pick(which, *AT_WORK, *WAITING)
        question = ("waiting_reporter",) if one.asked_in in AT_WORK else ()
        given = {"contractor": contractor, "work_order": "أصلحوه"} if contractor else {}
        if self.on(treatment.start, one, (*AT_WORK, "waiting_external", *question), **given):
            self.go_on(one)
            one.give_work(contractor)
            one.become("in_progress")

    @rule(which=WHICH, of=st.sampled_from(["lighting", "roads", "cleaning"]))
    def a_department_starts_what_it_may_no_longer_have(self, which: int, of: str) -> None:
        one = self.pick(which, *AT_WORK)
        if one.department != of:
            actor = self.fixtures.department(of)
            self.ask(False, one, treatment.start, actor=actor, refusals=(Conflict, NotFound))

    @rule(which=WHICH)
    def link(self, which: int) -> None:
        one = self.pick(which, *AT_WORK)
        if self.on(referral.link_external, one, AT_WORK, body="electricity"):
            self.wait(one)
            one.become("waiting_external")

    @rule(which=WHICH)
    def ask_reporter(self, which: int) -> None:
        one = self.pick(which, *UNASSIGNED, *AT_WORK)
        if self.on(referral.ask, one, (*UNASSIGNED, *AT_WORK), question="أين؟"):
            one.asked_in = one.status
            self.wait(one)
            one.become("waiting_reporter")

    @rule(which=WHICH)
    def answer(self, which: int) -> None:
        one = self.pick(which, "waiting_reporter")
        if self.on(referral.answer, one, ("waiting_reporter",), text="هنا"):
            self.go_on(one)
            one.become(one.asked_in or "")

    @rule(which=WHICH, who=CONTRACTORS)
    def a_contractor_is_done(self, which: int, who: str) -> None:
        """Only the contractor who has the work now sends photos of it."""
        given = [one for one in self.models if one.contractor == who]
        one = given[0] if given and which % 4 else self.models[which % 3]
        allowed = one.contractor == who and one.status in (*AT_WORK, "waiting_external")
        actor = self.fixtures.contractor(who)
        refusals = (Conflict, NotFound)
        act = treatment.complete_work
        if self.ask(allowed, one, act, actor=actor, refusals=refusals, text="تم"):
            self.add_photo(one)

    def add_photo(self, one: Model) -> None:
        one.has_photo = True
        with self.database.transaction() as session:
            position = len(queries.photos_of(session, one.report_id)) + 1
            ids = {"report_id": one.report_id, "attachment_id": new_id()}
            session.add(Photo(**ids, position=position, kind="after", added_at=self.now))

    @rule(which=WHICH, has_own_photo=st.booleans())
    def resolve(self, which: int, has_own_photo: bool) -> None:
        one = self.pick(which, *AT_WORK, "waiting_external")
        if has_own_photo and one.status in (*AT_WORK, "waiting_external"):
            self.now += timedelta(minutes=1)
            self.add_photo(one)
        shown = one.has_photo or not one.needs_photo
        fits = one.status in (*AT_WORK, "waiting_external") and shown
        if self.ask(fits, one, treatment.resolve, text="تم"):
            self.go_on(one)
            one.resolved_at = self.now
            one.become("resolved")

    # The end

    @rule(which=WHICH)
    def treat_and_close(self, which: int) -> None:
        """Takes a report to its closing in one step, so that walks reach what comes after."""
        one = self.pick(which, *AT_WORK)
        if one.status in AT_WORK:
            self.resolve_and_close(one)

    def resolve_and_close(self, one: Model) -> None:
        self.now += timedelta(minutes=1)
        self.add_photo(one)
        if self.ask(True, one, treatment.resolve, text="تم"):
            one.resolved_at = self.now
            one.become("resolved")
        if self.ask(True, one, ending.close, rule=RULE):
            for model in (*self.followers_of(one), one):
                model.close(self.now)

    @rule(which=WHICH)
    def close(self, which: int) -> None:
        one = self.pick(which, "resolved")
        if self.on(ending.close, one, ("resolved",), rule=RULE):
            for model in (*self.followers_of(one), one):
                model.close(self.now)

    @rule(which=WHICH)
    def reopen(self, which: int) -> None:
        one = self.pick(which, "closed")
        then = self.now + timedelta(minutes=1)
        inside = one.until is not None and then <= one.until and one.reopened < RULE.most
        allowed = one.status == "closed" and inside
        if self.ask(allowed, one, ending.reopen, reason="لا", rule=RULE):
            one.reopen(self.now)

    @rule(which=WHICH, of=st.integers(0, 2))
    def say_not_solved(self, which: int, of: int) -> None:
        """The link of a closing works once, and only as long as the closing stands and its window is open."""
        one = self.pick(which, "closed")
        tokens = self.tokens_of(one)
        if not tokens:
            return
        of = len(tokens) - 1 - of % len(tokens)
        then = self.now + timedelta(minutes=1)
        stands = one.status == "closed" and of == one.closings - 1
        allowed = stands and one.until is not None and then <= one.until

        def reopen_by_link(work: UnitOfWork, _report_id: str) -> None:
            ending.reopen_by_token(work, tokens[of], text="ما زالت", rule=RULE)

        refusals = (Conflict, NotFound)
        if self.ask(allowed, one, reopen_by_link, actor=REPORTER, refusals=refusals):
            one.reopen(self.now)

    def tokens_of(self, one: Model) -> list[str]:
        """Returns the tokens that the reporter got, oldest first."""
        told = [
            contacts_of(self.session).open(one.report_id, envelope["data"]["contacts"])
            for envelope in self.closings_of(one.report_id)
        ]
        assert all(len(contacts) == 1 for contacts in told), "a reporter is told once of a closing"
        return [contact.token for (contact,) in told if contact.token]

    @rule(which=WHICH, stars=st.sampled_from([2, 5]))
    def rate(self, which: int, stars: int) -> None:
        one = self.pick(which, "closed")
        allowed = one.status == "closed" and one.stars in (None, stars)
        if self.ask(allowed, one, ending.rate, actor=REPORTER, stars=stars):
            one.version += one.stars is None
            one.stars = stars

    @rule(which=WHICH)
    def reject(self, which: int) -> None:
        one = self.pick(which, *RUNNING)
        if self.on(referral.reject, one, RUNNING, reason="لا"):
            one.go_on(self.now)
            for model in (*self.followers_of(one), one):
                model.become("rejected")

    @rule(which=WHICH)
    def correct(self, which: int) -> None:
        one = self.pick(which, *RUNNING, "resolved")
        changes = {"location": {"town": "صفوى"}}
        if self.on(referral.correct, one, (*RUNNING, "resolved"), changes=changes):
            one.become(one.status)

    # Duplicates

    @rule(which=WHICH, other=WHICH)
    def merge(self, which: int, other: int) -> None:
        one, main = self.pick(which, *RUNNING), self.pick(other, *AT_WORK, "resolved")
        is_younger = main.resolved_at is not None and one.said_at > main.resolved_at  # type: ignore[operator]
        free = one is not main and main.status not in ENDED and not one.followers
        allowed = one.status in RUNNING and free and not (main.status == "resolved" and is_younger)
        more = {"main_id": main.report_id, "note": "المشكلة نفسها"}
        if self.ask(allowed, one, duplicates.mark_duplicate, **more):
            one.go_on(self.now)
            before = min(
                (each.own_due for each in self.leaders(main) if each.own_due), default=None
            )
            one.main, main.followers, main.version = main, main.followers + 1, main.version + 1
            one.become("duplicate")
            due = min((each.own_due for each in self.leaders(main) if each.own_due), default=None)
            if main.own_due and due != before:
                for follower in self.followers_of(main):
                    follower.version += follower is not one

    def leaders(self, main: Model) -> list[Model]:
        """Returns the reports whose clocks set the due time of the main report."""
        return [main, *self.followers_of(main)]

    @rule(which=WHICH)
    def split(self, which: int) -> None:
        one = self.pick(which, "duplicate")
        main = one.main
        before = self.due_of(main)
        if self.on(duplicates.split, one, ("duplicate",)) and main:
            main.followers, main.version = main.followers - 1, main.version + 1
            one.main = None
            one.become("assigned" if one.department else "classified")
            for follower in self.followers_of(main):
                follower.version += self.due_of(main) != before

    def due_of(self, main: Model | None) -> datetime | None:
        if main is None or main.own_due is None:
            return None
        return min(each.own_due for each in self.leaders(main) if each.own_due)

    # The public

    @rule(which=WHICH, reads_updates=st.booleans())
    def release_words(self, which: int, reads_updates: bool) -> None:
        one = self.pick(which, *RUNNING)
        last = self.last_update_of(one) if reads_updates else None
        # A page from before the updates has shown none of them.
        allowed = reads_updates or "waiting" not in one.updates
        if self.ask(allowed, one, remarks.release_words, last_remark_read=last):
            one.words, one.updates = "shown", ["shown"] * len(one.updates)

    def last_update_of(self, one: Model) -> int:
        updates = select(func.max(Remark.remark_id)).where(
            Remark.report_id == one.report_id, Remark.kind == "update"
        )
        return self.database.session.scalar(updates) or 0

    @rule(which=WHICH)
    def withhold_words(self, which: int) -> None:
        one = self.pick(which, *RUNNING)
        self.ask(True, one, remarks.withhold_words)
        one.words, one.updates = "withheld", ["waiting"] * len(one.updates)

    @rule(which=WHICH)
    def another_system_adds_words(self, which: int) -> None:
        one = self.pick(which, *RUNNING)
        update_id = f"{one.number}-{len(one.updates)}"
        update = NewUpdate(one.number, update_id, ACCUSATION, closes=False)

        def update_request(work: UnitOfWork, _report_id: str) -> None:
            add_update(work, update)

        self.ask(True, one, update_request, actor=service_as("k_1"))
        one.updates.append("waiting")

    # What always holds

    @invariant()
    def what_always_holds(self) -> None:
        every = self.database.scalars(select(Report).where(Report.report_id.in_(self.ids)))
        rows = {row.report_id: row for row in every}
        self.the_clock_is_filing_and_service_time_and_waiting(rows)
        self.there_is_a_deadline_while_something_may_escalate(rows)
        self.a_contractor_sees_the_work_that_the_contractor_has(rows)
        self.no_complaint_ends_by_an_older_treatment()
        self.the_public_reads_only_words_that_an_officer_read()
        self.events_are_the_versions_and_the_last_one_is_the_state()

    @property
    def ids(self) -> list[str]:
        return [one.report_id for one in self.models]

    def events_are_the_versions_and_the_last_one_is_the_state(self) -> None:
        for one in self.models:
            told = self.events_of(one.report_id)
            versions = [event.version for event in told]
            assert versions == list(range(1, one.version + 1)), "a change without an event"
            last = told[-1].envelope["data"]
            assert (last["status"], last["reopen_count"]) == (one.status, one.reopened), (
                "the event tells another state"
            )
            assert last["satisfaction"] == one.stars, "a rating outlives its treatment"
            may_reopen = one.status == "closed" and one.reopened < RULE.most
            assert (last["reopenable_until"] is not None) == may_reopen, "reopened too often"
            assert last["inquiry"]["status"] == one.status, "the inquiry tells another status"

    def the_clock_is_filing_and_service_time_and_waiting(self, rows: dict[str, Report]) -> None:
        for one in self.models:
            row = rows[one.report_id]
            assert (row.filed_at, row.own_due_at) == (one.filed_at, one.own_due), (
                "filing or due day moved"
            )
            leader = one.main if one.main and one.status == "duplicate" else one
            assert (row.due_at is None) == (leader.status in WAITING), (
                "the clock runs while somebody outside acts"
            )
            if leader is not one:
                assert row.due_at == rows[leader.report_id].due_at, (
                    "a duplicate has another due time"
                )
            elif one.status in RUNNING and one.own_due:
                assert row.due_at == self.due_of(one), "the service clock is wrong"

    def there_is_a_deadline_while_something_may_escalate(self, rows: dict[str, Report]) -> None:
        for one in self.models:
            level = rows[one.report_id].escalation_level
            expected = one.status in (*UNASSIGNED, *AT_WORK) and level < 3
            assert bool(self.deadlines(one)) == expected, "a deadline is missing or too many"

    def a_contractor_sees_the_work_that_the_contractor_has(self, rows: dict[str, Report]) -> None:
        for one in self.models:
            row = rows[one.report_id]
            assert (row.contractor, row.department) == (one.contractor, one.department), (
                "another one has the work"
            )
            assert (row.work_order is None) == (one.contractor is None), (
                "a work order without a contractor"
            )

    def no_complaint_ends_by_an_older_treatment(self) -> None:
        for one in self.models:
            if one.main and one.status == "duplicate" and one.main.status == "resolved":
                assert one.said_at < one.main.resolved_at, "a complaint ends by an older treatment"  # type: ignore[operator]

    def the_public_reads_only_words_that_an_officer_read(self) -> None:
        requests, told = self.database.read(("public", *self.ids), self.read_in_public)
        for one in self.models:
            of = [each for each in told if each["service_request_id"] == one.number]
            assert sum(ACCUSATION in str(each) for each in of) == one.updates.count("shown"), (
                "an update is public before an officer read it"
            )
            (request,) = [each for each in requests if each["service_request_id"] == one.number]
            assert (ACCUSATION in str(request)) == (one.words == "shown"), (
                "words are public before an officer read them"
            )

    def read_in_public(self) -> tuple[list[Any], list[Any]]:
        """Returns the reports and their updates as Open311 shows them."""
        between = (BEGAN, self.now + timedelta(days=1))
        numbers = [one.number for one in self.models]
        wanted = reads.RequestFilter(numbers=numbers, filed=between, skipped=0, most=3)
        requests = views.requests_view(reads.list_requests(self.session, wanted), {}, "ar")
        told = views.updates_view(reads.list_updates(self.session, between, 0, 1_000), "ar")
        return requests, told

    def closings_of(self, report_id: str) -> list[Any]:
        """Returns the events that told of the report's closings, oldest first."""
        return [
            one.envelope for one in self.events_of(report_id) if one.type.endswith(".closed.v1")
        ]

    def events_of(self, report_id: str) -> list[Any]:
        return [one for one in self.database.events() if one.aggregate_id == report_id]


@dataclass
class WalkFixtures:
    """The service and its people, for a walk."""

    database: WalkDatabase
    officer: Any
    person: Callable[..., Any]
    new_report: Callable[..., dict[str, Any]]
    process: Any

    def department(self, code: str) -> Any:
        attributes = {"municipality": "qatif", "departments": code}
        scopes = frozenset(("reports.read", "reports.treat"))
        return self.person(f"p_{code}", scopes=scopes, attributes=attributes)

    def contractor(self, code: str) -> Any:
        scopes = frozenset(("reports.contract",))
        return self.person(f"p_{code}", scopes=scopes, attributes={"contractor": code})
