"""Issues a certificate, by the system, once the last condition is met."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.data.deadlines import drop_deadlines
from chassis.data.numbers import draw
from health_certs.commands import replacing
from health_certs.commands.gathering import profession_of, rules_for
from health_certs.commands.places import place_of
from health_certs.commands.recording import SYSTEM, record_certificate, record_request
from health_certs.domain.numbers import CERTIFICATES, number_text
from health_certs.domain.requests import Status
from health_certs.domain.validity import Status as Validity
from health_certs.domain.validity import last_day
from health_certs.models import Certificate, Request
from saudi.days import hijri_year, legal_day


def issue(session: Session, row: Request, *, now: datetime) -> Certificate:
    """The locked request's certificate, and the request ends with it. The establishment goes with it while its licence
    or application is good; else it's the worker's alone."""
    replacing.lock_renewed(
        session, row
    )  # before the number: who waits for this series mustn't hold it
    today, profession = legal_day(now), profession_of(row)
    place = place_of(session, row, on=today)
    certificate = Certificate(
        certificate_id=new_id(),
        certificate_no=_next_number(session, row.municipality, now),
        request_id=row.request_id,
        municipality=row.municipality,
        status=Validity.VALID.value,
        profession=row.profession,
        season=profession.season.code if profession.season else None,
        establishment=row.establishment if place else None,
        trade_name=row.trade_name if place else None,
        licence_no=place.licence_no if place else None,
        application_no=row.application_no if place else None,
        applicant=row.applicant,
        worker=row.worker,
        worker_key=row.worker_number,
        issued_on=today,
        valid_until=last_day(today, rules_for(row), profession.season),
    )
    row.certificate_id, row.certificate_no = certificate.certificate_id, certificate.certificate_no
    row.status, row.ended_at = Status.ISSUED.value, now
    with session.no_autoflush:  # the row is written once, with its new version
        drop_deadlines(session, Request.aggregate_type, row.request_id)
    record_request(session, row, SYSTEM, "issue", "issued", now=now)
    session.add(certificate)
    record_certificate(session, certificate, SYSTEM, "issue", "issued", now=now)
    replacing.replace(session, row, certificate, now=now)
    return certificate


def _next_number(session: Session, municipality: str, now: datetime) -> str:
    """The series' row stays locked until the transaction ends."""
    year = hijri_year(legal_day(now))
    number = draw(session, CERTIFICATES, municipality, year)
    return number_text(CERTIFICATES, municipality, year, number)
