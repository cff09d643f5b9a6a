"""Two commands, events or deadlines at once on an application, a licence or a violation, or on a thing and what it
rests on: for each state in which one of them is possible, in both orders, the second started while the first holds its
locks.

`make pairs SERVICE=licences` plays them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.testing_pairs import Act, Stage, State, pairs_of
from licences.app import SERVICE
from licences.commands import correct, decide, review, supervise
from licences.commands.activities import publish_activities
from licences.commands.recording import COMPLETION, PAYMENT, SYSTEM, WAITING
from licences.commands.submit import Submission, submit_application
from licences.commands.violations import observe, pay
from licences.commands.violations.close_place import close_place
from licences.commands.violations.court import file_lawsuit
from licences.commands.violations.decide import Verdict, cancel_violation, decide_objection
from licences.commands.violations.object import object_as_officer
from licences.commands.violations.pay import close_violation
from licences.commands.violations.recording import CLOSING, DECISION, FINALITY
from licences.consumers import HANDLERS
from licences.models import Application, Inspection
from licences.outside import set_bodies_configured
from saudi.days import legal_day

from .conftest import NOW, Outside, Person, _shop, knowing
from .violations.conftest import Case
from .violations.conftest import Person as Inspector

LARGE = _shop(area_m2=300)  # an officer looks at it
LEASE_UNKNOWN = {**_shop()["lease"], "ejar_no": "20000000001"}
LATER = timedelta(days=400)
RIGHT = Verdict(outcome="uphold", reasons="بعد المراجعة")


@dataclass
class Made:
    """The things of a state; a thing that the state doesn't make has an id that nobody knows."""

    application: str = field(default_factory=new_id)
    licence: str = ""
    violation: str = field(default_factory=new_id)
    invoice: str = field(default_factory=new_id)
    visit: str = field(default_factory=new_id)


# ----------------------------------------------------------------------------------------------------------- acts


def event(topic: str, happened: str, **changes: Any) -> Act:
    """Hands over an event of payments about the invoice."""

    def act(work: UnitOfWork, made: Made) -> Any:
        event_type = f"sa.gov.qatif.{topic}.{happened}.v1"
        at = work.now.isoformat()
        data = {
            "invoice_id": made.invoice, "service": "licences", "status": happened, "paid_at": at,
            "settled_at": at, **changes,
        }  # fmt: skip
        known = Received(
            id=new_id(), type=event_type, subject=new_id(), sequence=1, time=work.now, data=data
        )
        context = SimpleNamespace(session=work.session, now=work.now)
        return HANDLERS[topic][event_type](context, known)  # type: ignore[operator]

    return act


def deadline(kind: str, thing: str) -> Act:
    """Runs a deadline long after it is due."""

    def act(work: UnitOfWork, made: Made) -> Any:
        late = work.now + LATER
        key = getattr(made, thing)
        due = Deadline(aggregate_type=thing, aggregate_id=key, kind=kind, due_at=late)
        context: Any = SimpleNamespace(session=work.session, now=late)
        return SERVICE.deadlines[kind](context, due)

    return act


def of_violation(command: Callable[..., Any], *arguments: Any, **named: Any) -> Act:
    return lambda work, made: command(work, made.violation, *arguments, **named)


def of_licence(command: Callable[..., Any], **named: Any) -> Act:
    return lambda work, made: command(work, made.licence, **named)


def of_application(command: Callable[..., Any], *arguments: Any, **named: Any) -> Act:
    return lambda work, made: command(work, made.application, *arguments, **named)


def submit(body: Callable[[Made], Mapping[str, Any]], request: str) -> Act:
    """Submits an application about the licence of the state."""

    def act(work: UnitOfWork, made: Made) -> Any:
        licence_no = None if request == "issue" else made.licence
        return send(work, body(made), request=request, licence_no=licence_no)

    return act


TODAY = legal_day(NOW)
MONEY: Mapping[str, Act] = {
    "money comes": event("payments.payment", "settled"),
    "money goes back": event("payments.payment", "refunding"),
    "bill expires": event("payments.bill", "expired"),
    "bill is refused": event("payments.bill", "refused"),
    "bill is cancelled": event("payments.bill", "cancelled"),
}
OF_APPLICATION: Mapping[str, Act] = {
    "correct": of_application(correct.correct_application, {**LARGE, "workers": 3}),
    "withdraw": of_application(correct.withdraw_application),
    "approve": of_application(review.approve_application, reason="مستوفٍ"),
    "refuse": of_application(review.refuse_after_review, reason="الموقع"),
    "return": of_application(review.return_application, reasons=[{"ar": "العقد ناقص"}]),
    "verify": of_application(
        review.verify_document, name="lease", document="عقد",
        value={"starts_on": "2026-11-01", "ends_on": "2028-10-31"},
    ),
    "order inspection": of_application(review.order_inspection),
    "record inspection": of_application(
        review.record_inspection, passed=True, inspected_on=TODAY, note="مطابق"
    ),
    "waited too long": deadline(WAITING, "application"),
    "not completed": deadline(COMPLETION, "application"),
    "not paid": deadline(PAYMENT, "application"),
}  # fmt: skip
OF_LICENCE: Mapping[str, Act] = {
    "suspend": of_licence(supervise.suspend_licence, reason="سبب"),
    "reinstate": of_licence(supervise.reinstate_licence, reason="زال السبب"),
    "cancel licence": of_licence(supervise.cancel_by_municipality, reason="سبب"),
    "correct name": of_licence(
        supervise.correct_trade_name, trade_name={"ar": "مغسلة النخيل"}, reason="سبب"
    ),
    "ask for its end": submit(lambda _: {"reason": "انتهى النشاط"}, "cancel"),
    "ask for a move": submit(lambda made: _shop(replaces_licence_no=made.licence), "issue"),
    "record visit": lambda work, made: supervise.record_visit(
        work, made.visit, passed=False, inspected_on=TODAY, note="مخالف"
    ),
}
OF_VIOLATION: Mapping[str, Act] = {
    "warn": of_violation(observe.warn_offender),
    "note correction": of_violation(observe.note_correction, note="أُزيلت"),
    "confirm": of_violation(observe.confirm_violation, note="قائمة"),
    "notify": of_violation(observe.notify_offender),
    "object": of_violation(object_as_officer, reasons="كانت سارية", files=[]),
    "decide": of_violation(decide_objection, RIGHT),
    "sue": of_violation(file_lawsuit, case_number="44"),
    "cancel violation": of_violation(cancel_violation, reason="خطأ"),
    "close violation": of_violation(close_violation, note=None),
    "close place": of_violation(close_place, seal_number="5512", reason="خطر"),
    "bill again": of_violation(pay.rebill_fine),
    "becomes final": deadline(FINALITY, "violation"),
    "decision is overdue": deadline(DECISION, "violation"),
    "closes by itself": deadline(CLOSING, "violation"),
}
ACTS = {**MONEY, **OF_APPLICATION, **OF_LICENCE, **OF_VIOLATION}

# --------------------------------------------------------------------------------------------------------- states


def send(work: UnitOfWork, body: Mapping[str, Any], **named: Any) -> Application:
    by = {"kind": "machine", "client_id": "saihat-system", "subject": "s"}
    submission = Submission(new_id(), "issue", "saihat", "partner", body, by, work.now)
    return submit_application(work, replace(submission, **named))


def submit_and_decide(session: Any, body: Mapping[str, Any], outside: Outside) -> Application:
    """Submits an application, and records what outside bodies answer."""
    row = send(UnitOfWork(session, Person(), NOW), body)
    work = UnitOfWork(session, SYSTEM, NOW)
    for key in decide.claim_questions(work, most=10, lease=timedelta(minutes=1)):
        (job,) = decide.questions_about_all(work, [key])
        answers = {name: outside.ask(name, asked) for name, asked in job.questions.items()}
        decide.record_answers(work, decide.Answers(job, answers, {}), again=timedelta(hours=1))
    return row


def application(body: Mapping[str, Any], *steps: str) -> Callable[[Any], Made]:
    """An application after the officer's steps."""

    def make(session: Any) -> Made:
        row = submit_and_decide(session, body, knowing())
        made = Made(application=str(row.application_id), invoice=str(row.invoice_id or new_id()))
        for step in steps:
            OF_APPLICATION[step](UnitOfWork(session, Person(), NOW), made)
        return made

    return make


def licence(*steps: str) -> Callable[[Any], Made]:
    """A laundry's licence, with the visit after its issue."""

    def make(session: Any) -> Made:
        made = application(_shop())(session)
        MONEY["money comes"](UnitOfWork(session, SYSTEM, NOW), made)
        row = session.get_one(Application, made.application)
        made.licence = row.licence_no
        visit = select(Inspection.inspection_id).where(Inspection.licence_id == row.licence_id)
        made.visit = str(session.scalar(visit))
        for step in steps:
            OF_LICENCE[step](UnitOfWork(session, Person(), NOW), made)
        return made

    return make


def moving(session: Any) -> Made:
    """An application whose licence replaces another licence, and waits for money."""
    made = licence()(session)
    row = submit_and_decide(session, _shop(replaces_licence_no=made.licence), knowing())
    return replace(made, application=str(row.application_id), invoice=str(row.invoice_id))


def violation(*steps: str) -> Callable[[Any], Made]:
    """A violation of the laundry's establishment, whose application may wait for the fine."""

    def make(session: Any) -> Made:
        case = Case(session, NOW)
        getattr(case, steps[0])(municipality="saihat")
        for step in steps[1:]:
            case.decided("uphold") if step == "upheld" else getattr(case, step)()
        row = submit_and_decide(session, _shop(), knowing())
        return Made(
            application=str(row.application_id),
            violation=case.row.violation_id,
            invoice=str(case.row.invoice_id or new_id()),
        )

    return make


def closable(*steps: str) -> Callable[[Any], Made]:
    """A confirmed violation for which the place of the licence may be closed."""

    def make(session: Any) -> Made:
        made = licence()(session)
        offender = {"kind": "licence", "licence_no": made.licence, "size": "micro"}
        case = Case(session, NOW).confirmed("9001", offender=offender, municipality="saihat")
        made.violation = case.row.violation_id
        for step in steps:
            OF_VIOLATION[step](UnitOfWork(session, Inspector("p_closer"), NOW), made)
        return made

    return make


def all_but(acts: Mapping[str, Act], *possible: str) -> tuple[str, ...]:
    return tuple(name for name in acts if name not in possible)


def of(acts: Mapping[str, Act], make: Callable[[Any], Made], *possible: str) -> State:
    return State(make, possible, all_but(acts, *possible))


APPLICATIONS = {**MONEY, **OF_APPLICATION}
VIOLATIONS = {**MONEY, **OF_VIOLATION}
STATES: Mapping[str, State] = {
    "in review": of(
        APPLICATIONS, application(LARGE),
        *("verify", "refuse", "return", "withdraw", "approve", "order inspection"),
    ),
    "waiting": of(
        APPLICATIONS, application({**LARGE, "lease": LEASE_UNKNOWN}),
        *("correct", "verify", "refuse", "return", "withdraw", "approve", "waited too long"),
    ),
    "in inspection": of(
        APPLICATIONS, application(LARGE, "order inspection"),
        *("record inspection", "refuse", "return", "withdraw"),
    ),
    "returned": of(
        APPLICATIONS, application(LARGE, "return"),
        *("correct", "refuse", "withdraw", "not completed"),
    ),
    "awaiting payment": of(
        APPLICATIONS, application(_shop()),
        *("money comes", "money goes back", "bill expires", "bill is refused", "bill is cancelled"),
        *("return", "withdraw", "not paid"),
    ),
    "licence in force": State(
        licence(),
        ("suspend", "cancel licence", "correct name", "ask for its end", "record visit"),
        ("reinstate", "ask for a move", "money goes back", "money comes"),
    ),
    "licence suspended": State(
        licence("suspend"),
        ("reinstate", "cancel licence"),
        ("suspend", "correct name", "ask for its end", "ask for a move", "record visit"),
    ),
    "moving": State(
        moving,
        ("suspend", "cancel licence", "correct name", "money comes", "withdraw", "not paid"),
        ("ask for its end", "record visit", "bill expires", "return"),
    ),
    "observed": of(VIOLATIONS, violation("observed"), "confirm", "cancel violation"),
    "confirmed": of(VIOLATIONS, violation("confirmed"), "notify", "cancel violation"),
    "notified": of(
        VIOLATIONS, violation("notified"),
        *("object", "cancel violation", "money comes", "becomes final", "bill is refused"),
    ),
    "fine billed": of(
        VIOLATIONS, violation("notified", "billed"),
        *("object", "cancel violation", "money comes", "bill expires", "bill is cancelled"),
    ),
    "objected": of(
        VIOLATIONS, violation("notified", "objected"),
        *("decide", "cancel violation", "decision is overdue"),
    ),
    "upheld": of(
        VIOLATIONS, violation("notified", "objected", "upheld"),
        *("sue", "cancel violation", "money comes", "becomes final"),
    ),
    "fine paid": of(
        VIOLATIONS, violation("notified", "billed", "paid"),
        *("close violation", "cancel violation", "money goes back", "closes by itself"),
    ),
    "place may be closed": State(
        closable(),
        ("close place", "cancel violation", "suspend", "cancel licence", "ask for its end"),
        ("reinstate", "notify", "ask for a move"),
    ),
    "place closed": State(
        closable("close place"),
        ("cancel violation", "cancel licence"),
        ("reinstate", "suspend", "close place", "notify", "ask for its end"),
    ),
}  # fmt: skip


# An approved end that a stop of the licence overtakes is refused with a reason of its own (`licence-not-valid`). No
# order one after the other has that refusal: there the decision sees the stop.
OVERTAKEN = {("ask for its end", stop) for stop in ("cancel licence", "close place", "suspend")}
PAIRS = [one for one in pairs_of(STATES) if not {one[1:], one[:0:-1]} & OVERTAKEN]


@pytest.fixture(scope="module")
def stage(service: Any, settings: Any, postgres_server: Any, database_url: str) -> Iterator[Stage]:
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        set_bodies_configured(process.database, configured=True)
        people = Person("p_one"), Person("p_other")
        yield Stage(process.database, people, NOW, publish_activities)


@pytest.mark.parametrize(("state", "one", "other"), PAIRS)
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    stage: Stage, state: str, one: str, other: str
) -> None:
    stage.require_serial_result(STATES[state], (one, ACTS[one]), (other, ACTS[other]))
