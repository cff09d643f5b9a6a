"""What holds in every order of requests, examinations, certificates and money. The promises come from the decisions and
from the field; they know what was done, and read only what came of it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from chassis.data import deadlines
from chassis.testing_walks import WalkDatabase
from health_certs import catalogue
from health_certs.chores import DEADLINES
from health_certs.domain.examinations import CORRECTABLE_FOR
from health_certs.models import Certificate, Invoice, Request
from saudi.days import legal_day

WITHOUT_EDUCATION = ("umm-al-hamam",)
GOES_BACK = ("refund_requested", "refunding", "refunded")


@dataclass(frozen=True)
class Known:
    """An entry that was accepted. `first`: the id of the entry at which its corrections begin."""

    examination_id: str
    request_id: str
    centre: str
    worker: str
    on: date
    revision: int
    fit: bool
    first: str


@dataclass(frozen=True)
class Pass:
    """A pass of health education that wasn't voided."""

    worker: str
    until: date


class Promises:
    """`act`: what was done last; `before`: how many events there were. `seen`: certificates by id, with their status
    after the last step."""

    database: WalkDatabase
    session: Any
    now: datetime
    settled: bool

    def begin_promises(self) -> None:
        self.entries: list[Known] = []
        self.passes: list[Pass] = []
        self.paid: set[str] = set()
        self.returned: set[str] = set()
        self.revoked: dict[str, str] = {}
        self.places: dict[str, str] = {}
        self.seen: dict[str, str] = {}
        self.act, self.before = "", 0

    def read(self, statement: Any, name: str) -> list[Any]:
        return list(self.database.read(name, lambda: self.session.scalars(statement).all()))

    def check_promises(self) -> None:
        found = self.read(select(Request).order_by(Request.request_id), "requests")
        requests = {one.request_id: one for one in found}
        certificates = self.read(
            select(Certificate).order_by(Certificate.certificate_id), "certificates"
        )
        for one in certificates:
            if one.certificate_id not in self.seen:
                self._check_issued(one, requests[one.request_id])
            self._check_result_of(one, requests[one.request_id])
        self.seen = {one.certificate_id: one.status for one in certificates}
        self._check_one_for_a_post(certificates)
        for request in requests.values():
            self._check_request(request)
        self._check_events(requests)
        if self.settled:
            kinds = sorted(DEADLINES)
            find = lambda: deadlines.due(self.session, kinds, now=self.now, most=10)  # noqa: E731
            left = self.database.read(("due", self.now), find)
            assert left == [], "a deadline is due in the past"

    # ----------------------------------------------------------------------------------------- certificates

    def _check_issued(self, made: Certificate, request: Request) -> None:
        number, today = made.worker_number or "", legal_day(self.now)
        assert self.is_fit(request), "issued to a worker who isn't fit"
        assert number not in self.revoked.values(), "issued to a worker after a revocation"
        assert request.invoice_id in self.paid - self.returned, "issued without the money"
        taught = any(one.worker == number and today <= one.until for one in self.passes)
        asked = {request.municipality, self.places.get(made.licence_no or "", "umm-al-hamam")}
        if made.profession == "cook" and asked - {*WITHOUT_EDUCATION}:
            assert taught, "issued without the health education"

    def _check_result_of(self, made: Certificate, request: Request) -> None:
        """By the request's own results alone: another request's leave it alone."""
        own = self.is_fit(request, everywhere=False)
        if made.status == "valid":
            assert own, "in force on a result that was corrected to unfit"
        before = self.seen.get(made.certificate_id, made.status)
        if self.act in ("examine", "correct") and before == "valid" != made.status:
            assert made.status == "replaced" or not own, "cancelled for another request's result"

    def is_fit(self, request: Request, *, everywhere: bool = True) -> bool:
        """A fit examination for this request, of a later day than every unfit one of its worker."""
        last = {one.first: one for one in self.entries}.values()
        fit = [
            one.on
            for one in last
            if one.fit and (one.request_id, one.revision) == (request.request_id, request.revision)
        ]
        unfit = [
            one.on
            for one in last
            if not one.fit
            and (
                one.request_id == request.request_id
                or (everywhere and one.worker == request.worker_number)
            )
        ]
        return bool(fit) and max(fit) > max(unfit, default=date.min)

    def _check_one_for_a_post(self, certificates: list[Certificate]) -> None:
        today = legal_day(self.now)
        posts = Counter(
            (one.worker_number, one.profession, one.establishment)
            for one in certificates
            if one.status == "valid" and one.valid_until >= today and one.establishment
        )
        assert max(posts.values(), default=0) <= 1, "two certificates for one post"

    # --------------------------------------------------------------------------------------------- requests

    def _check_request(self, request: Request) -> None:
        is_paid = request.invoice_id in self.paid - self.returned
        if request.ended_at is None and self.settled:
            assert request.status == self._public_state(request, is_paid), (
                f"another state is shown: {request.status}"
            )
            assert self.now <= request.completed_until, "open after its last deadline"
            if self.now > request.examined_until + CORRECTABLE_FOR:
                assert self.is_fit(request), "open after the examination's deadline"
        invoices = {one.invoice_id: one for one in self.read(select(Invoice), "invoices")}
        if request.ended_at is not None and request.certificate_id is None:
            assert (request.status, request.fee_returned) == ("not_issued", False), (
                "an end tells another status"
            )
            invoice = invoices[request.invoice_id]
            assert invoice.status in ("withdrawn", "ended", *GOES_BACK), "the money stays"
        for invoice in invoices.values():
            if invoice.request_id == request.request_id and invoice.status == "paid":
                assert request.invoice_id == invoice.invoice_id, "an old bill's money is kept"

    def _public_state(self, request: Request, is_paid: bool) -> str:
        """Returns the state by the health education and the money alone: a result never shows."""
        today, profession = legal_day(self.now), catalogue.professions().by_code[request.profession]
        asked = profession.course and request.municipality not in WITHOUT_EDUCATION
        number = request.worker_number
        taught = any(one.worker == number and today <= one.until for one in self.passes)
        if asked and not taught:
            return "awaiting_education"
        return "awaiting_examination" if is_paid else "awaiting_payment"

    # ----------------------------------------------------------------------------------------------- events

    def count_events(self) -> int:
        return len(self.database.events())

    def _check_events(self, requests: dict[str, Request]) -> None:
        rows = self.database.events()
        told: dict[str, list[Any]] = {}
        for row in rows:
            if row.aggregate_type == "request":
                told.setdefault(row.aggregate_id, []).append(row)
        for key, events in told.items():
            happened = [one.type.split(".")[-2] for one in events]
            request = requests[key]
            assert [one.version for one in events] == list(range(1, request.version + 1)), (
                "a change without an event"
            )
            assert events[-1].envelope["data"]["status"] == request.status, (
                "the last event tells another status"
            )
            ends = happened.count("ended") + happened.count("issued")
            assert ends == int(request.ended_at is not None), "an end is told once"
        if self.act in ("examine", "correct"):
            new = [one.type.split(".")[-2] for one in rows[self.before :]]
            assert set(new) <= {"answered", "issued", "replaced", "cancelled"}, "a result shows"
