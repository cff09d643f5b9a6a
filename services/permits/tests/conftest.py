"""What the tests of this service share: the service, applications to build on, and acting
people."""

import base64
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.data.db import Database
from chassis.data.sealing import Keyring, Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Files, uploader_of
from chassis.testing import *
from chassis.testing_pairs import empty_tables, filled_tables
from documents.issuing.signing import Signing
from permits import events
from permits.commands import bill, completion, insulation, issue, review, submit_request
from permits.commands.attach_files import files_of
from permits.commands.import_older import enter_one
from permits.domain.actors import SYSTEM
from permits.models import Certificate, Permit, PermitRequest
from saudi.days import legal_day

from . import csv_files, scans
from .batches import Importing
from .loops import Loops

_HOUSE: dict[str, Any] = {
    "kind": "new",
    "municipality": "central-qatif",
    "request_number": "44120981",
    "transaction_number": None,
    "previous_permit_id": None,
    "use_class": "residential",
    "owners": [
        {
            "name": "حسن بن علي آل تجربة (بيانات تجريبية)",
            "owner_type": "individual",
            "id_type": "national_id",
            "id_number": "1000000008",
            "mobile": "٠٥٠١٢٣٤٥٦٧",
        }
    ],
    "land": {
        "plan_number": "٧١٣ / ٧",
        "block": None,
        "plots": ["215", "216"],
        "town": "القطيف",
        "district": "الخزامى",
        "street": None,
        "deed": {"type": "electronic", "number": "912304005678"},
        "area_m2": 540.5,
        "latitude": 26.5639,
        "longitude": 50.0012,
    },
    "building": {
        "description": "فيلا سكنية",
        "components": [
            {"component": "أرضي", "units": 1, "area_m2": 310.25, "use": "سكني"},
            {"component": "سور", "units": 0, "area_m2": 0},
        ],
        "built_area_m2": 310.25,
        "floors": 1,
        "units": 1,
    },
    "engineering_office": {"name": "مكتب تجريبي (بيانات تجريبية)", "licence_number": "5210"},
    "insulation_pledge": True,
    "construction_state": "under_construction",  # asked of renewals
}


KEYS = {
    f"PERMITS_{name}": base64.urlsafe_b64encode(letter * 32).decode()
    for name, letter in (
        ("CURSOR_KEY", b"c"),
        ("SEALING_KEY", b"s"),
        ("BLIND_INDEX_KEY", b"b"),
        ("PERSONAL_DATA_KEY", b"p"),
        ("CONTACT_KEY", b"k"),
        ("INQUIRY_KEY", b"i"),
        ("SUBJECT_KEY", b"u"),
        ("PAYER_KEY", b"y"),
        ("DOCUMENT_KEY", b"d"),
        ("PERSON_KEY", b"n"),
    )
}


@pytest.fixture(scope="session")
def settings_overrides(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    keys = {name.removeprefix("PERMITS_").lower(): key for name, key in KEYS.items()}
    return {**keys, "files_folder": tmp_path_factory.mktemp("files")}


@pytest.fixture(scope="session")
def seeded(committing_database: Database) -> frozenset[str]:
    """The tables that the migrations fill."""
    return filled_tables(committing_database)


@pytest.fixture
def real_database(committing_database: Database, seeded: frozenset[str]) -> Iterator[Database]:
    """The database with real commits; what a test committed would stand on the plots of the tests after it."""
    yield committing_database
    empty_tables(committing_database, besides=seeded)


@pytest.fixture
def house() -> Callable[..., dict[str, Any]]:
    """Builds the application of a house; keyword arguments replace parts, `land__area_m2=1` a part
    of a part."""

    def build(**changes: Any) -> dict[str, Any]:
        application = deepcopy(_HOUSE)
        for name, value in changes.items():
            part, _, inner = name.partition("__")
            if inner:
                application[part][inner] = value
            else:
                application[part] = value
        return application

    return build


def older_of(house: dict[str, Any]) -> dict[str, Any]:
    """The house as a paper permit of before, as commands take it."""
    unknown = ("request_number", "previous_permit_id", "construction_state")
    return {
        **{name: part for name, part in house.items() if name not in unknown},
        "origin": "paper",
        "permit_number": f"1446/{uuid4().int % 10**9}",
        "issued_on": date(2025, 3, 1),
        "source": {"reference": "أرشيف تجريبي، ملف 331"},
    }


@dataclass(frozen=True)
class Officer:
    """An officer of the governorate by default."""

    subject: str = "p_officer"
    client_id: str = "portal"
    organisation: str | None = "qatif"
    municipality: str = "qatif"
    name: str | None = "موظف تجربة"

    @property
    def attributes(self) -> dict[str, str]:
        return {"municipality": self.municipality}


NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Desk:
    """Drives requests, permits and certificates through real commands, on the session of a test."""

    def __init__(
        self, session: Session, house: Callable[..., dict[str, Any]], files: Files | None = None
    ) -> None:
        self.session = session
        self.files = files
        self.officer = Officer()
        # The reviewer, who also bills and inspects: nobody does that and approves, issues or completes.
        self.reviewer = Officer(subject="p_reviewer", name="مهندس تجربة")
        self.now = NOW
        self._house = house

    @property
    def work(self) -> UnitOfWork:
        """Returns the officer's unit of work at the present moment of the test."""
        return UnitOfWork(self.session, self.officer, self.now)

    def submit(self, **changes: Any) -> PermitRequest:
        number = str(uuid4().int)[:14]
        data = self._house(**{"request_number": number, **changes})
        return submit_request.submit(self.work, data)

    def take(self, request: PermitRequest, *steps: str) -> PermitRequest:
        """Takes steps that need no input, by the names of their commands."""
        for step in steps:
            command = getattr(review, step)
            who = self.reviewer if step == "pass_technical_review" else self.officer
            command(self.work.acting_as(who), request.request_id)
        return request

    def approved(self, **changes: Any) -> PermitRequest:
        steps = ("send_to_office", "send_to_technical_review", "pass_technical_review", "approve")
        return self.take(self.submit(**changes), *steps)

    def billed(self, **changes: Any) -> PermitRequest:
        return self.bill(self.approved(**changes))

    def bill(self, request: PermitRequest, *, days: int = 30) -> PermitRequest:
        """`days`: to pay; another number asks for another bill."""
        wanted = bill.PaymentRequest(due_on=legal_day(self.now) + timedelta(days=days))
        return bill.request_payment(self.work.acting_as(self.reviewer), request.request_id, wanted)

    def paid(self, **changes: Any) -> PermitRequest:
        return self.pay(self.billed(**changes))

    def pay(self, request: PermitRequest) -> PermitRequest:
        """Payments says that the request's invoice was settled."""
        assert request.invoice_id is not None
        bill.settle_invoice(
            self.work.acting_as(SYSTEM),
            request.invoice_id,
            payment_id=str(uuid4()),
            paid_at=self.now,
        )
        return request

    def issued(self, **changes: Any) -> Permit:
        request = self.paid(**changes)
        return issue.issue_permit(self.work, request.request_id)

    def inspect(self, certificate: Certificate, stage: str, result: str = "pass") -> None:
        seen = insulation.VisitReport(
            stage=stage,
            result=result,
            inspected_on=self.now.date(),
            inspector="م. تجربة",
            defects=() if result == "pass" else ("فراغ في طبقة العزل",),
        )
        insulation.record_inspection(
            self.work.acting_as(self.reviewer), certificate.certificate_id, seen
        )

    def older(self, **changes: Any) -> Permit:
        """A paper permit of the house, in force, that nobody has verified yet."""
        data = older_of(self._house(**changes))
        return enter_one.enter(self.work, {**data, **changes})

    def verified(self, permit: Permit) -> Permit:
        """Checked against its paper by another person."""
        rows = files_of(self.session, permit.aggregate_type, permit.permit_id)
        scans = [row.attachment_id for row in rows]
        return enter_one.verify(
            self.work.acting_as(self.reviewer),
            permit.permit_id,
            version=permit.version,
            scans=scans,
        )

    def upload(self, actor: Any = None) -> str:
        """A scan that the officer, or another one, has sent and that belongs to nothing yet."""
        assert self.files is not None
        uploader = uploader_of(actor or self.officer)
        sent = scans.upload()
        row = self.files.store(self.session, sent, uploader=uploader, now=self.now)
        return str(row.attachment_id)

    def insulated(self, permit: Permit, valid_until: date | None = None) -> Certificate:
        """An issued insulation certificate, after three passed stages."""
        certificate = insulation.open_insulation(self.work, permit.permit_id)
        for stage in ("walls", "roof", "windows"):
            self.inspect(certificate, stage)
        return insulation.issue_insulation(
            self.work,
            certificate.certificate_id,
            valid_until=valid_until,
        )

    def complete(self, permit: Permit, insulation_certificate_id: str | None = None) -> Certificate:
        return completion.issue_completion(
            self.work,
            permit.permit_id,
            inspected_on=self.now.date(),
            inspector="م. تجربة",
            insulation_certificate_id=insulation_certificate_id,
        )

    @staticmethod
    def opened(state: dict[str, Any]) -> dict[str, Any]:
        """A published state of a permit with its owners readable."""
        sealer = Sealer(Keyring.parse(KEYS["PERMITS_PERSONAL_DATA_KEY"]))
        context = events.OWNERS_CONTEXT.format(**state)
        return {**state, "owners": json.loads(sealer.unseal_text(state["owners"], context))}

    def published(self, aggregate_id: str) -> list[Any]:
        """The outbox rows of an aggregate, in order: type, version, data."""
        statement = text(
            "SELECT split_part(type, '.', 6) AS happened, version,"
            " convert_from(data, 'UTF8')::json -> 'data' AS data"
            " FROM outbox WHERE aggregate_id = :id ORDER BY outbox.id"
        )
        return list(self.session.execute(statement, {"id": aggregate_id}).all())


@pytest.fixture
def files() -> Any:
    """Files of older permits."""
    return csv_files


@pytest.fixture
def scan_files() -> Any:
    """Scans of older permits."""
    return scans


@pytest.fixture
def paper(house: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Builds a paper permit of before, as commands take it; keyword arguments replace parts."""
    return lambda **changes: {**older_of(house()), **changes}


@pytest.fixture
def desk(session: Session, house: Callable[..., dict[str, Any]], settings: Any) -> Desk:
    return Desk(session, house, Files.of(settings))


@pytest.fixture
def desk_class() -> type[Desk]:
    """For tests with sessions of their own."""
    return Desk


@pytest.fixture(scope="session")
def service() -> Any:
    from permits.app import SERVICE

    return SERVICE


@pytest.fixture
def batch(session: Session, desk: Desk, files: Any) -> Importing:
    """A batch that isn't sent yet."""
    return Importing(session, desk, files)


@pytest.fixture
def citizen(citizen_token: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    """`citizen("1000000008", "my-permits.read")` → the header of the token of the citizen with that number."""
    return citizen_token


@pytest.fixture
def officer_of() -> Callable[[str], Officer]:
    """`officer_of("tarout")`: an officer who is bound to that branch."""
    return lambda municipality: Officer(subject="p_branch", municipality=municipality)


@pytest.fixture
def signing(settings: Any) -> Signing:
    return Signing(settings.keyrings()["document_key"], settings.documents_base)


@pytest.fixture
def loops(database: Database, settings: Any) -> Loops:
    """The consumer and the worker of deadlines."""
    return Loops(database, settings)
