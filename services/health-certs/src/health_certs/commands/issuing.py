"""Issues certificates, by the system, once the last condition of each is met."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.data.deadlines import drop_deadlines
from chassis.data.numbers import draw_several
from health_certs.commands import replacing
from health_certs.commands.gathering import profession_of, rules_for
from health_certs.commands.places import places_of
from health_certs.commands.recording import SYSTEM, record_certificates, record_requests
from health_certs.domain.establishments import Place
from health_certs.domain.numbers import CERTIFICATES, number_text
from health_certs.domain.requests import Status
from health_certs.domain.validity import Status as Validity
from health_certs.domain.validity import last_day
from health_certs.models import Certificate, Request
from saudi.days import hijri_year, legal_day


def issue(session: Session, rows: Sequence[Request], *, now: datetime) -> None:
    """The locked requests' certificates, and each request ends with its own. The establishment goes with it while its
    licence or application is good; else it's the worker's alone."""
    if not rows:
        return
    # before the numbers: a transaction that waits for their series mustn't hold it
    renewed = replacing.lock_renewed(session, rows)
    today = legal_day(now)
    places = places_of(session, rows, on=today)
    made = [_certificate(row, places.get(row.request_id), today) for row in rows]
    numbers = _numbers(session, rows, today)
    for row, certificate in zip(rows, made, strict=True):
        before = renewed.get(row.renews or "")
        replacing.follow(session, before, certificate, asked_at=row.submitted_at)
        certificate.certificate_no = next(numbers[row.municipality])
        row.certificate_id = certificate.certificate_id
        row.certificate_no = certificate.certificate_no
        row.status, row.ended_at = Status.ISSUED.value, now
    with session.no_autoflush:  # the row is written once, with its new version
        drop_deadlines(session, Request.aggregate_type, *(row.request_id for row in rows))
    record_requests(session, rows, SYSTEM, "issue", "issued", now=now)
    session.add_all(made)
    record_certificates(session, made, SYSTEM, "issue", "issued", now=now)
    for row, certificate in zip(rows, made, strict=True):
        replacing.replace(session, renewed.get(row.renews or ""), certificate, now=now)


def _certificate(row: Request, place: Place | None, today: date) -> Certificate:
    """All but its number."""
    season = profession_of(row).season
    return Certificate(
        certificate_id=new_id(),
        request_id=row.request_id,
        municipality=row.municipality,
        status=Validity.VALID.value,
        profession=row.profession,
        season=season.code if season else None,
        establishment=row.establishment if place else None,
        trade_name=row.trade_name if place else None,
        licence_no=place.licence_no if place else None,
        application_no=row.application_no if place else None,
        applicant=row.applicant,
        worker=row.worker,
        worker_key=row.worker_number,
        issued_on=today,
        valid_until=last_day(today, rules_for(row), season),
    )


def _numbers(session: Session, rows: Sequence[Request], today: date) -> Mapping[str, Iterator[str]]:
    """As many as each municipality's requests need. The rows of the series stay locked until the transaction ends, in
    an order that's everybody's."""
    year, counts = hijri_year(today), Counter(row.municipality for row in rows)
    return {
        municipality: (
            number_text(CERTIFICATES, municipality, year, number)
            for number in draw_several(session, CERTIFICATES, municipality, year, count)
        )
        for municipality, count in sorted(counts.items())
    }
