"""A state machine of what partners enter and municipalities submit: entries about two permits, the answers of permits,
grants that change, and events that come late, twice and out of order, with the clock moved over midnights and years.

The machine keeps what other services really published, in order. The gateway has to stand where the newest event that
arrived stands, and every entry and submission is taken exactly when it may be.
"""

import copy
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from entering import ENERGISATIONS, INSPECTIONS, POSTS, answer_event
from entering import body as entry_body
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from municipal import BODY, activity_event, application_event
from sqlalchemy import select

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.testing_walks import Tally, WalkDatabase
from partner_gateway import chores
from partner_gateway.commands import entries as commands
from partner_gateway.commands import submissions
from partner_gateway.commands.submissions import Submitter
from partner_gateway.consumers import HANDLERS
from partner_gateway.domain import entries
from partner_gateway.domain.applications import Reach
from partner_gateway.events import Sender
from partner_gateway.models import (
    BuildingPermit,
    FeedEvent,
    LicenceApplication,
    PartnerEntry,
    PartnerGrant,
)
from partner_gateway.queries import partners
from saudi.days import RIYADH, legal_day

BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)
COMPANIES, TOWNS = ("sec", "water"), ("saihat", "tarout")
NUMBER, PLACES = "1448/77", ("central-qatif", "saihat")  # two permits of one number
AREAS = {INSPECTIONS: "insulation", ENERGISATIONS: "supply"}
DAY_OF = {INSPECTIONS: "inspected_on", ENERGISATIONS: "happened_on"}
KEPT = timedelta(days=1825)
TYPED = ("entered_by", "inspector", "reason", "meter_place", "materials")
WHICH, COMPANY, TOWN = st.integers(0, 5), st.sampled_from(COMPANIES), st.sampled_from(TOWNS)
PERMIT = st.integers(0, 1)
TALLY = Tally("partner-gateway: entries")
has_entries = precondition(lambda self: self.entries)
has_applications = precondition(lambda self: self.applications)


@dataclass(frozen=True)
class Employee:
    """A named employee of a partner, as the token says."""

    organisation: str
    subject: str = "p_inspector"
    name: str | None = "سارة بنت علي (بيانات تجريبية)"
    client_id: str = "sec-desk"
    kind: str = "staff"
    organisation_kind: str = "partner"
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Told:
    """What another service published of a thing, in order, and which of that has arrived."""

    states: list[dict[str, Any]] = field(default_factory=list)
    arrived: set[int] = field(default_factory=set)  # places in `states`

    @property
    def newest(self) -> dict[str, Any] | None:
        return self.states[max(self.arrived)] if self.arrived else None

    @property
    def version(self) -> int:
        return max(self.arrived) + 1 if self.arrived else 0


@dataclass
class Entry:
    """An entry that was taken. `steps`: how often a newer answer arrived; `answered_at`: of the newest."""

    entry_id: str
    organisation: str
    permit_id: str
    answers: Told = field(default_factory=Told)
    steps: int = 0
    answered_at: datetime | None = None
    emptied: bool = False


@dataclass
class Application:
    """A municipality's application. `sent_at`: the version that was here when it was last corrected or withdrawn."""

    application_id: str
    town: str
    published: Told = field(default_factory=Told)
    sent: int = 1
    sent_at: int | None = None

    @property
    def status(self) -> str:
        return self.published.newest["status"] if self.published.newest else "submitted"


@dataclass
class WalkFixtures:
    """The fixtures of pytest that a walk uses."""

    database: WalkDatabase
    context: Any
    permit: Mapping[str, Any]
    sealed: Callable[[Any], Any]
    fields: list[str]


class Entries(RuleBasedStateMachine):
    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.fixtures, self.database = fixtures, fixtures.database
        self.session = self.database.session
        self.database.begin_walk()
        self.now, self.effects, self.changed = BEGAN, 0, True
        self.permits = {new_id(): Told() for _ in PLACES}
        self.grants = {company: Told() for company in COMPANIES}
        self.grant_ids = {company: new_id() for company in COMPANIES}
        self.entries: list[Entry] = []
        self.applications: list[Application] = []

    def teardown(self) -> None:
        self.database.end_walk()

    # ------------------------------------------------------------------------------------------------- the world

    @property
    def context(self) -> Any:
        return replace(self.fixtures.context, now=self.now)

    def count(self, step: str, led_to: str = "done") -> None:
        self.effects += 1
        self.changed = True
        TALLY.count_effect(step, led_to)

    def attempt(self, step: str, command: Callable[[], Any], *, allowed: bool) -> Any:
        """Runs a command in a savepoint. Returns None for a refusal."""
        self.now += timedelta(seconds=1)
        made, led_to = None, "done"
        try:
            made = self.database.attempt(command)
        except Refusal as refused:
            led_to = f"refused: {type(refused).__name__}"
        assert allowed or made is None, f"{step}: taken without a right"
        assert made is not None or not allowed, f"{step}: refused without a reason, {led_to}"
        if made is not None:
            self.count(step)
        return made

    def hand_over(self, topic: str, event: Received) -> None:
        """As the consumer does."""
        handler: Any = HANDLERS[topic][event.type]
        handler(self.context, event)
        self.session.expire_all()
        self.changed = True

    def arrive(
        self, told: Told, which: int, hand_over: Callable[[dict[str, Any], int], None]
    ) -> bool:
        """Hands over one of the events, also one that has arrived. Returns whether it is the newest so far."""
        place = which % len(told.states)
        is_newer = place + 1 > told.version
        self.now += timedelta(seconds=1)
        hand_over(told.states[place], place + 1)
        told.arrived.add(place)
        return is_newer

    # ---------------------------------------------------------------------------------------- permits and grants

    @initialize()
    def begin(self) -> None:
        self.hand_over("licences.activity", activity_event())
        for place in range(len(PLACES)):
            self.publish_permit(place, "valid")
            self.permit_arrives(place, 0)
        for company in COMPANIES:
            self.publish_grant(company, "active", 300, True)
            self.grant_arrives(company, 0)
        self.enter("sec", 0, INSPECTIONS, True, 0)
        self.submit("saihat")

    @rule(place=PERMIT, status=st.sampled_from(["valid", "suspended", "cancelled"]))
    def publish_permit(self, place: int, status: str) -> None:
        key, told = list(self.permits.items())[place]
        state = copy.deepcopy(dict(self.fixtures.permit))
        state |= {"permit_id": key, "building_id": key, "permit_number": NUMBER, "status": status}
        told.states.append({**state, "municipality": PLACES[place]})

    @rule(place=PERMIT, which=WHICH)
    def permit_arrives(self, place: int, which: int) -> None:
        def hand_over(state: dict[str, Any], version: int) -> None:
            self.hand_over(
                "permits.permit",
                self.event(
                    "permits.permit.issued",
                    state["permit_id"],
                    version,
                    self.fixtures.sealed(state),
                ),
            )

        self.arrive(list(self.permits.values())[place], which, hand_over)
        self.count("permit arrives")

    @rule(
        company=COMPANY, status=st.sampled_from(["active", "active", "withdrawn"]),
        days=st.sampled_from([1, 300]), both=st.booleans(),
    )  # fmt: skip
    def publish_grant(self, company: str, status: str, days: int, both: bool) -> None:
        """Grants begin and end at midnights."""
        until = datetime.combine(legal_day(self.now) + timedelta(days=days), time(), RIYADH)
        self.grants[company].states.append(
            {
                "grant_id": self.grant_ids[company], "organisation": company,
                "audience": "partner-gateway", "purposes": ["meter-connection"],
                "query_kinds": ["permit-number"], "widest_span_days": None,
                "entry_kinds": ["insulation", "supply"] if both else ["supply"],
                "fields": self.fixtures.fields, "rows_per_day": 100, "status": status,
                "valid_from": (until - timedelta(days=days)).isoformat(),
                "valid_until": until.isoformat(),
            }
        )  # fmt: skip

    @rule(company=COMPANY, which=WHICH)
    def grant_arrives(self, company: str, which: int) -> None:
        def hand_over(state: dict[str, Any], version: int) -> None:
            self.hand_over(
                "identity.grant",
                self.event("identity.grant.granted", state["grant_id"], version, state),
            )

        self.arrive(self.grants[company], which, hand_over)
        self.count("grant arrives")

    def event(self, kind: str, subject: str, sequence: int, data: Any) -> Received:
        return Received(
            id=new_id(), type=f"sa.gov.qatif.{kind}.v1", subject=subject, sequence=sequence,
            time=self.now, data=data,
        )  # fmt: skip

    # --------------------------------------------------------------------------------------------------- entries

    @rule(
        company=COMPANY, place=PERMIT, path=st.sampled_from(list(AREAS)), by_id=st.booleans(),
        ahead=st.sampled_from([0, 0, 0, 1]),
    )  # fmt: skip
    def enter(self, company: str, place: int, path: str, by_id: bool, ahead: int) -> None:
        """As the operation does: who asks, the grant of the moment, the entry. `ahead`: days to come."""
        key, told = list(self.permits.items())[place]
        names: dict[str, Any] = {"permit_number": NUMBER, "municipality": PLACES[place]}
        if by_id:
            names = {"permit_id": key}
        day = {DAY_OF[path]: legal_day(self.now + timedelta(seconds=1)) + timedelta(days=ahead)}
        none = dict.fromkeys(("permit_number", "municipality", "permit_id"))
        body = entry_body(path, **{**none, **names, **day})
        actor = Employee(company)

        def enter() -> PartnerEntry:
            entries.check_caller(actor.kind, actor.organisation_kind)
            grant = partners.grant_of(self.session, company, self.now)
            entries.check_grant(grant, AREAS[path], self.now)
            work = UnitOfWork(self.session, actor, self.now)
            named: Any = {"area": AREAS[path], "kind": POSTS[path][1], "body": body}
            return commands.enter(work, self.context.settings, **named).row

        allowed = self.may_enter(company, AREAS[path]) and bool(told.arrived) and not ahead
        row = self.attempt("enter", enter, allowed=allowed)
        if row is not None:
            assert row.permit_id == key, "another permit"
            self.entries.append(Entry(row.entry_id, company, key))

    def may_enter(self, company: str, area: str) -> bool:
        """By the newest grant that arrived, a second from now."""
        grant, at = self.grants[company].newest, self.now + timedelta(seconds=1)
        if grant is None or grant["status"] != "active" or area not in grant["entry_kinds"]:
            return False
        begins, ends = (
            datetime.fromisoformat(grant[name]) for name in ("valid_from", "valid_until")
        )
        return begins <= at < ends

    @has_entries
    @rule(which=WHICH, outcome=st.sampled_from(["effective", "refused"]))
    def permits_answer(self, which: int, outcome: str) -> None:
        """Permits answers; a later answer corrects an earlier one."""
        one = self.entries[-1 - which % len(self.entries)]
        if len(one.answers.states) < 3:
            one.answers.states.append({"outcome": outcome})
            self.answer_arrives(which, len(one.answers.states) - 1)

    @has_entries
    @rule(which=WHICH, answer=WHICH)
    def answer_arrives(self, which: int, answer: int) -> None:
        """Late, again, or before an earlier answer."""
        one = self.entries[-1 - which % len(self.entries)]
        if not one.answers.states:
            return

        def hand_over(state: dict[str, Any], version: int) -> None:
            event = answer_event(one.entry_id, outcome=state["outcome"], sequence=version)
            # The same event each time, so that its id tells a repetition.
            state.setdefault("event", replace(event, time=self.now))
            self.hand_over("permits.entry", state["event"])

        if self.arrive(one.answers, answer, hand_over):
            one.steps, one.answered_at = one.steps + 1, one.answers.newest["event"].time
            self.count("answer", one.answers.newest["outcome"])

    @rule()
    def empty_old_entries(self) -> None:
        chores.empty_entries(self.context)
        self.session.flush()
        for one in self.entries:
            if one.answered_at is not None and one.answered_at < self.now - KEPT:
                one.emptied = True
        self.count("chore")

    # ----------------------------------------------------------------------------------------------- submissions

    def submitter(self, town: str) -> tuple[UnitOfWork, Submitter]:
        sender = Sender(town, "machine", f"{town}-system", "s")
        work = UnitOfWork(self.session, Employee(town, client_id=sender.client_id), self.now)
        return work, Submitter(sender, Reach(town, sees_all=False), self.context.settings)

    @rule(town=TOWN)
    def submit(self, town: str) -> None:
        if len(self.applications) < 4:
            body = self.body_of(town)
            made = self.attempt(
                "submit",
                lambda: submissions.submit_application(*self.submitter(town), body),
                allowed=True,
            )
            self.applications.append(Application(made.application_id, town))

    def body_of(self, town: str) -> dict[str, Any]:
        body = copy.deepcopy(BODY)
        place = {"saihat": ("سيهات", "الكوثر"), "tarout": ("تاروت", "الديرة")}[town]
        body["place"] |= dict(zip(("town", "district"), place, strict=True))
        return body

    @has_applications
    @rule(
        which=WHICH,
        status=st.sampled_from(["waiting", "returned", "in_review", "issued", "withdrawn"]),
    )
    def licences_publishes(self, which: int, status: str) -> None:
        self.applications[which % len(self.applications)].published.states.append(
            {"status": status}
        )

    @has_applications
    @rule(which=WHICH, version=WHICH)
    def application_arrives(self, which: int, version: int) -> None:
        one = self.applications[which % len(self.applications)]
        if not one.published.states:
            return

        def hand_over(state: dict[str, Any], sequence: int) -> None:
            event = application_event(
                one.application_id, sequence=sequence, status=state["status"],
                municipality=one.town, channel="partner",
            )  # fmt: skip
            self.hand_over("licences.application", event)

        self.arrive(one.published, version, hand_over)
        self.count("application arrives")

    @has_applications
    @rule(which=WHICH, town=TOWN)
    def correct(self, which: int, town: str) -> None:
        one = self.applications[which % len(self.applications)]
        self.send_again(
            "correct", one, town, one.status in ("returned", "waiting"),
            lambda: submissions.correct_application(
                *self.submitter(town), one.application_id, self.body_of(town)
            ),
        )  # fmt: skip

    @has_applications
    @rule(which=WHICH, town=TOWN)
    def withdraw(self, which: int, town: str) -> None:
        one = self.applications[which % len(self.applications)]
        self.send_again(
            "withdraw", one, town, one.status not in ("issued", "withdrawn", "refused"),
            lambda: submissions.withdraw_application(
                *self.submitter(town), one.application_id, {"reason": "عدول"}
            ),
        )  # fmt: skip

    def send_again(
        self, step: str, one: Application, town: str, is_open: bool, command: Callable[[], Any]
    ) -> None:
        """Allowed for the municipality that submitted, once for each state that licences published."""
        is_under_way = one.sent_at == one.published.version
        allowed = town == one.town and is_open and not is_under_way
        if self.attempt(step, command, allowed=allowed) is not None:
            one.sent, one.sent_at = one.sent + 1, one.published.version

    @rule(hours=st.sampled_from([1, 10, 25, 24 * 400, 24 * 1830]))
    def pass_time(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.count("time passes")

    @rule(seconds=st.sampled_from([-2, -1, 1]))
    def come_to_midnight(self, seconds: int) -> None:
        midnight = datetime.combine(legal_day(self.now) + timedelta(days=1), time(), RIYADH)
        self.now = max(self.now, midnight.astimezone(UTC) + timedelta(seconds=seconds))
        self.count("midnight")

    # -------------------------------------------------------------------------------------------------- promises

    @invariant()
    def promises_hold(self) -> None:
        if not self.changed:
            return
        self.changed = False
        self.session.flush()
        self.the_newest_event_that_arrived_counts()
        self.each_entry_is_published_and_answered_once()
        self.names_stay_as_long_as_they_may()
        self.submissions_are_numbered_and_never_set_back()

    def the_newest_event_that_arrived_counts(self) -> None:
        columns = (BuildingPermit.permit_id, BuildingPermit.version, BuildingPermit.status)
        kept = {key: rest for key, *rest in self.session.execute(select(*columns))}
        for key, told in self.permits.items():
            if told.newest is not None:
                assert kept[key] == [told.version, told.newest["status"]], "an older permit"
        of_grants = (PartnerGrant.organisation, PartnerGrant.version, PartnerGrant.status)
        grants = {key: rest for key, *rest in self.session.execute(select(*of_grants))}
        for company, told in self.grants.items():
            if told.newest is not None:
                assert grants[company] == [told.version, told.newest["status"]], "an older grant"

    def each_entry_is_published_and_answered_once(self) -> None:
        rows = {row.entry_id: row for row in self.database.scalars(select(PartnerEntry))}
        assert rows.keys() == {one.entry_id for one in self.entries}, "an entry that nobody made"
        published = self.published()
        told = Counter(self.session.scalars(select(FeedEvent.subject)))
        for one in self.entries:
            row, newest = rows[one.entry_id], one.answers.newest
            assert (row.organisation, row.permit_id) == (one.organisation, one.permit_id), "moved"
            assert published.get(one.entry_id) == [1], "not published once"
            assert row.outcome == (newest["outcome"] if newest else "pending"), "an older answer"
            assert told[one.entry_id] == one.steps, "not told once"

    def names_stay_as_long_as_they_may(self) -> None:
        emptied = {one.entry_id: one.emptied for one in self.entries}
        for row in self.database.scalars(select(PartnerEntry)):
            names = [row.content[name] for name in TYPED if row.content.get(name) is not None]
            assert bool(names) != emptied[row.entry_id], "names"

    def submissions_are_numbered_and_never_set_back(self) -> None:
        published = self.published()
        rows = {row.application_id: row for row in self.session.scalars(select(LicenceApplication))}
        for one in self.applications:
            numbers = list(range(1, one.sent + 1))
            assert published.get(one.application_id) == numbers, "numbers of submissions"
            row = rows[one.application_id]
            state = (row.status, row.version, row.sent)
            assert state == (one.status, one.published.version, one.sent), "an older application"

    def published(self) -> dict[str, list[int]]:
        """Returns the versions of each thing that were published, in their order."""
        found: dict[str, list[int]] = {}
        for one in self.database.events():
            found.setdefault(one.aggregate_id, []).append(one.version)
        return found
