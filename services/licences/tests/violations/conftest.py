"""People of the municipality, and violations that they bring along as far as a test needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.data.unit_of_work import UnitOfWork
from licences.commands.recording import SYSTEM
from licences.commands.violations.decide import Verdict, decide_objection
from licences.commands.violations.object import file_objection
from licences.commands.violations.observe import (
    Observation,
    confirm_violation,
    notify_offender,
    observe_violation,
)
from licences.commands.violations.pay import (
    note_fine_bill,
    receive_fine_payment,
    receive_fine_refund,
)
from licences.models import Violation

OFFENDER = {
    "kind": "establishment",
    "name": "بقالة بيانات تجريبية",
    "id_number": "7000000005",
    "size": "micro",
    "mobile": "0500000001",
}
BILL = {"biller_code": "174", "bill_number": "4482000017"}


@dataclass(frozen=True)
class Person:
    """An officer or inspector of the municipality."""

    subject: str
    client_id: str = "office"
    name: str | None = "بيانات تجريبية"
    organisation: str | None = "qatif"
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": "qatif"})


INSPECTOR, OFFICER = Person("p_inspector"), Person("p_officer")
CLERK = Person("p_clerk")  # takes objections at the counter


class Case:
    """Brings one violation along, through the commands, a day at a time."""

    def __init__(self, session: Any, now: datetime) -> None:
        self.session, self.now = session, now
        self.row: Violation

    def days(self, days: int) -> "Case":
        self.now += timedelta(days=days)
        return self

    def observed(self, item: str = "5001", **changes: Any) -> "Case":
        sight = Observation(
            **{
                "item": item,
                "municipality": "qatif",
                "offender": OFFENDER,
                "note": "رصد",
                **changes,
            }
        )
        self.row = observe_violation(UnitOfWork(self.session, INSPECTOR, self.now), sight)
        return self

    def confirmed(self, item: str = "5001", **changes: Any) -> "Case":
        self.observed(item, **changes)
        self.do(confirm_violation, INSPECTOR, note="ما زالت قائمة")
        return self

    def notified(self, item: str = "5001", **changes: Any) -> "Case":
        self.confirmed(item, **changes).do(notify_offender, INSPECTOR)
        return self

    def notified_at_once(self) -> "Case":
        self.do(notify_offender, INSPECTOR)
        return self

    def objected(self, who: Person = INSPECTOR) -> "Case":
        file_objection(
            UnitOfWork(self.session, who, self.now), self.row, reasons="الشهادة كانت سارية"
        )
        return self

    def decided(self, outcome: str, reduce_to: int | None = None) -> "Case":
        decision = Verdict(outcome=outcome, reasons="بعد المراجعة", reduce_to=reduce_to)
        self.do(decide_objection, OFFICER, decision)
        return self

    def do(self, command: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        actor, *rest = arguments
        return command(
            UnitOfWork(self.session, actor, self.now), self.row.violation_id, *rest, **named
        )

    def billed(self) -> "Case":
        note_fine_bill(UnitOfWork(self.session, SYSTEM, self.now), str(self.row.invoice_id), BILL)
        return self

    def paid(self, invoice_id: str | None = None) -> "Case":
        wanted = invoice_id or str(self.row.invoice_id)
        receive_fine_payment(UnitOfWork(self.session, SYSTEM, self.now), wanted, paid_at=self.now)
        return self

    def goes_back(self, invoice_id: str | None = None, *, gone: bool = False) -> "Case":
        """Delivers a refund of the fine that payments has agreed to."""
        wanted = invoice_id or str(self.row.invoice_id)
        receive_fine_refund(UnitOfWork(self.session, SYSTEM, self.now), wanted, gone=gone)
        return self


@pytest.fixture
def case(session: Any, now: datetime) -> Callable[[], Case]:
    return lambda: Case(session, now)
