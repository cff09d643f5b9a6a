"""Applies for a certificate, on behalf of workers themselves and of establishments' delegates, and for its renewal by a
request whose certificate replaces the present certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, Fault, Findings, InvalidFields, NotFound
from chassis.data.deadlines import set_deadline
from chassis.data.numbers import draw
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import Attachment, claim, uploader_of
from health_certs import catalogue
from health_certs.commands import decide, uniqueness
from health_certs.commands.bill import request_bill
from health_certs.commands.cancel import lock_numbered
from health_certs.commands.establishments import chosen_place
from health_certs.domain.access import ESTABLISHMENT, WORKER, Applicant, applies_in_name_of
from health_certs.domain.certificates import Action, advance_in_force
from health_certs.domain.examinations import CORRECTABLE_FOR
from health_certs.domain.reference import Profession, Rules
from health_certs.domain.requests import (
    FIRST,
    RENEW,
    REQUESTS,
    Place,
    completion_end,
    number_text,
    workplace_of,
)
from health_certs.domain.workers import declare
from health_certs.models import Certificate, Request
from saudi.days import both_calendars, hijri_year, legal_day

_NOT_TAKEN_OVER = ("confirmed", "residence_permit_until")  # declared anew, or found out anew
FILES = "health-request"
EXAMINATION, COMPLETION = "examination", "completion"  # kinds of deadlines


@dataclass(frozen=True)
class Application:
    """What a body applies for, looked up. `body`: with the worker in the normal form; `applied_by`: WORKER or
    ESTABLISHMENT."""

    profession: Profession
    place: Place | None
    municipality: str
    rules: Rules
    body: Mapping[str, Any]
    applied_by: str


def apply(
    work: UnitOfWork,
    applicant: Applicant,
    body: Mapping[str, Any],
    *,
    kind: str = FIRST,
    renews: str | None = None,
) -> Request:
    """Makes a request with its bill and its deadlines. `body` is the contract's NewRequest. Raises InvalidFields,
    RequestOpen, CertificateHeld, and NotFound for another uploader's photo."""
    application = _read_application(work, applicant, body)
    request = _new_request(work, application, applicant)
    request.kind, request.renews = kind, renews
    uniqueness.require_no_other_request(work, request)
    uniqueness.require_no_certificate(work, uniqueness.Post.of(request), besides=renews)
    request.request_no = _draw_number(work, request.municipality)
    # The state is decided at once: the worker's health education may be known.
    request.status = decide.public_decision(work, request).status.value
    work.session.add(request)
    request_bill(work, request, "submit", "submitted")
    _set_deadlines(work, request)
    _claim_photo(work, request, application.body["photo"])
    return request


def _read_application(
    work: UnitOfWork, applicant: Applicant, body: Mapping[str, Any]
) -> Application:
    """Raises InvalidFields, which names every field at fault at once."""
    today, findings = legal_day(work.now), Findings()
    profession = catalogue.professions().by_code.get(body.get("profession") or "")
    _require(findings, body, "profession", profession is not None and profession.is_listed(today))
    centre = catalogue.centres().get(body.get("centre") or "")
    _require(findings, body, "centre", centre is not None and centre.is_accredited(today))
    findings.fault("photo", None if body.get("photo") else "required")
    place, municipality = _place_of(work, applicant, body, findings, today)
    rules = catalogue.rulebook().of(municipality, today) if municipality else None
    declared = declare(body, rules, findings, today=today)
    applied_by = _read_applied_by(applicant, body, declared, place, findings)
    findings.settle()
    # Never so, since each is a fault above: it tells the type checker.
    if profession is None or municipality is None or rules is None:
        raise LookupError("an application without a profession or a place has faults")
    return Application(profession, place, municipality, rules, declared, applied_by)


def _read_applied_by(
    applicant: Applicant,
    body: Mapping[str, Any],
    declared: Mapping[str, Any],
    place: Place | None,
    findings: Findings,
) -> str:
    """Returns in whose name the applicant asks; any name beside a fault. A faulty number is nobody's: it was typed
    without an establishment, so the request isn't the applicant's own either."""
    typed = (body.get("worker") or {}).get("id_number")
    is_faulty = declared["worker"]["id_number"] is None
    if any(one.field == "establishment" for one in findings.faults):
        return WORKER
    if is_faulty and (place is not None or not typed):
        return WORKER
    with findings.gather():
        return applies_in_name_of(applicant, declared, place.number if place else None)
    return WORKER


def application_faults(
    work: UnitOfWork, applicant: Applicant, body: Mapping[str, Any]
) -> Sequence[Fault]:
    """Returns the fields of a NewRequest at fault."""
    try:
        _read_application(work, applicant, body)
    except InvalidFields as refusal:
        return refusal.faults
    return []


def _require(findings: Findings, body: Mapping[str, Any], name: str, is_known: bool) -> None:
    if not is_known:
        findings.fault(name, f"{name}-unknown" if body.get(name) else "required")


def _place_of(
    work: UnitOfWork,
    applicant: Applicant,
    body: Mapping[str, Any],
    findings: Findings,
    today: date,
) -> tuple[Place | None, str | None]:
    """Returns the establishment's place, and the municipality: the place's, or the one that a worker without an
    establishment names; None where it isn't known."""
    choice = body.get("establishment")
    if choice is None:
        named = body.get("municipality")
        is_known = named in catalogue.municipalities()
        _require(findings, body, "municipality", is_known)
        return None, named if is_known else None
    with findings.gather():
        delegate = None if applicant.is_worker(body) else applicant
        place = chosen_place(work.session, choice, on=today, delegate=delegate)
        return place, place.municipality if place else None
    return None, None


def _new_request(work: UnitOfWork, application: Application, applicant: Applicant) -> Request:
    place, rules, body = application.place, application.rules, application.body
    number, applied_by = place.number if place else None, application.applied_by
    worker = {
        **body["worker"],
        "confirmed": applied_by == WORKER and body["worker"]["mobile"] == applicant.mobile,
        "mobile_from": body["worker"].get("mobile_from") or _writer(applied_by, number),
        "residence_permit_until": body["residence_permit_until"],
    }
    return Request(
        request_id=new_id(),
        municipality=application.municipality,
        profession=application.profession.code,
        establishment=number,
        trade_name=place.trade_name if place else None,
        licence_no=place.licence_no if place else None,
        application_no=place.application_no if place else None,
        workplace=workplace_of(place),
        applied_by=applied_by,
        applicant=applicant.delegate() if applied_by == ESTABLISHMENT else None,
        worker=worker,
        worker_key=worker["id_number"],
        revision=1,
        centre=body["centre"],
        submitted_at=work.now,
        examined_until=work.now + timedelta(days=rules.examination_days),
        completed_until=completion_end(work.now, rules.completion_days),
    )


def _writer(applied_by: str, establishment: str | None) -> str | None:
    """Returns who wrote the worker's mobile: the worker, or the number of the delegate's establishment."""
    return WORKER if applied_by == WORKER else establishment


def _draw_number(work: UnitOfWork, municipality: str) -> str:
    """Draws the next number. The row of the series stays locked until the transaction ends."""
    year = hijri_year(legal_day(work.now))
    number = draw(work.session, REQUESTS, municipality, year)
    return number_text(REQUESTS, municipality, year, number)


def _set_deadlines(work: UnitOfWork, request: Request) -> None:
    """Sets the deadlines of the examination and of the whole request. The examination's deadline waits for the last
    correction: a centre may correct for a day what it entered at the last moment. If the request ended earlier, the way
    of its money would tell of a correction to unfit."""
    last_correction = request.examined_until + CORRECTABLE_FOR
    for kind, due_at in ((EXAMINATION, last_correction), (COMPLETION, request.completed_until)):
        set_deadline(work.session, Request.aggregate_type, request.request_id, kind, due_at)
    decide.set_education_deadline(work, request)


def _claim_photo(work: UnitOfWork, request: Request, photo: str) -> None:
    """Attaches the photo. Raises NotFound, and InvalidFields for a file that isn't a picture."""
    uploader = uploader_of(work.actor)
    (claimed,) = claim(
        work.session, [photo], owner_type=FILES, owner_id=request.request_id, uploader=uploader
    )
    if not claimed.media_type.startswith("image/"):
        raise InvalidFields.of("photo", "picture-type")


def anonymise_photo(session: Session, photo: Attachment) -> None:
    """Replaces the photo's name by its keyed hash, by which a list finds the photo, and forgets where the photo was
    taken. People name a photo after the worker or the worker's number."""
    photo.name = keys_of(session).index.key(photo_name(photo.name))
    photo.latitude = photo.longitude = None
    session.flush()


def photo_name(name: str) -> str:
    """Returns the text whose keyed hash stands for a photo's name."""
    return f"photo|{name}"


class RenewalTooEarly(Conflict):
    """The days before the last valid day in which a certificate can be renewed haven't begun."""

    problem = "renewal-too-early"

    def __init__(self, first: date) -> None:
        days = {"from": first.isoformat(), "from_hijri": both_calendars(first).hijri or ""}
        super().__init__(**days)


class SeasonalNotRenewed(Conflict):
    """A seasonal certificate ends with its season."""

    problem = "seasonal-not-renewed"


def renew(
    work: UnitOfWork, applicant: Applicant, certificate_no: str, body: Mapping[str, Any]
) -> Request:
    """Applies for a certificate that follows this one. `body` is the contract's Renewal. Raises what `apply` raises,
    and NotFound, IllegalTransition, RenewalTooEarly and SeasonalNotRenewed."""
    certificate = lock_numbered(work.session, certificate_no)
    reader = applicant.reads(
        worker=certificate.worker_number, establishment=certificate.establishment
    )
    if certificate.worker is None or reader is None:
        raise NotFound
    _require_renewable(certificate, legal_day(work.now))
    worker = _new_worker(certificate, body.get("mobile"))
    new_request = {**body, "worker": worker, "profession": certificate.profession}
    return apply(work, applicant, new_request, kind=RENEW, renews=certificate_no)


def _require_renewable(certificate: Certificate, today: date) -> None:
    advance_in_force(certificate.status, Action.REPLACE, certificate.valid_until, today)
    if certificate.season is not None:
        raise SeasonalNotRenewed
    days = catalogue.rulebook().of(certificate.municipality, today).renewal_days
    first = certificate.valid_until - timedelta(days=days)
    if today < first:
        raise RenewalTooEarly(first)


def _new_worker(certificate: Certificate, mobile: str | None) -> dict[str, Any]:
    """Returns the certificate's worker as the contract's NewWorker."""
    worker = {
        name: value for name, value in certificate.worker.items() if name not in _NOT_TAKEN_OVER
    }
    mobile_from = None if mobile else worker.get("mobile_from")  # of another mobile, found anew
    return {
        **worker,
        "birth_date": date.fromisoformat(worker["birth_date"]),
        "mobile": mobile or worker["mobile"],
        "mobile_from": mobile_from,
    }
