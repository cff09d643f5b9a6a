"""What holds in every order of a violation's commands, payments and days: the row is as the model of the rules says;
each change is one event with the next version; a fine that's owed has one open invoice and one that isn't has none; an
event reaches the offender only once the offender has heard of the violation; and an objection is open exactly while it
is to be decided."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from hypothesis.stateful import invariant
from sqlalchemy import select

from chassis.data.deadlines import pending
from chassis.testing_walks import WalkDatabase
from licences.models import FineInvoice, Objection, Violation

from .conftest import INSPECTOR, Person

ENDED = ("corrected", "cancelled", "closed")


@dataclass
class Model:
    """The violation by the rules."""

    status: str = "observed"
    version: int = 1
    correct_until: date | None = None
    until: date | None = None
    final: bool = False
    judged: bool = False
    share: int = 100
    objected: bool = False
    has_open_invoice: bool = False
    invoices: list[str] = field(default_factory=list)
    looked: bool = False
    overdue: bool = False
    decide_until: date | None = None
    paid_on: date | None = None
    told_from: int | None = None
    involved: tuple[Person, ...] = (INSPECTOR,)

    def become(self, status: str) -> None:
        self.status, self.version = status, self.version + 1


class Promises:
    """A part of a state machine, which says where it is."""

    database: WalkDatabase
    session: Any
    model: Model
    violation_id: str
    row: Callable[[], Violation]

    @invariant()
    def the_row_is_as_the_model_says(self) -> None:
        one = self.model
        row = self.row()
        assert (row.status, row.version, row.final, row.until) == (
            one.status, one.version, one.final, one.until,
        )  # fmt: skip
        assert (row.ended_at is not None) == (one.status in ENDED)

    @invariant()
    def each_change_is_one_event_with_the_next_version(self) -> None:
        events = self.database.events()
        versions = [one.version for one in events if one.aggregate_id == self.violation_id]
        assert versions == list(range(1, self.model.version + 1))

    @invariant()
    def an_event_reaches_an_offender_who_has_heard_of_the_violation(self) -> None:
        first = self.model.told_from
        for event in self.database.events():
            if event.aggregate_id == self.violation_id:
                data = event.envelope["data"]
                is_told = first is not None and event.version >= first
                assert bool(data["inquiry"]["match"]) == is_told, "told of too early"
                assert is_told or data["contacts"] == [], "told of too early"

    @invariant()
    def an_objection_is_open_exactly_while_it_is_to_be_decided(self) -> None:
        mine = select(Objection).where(Objection.violation_id == self.violation_id)
        found = self.database.scalars(mine)
        expected = [self.model.status == "objected"] if self.model.involved[1:] else []
        assert [one.outcome is None for one in found] == expected, "an open objection"
        assert self.model.status not in ENDED or self.row().seen_again_from is None

    @invariant()
    def what_is_owed_has_one_open_invoice_and_nothing_else_has_any(self) -> None:
        mine = select(FineInvoice).where(FineInvoice.violation_id == self.violation_id)
        rows = self.database.scalars(mine)
        waiting = [one for one in rows if one.status == "requested" and one.paid_at is None]
        assert len(waiting) == int(self.model.has_open_invoice)
        assert all(one.amount_halalas == self.row().amount_halalas for one in waiting)

    @invariant()
    def deadlines_stand_exactly_where_something_may_happen_by_itself(self) -> None:
        one = self.model
        expected = {
            "violation-correction": one.status == "warned" and not one.looked,
            "violation-finality": one.until is not None,
            "violation-decision": one.status == "objected" and not one.overdue,
            "violation-closing": one.status == "paid",
        }
        named = (self.session, "violation", self.violation_id)
        found = self.database.read("deadlines", lambda: pending(*named))
        assert set(found) == {kind for kind, there in expected.items() if there}
