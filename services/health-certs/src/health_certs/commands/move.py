"""Moves a certificate with its worker: to another establishment, to another place of the establishment, or to none."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select, update

from chassis.core.refusals import Conflict, InvalidFields, NotFound
from chassis.data.aggregates import JournalEntry
from chassis.data.unit_of_work import UnitOfWork
from health_certs.commands import uniqueness
from health_certs.commands.cancel import lock_numbered
from health_certs.commands.establishments import chosen_place
from health_certs.commands.facts import lacks_education
from health_certs.commands.recording import record_certificate
from health_certs.domain.access import WORKER, Applicant, Reader
from health_certs.domain.certificates import Action, advance_in_force
from health_certs.domain.requests import Place, site_of, workplace_of
from health_certs.models import Certificate, Request, SignedDocument
from saudi.days import legal_day

# Leaving and coming count as one move each.
MOVES, MOVES_DAYS = 4, 30
_TRANSFER = Action.TRANSFER.value  # the action in the journal; issuing a renewal looks for it


class MovedTooOften(Conflict):
    """The certificate was moved too often: it would be lent to whichever shop is about to be licensed."""

    problem = "moved-too-often"

    def __init__(self) -> None:
        super().__init__(limit=MOVES, days=MOVES_DAYS)


def move(
    work: UnitOfWork,
    applicant: Applicant,
    certificate_no: str,
    choice: Mapping[str, Any] | None,
) -> Certificate:
    """Moves a certificate to the contract's EstablishmentChoice. A worker takes the certificate anywhere. A delegate
    releases a worker, or moves the worker between establishments for which the delegate acts. Raises NotFound,
    InvalidFields, IllegalTransition, CertificateHeld, RequestOpen and MovedTooOften."""
    certificate = lock_numbered(work.session, certificate_no)
    reader = applicant.reads(
        worker=certificate.worker_number, establishment=certificate.establishment
    )
    if certificate.worker is None or reader is None:
        raise NotFound
    today = legal_day(work.now)
    certificate.status = advance_in_force(
        certificate.status, Action.TRANSFER, certificate.valid_until, today
    ).value
    delegate = applicant if reader is Reader.ESTABLISHMENT else None
    place = chosen_place(work.session, choice, on=today, delegate=delegate)
    _require_another_place(certificate, place)
    if place is not None:  # a worker may always leave
        _require_few_moves(work, certificate)
        _require_education(work, certificate, place, today)
    if place is not None or reader is Reader.WORKER:
        _require_free_worker(work, certificate, place)
    _set_place(certificate, place)
    by_establishment = reader is Reader.ESTABLISHMENT and place is not None
    certificate.applicant = applicant.delegate() if by_establishment else None
    if reader is Reader.WORKER:
        _take_mobile_of_worker(certificate, applicant)
    _replace_documents(work, certificate)
    return record_certificate(work, certificate, _TRANSFER, "transferred")


def _require_another_place(certificate: Certificate, place: Place | None) -> None:
    present = (certificate.establishment, certificate.licence_no or certificate.application_no)
    if site_of(place) == present:
        raise InvalidFields.of("establishment", "same-establishment")


def _require_few_moves(work: UnitOfWork, certificate: Certificate) -> None:
    moves = (
        select(func.count())
        .select_from(JournalEntry)
        .where(
            JournalEntry.aggregate_type == certificate.aggregate_type,
            JournalEntry.aggregate_id == certificate.certificate_id,
            JournalEntry.action == _TRANSFER,
            JournalEntry.at > work.now - timedelta(days=MOVES_DAYS),
        )
    )
    if (work.session.scalar(moves) or 0) >= MOVES:
        raise MovedTooOften


def _require_education(
    work: UnitOfWork, certificate: Certificate, place: Place, today: date
) -> None:
    """Requires health education where the destination asks for it: else a certificate of a town that asks for none
    would do."""
    if lacks_education(work.session, certificate, place, today):
        raise InvalidFields.of("establishment", "education-asked")


def _require_free_worker(work: UnitOfWork, certificate: Certificate, place: Place | None) -> None:
    """Requires that the worker has no other certificate and no open request for the new post. Skipped when a delegate
    releases a worker: a refusal would reveal what the worker has elsewhere."""
    post = uniqueness.Post(
        certificate.worker["id_number"], certificate.profession, workplace_of(place)
    )
    # A move within one establishment would find this certificate itself.
    uniqueness.require_no_certificate(work, post, besides=certificate.certificate_no)
    not_its_renewal = Request.renews.is_distinct_from(certificate.certificate_no)
    uniqueness.require_no_open_request(work, post, where=not_its_renewal)


def _set_place(certificate: Certificate, place: Place | None) -> None:
    certificate.establishment = place.number if place else None
    certificate.trade_name = place.trade_name if place else None
    certificate.licence_no = place.licence_no if place else None
    certificate.application_no = place.application_no if place else None


def _take_mobile_of_worker(certificate: Certificate, applicant: Applicant) -> None:
    """Replaces a mobile that a delegate wrote, which may be the former employer's, by the mobile of the worker's
    sign-in: otherwise nobody is told of a revocation or of the last day."""
    worker = certificate.worker
    if applicant.mobile and not worker.get("confirmed") and worker.get("mobile_from") != WORKER:
        own = {"mobile": applicant.mobile, "confirmed": True, "mobile_from": WORKER}
        certificate.worker = {**worker, **own}


def _replace_documents(work: UnitOfWork, certificate: Certificate) -> None:
    """Voids printed documents, because they name the former establishment, whether another is printed or not."""
    statement = update(SignedDocument).where(
        SignedDocument.certificate_id == certificate.certificate_id,
        SignedDocument.replaced_at.is_(None),
    )
    work.session.execute(
        statement.values(replaced_at=work.now).execution_options(synchronize_session="fetch")
    )
