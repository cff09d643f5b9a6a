"""The service under test; the fixtures are the chassis', and a stand-in for the bill system."""

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.calls import CallWorker
from chassis.data.db import Database
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.contacts import Contact, contacts_of
from chassis.process import Process
from chassis.service import Service
from chassis.testing import *
from devstack.bill_provider.provider import BillProvider
from devstack.bill_provider.settings import Settings as ProviderSettings
from payments.app import SERVICE
from payments.commands import bills, notices
from payments.commands.notices import PaymentNotice
from payments.commands.recording import BILL_SYSTEM
from payments.domain.registration import Outcome, Result
from payments.models import Bill, Payment
from payments.settings import Settings
from payments.workers import BillRegistrar

MARK = "(بيانات تجريبية)"
MOBILE = "+966500000001"
BEGAN = datetime(2026, 11, 26, 8, tzinfo=UTC)
PAYER = {
    "name": f"علي بن حسن آل تجربة {MARK}",
    "id_type": "national_id",
    "id_number": "1000000008",
}


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, Any]:
    rings = (
        *("sealing_key", "blind_index_key", "contact_key", "payer_key", "notice_key"),
        "person_key",
    )
    times = {"provider_timeout_seconds": 5.0, "poll_seconds": 0.02, "lease_seconds": 60.0}
    return {name: secrets.token_urlsafe(32) for name in rings} | {"cursor_key": "k" * 43} | times


@dataclass(frozen=True)
class Person:
    """Somebody of the municipality, or of an affiliated one."""

    subject: str = "p_cashier"
    name: str | None = f"محاسب {MARK}"
    client_id: str = "qatif-desk"
    organisation: str | None = "qatif"
    organisation_kind: str = "municipality"
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": "qatif"})


@pytest.fixture(scope="session")
def cashier() -> Person:
    return Person()


@pytest.fixture(scope="session")
def second() -> Person:
    return Person("p_second")


@pytest.fixture(scope="session")
def saihat() -> Person:
    return Person(
        "p_saihat",
        None,
        "saihat-desk",
        "saihat",
        "affiliated_municipality",
        {"municipality": "saihat"},
    )


def invoice_event(
    session: Session,
    happened: str = "requested",
    *,
    invoice_id: str | None = None,
    sequence: int = 1,
    debtor: Mapping[str, str] = PAYER,
    **changes: Any,
) -> Received:
    """An event of licences.invoice, sealed with this database's keys."""
    invoice_id = invoice_id or new_id()
    payer = json.dumps(debtor, ensure_ascii=False)
    contact = Contact(role="owner", mobile=MOBILE, confirmed=True)
    data = {
        "invoice_id": invoice_id,
        "service": "licences",
        "subject": {"type": "licence_application", "id": new_id(), "number": "144800012"},
        "municipality": "qatif",
        "status": happened,
        "amount_halalas": 75_000,
        "currency": "SAR",
        "lines": [
            {
                "code": "shop-area",
                "ar": "رسم رخصة محل تجاري",
                "en": "Fee of a shop licence",
                "amount_halalas": 75_000,
                "because": {
                    "ar": "250 ريالًا في السنة، ثلاث سنوات",
                    "en": "SAR 250 a year, three years",
                },
            }
        ],
        "due_on": "2026-12-26",
        "payer": Sealer(keys_of(session).ring("payer_key")).seal_text(payer, f"payer/{invoice_id}"),
        "contacts": contacts_of(session).seal(invoice_id, [contact]),
        "reason": None if happened == "requested" else "application-withdrawn",
        **changes,
    }
    return Received(
        id=new_id(),
        type=f"sa.gov.qatif.licences.invoice.{happened}.v1",
        subject=invoice_id,
        sequence=sequence,
        time=BEGAN,
        data=data,
    )


@pytest.fixture
def citizen(citizen_token: Any) -> Callable[..., dict[str, str]]:
    """`citizen("1000000008", "7000000005 …")` → the header of a citizen's token, who acts for these establishments."""

    def header(number: str, acts_for: str | None = None) -> dict[str, str]:
        scopes = "my-payments.read", "my-payments.write"
        made: dict[str, str] = citizen_token(number, *scopes, acts_for=acts_for)
        return made

    return header


@dataclass
class Desk:
    """The commands over one transaction and one time: `desk.bill()` is a registered bill."""

    session: Session
    now: datetime = BEGAN
    numbers: int = 0

    def invoice(self, happened: str = "requested", **changes: Any) -> Bill:
        event = invoice_event(self.session, happened, **changes)
        bills.take_invoice_event(
            UnitOfWork(self.session, BILL_SYSTEM, self.now), event, grace=timedelta(hours=24)
        )
        return self.session.query(Bill).filter_by(invoice_id=event.subject).one()

    def withdraw(self, bill: Bill, happened: str = "withdrawn", **changes: Any) -> None:
        changes = {"sequence": 2, "invoice_id": bill.invoice_id, **changes}
        event = invoice_event(self.session, happened, **changes)
        bills.take_invoice_event(
            UnitOfWork(self.session, BILL_SYSTEM, self.now), event, grace=timedelta(hours=24)
        )

    def bill(self, number: str | None = None, **changes: Any) -> Bill:
        row = self.invoice(**changes)
        self.numbers += 1
        result = Result(Outcome.REGISTERED, None, number or f"4482{self.numbers:06}", "174")
        row.attempts = 1
        bills.acknowledge_bill(UnitOfWork(self.session, BILL_SYSTEM, self.now), row, result)
        return row

    def notice(self, bill: Bill | None = None, **changes: Any) -> Payment:
        told = notice_of(bill, **changes)
        notices.take_notice(UnitOfWork(self.session, BILL_SYSTEM, self.now), told)
        return self.session.query(Payment).filter_by(reference=told.payment).one()


def notice_of(bill: Bill | None = None, **changes: Any) -> PaymentNotice:
    """A notice of a payment, new unless it's named."""
    facts: dict[str, Any] = {
        "notice_id": f"N-{new_id()}",
        "bill_number": (bill.bill_number if bill else None) or "4482999999",
        "reference": bill.bill_id if bill else None,
        "payment": f"SP-{new_id()}",
        "amount_halalas": bill.amount_halalas if bill else 75_000,
        "paid_at": BEGAN,
        "key_number": 1,
        "signed_at": BEGAN,
        **changes,
    }
    said = json.dumps([str(facts[name]) for name in sorted(facts) if name != "signed_at"])
    return PaymentNotice(**{"digest": said.encode(), **facts})


@pytest.fixture
def desk(session: Session) -> Desk:
    return Desk(session)


@pytest.fixture(scope="session")
def new_notice() -> Callable[..., PaymentNotice]:
    return notice_of


@pytest.fixture(scope="session")
def invoice() -> Callable[..., Received]:
    return invoice_event


@pytest.fixture
def published(session: Session) -> Callable[[], list[str]]:
    """`published()` → aggregate and what happened, of the events in the outbox."""

    def read() -> list[str]:
        types = session.scalars(text("SELECT type FROM outbox ORDER BY id")).all()
        return [".".join(one.split(".")[4:6]) for one in types]

    return read


@dataclass
class Clock:
    """A time that a test moves on."""

    now: datetime = BEGAN

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> Iterator[BillProvider]:
    """The bill system; it sends no notices, and where it doesn't answer it hangs up soon."""
    with BillProvider(ProviderSettings(token="t")) as provider:
        provider.switches.change({"hold_seconds": 0.05})
        yield provider


@dataclass
class System:
    """Engines over one database and one clock, and what is to be seen of their work."""

    service: Service
    settings: Settings
    database: Database
    clock: Clock
    provider: BillProvider
    engines: list[CallWorker[Any, Any]] = field(default_factory=list)

    def process(self, **changes: Any) -> Process[Any, Any]:
        return Process(self.service, replace(self.settings, **changes), self.database)

    def engine(self, **changes: Any) -> CallWorker[Any, Any]:
        """Another process."""
        self.engines.append(BillRegistrar(self.process(**changes), clock=self.clock))
        return self.engines[-1]

    def work_off(self, engine: CallWorker[Any, Any] | None = None) -> None:
        """Runs the worker until nothing is due at this time."""
        engine = engine or (self.engines[0] if self.engines else self.engine())
        while engine.turn():
            engine.settle()

    def invoice(self, happened: str = "requested", **changes: Any) -> str:
        """The invoice comes from Kafka; answers its id."""
        with self.database.transaction() as session:
            event = invoice_event(session, happened, **changes)
            grace = timedelta(hours=24)
            bills.take_invoice_event(
                UnitOfWork(session, BILL_SYSTEM, self.clock.now), event, grace=grace
            )
        return event.subject

    def notice(self, told: PaymentNotice) -> None:
        with self.database.transaction() as session:
            notices.take_notice(UnitOfWork(session, BILL_SYSTEM, self.clock.now), told)

    def bill(self, invoice_id: str) -> Bill:
        with self.database.transaction() as session:
            return session.query(Bill).filter_by(invoice_id=invoice_id).one()

    def payments(self) -> list[Payment]:
        with self.database.transaction() as session:
            return session.query(Payment).order_by(Payment.received_at).all()

    def published(self) -> list[str]:
        with self.database.transaction() as session:
            types = session.scalars(text("SELECT type FROM outbox ORDER BY id")).all()
        return [".".join(one.split(".")[4:6]) for one in types]


@pytest.fixture
def system(
    service: Service, settings: Any, real_database: Database, clock: Clock, provider: BillProvider
) -> Iterator[System]:
    """Real commits, real HTTP."""
    host = provider.url.removeprefix("http://")
    settings = replace(
        settings, provider_url=provider.url, provider_token="t", outgoing_private_hosts=host
    )
    yield System(service, settings, real_database, clock, provider)
    tables = (
        "bill, payment, notice, decision, attempt, settlement_line, reconciliation, deadline,"
        " postponed_row, parked, outbox"
    )
    with real_database.transaction() as session:
        session.execute(text(f"TRUNCATE {tables} CASCADE"))


TODAY = date(2026, 11, 26)


@pytest.fixture
def second_payment(desk: Any) -> Any:
    """Money for a bill that is settled already."""
    bill = desk.bill()
    desk.notice(bill)
    return desk.notice(bill)
