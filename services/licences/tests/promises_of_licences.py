"""What holds of licences in whatever order applicants, officers, payments and the clock act: one licence for a door, a
bill for each fee that is owed and for none else, money that is kept for something or goes back, nothing due in the
past, and no stop that ends by itself. The promises come from the decisions of the service, not from its code."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from hypothesis.stateful import invariant
from sqlalchemy import select, text

from chassis.testing_walks import WalkDatabase
from licences.domain.declarations import is_one_door
from licences.models import Application, Ask, Invoice, Licence
from saudi.days import legal_day

OPEN = ("submitted", "waiting", "returned", "in_review", "inspection", "awaiting_payment")
STANDING = ("valid", "suspended", "closed")
HELD_BACK = ("refund_requested", "refunding", "refunded")
_FAILED = text(
    "SELECT (SELECT count(*) FROM deadline WHERE attempts > 0) + (SELECT count(*) FROM parked)"
)


_PLANNED = text(
    "SELECT aggregate_id FROM deadline WHERE aggregate_type = 'application' UNION ALL"
    " SELECT subject_id FROM parked"
    " WHERE kind = 'deadline' AND subject_type = 'application' AND settled_at IS NULL"
)


class Promises:
    """A part of a state machine. `came`: when each bill was paid; `stopped`: the licences that the municipality
    stopped."""

    database: WalkDatabase
    session: Any
    now: datetime

    def begin_promises(self) -> None:
        self.moved, self.settled = True, True
        self.stopped: set[str] = set()
        self.came: dict[str, datetime] = {}

    @invariant()
    def everything_holds(self) -> None:
        """Looked at where something changed: a refusal changes nothing."""
        if not self.moved:
            return
        self.moved = False
        licences = list(self.session.scalars(select(Licence)))
        applications = list(self.session.scalars(select(Application)))
        invoices = list(self.session.scalars(select(Invoice)))
        self.a_door_has_one_licence(licences)
        self.a_licence_has_one_open_request(applications)
        self.what_is_owed_has_one_bill_and_nothing_else_has_any(applications, invoices)
        self.money_is_kept_for_something_or_goes_back(applications, invoices)
        self.paid_in_time_counts(applications, licences, invoices)
        self.an_open_application_has_an_end_and_an_ended_one_has_none(applications)
        self.a_stop_ends_by_a_person_alone(licences)
        self.each_change_is_one_event_with_the_next_version(applications + licences)
        assert self.session.scalar(_FAILED) == 0, "a deadline or an event failed"

    def a_door_has_one_licence(self, licences: list[Licence]) -> None:
        today = legal_day(self.now)
        found = [
            one
            for one in licences
            if one.status in STANDING and (one.expires_on >= today or one.status != "valid")
        ]
        for place, one in enumerate(found):
            for other in found[place + 1 :]:
                assert not is_one_door(one.body, other.body), "two licences for one door"
        for one in licences:
            assert one.replaced_by is None or one.status == "cancelled", "left, and still there"

    def a_licence_has_one_open_request(self, applications: list[Application]) -> None:
        asked = [
            (row.request, row.licence_no)
            for row in applications
            if row.request != "issue" and row.status in OPEN
        ]
        assert len(asked) == len(set(asked)), "two open requests about one licence"

    def what_is_owed_has_one_bill_and_nothing_else_has_any(
        self, applications: list[Application], invoices: list[Invoice]
    ) -> None:
        waiting = {row.invoice_id for row in applications if row.status == "awaiting_payment"}
        for invoice in invoices:
            owed = invoice.invoice_id in waiting
            assert (invoice.status == "requested") == owed, f"{invoice.status}, owed: {owed}"

    def money_is_kept_for_something_or_goes_back(
        self, applications: list[Application], invoices: list[Invoice]
    ) -> None:
        rows = {row.application_id: row for row in applications}
        for invoice in invoices:
            if invoice.status == "paid":
                row = rows[invoice.application_id]
                assert (row.status, row.invoice_id) == ("issued", invoice.invoice_id), (
                    "money is kept for what was not issued"
                )
            if invoice.invoice_id in self.came:
                assert invoice.status in ("paid", *HELD_BACK), "money without a place"

    def paid_in_time_counts(
        self, applications: list[Application], licences: list[Licence], invoices: list[Invoice]
    ) -> None:
        """An application that ended unpaid was not paid in time, unless the applicant has applied anew."""
        bills = {one.invoice_id: one for one in invoices}
        for row in applications:
            if (row.status, row.reason_code) != ("withdrawn", "unpaid"):
                continue
            paid_at = self.came.get(str(row.invoice_id))
            if paid_at is None or legal_day(paid_at) > bills[row.invoice_id].due_on:
                continue
            others = [
                *(
                    one
                    for one in applications
                    if one is not row and one.status in (*OPEN, "issued")
                ),
                *licences,
            ]
            assert any(is_one_door(row.body, one.body) for one in others), "paid in time, and lost"

    def an_open_application_has_an_end_and_an_ended_one_has_none(
        self, applications: list[Application]
    ) -> None:
        asks = set(self.session.scalars(select(Ask.application_id)))
        planned = set(self.session.scalars(_PLANNED))
        for row in applications:
            limited = row.status in ("waiting", "returned", "awaiting_payment")
            is_planned = row.aggregate_id in planned
            assert is_planned == limited == (row.ends_on is not None), (
                f"{row.status}: a deadline is missing or too many"
            )
            with_officer = row.status in ("in_review", "inspection")
            assert (row.review_until is not None) == with_officer, (
                "days of a review without an officer"
            )
            assert row.status in OPEN or row.application_id not in asks, (
                "an ended application is asked about"
            )
            assert (row.closed_at is None) == (row.status in OPEN), "an end without its moment"

    def a_stop_ends_by_a_person_alone(self, licences: list[Licence]) -> None:
        for row in licences:
            if row.licence_no in self.stopped:
                assert row.status in ("suspended", "closed"), f"{row.status} by itself"

    def each_change_is_one_event_with_the_next_version(
        self, rows: list[Application | Licence]
    ) -> None:
        told: dict[str, list[int]] = defaultdict(list)
        for one in self.database.events():
            told[one.aggregate_id].append(one.version)
        for row in rows:
            assert told[row.aggregate_id] == list(range(1, row.version + 1)), (
                f"{row.aggregate_type}: a change without an event"
            )
