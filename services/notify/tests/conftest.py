"""The service under test; the fixtures are the chassis', and a stand-in for both providers."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.data.calls import CallWorker
from chassis.data.db import Database
from chassis.events.contacts import Contact, contacts_of
from chassis.process import Process
from chassis.service import Service
from chassis.testing import *
from devstack.sms_provider.provider import SmsProviders
from devstack.sms_provider.settings import Settings as HouseSettings
from notify.app import SERVICE
from notify.commands import breakers
from notify.commands.sending import SendingRules
from notify.models import Attempt, Message, Template
from notify.settings import Settings
from notify.workers import sender as worker

MOBILE = "+966500000008"
BEGAN = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides() -> dict[str, Any]:
    keys = ("sealing_key", "blind_index_key", "contact_key", "person_key")
    keys += ("unifonic_receipt_key", "taqnyat_receipt_key")
    rings = {name: secrets.token_urlsafe(32) for name in keys}
    times = {"provider_timeout_seconds": 5.0, "sending_poll_seconds": 0.02}
    names = {"reports_public_url": "https://reports.test", "cursor_key": "k" * 43}
    return {**rings, **times, **names, "texts_to_mobile_per_day": 10_000}


@pytest.fixture(scope="session")
def permit_notes() -> dict[str, Any]:
    """The body of a template of another system."""
    return {
        "name": "permit-notes",
        "title_ar": "ملاحظات على طلب رخصة",
        "title_en": "Remarks on a permit request",
        "body_ar": "توجد ملاحظات على طلب رخصة البناء رقم ((number)). بلدية القطيف",
        "body_en": "There are remarks on building permit request ((number)). Qatif Municipality",
        "kind": "information",
        "when_unsure": "twice",
        "expires_seconds": 86_400,
    }


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
def house() -> Iterator[SmsProviders]:
    """Both providers; they send no receipts, and where they don't answer they hang up soon."""
    with SmsProviders(HouseSettings()) as house:
        house.change({name: {"hold_seconds": 0.05} for name in house.providers})
        yield house


@dataclass
class Sender:
    """Engines over one database and one clock, and what is to be seen of their work."""

    service: Service
    settings: Settings
    database: Database
    clock: Clock
    house: SmsProviders
    engines: list[CallWorker[Any, Any]] = field(default_factory=list)

    def references(self) -> list[str]:
        """Returns the references that the providers accepted."""
        return [row.reference for row in self.house.ledger.rows()]

    def attempts(self) -> list[Attempt]:
        """Returns the attempts of each message in order."""
        with self.database.transaction() as session:
            return session.query(Attempt).order_by(Attempt.message_id, Attempt.number).all()

    def engine(self, **changes: Any) -> CallWorker[Any, Any]:
        """Another process."""
        self.engines.append(worker.Sender(self.process(**changes), clock=self.clock))
        return self.engines[-1]

    def process(self, **changes: Any) -> Any:
        return Process(self.service, replace(self.settings, **changes), self.database)

    def rules(self, session: Session) -> SendingRules:
        """What the rules know of this house in a transaction."""
        rules = worker.Sender(self.process(), clock=self.clock).rules
        return replace(rules, breakers=breakers.read(session, rules.abilities))

    def work_off(self, engine: CallWorker[Any, Any] | None = None) -> None:
        """Until nothing is due at this time."""
        if engine is None:
            engine = self.engines[0] if self.engines else self.engine()
        while engine.turn():
            engine.settle()

    def tell(self, *events: Received) -> None:
        """The events come from Kafka."""
        with self.database.transaction() as session:
            process: Any = Process(self.service, self.settings, self.database)
            context = replace(process.context(session), now=self.clock.now)
            for event in events:
                topic = ".".join(event.type.split(".")[3:5])
                self.service.handlers[topic][event.type](context, event)

    def messages(self) -> list[Message]:
        """All messages, oldest first."""
        with self.database.transaction() as session:
            return session.query(Message).order_by(Message.created_at, Message.message_id).all()

    def states(self) -> list[str]:
        return [row.state for row in self.messages()]

    def report_filed(self, number: str = "1448104233", mobile: str = MOBILE) -> Received:
        return self.event("filed", number, mobile=mobile)

    def event(
        self, happened: str, number: str, *, mobile: str = MOBILE, token: str | None = None
    ) -> Received:
        """An event of a report that speaks to its reporter."""
        report_id = new_id()
        contact = Contact(role="reporter", mobile=mobile, confirmed=True, token=token)
        with self.database.transaction() as session:
            block = contacts_of(session).seal(report_id, [contact])
        state = {"report_id": report_id, "report_number": number, "municipality": "safwa"}
        if happened == "closed":
            state["reopenable_until"] = "2026-11-30T20:59:59Z"
        return Received(
            id=new_id(),
            type=f"sa.gov.qatif.reports.report.{happened}.v1",
            subject=report_id,
            sequence=1,
            time=self.clock.now,
            data={**state, "clock": {"kind": "working"}, "contacts": block},
        )


@pytest.fixture
def sender(
    service: Service, settings: Any, real_database: Database, clock: Clock, house: SmsProviders
) -> Iterator[Sender]:
    """Real commits, real HTTP; both providers can be asked and take a reference once."""
    urls = {name: counter.url for name, counter in house.providers.items()}
    hosts = ",".join(url.removeprefix("http://") for url in urls.values())
    abilities = {f"{name}_{what}": True for name in urls for what in ("queried", "once")}
    settings = replace(
        settings,
        unifonic_url=urls["unifonic"],
        taqnyat_url=urls["taqnyat"],
        outgoing_private_hosts=hosts,
        **abilities,
    )
    yield Sender(service, settings, real_database, clock, house)
    with real_database.transaction() as session:
        session.execute(
            text("TRUNCATE message, provider_state, receipt, outbox, daily_count CASCADE")
        )


@pytest.fixture
def published(real_database: Database) -> Callable[[], list[str]]:
    """`published()` → what happened, of the events in the outbox."""

    def read() -> list[str]:
        with real_database.transaction() as session:
            types = session.scalars(text("SELECT type FROM outbox ORDER BY id")).all()
        return [one.split(".")[-2] for one in types]

    return read


@pytest.fixture
def stored(session: Any) -> Callable[..., Message]:
    """`stored(state="accepted", …)` → a closing text with its link, in the database."""

    def store(**values: Any) -> Message:
        template = session.query(Template).filter_by(name="report-closed").one()
        usual = {
            "message_id": new_id(), "version": 1, "origin": "event", "source": new_id(),
            "template_id": template.template_id, "template": template.name, "template_version": 1,
            "kind": template.kind, "when_unsure": template.when_unsure, "language": "ar", "role": "reporter",
            "recipient": MOBILE, "parts": 1, "event_at": BEGAN, "created_at": BEGAN, "due_at": BEGAN,
            "expires_at": BEGAN + timedelta(days=3),
        }  # fmt: skip
        row = Message(**{**usual, **values})
        session.add(row)
        session.flush()
        return row

    return store
