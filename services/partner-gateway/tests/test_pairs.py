"""Two acts at once on a partner's entry, a permit, a grant or a submission: for each state in which one of
them is possible, in both orders, the second started while the first holds its locks.

`make pairs SERVICE=partner-gateway` plays them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from entering import ENERGISATIONS, INSPECTIONS, POSTS, answer_event
from entering import body as entry_body
from municipal import BODY, activity_event, application_event, licence_event
from walking_entries import AREAS, BEGAN, DAY_OF, Employee

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.testing_pairs import DONE, Act, Stage, State, pairs_of
from partner_gateway.commands import entries as commands
from partner_gateway.commands import submissions
from partner_gateway.commands.submissions import Line, Submitter
from partner_gateway.consumers import HANDLERS
from partner_gateway.domain import entries
from partner_gateway.domain.applications import Reach
from partner_gateway.events import Sender
from partner_gateway.queries import partners
from saudi.days import legal_day

NOW = BEGAN
COMPANY, TOWN, LICENCE = "sec", "saihat", "144804000017"


@dataclass
class Made:
    """The things of a state. `entry`, `application`: the newest."""

    permit: str
    grant: str
    entry: str = ""
    application: str = ""


@dataclass
class EventMaker:
    """What makes events of permits and grants. `process` gives handlers their context."""

    process: Any
    permit: Mapping[str, Any]
    sealed: Callable[[Any], Any]
    fields: list[str]

    def context(self, work: UnitOfWork) -> Any:
        return replace(self.process.context(work.session), now=work.now)

    def hand_over(self, work: UnitOfWork, topic: str, event: Received) -> Any:
        handler: Any = HANDLERS[topic][event.type]
        return handler(self.context(work), event)

    def event(
        self, work: UnitOfWork, kind: str, subject: str, sequence: int, data: Any
    ) -> Received:
        return Received(
            id=new_id(), type=f"sa.gov.qatif.{kind}.v1", subject=subject, sequence=sequence,
            time=work.now, data=data,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------------- acts

    def permit_arrives(self, version: int, status: str) -> Act:
        def act(work: UnitOfWork, made: Made) -> Any:
            state = {**self.permit, "permit_id": made.permit, "building_id": made.permit}
            state = self.sealed({**state, "status": status, "permit_number": "1448/77"})
            event = self.event(work, "permits.permit.issued", made.permit, version, state)
            return self.hand_over(work, "permits.permit", event)

        return act

    def grant_arrives(self, version: int, status: str) -> Act:
        def act(work: UnitOfWork, made: Made) -> Any:
            day = timedelta(days=1)
            state = {
                "grant_id": made.grant, "organisation": COMPANY, "audience": "partner-gateway",
                "purposes": ["meter-connection"], "query_kinds": ["permit-number"],
                "widest_span_days": None, "entry_kinds": ["insulation", "supply"],
                "fields": self.fields, "rows_per_day": 100, "status": status,
                "valid_from": (NOW - day).isoformat(), "valid_until": (NOW + day).isoformat(),
            }  # fmt: skip
            event = self.event(work, "identity.grant.granted", made.grant, version, state)
            return self.hand_over(work, "identity.grant", event)

        return act

    def enter(self, path: str) -> Act:
        def act(work: UnitOfWork, made: Made) -> str:
            none = dict.fromkeys(("permit_number", "municipality"))
            day = {DAY_OF[path]: legal_day(work.now)}
            body = entry_body(path, **{**none, "permit_id": made.permit, **day})
            grant = partners.grant_of(work.session, COMPANY, work.now)
            entries.check_grant(grant, AREAS[path], work.now)
            named: Any = {"area": AREAS[path], "kind": POSTS[path][1], "body": body}
            settings = self.context(work).settings
            entered = commands.enter(work.acting_as(Employee(COMPANY)), settings, **named)
            made.entry = entered.row.entry_id
            return "done"

        return act

    def answer(self, version: int, outcome: str) -> Act:
        def act(work: UnitOfWork, made: Made) -> Any:
            event = answer_event(made.entry, outcome=outcome, sequence=version)
            return self.hand_over(work, "permits.entry", replace(event, time=work.now))

        return act

    def application_arrives(self, version: int, status: str) -> Act:
        def act(work: UnitOfWork, made: Made) -> Any:
            event = application_event(
                made.application, sequence=version, status=status, municipality=TOWN,
                channel="partner",
            )  # fmt: skip
            return self.hand_over(work, "licences.application", replace(event, time=work.now))

        return act

    def licence_arrives(self, version: int, status: str) -> Act:
        def act(work: UnitOfWork, made: Made) -> Any:
            event = licence_event(
                LICENCE, sequence=version, municipality=TOWN, licence_id=made.permit, status=status
            )
            return self.hand_over(work, "licences.licence", replace(event, time=work.now))

        return act

    def submitter(self, work: UnitOfWork) -> tuple[UnitOfWork, Submitter]:
        sender = Sender(TOWN, "machine", "saihat-system", "s")
        actor = Employee(TOWN, client_id=sender.client_id)
        settings = self.context(work).settings
        return work.acting_as(actor), Submitter(sender, Reach(TOWN, sees_all=False), settings)

    def submit(self, work: UnitOfWork, made: Made) -> str:
        row = submissions.submit_application(*self.submitter(work), BODY)
        made.application = row.application_id
        return "done"

    def send_batch(self, *references: str) -> Act:
        def act(work: UnitOfWork, _made: Made) -> str:
            lines = [Line(number, one, BODY) for number, one in enumerate(references, 1)]
            found = submissions.submit_batch(*self.submitter(work), lines)
            return f"{DONE} {[(one.reference, one.is_repeated) for one in found]}"

        return act

    def acts(self) -> Mapping[str, Act]:
        correct, withdraw = submissions.correct_application, submissions.withdraw_application
        reason = {"reason": "عدول"}
        return {
            "permit changes": self.permit_arrives(2, "suspended"),
            "permit changes again": self.permit_arrives(3, "cancelled"),
            "grant is withdrawn": self.grant_arrives(2, "withdrawn"),
            "grant is given again": self.grant_arrives(3, "active"),
            "enter an inspection": self.enter(INSPECTIONS),
            "enter an energisation": self.enter(ENERGISATIONS),
            "permits answers": self.answer(1, "effective"),
            "permits answers anew": self.answer(2, "refused"),
            "licences returns": self.application_arrives(2, "returned"),
            "licences decides": self.application_arrives(3, "issued"),
            "correct": lambda work, made: correct(*self.submitter(work), made.application, BODY),
            "withdraw": lambda work, made: withdraw(
                *self.submitter(work), made.application, reason
            ),
            "send a batch": self.send_batch("R-1", "R-2"),
            "send a batch in another order": self.send_batch("R-2", "R-1"),
            "licence is suspended": self.licence_arrives(2, "suspended"),
            "licence is cancelled": self.licence_arrives(3, "cancelled"),
            "ask for a renewal": lambda work, _: submissions.request_renewal(
                *self.submitter(work), LICENCE, {"years": 1}
            ),
            "ask for a cancellation": lambda work, _: submissions.request_cancellation(
                *self.submitter(work), LICENCE, reason
            ),
        }

    def state(self, *steps: str) -> Callable[[Any], Made]:
        """A known permit and a grant, after these steps."""

        def make(session: Any) -> Made:
            made, work = Made(new_id(), new_id()), UnitOfWork(session, Employee(COMPANY), NOW)
            self.hand_over(work, "licences.activity", activity_event())
            self.permit_arrives(1, "valid")(work, made)
            self.grant_arrives(1, "active")(work, made)
            self.licence_arrives(1, "valid")(work, made)
            self.submit(work, made)
            acts = self.acts()
            for step in steps:
                acts[step](work, made)
            return made

        return make


ON_ENTRIES = (
    *("permit changes", "permit changes again", "grant is withdrawn", "grant is given again"),
    *("enter an inspection", "enter an energisation"),
)
ON_ANSWERS = ("permits answers", "permits answers anew")
ON_APPLICATIONS = ("licences returns", "licences decides", "correct", "withdraw")
ON_LICENCES = (
    *("licence is suspended", "licence is cancelled", "ask for a renewal"),
    "ask for a cancellation",
)
ON_BATCHES = ("send a batch", "send a batch in another order")
# The state's steps, and its acts: those that are possible, and the others.
STEPS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "granted": ((), ON_ENTRIES, ()),
    "grant withdrawn": (("grant is withdrawn",), ("grant is given again",), ON_ENTRIES[4:]),
    "entered": (("enter an inspection",), ON_ANSWERS, ()),
    "answered": (("enter an inspection", "permits answers"), ON_ANSWERS[1:], ON_ANSWERS[:1]),
    "submitted": ((), ("licences returns", "licences decides", "withdraw"), ("correct",)),
    "returned": (("licences returns",), ON_APPLICATIONS[1:], ON_APPLICATIONS[:1]),
    "licensed": ((), ON_LICENCES, ()),
    "nothing sent": ((), ON_BATCHES, ()),
    "sent": (("send a batch",), ON_BATCHES, ()),
}


def states(maker: Any) -> Mapping[str, State]:
    return {
        name: State(maker and maker.state(*steps), possible, others)
        for name, (steps, possible, others) in STEPS.items()
    }


@pytest.fixture(scope="module")
def process(
    service: Any, settings: Any, postgres_server: Any, database_url: str
) -> Iterator[Process[Any, Any]]:
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url, seed=service.seed)
    )
    with closing(Process(service, settings, Database(url))) as process:
        yield process


@pytest.fixture(scope="module")
def stage(process: Any) -> Stage:
    people = Employee(COMPANY, "p_one"), Employee(COMPANY, "p_other")
    return Stage(process.database, people, NOW)


@pytest.mark.parametrize(("state", "one", "other"), pairs_of(states(None)))
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    stage: Stage,
    process: Any,
    example: Any,
    sealed_state: Any,
    all_fields: Any,
    state: str,
    one: str,
    other: str,
) -> None:
    maker = EventMaker(process, example, sealed_state, all_fields)
    acts = maker.acts()

    stage.require_serial_result(states(maker)[state], (one, acts[one]), (other, acts[other]))
