"""Requests for health certificates, made by the service's own commands in its database: of a shop's workers, with the
money and the health education there, so that the examination is what is missing."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.data.db import Database
from chassis.data.sealed import use_keys
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, uploader_of
from health_certs.commands.apply import apply, renew
from health_certs.commands.decide import decide_paid
from health_certs.commands.examine import enter_pass
from health_certs.commands.issue import issue
from health_certs.commands.lists import ListChoice, send_list
from health_certs.commands.recording import SYSTEM
from health_certs.domain.access import Applicant
from health_certs.domain.worker_lists import COLUMNS, Line
from health_certs.models import Certificate, KnownLicence, Request
from health_certs.settings import Settings
from saudi.days import legal_day
from saudi.ids import with_check_digit

SHOP, LICENCE_NO, CENTRE = "7000000013", "144804999901", "saihat-centre"
MARK = "(بيانات تجريبية)"
LISTED = "baker"  # what those of lists are, and nobody else
AT_ONCE = 50  # requests, a transaction
HELD_FOR = timedelta(days=330)  # by a certificate that ends soon


@dataclass(frozen=True)
class Person:
    """An applicant, or an officer who enters the passes."""

    subject: str
    client_id: str = "sample"
    name: str | None = f"بيانات تجريبية {MARK}"
    organisation: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


Worker = Callable[[int], Mapping[str, Any]]
DELEGATE = Person("c_sample")
CLERK = Person("p_sample", organisation="saihat", attributes={"municipality": "saihat"})


@dataclass(frozen=True)
class Asked:
    """A request that waits for its examination."""

    request_id: str
    request_no: str
    id_number: str
    invoice_id: str


@dataclass(frozen=True)
class Held:
    """A certificate in force that ends soon, and the request that it was issued for."""

    asked: Asked
    certificate_no: str


class Seeder:
    """Makes requests in the database of a running system."""

    def __init__(self, database: Database, environment: Mapping[str, str]) -> None:
        self._database = database
        use_keys(database, Settings.load("health-certs", dict(environment)))
        with database.transaction() as session:
            if session.query(KnownLicence).filter_by(licence_no=LICENCE_NO).first() is None:
                session.add(_shop(datetime.now(UTC)))

    def ready(
        self, numbers: range, *, complete: bool = True, worker: Worker = lambda _number: {}
    ) -> list[Asked]:
        """Makes a request for each number. `complete`: all but the examination; `worker`: changes of the worker."""
        made: list[Asked] = []
        for start in range(0, len(numbers), AT_ONCE):
            with self._database.transaction() as session:
                made += _apply_for_workers(
                    session, numbers[start : start + AT_ONCE], complete, worker
                )
        return made

    def make_ending_certificates(self, numbers: range) -> list[Held]:
        """Makes a certificate that ends soon for each number."""
        with self._database.transaction() as session:
            return [
                _make_ending_certificate(session, number, datetime.now(UTC)) for number in numbers
            ]

    def renew(self, held: Held) -> Asked:
        """Makes the request that renews a certificate. Raises RequestOpen when there's one already."""
        with self._database.transaction() as session:
            now = datetime.now(UTC)
            asked = {
                "establishment": {"licence_no": LICENCE_NO},
                "residence_permit_until": legal_day(now) + timedelta(days=400),
                "centre": CENTRE,
                "photo": _photo(session, now),
            }
            work = UnitOfWork(session, DELEGATE, now)
            row = renew(work, _applicant(), held.certificate_no, asked)
            return _summary_of(row)

    def renewal_of(self, held: Held) -> Asked | None:
        """Returns the open renewal, which may be of a call without an answer."""
        with self._database.transaction() as session:
            found = session.query(Request).filter_by(renews=held.certificate_no).first()
            return None if found is None else _summary_of(found)

    def send_list(self, numbers: range) -> str:
        """Sends a table of workers as the delegate does. Returns its id; the service's workers take the rows."""
        with self._database.transaction() as session:
            now = datetime.now(UTC)
            lines = [_line(session, number, now) for number in numbers]
            choice = ListChoice({"licence_no": LICENCE_NO}, CENTRE)
            work = UnitOfWork(session, DELEGATE, now)
            return str(send_list(work, _applicant(), lines, choice).list_id)


def _line(session: Session, number: int, now: datetime) -> Line:
    body = _body(session, number, now)
    cells = {**body["worker"], **body, "name_en": "Sample Worker", "profession": LISTED}
    return Line(number, {name: str(cells[name]) for name in COLUMNS if cells.get(name)})


def _apply_for_workers(
    session: Session, numbers: range, complete: bool, worker: Worker
) -> Iterator[Asked]:
    now = datetime.now(UTC)
    for number in numbers:
        body = _body(session, number, now)
        body["worker"] |= worker(number)
        row = apply(UnitOfWork(session, DELEGATE, now), _applicant(), body)
        asked = _summary_of(row)
        if complete:
            _complete(session, row, now)
        yield asked


def _summary_of(row: Request) -> Asked:
    return Asked(row.request_id, row.request_no, row.worker["id_number"], str(row.invoice_id))


def _make_ending_certificate(session: Session, number: int, now: datetime) -> Held:
    """Issued whatever was known of its worker, and dated back: centre and shop may not have been there then."""
    work = UnitOfWork(session, DELEGATE, now)
    row = apply(work, _applicant(), _body(session, number, now))
    issue(work, [row])
    session.flush()
    certificate = session.get_one(Certificate, row.certificate_id)
    certificate.issued_on -= HELD_FOR
    certificate.valid_until -= HELD_FOR
    return Held(_summary_of(row), certificate.certificate_no)


def _complete(session: Session, row: Request, now: datetime) -> None:
    passed = {"course": "food-handlers", "language": "ur", "passed_on": legal_day(now)}
    enter_pass(UnitOfWork(session, CLERK, now), row.request_id, passed)
    decide_paid(UnitOfWork(session, SYSTEM, now), row.invoice_id or "", paid_at=now)


def _applicant() -> Applicant:
    return Applicant(
        subject=DELEGATE.subject,
        id_number="1000000016",
        name=DELEGATE.name or "",
        establishments=frozenset((SHOP,)),
        mobile="+966500000016",
    )


def id_of(number: int) -> str:
    """Returns the number of a resident who doesn't exist."""
    return with_check_digit(f"2{number:08}")


def _body(session: Session, number: int, now: datetime) -> dict[str, Any]:
    return {
        "worker": {
            "name": {"ar": None, "en": "Sample Worker"},
            "id_type": "iqama",
            "id_number": id_of(number),
            "nationality": "IND",
            "birth_date": date(1994, 3, 2),
            "sex": "male",
            "mobile": f"05{number % 100_000_000:08}",
            "language": "en",
        },
        "profession": "cook",
        "establishment": {"licence_no": LICENCE_NO},
        "residence_permit_until": legal_day(now) + timedelta(days=400),
        "centre": CENTRE,
        "photo": _photo(session, now),
    }


def _photo(session: Session, now: datetime) -> str:
    key = new_id()
    row = Attachment(
        attachment_id=key, key=key.replace("-", ""), media_type="image/png", size=1,
        sha256=b"1" * 32, name="photo.png", width=1, height=1, latitude=None, longitude=None,
        uploader=uploader_of(DELEGATE), scan="unscanned", uploaded_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return key


def _shop(now: datetime) -> KnownLicence:
    return KnownLicence(
        licence_id=new_id(), version=1, licence_no=LICENCE_NO, municipality="saihat",
        status="valid", establishment=SHOP, trade_name=f"مطعم {MARK}",
        expires_on=legal_day(now) + timedelta(days=300), changed_at=now,
    )  # fmt: skip
