"""Issues certificates once the last condition is met. A renewal's certificate replaces the certificate before."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.data.aggregates import JournalEntry
from chassis.data.deadlines import drop_deadlines
from chassis.data.numbers import draw_several
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands.establishments import find_place, good_places
from health_certs.commands.facts import lacks_education, profession_of, rules_for
from health_certs.commands.recording import (
    SYSTEM,
    record_certificate,
    record_certificates,
    record_requests,
)
from health_certs.domain import certificates
from health_certs.domain.certificates import Action, last_day
from health_certs.domain.requests import CERTIFICATES, Place, Status, number_text
from health_certs.models import Certificate, Request
from saudi.days import hijri_year, legal_day

_MOVED = ("establishment", "trade_name", "licence_no", "application_no", "applicant")


def issue(work: UnitOfWork, requests: Sequence[Request]) -> None:
    """Issues the locked requests' certificates and ends the requests. A certificate names the establishment while its
    licence or application is good, and while the worker has the health education that the place asks for; else the
    certificate is the worker's alone.

    Renewed certificates are locked before numbers are drawn: a transaction that waits for the series may hold them."""
    if not requests:
        return
    work = work.acting_as(SYSTEM)
    renewed = lock_renewed(work, requests)
    today = legal_day(work.now)
    places = _permitted_places(work, requests, today)
    made = [_new_certificate(one, places.get(one.request_id), today) for one in requests]
    numbers = _draw_numbers(work, requests, today)
    for request, certificate in zip(requests, made, strict=True):
        _follow_move(work, renewed.get(request.renews or ""), certificate, request)
        certificate.certificate_no = next(numbers[request.municipality])
        request.certificate_id = certificate.certificate_id
        request.certificate_no = certificate.certificate_no
        request.status, request.ended_at = Status.ISSUED.value, work.now
    with work.session.no_autoflush:  # the row is written once, with its new version
        drop_deadlines(work.session, Request.aggregate_type, *(one.request_id for one in requests))
    record_requests(work, requests, "issue", "issued")
    work.session.add_all(made)
    record_certificates(work, made, "issue", "issued")
    for request, certificate in zip(requests, made, strict=True):
        replace(work, renewed.get(request.renews or ""), certificate)


def lock_renewed(work: UnitOfWork, requests: Sequence[Request]) -> Mapping[str, Certificate]:
    """Locks the certificates that the locked requests renew, in the order of their ids; returns them by number."""
    numbers = [request.renews for request in requests if request.renews is not None]
    if not numbers:
        return {}
    renewed = work.lock_where(Certificate, Certificate.certificate_no.in_(numbers))
    return {one.certificate_no: one for one in renewed}


def _permitted_places(
    work: UnitOfWork, requests: Sequence[Request], today: date
) -> Mapping[str, Place]:
    """Returns the places that the certificates name, by the ids of the requests. Leaves out a place of another
    municipality, to which the shop has moved, if that municipality asks for health education that the worker lacks: the
    direct way there is refused too."""
    places = good_places(work.session, requests, on=today)
    moved = [
        request
        for request in requests
        if request.request_id in places
        and places[request.request_id].municipality != request.municipality
    ]
    untaught = {
        request.request_id
        for request in moved
        if lacks_education(work.session, request, places[request.request_id], today)
    }
    return {key: place for key, place in places.items() if key not in untaught}


def _new_certificate(request: Request, place: Place | None, today: date) -> Certificate:
    """Returns the certificate without its number."""
    season = profession_of(request).season
    return Certificate(
        certificate_id=new_id(),
        request_id=request.request_id,
        municipality=request.municipality,
        status=certificates.Status.VALID.value,
        profession=request.profession,
        season=season.code if season else None,
        establishment=request.establishment if place else None,
        trade_name=(place.trade_name or request.trade_name) if place else None,
        licence_no=place.licence_no if place else None,
        application_no=request.application_no if place else None,
        applicant=request.applicant,
        worker=request.worker,
        worker_key=request.worker_number,
        issued_on=today,
        valid_until=last_day(today, rules_for(request), season),
    )


def _draw_numbers(
    work: UnitOfWork, requests: Sequence[Request], today: date
) -> Mapping[str, Iterator[str]]:
    """Draws as many numbers as each municipality's requests need. The rows of the series stay locked until the
    transaction ends; every transaction takes them in the order of their municipalities."""
    year, counts = hijri_year(today), Counter(request.municipality for request in requests)
    return {
        municipality: (
            number_text(CERTIFICATES, municipality, year, number)
            for number in draw_several(work.session, CERTIFICATES, municipality, year, count)
        )
        for municipality, count in sorted(counts.items())
    }


def _follow_move(
    work: UnitOfWork, old: Certificate | None, new: Certificate, request: Request
) -> None:
    """Gives the new certificate the establishment of the renewed certificate, if that certificate has moved since the
    renewal was applied for: no establishment gets a worker back by an older request. Gives none if the worker lacks the
    health education that the present place asks for."""
    if (
        old is None
        or old.status != certificates.Status.VALID
        or not _has_moved(work, old, request.submitted_at)
    ):
        return
    place = find_place(work.session, licence_no=old.licence_no, application_no=old.application_no)
    untaught = place is not None and lacks_education(work.session, old, place, new.issued_on)
    for name in _MOVED:
        setattr(new, name, None if untaught else getattr(old, name))


def _has_moved(work: UnitOfWork, certificate: Certificate, since: datetime) -> bool:
    moves = select(JournalEntry.entry_id).where(
        JournalEntry.aggregate_type == certificate.aggregate_type,
        JournalEntry.aggregate_id == certificate.certificate_id,
        JournalEntry.action == Action.TRANSFER.value,
        JournalEntry.at > since,
    )
    return work.session.scalar(moves.limit(1)) is not None


def replace(work: UnitOfWork, old: Certificate | None, new: Certificate) -> None:
    """Replaces the locked certificate that was renewed, also an expired certificate. A certificate that was cancelled
    or revoked stays what it is."""
    if old is None or old.status != certificates.Status.VALID:
        return
    old.status, old.replaced_by = certificates.Status.REPLACED.value, new.certificate_no
    record_certificate(work, old, "replace", "replaced")
