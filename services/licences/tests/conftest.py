"""Fixtures of the service's tests: bodies, outside bodies, an officer, and applications that are submitted or
decided."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chassis.core.ids import new_id
from chassis.data import migrations
from chassis.data.db import Database
from chassis.data.unit_of_work import UnitOfWork
from chassis.process import Process
from chassis.service import Service
from chassis.testing import *
from licences.app import SERVICE
from licences.commands.activities import publish_activities
from licences.commands.decide import Answers, claim_questions, questions_about_all, record_answers
from licences.commands.recording import SYSTEM
from licences.commands.review import verify_document
from licences.commands.submit import Submission, submit_application
from licences.models import Application
from licences.outside import Unanswered, set_bodies_configured

from .lives import BARBER

OWNER, SHOP, LEASE = "1000000008", "7000000005", "10423344550"
MARK = "(بيانات تجريبية)"


def _shop(**changes: Any) -> dict[str, Any]:
    """Returns a laundry of 45 m2 in Saihat. A named field replaces the laundry's."""
    return {
        "kind": "shop",
        "activities": [{"code": "960111", "main": True}],
        "years": 1,
        "establishment": {
            "unified_number": SHOP,
            "trade_name": {"ar": f"مغسلة الواحة {MARK}", "en": "Al Waha Laundry (sample data)"},
            "size": "micro",
        },
        "owner": {
            "name": "بيانات تجريبية",
            "id_type": "national_id",
            "id_number": OWNER,
            "mobile": "0500000001",
            "language": "ar",
        },
        "area_m2": 45,
        "place": {"town": "سيهات", "district": "الكوثر", "latitude": 26.48, "longitude": 50.04},
        "lease": {"ejar_no": LEASE, "starts_on": "2026-11-01", "ends_on": "2028-10-31"},
        "workers": 2,
        **changes,
    }


def _person(**changes: Any) -> dict[str, Any]:
    """Returns a plumber who works alone: immediate, without a fee."""
    body = _shop(kind="professional", activities=[{"code": "432210", "main": True}], workers=0)
    return {**body, "establishment": None, "lease": None, **changes}


@dataclass
class Outside:
    """Outside bodies that answer as a test says. They know nothing else; `silent` bodies don't answer."""

    answers: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, body: str, question: Mapping[str, str]) -> Any:
        number, *holders = question.values()
        self.asked.append((body, number))
        if body in self.silent:
            raise Unanswered("time-out")
        found = self.answers.get((body, number))
        if found is None or found.get("holder", number) not in (number, *holders):
            return {"found": False}
        return {"found": True, **question, **found}

    def knows(self, body: str, number: str, **values: Any) -> None:
        self.answers[body, number] = values


def knowing() -> Outside:
    """Returns bodies that know the owner, the shop and the lease of `shop()`."""
    outside = Outside()
    outside.knows("civil_register", OWNER, birth_date="1990-05-01", nationality="saudi")
    outside.knows("commercial_register", SHOP, status="active", owners=[OWNER])
    outside.knows("lease_register", LEASE, starts_on="2026-11-01", ends_on="2028-10-31")
    return outside


NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)  # a Wednesday, 11:00 in Riyadh; 1448/06/15


@pytest.fixture(scope="session")
def service() -> Service:
    return SERVICE


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return {
        "cursor_key": "k" * 43,
        "sealing_key": "1:" + "A" * 43,
        "blind_index_key": "1:" + "C" * 43,
        "contact_key": "1:" + "E" * 43,
        "inquiry_key": "1:" + "I" * 43,
        "subject_key": "1:" + "M" * 43,
        "submission_key": "1:" + "Q" * 43,
        "licence_data_key": "1:" + "U" * 43,
        "payer_key": "1:" + "Y" * 43,
        "document_key": "2:" + "g" * 43 + ",1:" + "c" * 43,
        "person_key": "1:" + "o" * 42 + "A",
        "files_folder": tmp_path_factory.mktemp("files"),
    }


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(autouse=True)
def bodies_are_asked(request: pytest.FixtureRequest) -> None:
    """Configures outside bodies, until an application is built from settings that name none."""
    if "savepoints" in request.fixturenames:
        set_bodies_configured(request.getfixturevalue("savepoints"), configured=True)


@pytest.fixture
def rules(session: Any) -> None:
    """Loads the first version of the rules, and publishes its activities."""
    publish_activities(UnitOfWork(session, SYSTEM, NOW))


@dataclass(frozen=True)
class Person:
    """An officer of a municipality."""

    subject: str = "p_officer"
    name: str | None = "موظف الرخص (بيانات تجريبية)"
    client_id: str = "saihat-desk"
    organisation: str | None = "saihat"
    attributes: Mapping[str, str] = field(default_factory=lambda: {"municipality": "saihat"})


@pytest.fixture
def officer() -> Person:
    return Person()


@pytest.fixture
def stranger() -> Person:
    """An officer of another municipality."""
    return Person(organisation="tarout", attributes={"municipality": "tarout"})


@pytest.fixture
def outside() -> Outside:
    return knowing()


@pytest.fixture
def answer(session: Any, outside: Outside, now: datetime) -> Callable[..., int]:
    """Returns a function that asks outside bodies once about all that is due, in the test's transaction."""

    def ask(*, at: datetime = now) -> int:
        claimed = claim_questions(
            UnitOfWork(session, SYSTEM, at), most=100, lease=timedelta(minutes=1)
        )
        for application_id in claimed:
            (job,) = questions_about_all(UnitOfWork(session, SYSTEM, at), [application_id])
            answers, failures = {}, {}
            for body, question in job.questions.items():
                try:
                    answers[body] = outside.ask(body, question)
                except Unanswered as error:
                    failures[body] = error.code
            done = Answers(job, answers, failures)
            record_answers(UnitOfWork(session, SYSTEM, at), done, again=timedelta(hours=1))
        session.flush()  # other sessions of the test see the rows
        return len(claimed)

    return ask


@pytest.fixture
def submission(now: datetime) -> Callable[..., Submission]:
    """Returns a function that makes what the system of Saihat sends. A named field replaces Saihat's."""

    def make(body: Any, **named: Any) -> Submission:
        by = {"kind": "machine", "client_id": "saihat-system", "subject": "s"}
        usual = Submission(new_id(), "issue", "saihat", "partner", body, by, now)
        return replace(usual, **named)

    return make


@pytest.fixture
def submit_body(
    session: Any, rules: None, officer: Person, submission: Any, now: datetime
) -> Callable[..., Application]:
    """Returns a function that submits a body. `answer` asks outside bodies afterwards."""

    def send(body: Any, *, at: datetime = now, actor: Any = officer, **named: Any) -> Application:
        one = submission(body, submitted_at=at, **named)
        return submit_application(UnitOfWork(session, actor, at), one)

    return send


@pytest.fixture
def submit_and_decide(submit_body: Any, answer: Any) -> Callable[..., Application]:
    """Returns a function that submits a body, and asks outside bodies once."""

    def decide(body: Any, **named: Any) -> Application:
        row: Application = submit_body(body, **named)
        answer(**({"at": named["at"]} if "at" in named else {}))
        return row

    return decide


@pytest.fixture
def event_names(outbox_rows: Any) -> Callable[[str], list[str]]:
    """Returns a function that gives the names of a topic's events, in order."""

    def happened(topic: str) -> list[str]:
        rows = (row for row in outbox_rows() if row.topic == f"licences.{topic}")
        return [row.type.split(".")[-2] for row in rows]

    return happened


@pytest.fixture
def shop() -> Callable[..., dict[str, Any]]:
    return _shop


@pytest.fixture
def branch(outside: Outside) -> Callable[..., dict[str, Any]]:
    """Returns a function that makes another shop of the establishment, with a lease of its own, which the register
    knows or not."""
    numbers = count(20_000_000_000)

    def make(*, registered: bool = True, **changes: Any) -> dict[str, Any]:
        lease = {**_shop()["lease"], "ejar_no": str(next(numbers))}
        if registered:
            days = {name: lease[name] for name in ("starts_on", "ends_on")}
            outside.knows("lease_register", lease["ejar_no"], **days)
        return _shop(lease=lease, **changes)

    return make


@pytest.fixture
def professional() -> Callable[..., dict[str, Any]]:
    return _person


@pytest.fixture
def process(
    service: Any, settings: Any, postgres_server: Any, database_url: str
) -> Iterator[Process[Any, Any]]:
    """A process over a database of the test's own: no other test sees what it commits."""
    url = postgres_server.copied_database(
        service.package, lambda url: migrations.upgrade(service.package, url)
    )
    with closing(Process(service, settings, Database(url))) as process:
        with process.transaction() as context:
            publish_activities(UnitOfWork.of(context, SYSTEM))
        yield process


@pytest.fixture
def barber(submit_and_decide: Any, shop: Any, outside: Any, session: Any, officer: Any) -> Any:
    """A barber's application for which only the cleaning contract is still to be seen."""
    safety = {"number": "34-77", "expires_on": "2027-10-31"}
    outside.knows("civil_defence", "34-77", expires_on="2027-10-31")
    row = submit_and_decide(
        shop(activities=BARBER, safety_certificate=safety, cleaning_contract="CL-77")
    )
    seen = {"workers": 2, "certified": 2}
    verify_document(
        UnitOfWork(session, officer, NOW), row.application_id,
        name="health", value=seen, document="شهادات",
    )  # fmt: skip
    assert row.status == "in_review"
    session.flush()
    return row
