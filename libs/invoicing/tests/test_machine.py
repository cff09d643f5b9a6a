"""What the machine locks, changes, publishes and returns, over rows in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.data.columns import TYPES, Id
from invoicing import machine
from invoicing.machine import Debtor, Invoicing
from invoicing.rules import Status
from invoicing.tables import NumberedInvoiceTable

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
LINE = {"code": "fee", "ar": "رسم", "en": "Fee", "amount_halalas": 5000}
PAYER = {"name": "بيانات تجريبية", "id_type": "national_id", "id_number": "1000000016"}


class Base(DeclarativeBase):
    type_annotation_map = TYPES


class Owner(Base):
    __tablename__ = "owner"

    owner_id: Mapped[str] = mapped_column(primary_key=True)
    invoice_id: Mapped[str | None]
    waits: Mapped[bool]


class Invoice(NumberedInvoiceTable, Base):
    __tablename__ = "invoice"

    owner_id: Mapped[Id]


class Rows:
    """A unit of work whose rows are in memory. `locked`: the tables in the order of their locks."""

    def __init__(self) -> None:
        self.session, self.now, self.actor = self, NOW, SystemActor("billing", "test")
        self.rows: dict[tuple[type, str], Any] = {}
        self.locked: list[type] = []
        self.journal: list[tuple[str, str | None]] = []
        self.published: list[tuple[str, str | None]] = []

    def get(self, model: type, key: str) -> Any:
        return self.rows.get((model, key))

    def add(self, row: Any) -> None:
        self.rows[type(row), row.invoice_id] = row

    def flush(self) -> None:
        pass

    def lock(self, model: type, key: str) -> Any:
        self.locked.append(model)
        if (model, key) not in self.rows:
            raise NotFound
        return self.rows[model, key]

    def record_change(self, row: Any, action: str, *, note: str | None = None) -> None:
        row.version = (row.version or 0) + 1
        self.journal.append((action, note))

    def record_action(self, _row: Any, action: str) -> None:
        self.journal.append((action, None))


INVOICING = Invoicing[Owner, Invoice](
    service="test",
    owners=Owner,
    invoices=Invoice,
    owner_id=lambda invoice: invoice.owner_id,
    debtor=lambda owner, _invoice: Debtor({"type": "owner", "id": owner.owner_id}, PAYER),
    waits_for_money=lambda owner: owner.waits,
)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Any:
    rows = Rows()

    class Events:
        def event(self, _service: str, facts: Any, _now: datetime) -> Any:
            return facts.status, facts.reason

    monkeypatch.setattr(machine, "invoices_of", lambda _session: Events())
    monkeypatch.setattr(machine, "publish", lambda _session, event: rows.published.append(event))
    return rows


@pytest.fixture
def billed(work: Any) -> Callable[..., tuple[Owner, Invoice]]:
    """`billed()`: an owner that waits for the money of a requested invoice."""

    def bill(status: Status = Status.REQUESTED, *, waits: bool = True) -> tuple[Owner, Invoice]:
        owner = Owner(owner_id=new_id(), invoice_id=None, waits=waits)
        work.rows[Owner, owner.owner_id] = owner
        invoice = INVOICING.draft(
            work,
            municipality="qatif",
            lines=[LINE],
            due_on=date(2026, 12, 25),
            owner_id=owner.owner_id,
        )
        owner.invoice_id = invoice.invoice_id
        INVOICING.request(work, owner, invoice)
        invoice.status = status.value
        for kept in (work.published, work.journal, work.locked):
            kept.clear()
        return owner, invoice

    return bill


def replaced(work: Any, owner: Owner) -> None:
    """Another invoice is the owner's present one."""
    owner.invoice_id = new_id()


def test_a_requested_invoice_is_published_with_the_sum_of_its_lines(work: Any) -> None:
    owner = Owner(owner_id=new_id(), invoice_id=None, waits=True)
    due_on = date(2026, 12, 25)

    invoice = INVOICING.draft(
        work, municipality="qatif", lines=[LINE, LINE], due_on=due_on, owner_id=owner.owner_id
    )
    INVOICING.request(work, owner, invoice)

    assert (invoice.amount_halalas, invoice.version) == (10_000, 1)
    assert work.published == [("requested", None)]


def test_money_that_the_owner_waits_for_pays_once(work: Any, billed: Any) -> None:
    owner, invoice = billed()

    first = INVOICING.take_payment(work, invoice.invoice_id, paid_at=NOW)
    again = INVOICING.take_payment(work, invoice.invoice_id, paid_at=NOW)

    assert (first.owner, first.invoice, again) == (owner, invoice, None)
    assert (invoice.status, invoice.paid_at, work.published) == ("paid", NOW, [])


def test_an_owner_is_locked_before_its_invoice(work: Any, billed: Any) -> None:
    _, invoice = billed()

    INVOICING.take_payment(work, invoice.invoice_id, paid_at=NOW)

    assert work.locked == [Owner, Invoice]


@pytest.mark.parametrize("why", ["the owner has ended", "another invoice is present", "withdrawn"])
def test_money_that_nobody_waits_for_goes_back(work: Any, billed: Any, why: str) -> None:
    status = Status.WITHDRAWN if why == "withdrawn" else Status.REQUESTED
    owner, invoice = billed(status, waits=why != "the owner has ended")
    if why == "another invoice is present":
        replaced(work, owner)

    assert INVOICING.take_payment(work, invoice.invoice_id, paid_at=NOW) is None
    assert (invoice.status, invoice.paid_at) == ("refund_requested", NOW)
    assert work.published == work.journal == [("refund_requested", "not-owed")]


@pytest.mark.parametrize(
    ("takes_ended", "waits", "status", "published"),
    [
        (True, True, "paid", []),
        (True, False, "refund_requested", [("refund_requested", "not-owed")]),
        (False, True, "ended", []),
        (False, False, "ended", []),
    ],
)
def test_the_money_of_an_ended_invoice_counts_where_the_service_says_so(
    work: Any, billed: Any, takes_ended: bool, waits: bool, status: str, published: list[Any]
) -> None:
    _, invoice = billed(Status.ENDED, waits=waits)
    invoicing = replace(INVOICING, takes_ended=takes_ended)

    taken = invoicing.take_payment(work, invoice.invoice_id, paid_at=NOW)

    assert (taken is not None) == (status == "paid")
    assert (invoice.status, invoice.paid_at) == (status, NOW if takes_ended else None)
    assert work.published == work.journal == published


def test_money_sets_the_columns_of_the_service(work: Any, billed: Any) -> None:
    _, invoice = billed()

    INVOICING.take_payment(work, invoice.invoice_id, paid_at=NOW, reason="payment 1")

    assert invoice.reason == "payment 1"


@pytest.mark.parametrize(
    ("status", "published"),
    [
        (Status.REQUESTED, "withdrawn"),
        (Status.PAID, "refund_requested"),
        (Status.HELD, "refund_requested"),
        (Status.ENDED, None),
        (Status.REFUNDED, None),
    ],
)
def test_what_is_given_up_is_withdrawn_or_refunded(
    work: Any, billed: Any, status: Status, published: str | None
) -> None:
    owner, invoice = billed(status)

    changed = INVOICING.give_up(work, owner, "ended")

    assert changed is (invoice if published else None)
    assert work.published == ([(published, "ended")] if published else [])


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.PAID, Status.HELD, Status.WITHDRAWN])
def test_only_an_unpaid_invoice_expires_and_nobody_is_told(
    work: Any, billed: Any, status: Status
) -> None:
    owner, invoice = billed(status)

    changed = INVOICING.expire(work, owner)

    expires = status is Status.REQUESTED
    assert changed is (invoice if expires else None)
    assert (invoice.status, invoice.reason) == (("ended", "expired") if expires else (status, None))
    assert (work.published, work.journal) == ([], [])


def test_a_withdrawal_leaves_paid_money_alone(work: Any, billed: Any) -> None:
    owner, invoice = billed(Status.PAID)

    assert INVOICING.withdraw(work, owner, "objection") is None
    assert (invoice.status, work.published) == ("paid", [])


def test_held_money_is_not_published(work: Any, billed: Any) -> None:
    owner, invoice = billed(Status.PAID)

    assert INVOICING.hold(work, owner, "returned") is invoice
    assert (invoice.status, invoice.reason, work.published, work.journal) == ("held", None, [], [])


def test_an_owner_without_an_invoice_gives_up_nothing(work: Any) -> None:
    owner = Owner(owner_id=new_id(), invoice_id=None, waits=True)

    assert INVOICING.give_up(work, owner, "ended") is None
    assert INVOICING.is_over(work, owner)


def test_a_bill_that_ends_is_noted_whoever_waits(work: Any, billed: Any) -> None:
    owner, invoice = billed()
    _, unwanted = billed(waits=False)

    first = INVOICING.note_bill_end(work, invoice.invoice_id, "expired")
    again = INVOICING.note_bill_end(work, invoice.invoice_id, "expired")

    assert (first.owner, again) == (owner, None)
    assert INVOICING.note_bill_end(work, unwanted.invoice_id, "refused") is None
    assert [(one.status, one.reason) for one in (invoice, unwanted)] == [
        ("ended", "expired"),
        ("ended", "refused"),
    ]
    assert work.published == []


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.PAID])
def test_a_refund_that_nobody_asked_for_is_told_to_the_owner_once(
    work: Any, billed: Any, status: Status
) -> None:
    owner, invoice = billed(status)

    told = [INVOICING.note_refund(work, invoice.invoice_id, sent=sent) for sent in (False, True)]

    assert [one and one.owner for one in told] == [owner, None]
    assert work.journal == [("refunding", None), ("refunded", None)]


def test_the_end_of_a_refund_may_be_known_before_its_beginning(work: Any, billed: Any) -> None:
    owner, invoice = billed(Status.PAID)

    told = [INVOICING.note_refund(work, invoice.invoice_id, sent=sent) for sent in (True, False)]

    assert [one and one.owner for one in told] == [owner, None]
    assert invoice.status == "refunded"


def test_a_refund_that_the_service_asked_for_changes_nothing_for_the_owner(
    work: Any, billed: Any
) -> None:
    owner, invoice = billed(Status.PAID)
    INVOICING.give_up(work, owner, "ended")

    assert INVOICING.note_refund(work, invoice.invoice_id, sent=False) is None
    assert invoice.status == "refunding"


def test_a_refund_of_an_older_invoice_changes_nothing_for_the_owner(work: Any, billed: Any) -> None:
    owner, invoice = billed(Status.PAID)
    replaced(work, owner)

    assert INVOICING.note_refund(work, invoice.invoice_id, sent=False) is None


def test_the_numbers_of_a_bill_are_kept_once(work: Any, billed: Any) -> None:
    owner, invoice = billed()

    first = INVOICING.note_registered(work, invoice.invoice_id, biller_code="012", bill_number="1")
    INVOICING.note_registered(work, invoice.invoice_id, biller_code="012", bill_number="2")

    assert (first.owner, invoice.biller_code, invoice.bill_number) == (owner, "012", "1")


def test_a_bill_that_cannot_be_paid_any_more_concerns_no_owner(work: Any, billed: Any) -> None:
    _, invoice = billed(Status.WITHDRAWN)

    assert (
        INVOICING.note_registered(work, invoice.invoice_id, biller_code="012", bill_number="1")
        is None
    )


@pytest.mark.parametrize("sent", [True, False])
def test_an_invoice_of_another_service_is_ignored(work: Any, sent: bool) -> None:
    unknown = new_id()

    assert INVOICING.take_payment(work, unknown, paid_at=NOW) is None
    assert INVOICING.note_bill_end(work, unknown, "expired") is None
    assert INVOICING.note_refund(work, unknown, sent=sent) is None
    assert INVOICING.note_registered(work, unknown, biller_code=None, bill_number=None) is None
