"""The steps of a walk that concern the next permit of a building: asked for, reviewed, billed, paid, issued."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from chassis.testing_walks import WalkDatabase
from permits.commands import bill, issue, review
from permits.domain.requests import ENDS as REQUEST_ENDS
from permits.models import Permit, PermitRequest

WHICH = st.integers(0, 7)
BUYER = {
    "name": "مشتر تجربة (بيانات تجريبية)",
    "owner_type": "individual",
    "id_type": "national_id",
    "id_number": "1000000024",
    "mobile": "0500000024",
}
KINDS = ("renewal", "renewal", "ownership_transfer", "change_of_contractor", "addition")
NEXT_STEP = {
    "draft": "send_to_office",
    "with_office": "send_to_technical_review",
    "technical_review": "pass_technical_review",
    "municipality_review": "approve",
}


class NextPermit:
    """A part of a state machine, which says where it is."""

    database: WalkDatabase
    session: Any
    desk: Any
    loops: Any
    house: Callable[..., dict[str, Any]]
    act: str
    attempt: Callable[[str, Callable[[], Any]], Any]
    count: Callable[..., None]
    permit: Callable[[int], Permit]
    through_loops: Callable[[Callable[[], None]], None]
    begin_permit: Callable[[Permit], None]
    no_correction_is_undone: Callable[[Permit, Permit], None]

    def requests(self, *statuses: str) -> list[PermitRequest]:
        """Returns the open requests that follow a permit."""
        every = self.database.scalars(select(PermitRequest).order_by(PermitRequest.request_id))
        rows = [
            row
            for row in every
            if row.previous_permit_id is not None and row.status not in REQUEST_ENDS
        ]
        return [row for row in rows if not statuses or row.status in statuses]

    def form(self, kind: str, permit: Permit) -> dict[str, Any]:
        """Returns an application that says what the permit says today."""
        known = permit.record()
        land = {**self.house()["land"], "plots": known["land"]["plots"]}
        data: dict[str, Any] = {
            "kind": kind,
            "previous_permit_id": permit.permit_id,
            "owners": [dict(one) for one in known["owners"]],
            "land": {**land, "street": known["land"]["street"]},
            "building": dict(known["building"]),
            "contractor": known["contractor"],
        }
        if kind == "ownership_transfer":
            data["owners"] = [BUYER]
        elif kind == "change_of_contractor":
            licence = str(uuid4().int % 10**6)
            data["contractor"] = {"name": "مقاول تجريبي", "licence_number": licence}
        elif kind == "addition":
            data["building"]["built_area_m2"] = float(known["building"]["built_area_m2"]) + 50
        return data

    @rule(which=WHICH, kind=st.sampled_from(KINDS), steps=st.sampled_from([2, 6, 6]))
    def ask(self, which: int, kind: str, steps: int) -> None:
        permit = self.permit(which)
        made = self.attempt(f"ask {kind}", lambda: self.desk.submit(**self.form(kind, permit)))
        for _ in range(steps if made is not None else 0):
            self.advance(made.request_id)

    @rule(which=WHICH)
    def go_on(self, which: int) -> None:
        if rows := self.requests():
            self.advance(rows[which % len(rows)].request_id)

    def advance(self, request_id: str) -> None:
        """Takes the request's next step, by the person who may."""
        row = self.session.get_one(PermitRequest, request_id)
        if row.status == "approved":
            work = self.desk.work.acting_as(self.desk.reviewer)
            self.attempt(
                "bill", lambda: bill.request_payment(work, request_id, bill.PaymentRequest())
            )
        elif row.status == "awaiting_payment":
            self.pay(row)
        elif (step := NEXT_STEP.get(row.status)) is not None:
            who = self.desk.reviewer if step == "pass_technical_review" else self.desk.officer
            command, work = getattr(review, step), self.desk.work.acting_as(who)
            self.attempt(step, lambda: command(work, request_id))

    def pay(self, row: PermitRequest) -> None:
        paid = {
            "service": "permits",
            "invoice_id": row.invoice_id,
            "payment_id": str(uuid4()),
            "paid_at": self.desk.now.isoformat(),
        }
        self.act = "pay"
        self.through_loops(lambda: self.loops.tell("payments.payment", "settled", **paid))
        self.count("pay")

    @rule(which=WHICH)
    def issue(self, which: int) -> None:
        rows = self.requests("paid")
        if not rows:
            return
        request = rows[which % len(rows)]
        previous = self.session.get_one(Permit, request.previous_permit_id)
        made = self.attempt(
            f"issue {request.kind}",
            lambda: issue.issue_permit(self.desk.work, request.request_id),
        )
        if made is not None:
            self.begin_permit(made)
            self.no_correction_is_undone(previous, made)

    @rule(which=WHICH, kind=st.sampled_from(KINDS[:3]))
    def follow(self, which: int, kind: str) -> None:
        """All the way to the next permit at once, so that walks get far."""
        self.ask(which, kind, 6)
        self.issue(len(self.requests("paid")) - 1)

    @rule(which=WHICH)
    def reject_request(self, which: int) -> None:
        if rows := self.requests("paid", "approved", "awaiting_payment"):
            key = rows[which % len(rows)].request_id
            self.attempt(
                "reject request", lambda: review.reject(self.desk.work, key, reason="خارج النطاق")
            )
