"""A state machine of two workers, two shops and two centres on a real database: requests, examinations, corrections,
certificates, moves, revocations and money in whatever order, late or twice, and the clock across midnights and
deadlines. Commands and consumers take what happens; the loop of deadlines takes what is due. What always has to hold:
health_promises.py."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from threading import Event as Stop
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import select

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.refusals import Refusal
from chassis.data.unit_of_work import UnitOfWork
from chassis.run.deadlines import Deadlines
from chassis.testing_walks import Tally, WalkDatabase
from health_certs.commands import amend, apply, cancel, clear, examine, move
from health_certs.commands.recording import SYSTEM
from health_certs.consumers import HANDLERS
from health_certs.domain.certificates import ClearanceReason, RevocationReason, VoidReason
from health_certs.models import Certificate, Examination, Request
from saudi.days import RIYADH, legal_day

from . import examined
from .health_promises import Known, Pass, Promises
from .people import OTHER, SHOP, Actor, worker

BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)
WORKERS = {
    "2000000006": {"id_type": "iqama", "nationality": "IND"},
    "3000000001": {"id_type": "border_number", "nationality": "YEM"},
}
OF_BOTH = Actor("c_both", "1000000032", frozenset((SHOP, OTHER)), mobile="+966500000032")
GOVERNORATE = Actor("p_governorate", attributes={"municipality": "qatif"})
LICENCES = {"144804000017": (SHOP, "saihat"), "144809000017": (OTHER, "umm-al-hamam")}
MOVED_TO = {"144804000017": "144803000017", "144809000017": "144801000017"}
CENTRES = ("saihat-centre", "qatif-centre")
TALLY = Tally("health-certs: workers")
NUMBER, PROFESSION = st.sampled_from(list(WORKERS)), st.sampled_from(["cook", "cleaner"])
PLACE = st.sampled_from([*LICENCES, *LICENCES, *MOVED_TO.values(), None, None])
CENTRE = st.sampled_from(CENTRES)
with_requests = precondition(lambda self: bool(self.requests()))
with_certificates = precondition(lambda self: bool(self.certificates()))
WHICH, FIT = st.integers(0, 7), st.booleans()


@dataclass
class WalkFixtures:
    """The fixtures of pytest that a walk uses."""

    database: WalkDatabase
    context: Any
    process: Any
    photo: Callable[[Actor], str]


class Health(Promises, RuleBasedStateMachine):
    """`now` never goes back. `settled`: the loop of deadlines has run at this moment."""

    def __init__(self, fixtures: WalkFixtures) -> None:
        super().__init__()
        self.fixtures, self.database = fixtures, fixtures.database
        self.session = self.database.session
        self.database.begin_walk()
        self.now, self.settled = BEGAN, True
        self.begin_promises()
        self.sequence = 0
        self.runner = Deadlines(fixtures.process, clock=lambda: self.now)
        for licence_no in LICENCES:
            self.tell_licence(licence_no, "valid")

    def teardown(self) -> None:
        self.database.end_walk()

    # ------------------------------------------------------------------------------------------------- doing

    def work(self, actor: Any = SYSTEM) -> UnitOfWork:
        return UnitOfWork(self.session, actor, self.now)

    def attempt(self, what: str, command: Callable[[], Any]) -> Any:
        """In a savepoint of its own; a refusal leaves nothing. None for a refusal."""
        self.act, self.before = what, self.count_events()
        try:
            made = self.database.attempt(command)
        except Refusal as refused:
            TALLY.count_refusal(what, refused)
            return None
        TALLY.count_effect(what)
        return made if made is not None else True

    def deliver(self, topic: str, happened: str, subject: str, **data: Any) -> None:
        self.sequence += 1
        event = Received(
            id=new_id(), type=f"sa.gov.qatif.{topic}.{happened}.v1", subject=subject,
            sequence=self.sequence, time=self.now, data=data,
        )  # fmt: skip
        HANDLERS[topic][event.type](replace(self.fixtures.context, now=self.now), event)  # type: ignore[operator]

    def requests(self) -> list[Request]:
        return self.read(select(Request).order_by(Request.request_id), "requests")

    def certificates(self) -> list[Certificate]:
        found = select(Certificate).order_by(Certificate.certificate_id)
        return self.read(found, "certificates")

    def pick(self, rows: list[Any], which: int) -> Any:
        return rows[-1 - which % len(rows)] if rows else None

    def person(self, number: str, himself: bool) -> Actor:
        return Actor("c_" + number, number, mobile="+966500000001") if himself else OF_BOTH

    # ---------------------------------------------------------------------------------------------- requests

    @initialize(first=PROFESSION, second=PROFESSION, place=PLACE, fit=FIT)
    def begin(self, first: str, second: str, place: str | None, fit: bool) -> None:
        """Three requests, two of one worker: so walks get far."""
        for number, profession, at in zip(
            ("2000000006", "2000000006", "3000000001"),
            (first, second, second),
            (place, None, place),
            strict=True,
        ):
            self.ask(number, profession, at, CENTRES[0], True)
            self.pass_course(0, 40)
            self.pay(0, 0)
        self.examine(0, fit, 0, False)

    @rule(number=NUMBER, profession=PROFESSION, place=PLACE, centre=CENTRE, himself=FIT)
    def ask(
        self, number: str, profession: str, place: str | None, centre: str, himself: bool
    ) -> None:
        by = self.person(number, himself or place is None)
        body = self.body(by, place, centre) | {
            "worker": worker(**WORKERS[number], id_number=number),
            "profession": profession,
        }
        self.attempt("ask", lambda: apply.apply(self.work(by), by.applicant(), body))

    def body(self, by: Actor, place: str | None, centre: str) -> dict[str, Any]:
        return {
            "establishment": {"licence_no": place} if place else None,
            "municipality": "saihat",
            "residence_permit_until": date(2028, 8, 4),
            "centre": centre,
            "photo": self.fixtures.photo(by),
        }

    @with_certificates
    @rule(which=WHICH, place=PLACE, centre=CENTRE)
    def renew(self, which: int, place: str | None, centre: str) -> None:
        row = self.pick(self.certificates(), which)
        by = self.person(row.worker_number, himself=True)
        body = self.body(by, place, centre)
        renewed = (by.applicant(), row.certificate_no, body)
        self.attempt("renew", lambda: apply.renew(self.work(by), *renewed))

    @with_requests
    @rule(which=WHICH, himself=FIT)
    def withdraw(self, which: int, himself: bool) -> None:
        self.change(which, himself, "withdraw", lambda *known: amend.withdraw(*known))

    @with_requests
    @rule(which=WHICH, centre=CENTRE)
    def change_centre(self, which: int, centre: str) -> None:
        act = lambda *known: amend.change_centre(*known, centre)  # noqa: E731
        self.change(which, True, "change centre", act)

    @with_requests
    @rule(which=WHICH, sex=st.sampled_from(["male", "female"]))
    def amend(self, which: int, sex: str) -> None:
        self.change(which, True, "amend", lambda *known: amend.amend(*known, {"sex": sex}))

    def change(self, which: int, himself: bool, what: str, command: Callable[..., Any]) -> None:
        row = self.pick(self.requests(), which)
        if row is not None:
            by = self.person(row.worker_number, himself)
            self.attempt(what, lambda: command(self.work(by), by.applicant(), row.request_id))

    # ------------------------------------------------------------------------------------------------- money

    @with_requests
    @rule(which=WHICH, hours=st.sampled_from([0, 0, 5, 24 * 4, 24 * 30]))
    def pay(self, which: int, hours: int) -> None:
        row = self.pick(self.requests(), which)
        if row is not None:
            paid_at = max(row.submitted_at, self.now - timedelta(hours=hours))
            data = {"invoice_id": row.invoice_id, "service": "health-certs"}
            data["paid_at"] = paid_at.isoformat()
            self.attempt("pay", lambda: self.deliver("payments.payment", "settled", "p", **data))
            self.paid.add(row.invoice_id)

    @with_requests
    @rule(which=WHICH, sent=FIT)
    def refund(self, which: int, sent: bool) -> None:
        row = self.pick(self.requests(), which)
        if row is not None and row.invoice_id in self.paid:
            happened = "refunded" if sent else "refunding"
            data = {"invoice_id": row.invoice_id, "service": "health-certs", "status": happened}
            data["settled_at"] = self.now.isoformat()
            self.attempt("refund", lambda: self.deliver("payments.payment", happened, "p", **data))
            self.returned.add(row.invoice_id)

    @with_requests
    @rule(which=WHICH)
    def bill_again(self, which: int) -> None:
        self.change(which, True, "bill again", lambda *known: amend.bill_again(*known))

    # ----------------------------------------------------------------------------------- examinations, passes

    @with_requests
    @rule(which=WHICH, fit=FIT, days=st.sampled_from([0, 0, 1, 7]), twice=FIT)
    def examine(self, which: int, fit: bool, days: int, twice: bool) -> None:
        row = self.pick(self.requests(), which)
        if row is not None:
            on = legal_day(self.now) - timedelta(days=days)
            self.enter(row, row.centre, fit, on, twice=twice)

    @with_requests
    @rule(which=WHICH, fit=FIT, days=st.sampled_from([0, 0, 1]))
    def correct(self, which: int, fit: bool, days: int) -> None:
        known = self.pick(self.entries, which)
        if known is not None:
            row = self.session.get_one(Request, known.request_id)
            on = legal_day(self.now) - timedelta(days=days)
            self.enter(row, known.centre, fit, on, corrects=known)

    def enter(
        self, row: Request, centre: str, fit: bool, on: date, *, corrects: Known | None = None,
        twice: bool = False,
    ) -> None:  # fmt: skip
        changes: dict[str, Any] = {"centre": centre, "result": "fit" if fit else "unfit"}
        changes["examined_on"] = on.isoformat()
        if corrects is not None:
            changes |= {"corrects": corrects.examination_id, "revision": corrects.revision}
            changes["reason"] = "entry-error"
        event = examined.entry(examined.result_document(row, self.now, **changes))
        number, revision = row.worker_number, changes.get("revision", row.revision)
        what = "correct" if corrects else "examine"
        context = replace(self.fixtures.context, now=self.now)
        self.attempt(what, lambda: examined.deliver(context, event))
        if twice:
            self.attempt(what, lambda: examined.deliver(context, event))
        kept = self.session.get(Examination, event.subject)
        TALLY.effects[what, kept.reason_code or "accepted"] += 1
        if kept.status == "accepted":
            first = corrects.first if corrects else event.subject
            self.entries.append(
                Known(event.subject, row.request_id, centre, number, on, revision, fit, first)
            )

    @with_requests
    @rule(which=WHICH, left=st.integers(0, 40))
    def pass_course(self, which: int, left: int) -> None:
        row = self.pick(self.requests(), which)
        if row is not None:
            until = legal_day(self.now) + timedelta(days=left)
            until = until.replace(day=min(until.day, 28))
            passed = {"course": "food-handlers", "language": "ur"}
            passed["passed_on"] = until.replace(year=until.year - 2)  # type: ignore[assignment]
            work = self.work(GOVERNORATE)
            if self.attempt("pass", lambda: examine.enter_pass(work, row.request_id, passed)):
                self.passes.append(Pass(row.worker_number, until))

    @with_requests
    @rule(which=WHICH)
    def void_pass(self, which: int) -> None:
        row = self.pick(self.requests(), which)
        work, named = (
            self.work(GOVERNORATE),
            {"course": "food-handlers", "reason": VoidReason.FALSE},
        )
        if self.attempt("void", lambda: examine.void_passes(work, row.request_id, **named)):
            self.passes = [one for one in self.passes if one.worker != row.worker_number]

    # ------------------------------------------------------------------------------------------ certificates

    @with_certificates
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        row = self.pick(self.certificates(), which)
        if row is not None:
            by = self.person(row.worker_number, himself=True)
            own, number = by.applicant(), row.certificate_no
            self.attempt("cancel", lambda: cancel.cancel(self.work(by), own, number))

    @with_certificates
    @rule(which=WHICH)
    def revoke(self, which: int) -> None:
        row = self.pick(self.certificates(), which)
        if row is not None:
            why, work = RevocationReason.MISUSED, self.work(GOVERNORATE)
            if self.attempt("revoke", lambda: cancel.revoke(work, row.certificate_no, why)):
                self.revoked[row.certificate_no] = row.worker_number

    @with_certificates
    @rule(which=WHICH)
    def clear(self, which: int) -> None:
        row = self.pick(self.certificates(), which)
        if row is not None:
            why, work = ClearanceReason.CAUSE_ENDED, self.work(GOVERNORATE)
            # Cleared before the promises look: the decision issues in this very transaction.
            held = self.revoked.pop(row.certificate_no, None)
            done = self.attempt("clear", lambda: clear.clear(work, row.certificate_no, why))
            if held and not done:
                self.revoked[row.certificate_no] = held

    @with_certificates
    @rule(which=WHICH, place=PLACE, himself=FIT)
    def move(self, which: int, place: str | None, himself: bool) -> None:
        row = self.pick(self.certificates(), which)
        if row is not None:
            by = self.person(row.worker_number, himself)
            named = (by.applicant(), row.certificate_no, {"licence_no": place} if place else None)
            self.attempt("move", lambda: move.move(self.work(by), *named))

    # -------------------------------------------------------------------------------------- licences, clock

    @rule(
        licence_no=st.sampled_from(list(LICENCES)),
        how=st.sampled_from(["valid", "suspended", "cancelled", "moved"]),
    )
    def change_licence(self, licence_no: str, how: str) -> None:
        self.attempt(f"licence {how}", lambda: self.tell_licence(licence_no, how))

    def tell_licence(self, licence_no: str, how: str) -> None:
        """A shop of Saihat moves to Safwa, the shop of Umm al-Hamam to Qatif."""
        owner, municipality = LICENCES[licence_no]
        state = {
            "establishment": owner, "trade_name": None, "expires_on": "2029-11-30",
            "licence_no": licence_no, "municipality": municipality, "status": how,
            "replaced_by": None,
        }  # fmt: skip
        if how == "moved":
            next_no = MOVED_TO[licence_no]
            city = "safwa" if municipality == "saihat" else "qatif"
            state |= {"status": "cancelled", "replaced_by": next_no}
            moved = {**state, "licence_no": next_no, "municipality": city, "status": "valid"}
            moved["replaced_by"] = None
            self.deliver("licences.licence", "issued", _key(next_no), **moved)
            self.places[next_no] = city
        self.deliver("licences.licence", "corrected", _key(licence_no), **state)
        self.places[licence_no] = municipality

    @rule(hours=st.sampled_from([1, 1, 5, 23, 25, 24 * 8, 24 * 29, 24 * 310]), loop=FIT)
    def pass_time(self, hours: int, loop: bool) -> None:
        self.act = "time"
        self.now, self.settled = self.now + timedelta(hours=hours), False
        if loop:
            self.take_deadlines()

    @with_certificates
    @rule(which=WHICH, days=st.sampled_from([-1, 0, 30]))
    def approach_the_last_day(self, which: int, days: int) -> None:
        """Certificates are renewed then, or end."""
        row = self.pick(self.certificates(), which)
        noon = datetime.combine(row.valid_until - timedelta(days=days), time(12), RIYADH)
        self.act, self.now = "time", max(self.now, noon.astimezone(UTC))
        self.take_deadlines()

    @rule(minutes=st.sampled_from([-1, 1]))
    def pass_midnight(self, minutes: int) -> None:
        self.act = "time"
        midnight = datetime.combine(legal_day(self.now) + timedelta(days=1), time(), RIYADH)
        self.now = max(self.now, midnight.astimezone(UTC) + timedelta(minutes=minutes))
        self.settled = False
        self.take_deadlines()

    @rule()
    def take_deadlines(self) -> None:
        """The loop runs a few times: what sets a deadline in the past is still due then."""
        self.act, self.before = "deadlines", self.count_events()
        for _ in range(3):
            self.database.run_beside(lambda: self.runner.step(Stop()))
        self.settled = True

    @invariant()
    def every_promise_holds(self) -> None:
        self.session.flush()
        self.check_promises()


def _key(licence_no: str) -> str:
    return str(uuid5(NAMESPACE_OID, licence_no))
