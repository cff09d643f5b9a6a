"""The service under test; the fixtures are the chassis'."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event as sql
from sqlalchemy import select

from chassis.core import contracts
from chassis.core.ids import new_id
from chassis.data.deadlines import Deadline
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from chassis.service import Service
from chassis.testing import *
from health_certs.app import SERVICE
from health_certs.commands import apply, decide, examine
from health_certs.commands.recording import SYSTEM
from health_certs.consumers import payment_settled
from health_certs.domain.access import Applicant
from health_certs.domain.examinations import ACCEPTED, CORRECTABLE_FOR, Entry
from health_certs.models import (
    Certificate,
    Education,
    Examination,
    KnownApplication,
    KnownLicence,
    Request,
)
from saudi.days import RIYADH, legal_day

from .doing import deadline_due
from .people import DELEGATE, OFFICER, SHOP, Actor, worker

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # a Wednesday, 11:00 in Riyadh; 1448/06/15
# What the examples of contracts are sealed with.
EXAMINATION_KEY = contracts.read("events/health-certs/examination.v1.schema.json")["properties"][
    "sealed"
]["x-sealed"]["key_of_the_examples"]
LICENCE_NO, APPLICATION_NO = "144804000017", "1448040000017"
COOK = {"profession": "cook"}


def certificates(session: Any) -> Any:
    """Returns all certificates."""
    return session.scalars(select(Certificate)).all()


def fires(session: Any, row: Request, kind: str) -> None:
    """Runs the request's deadline of this kind at its time."""
    corrected = row.examined_until + CORRECTABLE_FOR
    due_at = {"examination": corrected, "completion": row.completed_until}[kind]
    deadline = Deadline(Request.aggregate_type, row.request_id, kind, due_at)
    deadline_due(session, deadline, now=due_at)


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "cursor_key": "k" * 43,
        "sealing_key": "1:" + "A" * 43,
        "blind_index_key": "1:" + "C" * 42 + "A",
        "contact_key": "1:" + "E" * 43,
        "inquiry_key": "1:" + "I" * 43,
        "subject_key": "1:" + "M" * 43,
        "examination_key": EXAMINATION_KEY,
        "payer_key": "1:" + "Y" * 43,
        "document_key": "1:" + "g" * 42 + "A",
        "person_key": "1:" + "o" * 42 + "A",
        "files_folder": tmp_path_factory.mktemp("files"),
    }


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture
def known_licence(session: Any, now: datetime) -> Callable[..., KnownLicence]:
    """`known_licence(licence_no=…, …)` returns a licence in force, as the service licences published it."""

    def make(**facts: str) -> KnownLicence:
        row = KnownLicence(
            licence_id=new_id(),
            version=1,
            status="valid",
            expires_on=date(2027, 11, 30),
            changed_at=now,
            **facts,
        )
        session.add(row)
        session.flush()
        return row

    return make


@pytest.fixture
def shop(known_licence: Callable[..., KnownLicence]) -> KnownLicence:
    """A laundry of Saihat."""
    return known_licence(
        licence_no=LICENCE_NO,
        municipality="saihat",
        establishment=SHOP,
        trade_name="مغسلة الواحة (بيانات تجريبية)",
    )


@pytest.fixture
def new_shop(session: Any, now: datetime) -> KnownApplication:
    """A shop without a licence yet: its application waits."""
    row = KnownApplication(
        application_id=new_id(),
        version=1,
        application_no=APPLICATION_NO,
        municipality="saihat",
        status="waiting",
        establishment=SHOP,
        licence_no=None,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def photo(session: Any, now: datetime) -> Callable[..., str]:
    """`photo(actor)` returns an upload of the actor."""

    def make(actor: Any) -> str:
        row = Attachment(
            attachment_id=new_id(), key=new_id().replace("-", ""), media_type="image/jpeg", size=1,
            sha256=b"1" * 32, name="photo.jpg", width=1, height=1, latitude=None, longitude=None,
            uploader=uploader_of(actor), scan="unscanned", uploaded_at=now,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return str(row.attachment_id)

    return make


@pytest.fixture
def body(photo: Any) -> Callable[..., dict[str, Any]]:
    """Returns a function that makes the body of a request for a laundry worker, who needs no health education. A named
    field replaces the laundry worker's."""

    def make(*, by: Actor = DELEGATE, **changes: Any) -> dict[str, Any]:
        return {
            "worker": worker(**changes.pop("worker", {})),
            "profession": "laundry-worker",
            "establishment": {"licence_no": LICENCE_NO},
            "residence_permit_until": date(2027, 8, 4),
            "centre": "saihat-centre",
            "photo": photo(by),
            **changes,
        }

    return make


@pytest.fixture
def make_request(session: Any, shop: Any, body: Any, now: datetime) -> Callable[..., Request]:
    """Returns a function that applies for a certificate as the shop's delegate."""

    def ask(*, at: datetime = now, own: Applicant | None = None, **changes: Any) -> Request:
        applicant = own or DELEGATE.applicant()
        return apply.apply(UnitOfWork(session, DELEGATE, at), applicant, body(**changes))

    return ask


@pytest.fixture
def enters(session: Any, now: datetime) -> Callable[..., Examination]:
    """`enters(request, "fit")` stores an accepted entry of a medical centre, and decides the request by it."""

    def enter(row: Request, result: str, *, at: datetime = now, **named: Any) -> Examination:
        entry = Entry(
            result=result,
            examined_on=named.get("examined_on", date(2026, 11, 25)),
            practice_number="12345",
            entered_by="s_1",
            corrects=named.get("corrects"),
            worker=row.worker_number,
        )
        made = Examination(
            examination_id=named.get("examination_id") or new_id(),
            request_id=row.request_id,
            centre=named.get("centre", row.centre),
            entry=entry.sealed_text(),
            worker_key=row.worker_number,
            revision=named.get("revision", row.revision),
            corrects=entry.corrects,
            status=ACCEPTED,
            entered_at=named.get("entered_at", at),
            received_at=at,
            version=1,
        )
        session.add(made)
        session.flush()
        decide.decide_examined(UnitOfWork(session, SYSTEM, at), [row])
        return made

    return enter


@pytest.fixture
def pays(session: Any, now: datetime) -> Callable[..., None]:
    """Returns a function that delivers the payment of a request's bill. `paid_at`: when it was made, if not just
    now."""

    def pay(row: Request, *, at: datetime = now, paid_at: datetime | None = None) -> None:
        data = {
            "service": "health-certs",
            "invoice_id": row.invoice_id,
            "paid_at": (paid_at or at).isoformat(),
        }
        event: Any = SimpleNamespace(data=data)
        context: Any = SimpleNamespace(session=session, now=at)
        payment_settled(context, event)

    return pay


@pytest.fixture
def counted(session: Any) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with counted() as statements` collects the statements of the block."""

    @contextmanager
    def listening() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        engine = session.get_bind().engine
        sql.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sql.remove(engine, "before_cursor_execute", note)

    return listening


@pytest.fixture
def educates(session: Any, now: datetime) -> Callable[..., None]:
    """Returns a function by which an officer enters the worker's passed course."""

    def educate(row: Request, *, at: datetime = now, course: str = "food-handlers") -> None:
        told = {"course": course, "language": "ur", "passed_on": date(2026, 11, 20)}
        examine.enter_pass(UnitOfWork(session, OFFICER, at), row.request_id, told)

    return educate


@pytest.fixture
def event_names(outbox_rows: Any) -> Callable[[str], list[str]]:
    """Returns a function that gives the names of a topic's events, in order."""

    def happened(topic: str) -> list[str]:
        rows = (row for row in outbox_rows() if row.topic == f"health-certs.{topic}")
        return [row.type.split(".")[-2] for row in rows]

    return happened


@pytest.fixture
def passes(session: Any) -> Callable[[], int]:
    """Returns a function that counts the passed courses."""
    return lambda: session.query(Education).count()


@pytest.fixture
def issued(make_request: Any, pays: Any, enters: Any, session: Any) -> Callable[..., Certificate]:
    """Returns a function that issues a certificate to a laundry worker of the shop."""

    def issue(**changes: Any) -> Certificate:
        row = make_request(**changes)
        pays(row, at=row.submitted_at)
        enters(row, "fit", at=row.submitted_at)
        made: Certificate = session.get(Certificate, row.certificate_id)
        return made

    return issue


@pytest.fixture
def in_force(issued: Any, session: Any) -> Callable[..., Certificate]:
    """Returns a function that issues a certificate which is in force at this moment, because a request over HTTP comes
    now. `left`: the days until the last day."""

    def issue(left: int = 300, **changes: Any) -> Certificate:
        made: Certificate = issued(**changes)
        made.valid_until = legal_day(datetime.now(UTC)) + timedelta(days=left)
        session.flush()
        return made

    return issue


@pytest.fixture
def later() -> Callable[..., datetime]:
    """`later(day, days=1)` returns noon of the day that many days after `day`."""

    def at(day: date, *, days: int) -> datetime:
        return datetime.combine(day + timedelta(days=days), time(12), RIYADH)

    return at
