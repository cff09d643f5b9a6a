"""Two commands, events or deadlines at once on a request or a certificate, or on a worker's things that rest on each
other: for each state in which one of them is possible, in both orders, the second started while the first holds its
locks.

`make pairs SERVICE=health-certs` plays them all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from chassis.process import Process
from chassis.testing_pairs import Act, Stage, State, pairs_of
from health_certs.chores import DEADLINES
from health_certs.commands import amend, apply, cancel, clear, examine, move
from health_certs.consumers import HANDLERS
from health_certs.domain.certificates import ClearanceReason, RevocationReason, VoidReason
from health_certs.models import Certificate, KnownLicence, Request
from saudi.days import legal_day

from . import examined
from .conftest import LICENCE_NO, NOW
from .people import OFFICER, SHOP, Actor, worker

LATER = timedelta(days=70)
# The declared identity of a worker with a border number may be amended.
BORDER_NUMBER = {"id_type": "border_number", "id_number": "3000000001", "nationality": "YEM"}
HIMSELF = Actor("c_worker", "3000000001", mobile="+966500000001")


@dataclass
class Made:
    """The things of a state. `events`: what a centre enters, as it saw the worker in this state."""

    request: str = ""
    invoice: str = ""
    certificate: str = ""
    events: dict[str, Received] = field(default_factory=dict)


# ----------------------------------------------------------------------------------------------------------- acts


def photo(work: UnitOfWork) -> str:
    row = Attachment(
        attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/jpeg", size=1,
        sha256=b"1" * 32, name="photo.jpg", width=1, height=1, latitude=None, longitude=None,
        uploader=uploader_of(HIMSELF), scan="unscanned", uploaded_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return str(row.attachment_id)


def body(work: UnitOfWork, profession: str, *, at_shop: bool) -> dict[str, Any]:
    return {
        "worker": worker(**BORDER_NUMBER),
        "profession": profession,
        "establishment": {"licence_no": LICENCE_NO} if at_shop else None,
        "municipality": "saihat",
        "residence_permit_until": date(2028, 8, 4),
        "centre": "saihat-centre",
        "photo": photo(work),
    }


def ask(profession: str, *, at_shop: bool) -> Act:
    """The worker asks for a certificate himself."""

    def act(work: UnitOfWork, _made: Made) -> Any:
        work = work.acting_as(HIMSELF)
        return apply.apply(work, HIMSELF.applicant(), body(work, profession, at_shop=at_shop))

    return act


def as_worker(command: Callable[..., Any], thing: str, *arguments: Any) -> Act:
    def act(work: UnitOfWork, made: Made) -> Any:
        own = HIMSELF.applicant()
        return command(work.acting_as(HIMSELF), own, getattr(made, thing), *arguments)

    return act


def renew(work: UnitOfWork, made: Made) -> Any:
    work = work.acting_as(HIMSELF)
    known = body(work, "", at_shop=False)
    renewed = {name: known[name] for name in known if name not in ("worker", "profession")}
    return apply.renew(work, HIMSELF.applicant(), made.certificate, renewed)


def event(topic: str, happened: str) -> Act:
    """Hands over an event of payments about the invoice."""

    def act(work: UnitOfWork, made: Made) -> Any:
        event_type, at = f"sa.gov.qatif.{topic}.{happened}.v1", work.now.isoformat()
        data = {
            "invoice_id": made.invoice, "service": "health-certs", "status": happened,
            "paid_at": at, "settled_at": at,
        }  # fmt: skip
        known = Received(
            id=new_id(), type=event_type, subject=new_id(), sequence=1, time=work.now, data=data
        )
        context = SimpleNamespace(session=work.session, now=work.now)
        return HANDLERS[topic][event_type](context, known)  # type: ignore[operator]

    return act


def entered(which: str) -> Act:
    """A medical centre's entry arrives."""

    def act(work: UnitOfWork, made: Made) -> None:
        context = SimpleNamespace(session=work.session, now=work.now)
        examined.deliver(context, made.events[which])

    return act


def deadline(kind: str) -> Act:
    """Runs a deadline of the request after it is due."""

    def act(work: UnitOfWork, made: Made) -> Any:
        late = work.now + LATER
        due = Deadline(aggregate_type="request", aggregate_id=made.request, kind=kind, due_at=late)
        context: Any = SimpleNamespace(session=work.session, now=late)
        return DEADLINES[kind](context, due)

    return act


PASSED = {"course": "food-handlers", "language": "ur", "passed_on": date(2026, 11, 20)}
OF_REQUEST: Mapping[str, Act] = {
    "amend": as_worker(amend.amend, "request", {"sex": "female"}),
    "change centre": as_worker(amend.change_centre, "request", "qatif-centre"),
    "withdraw": as_worker(amend.withdraw, "request"),
    "ask for a bill": as_worker(amend.bill_again, "request"),
    "ask again": ask("cook", at_shop=True),
    "money comes": event("payments.payment", "settled"),
    "money goes back": event("payments.payment", "refunding"),
    "bill expires": event("payments.bill", "expired"),
    "found fit": entered("fit"),
    "found unfit": entered("unfit"),
    "passed a course": lambda work, made: examine.enter_pass(work, made.request, PASSED),
    "pass is void": lambda work, made: examine.void_passes(
        work, made.request, course="food-handlers", reason=VoidReason.FALSE
    ),
    "not examined": deadline("examination"),
    "not completed": deadline("completion"),
}
OF_CERTIFICATE: Mapping[str, Act] = {
    "cancel": as_worker(cancel.cancel, "certificate"),
    "move": as_worker(move.move, "certificate", None),
    "move to the shop": as_worker(move.move, "certificate", {"licence_no": LICENCE_NO}),
    "renew": renew,
    "ask for the same": ask("laundry-worker", at_shop=False),
    "ask elsewhere": ask("laundry-worker", at_shop=True),
    "revoke": lambda work, made: cancel.revoke(work, made.certificate, RevocationReason.MISUSED),
    "clear": lambda work, made: clear.clear(work, made.certificate, ClearanceReason.CAUSE_ENDED),
    "corrected to unfit": entered("correction"),
    "money goes back": event("payments.payment", "refunding"),
}
ACTS = {**OF_REQUEST, **OF_CERTIFICATE}

# --------------------------------------------------------------------------------------------------------- states


def request(profession: str, *steps: str, at_shop: bool = True) -> Callable[[Any], Made]:
    """A worker's request after these steps, with what the centre will enter."""

    def make(session: Any) -> Made:
        session.add(
            KnownLicence(
                licence_id=new_id(), version=1, status="valid", expires_on=date(2027, 11, 30),
                changed_at=NOW, licence_no=LICENCE_NO, municipality="saihat", establishment=SHOP,
                trade_name="مغسلة الواحة (بيانات تجريبية)",
            )
        )  # fmt: skip
        session.flush()
        row: Request = ask(profession, at_shop=at_shop)(UnitOfWork(session, HIMSELF, NOW), None)
        made = Made(row.request_id, str(row.invoice_id))
        for result in ("fit", "unfit"):
            made.events[result] = examined.entry(examined.result_document(row, NOW, result=result))
        for step in steps:
            ACTS[step](UnitOfWork(session, OFFICER, NOW), made)
        session.flush()
        return made

    return make


def certified(*steps: str, at_shop: bool = False, left: int = 300) -> Callable[[Any], Made]:
    """A laundry worker's certificate, `left` days before its end, and the correction of its result."""

    def make(session: Any) -> Made:
        made = request("laundry-worker", "money comes", "found fit", at_shop=at_shop)(session)
        row = session.get_one(Request, made.request)
        certificate = session.get_one(Certificate, row.certificate_id)
        certificate.valid_until = legal_day(NOW) + timedelta(days=left)
        made.certificate = certificate.certificate_no
        made.events["correction"] = examined.entry(
            examined.result_document(
                row, NOW, result="unfit", corrects=made.events["fit"].subject, reason="entry-error"
            )
        )
        for step in steps:
            ACTS[step](UnitOfWork(session, OFFICER, NOW), made)
        session.flush()
        return made

    return make


def beside_certificate(session: Any) -> Made:
    """A certificate, and a request of its worker for a post at the shop, whose result concerns both."""
    made = certified()(session)
    row = ask("laundry-worker", at_shop=True)(UnitOfWork(session, HIMSELF, NOW), None)
    made.request, made.invoice = row.request_id, str(row.invoice_id)
    for result in ("fit", "unfit"):
        made.events[result] = examined.entry(examined.result_document(row, NOW, result=result))
    return made


def of(acts: Mapping[str, Act], make: Callable[[Any], Made], *possible: str) -> State:
    return State(make, possible, tuple(name for name in acts if name not in possible))


CHANGED = ("amend", "withdraw", "found unfit", "passed a course", "not examined")
STATES: Mapping[str, State] = {
    "asked": of(
        OF_REQUEST, request("cook"),
        *("amend", "change centre", "withdraw", "money comes", "bill expires", "found fit"),
        *("found unfit", "passed a course", "not examined"),
    ),
    "without a bill": of(
        OF_REQUEST, request("cook", "bill expires"), *("ask for a bill", "withdraw", "money comes")
    ),
    "paid": of(OF_REQUEST, request("cook", "money comes"), *CHANGED, "found fit"),
    "fit, not paid": of(
        OF_REQUEST, request("cook", "passed a course", "found fit"),
        *("money comes", "pass is void", "withdraw", "found unfit", "not completed"),
    ),
    "waits for the course": of(
        OF_REQUEST, request("cook", "money comes", "found fit"),
        *("passed a course", "withdraw", "found unfit", "money goes back"),
    ),
    "waits for the result": of(
        OF_REQUEST, request("cook", "money comes", "passed a course"),
        *("found fit", "found unfit", "withdraw", "pass is void", "money goes back", "amend"),
    ),
    "unfit": of(
        OF_REQUEST, request("cook", "money comes", "passed a course", "found unfit"),
        *("withdraw", "not examined", "found fit"),
    ),
    "certified": of(
        OF_CERTIFICATE, certified(),
        *("cancel", "revoke", "move to the shop", "ask elsewhere", "corrected to unfit"),
    ),
    "certified at the shop": of(
        OF_CERTIFICATE, certified(at_shop=True), *("cancel", "revoke", "move", "corrected to unfit")
    ),
    "ends soon": of(
        OF_CERTIFICATE, certified(left=20), *("renew", "cancel", "revoke", "corrected to unfit")
    ),
    "revoked": of(
        OF_CERTIFICATE, certified("revoke"), *("clear", "ask for the same", "ask elsewhere")
    ),
    "asks beside a certificate": State(
        beside_certificate,
        ("cancel", "revoke", "corrected to unfit", "withdraw", "money comes", "found unfit"),
        ("move to the shop", "found fit", "clear"),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(service: Any, settings: Any, postgres_server: Any, database_url: str) -> Iterator[Stage]:
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    other = Actor(
        "p_other", client_id="saihat-desk", organisation="saihat", attributes=OFFICER.attributes
    )
    with closing(Process(service, settings, Database(url))) as process:
        yield Stage(process.database, (OFFICER, other), NOW)


@pytest.mark.parametrize(("state", "one", "other"), pairs_of(STATES))
def test_two_at_once_come_to_what_one_after_the_other_comes_to(
    stage: Stage, state: str, one: str, other: str
) -> None:
    stage.require_serial_result(STATES[state], (one, ACTS[one]), (other, ACTS[other]))


@pytest.mark.parametrize("other", ["not completed", "amend", "change centre"])
def test_a_pass_is_entered_on_the_request_as_it_is_under_the_lock(stage: Stage, other: str) -> None:
    """A pass was entered on a request that had just ended, and its history named the version before."""
    acts = ("passed a course", ACTS["passed a course"]), (other, ACTS[other])

    stage.require_serial_result(STATES["paid"], *acts)
