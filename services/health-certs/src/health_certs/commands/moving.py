"""A certificate goes with its worker: to another establishment or another of its places, or to none."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import Conflict, InvalidFields, NotFound
from chassis.data.aggregates import JournalEntry
from health_certs import catalogue
from health_certs.commands import applying, held, places
from health_certs.commands.gathering import educated_of, profession_of
from health_certs.commands.holding import lock_numbered
from health_certs.commands.recording import record_certificate
from health_certs.domain.applicants import Applicant
from health_certs.domain.establishments import Place, site_of, workplace_of
from health_certs.domain.readers import Reader
from health_certs.domain.validity import Action, advance_in_force
from health_certs.models import Certificate, Request, SignedDocument
from saudi.days import legal_day

# To leave and to come count one each.
MOVES, MOVES_DAYS = 4, 30
_TRANSFER = Action.TRANSFER.value  # in the histories, where renewals look for it


class MovedTooOften(Conflict):
    """So often a certificate isn't moved: it would be lent to whichever shop is about to be licensed."""

    problem = "moved-too-often"

    def __init__(self) -> None:
        super().__init__(limit=MOVES, days=MOVES_DAYS)


def move(
    session: Session,
    actor: Actor,
    own: Applicant,
    certificate_no: str,
    named: Mapping[str, Any] | None,
    *,
    now: datetime,
) -> Certificate:
    """`named` is the contract's EstablishmentChoice. The worker takes his certificate wherever he goes; a delegate lets
    a worker go, or moves him between establishments for which he acts. Raises NotFound, InvalidFields,
    IllegalTransition, CertificateHeld, RequestOpen and MovedTooOften."""
    row = lock_numbered(session, certificate_no)
    reader = own.reads(worker=row.worker_number, establishment=row.establishment)
    if row.worker is None or reader is None:
        raise NotFound
    today = legal_day(now)
    row.status = advance_in_force(row.status, Action.TRANSFER, row.valid_until, today).value
    place = places.chosen(session, named, on=today)
    _check(own, reader, row, place)
    if place is not None:  # he may always leave
        _check_seldom(session, row, now)
        _check_educated(session, row, place, today)
    if place is not None or reader is Reader.WORKER:
        _check_free(session, row, place, now)
    _settle(row, place)
    row.applicant = _delegate(own) if reader is Reader.ESTABLISHMENT and place else None
    _take_back_papers(session, row, now)
    return record_certificate(session, row, actor, _TRANSFER, "transferred", now=now)


def _check(own: Applicant, reader: Reader, row: Certificate, place: Place | None) -> None:
    if site_of(place) == (row.establishment, row.licence_no or row.application_no):
        raise InvalidFields.of("establishment", "same-establishment")
    if reader is Reader.ESTABLISHMENT and place and place.number not in own.establishments:
        raise InvalidFields.of("establishment", "not-acted-for")


def _check_seldom(session: Session, row: Certificate, now: datetime) -> None:
    moves = (
        select(func.count())
        .select_from(JournalEntry)
        .where(
            JournalEntry.aggregate_type == row.aggregate_type,
            JournalEntry.aggregate_id == row.certificate_id,
            JournalEntry.action == _TRANSFER,
            JournalEntry.at > now - timedelta(days=MOVES_DAYS),
        )
    )
    if (session.scalar(moves) or 0) >= MOVES:
        raise MovedTooOften


def _check_educated(session: Session, row: Certificate, place: Place, today: date) -> None:
    """A certificate of a town that asks for no health education would else do in one that does."""
    asked = catalogue.rulebook().of(place.municipality, today).education_asked
    if not asked or profession_of(row).course is None:
        return
    found = educated_of(session, [row]).get(row.request_id)
    if found is None or today > found.valid_until:
        raise InvalidFields.of("establishment", "education-asked")


def _check_free(session: Session, row: Certificate, place: Place | None, now: datetime) -> None:
    """Of a delegate who lets a worker go nothing is asked: a refusal would tell what the worker has without him."""
    post = held.Post(row.worker["id_number"], row.profession, workplace_of(place))
    # of the same establishment's other licence it's this one that would be found
    held.check_none_held(session, post, now=now, besides=row.certificate_no)
    others = Request.renews.is_distinct_from(row.certificate_no)
    applying.check_none_asked(session, post, others)


def _settle(row: Certificate, place: Place | None) -> None:
    row.establishment = place.number if place else None
    row.trade_name = place.trade_name if place else None
    row.licence_no = place.licence_no if place else None
    row.application_no = place.application_no if place else None


def _delegate(own: Applicant) -> dict[str, Any]:
    return {"subject": own.subject, "name": own.name, "mobile": own.mobile}


def _take_back_papers(session: Session, row: Certificate, now: datetime) -> None:
    """What was printed names the former establishment: it counts no more, whether another one is printed or not."""
    mine = update(SignedDocument).where(
        SignedDocument.certificate_id == row.certificate_id, SignedDocument.replaced_at.is_(None)
    )
    session.execute(mine.values(replaced_at=now).execution_options(synchronize_session="fetch"))
