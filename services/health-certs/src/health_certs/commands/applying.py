"""Takes requests of workers themselves and of establishments' delegates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, InvalidFields
from chassis.data.deadlines import set_deadline
from chassis.data.numbers import draw
from chassis.data.sealed import keys_of
from chassis.files.attachments import Attachment, claim, uploader_of
from health_certs import catalogue
from health_certs.commands import billing, deciding, held, places
from health_certs.domain import workers
from health_certs.domain.applicants import ESTABLISHMENT, WORKER, Applicant, in_whose_name
from health_certs.domain.establishments import Place, workplace_of
from health_certs.domain.fees import FIRST
from health_certs.domain.judging import CORRECTABLE_FOR
from health_certs.domain.numbers import REQUESTS, number_text
from health_certs.domain.professions import Profession
from health_certs.domain.rules import Rules
from health_certs.models import Request
from saudi.days import hijri_year, legal_day

FILES = "health-request"
EXAMINATION, COMPLETION = "examination", "completion"  # kinds of deadlines


class RequestOpen(Conflict):
    """The worker has an open request for that profession and establishment."""

    problem = "request-open"

    def __init__(self, request_no: str) -> None:
        self.request_no = request_no
        super().__init__()


@dataclass(frozen=True)
class Asked:
    """What a body asks for, looked up."""

    profession: Profession
    place: Place | None
    municipality: str
    rules: Rules
    today: date


def apply(
    session: Session,
    actor: Actor,
    own: Applicant,
    body: Mapping[str, Any],
    *,
    now: datetime,
    kind: str = FIRST,
    renews: str | None = None,
) -> Request:
    """A new request, its bill, and its deadlines; decided at once, since the worker's health education may be known.
    `body` is the contract's NewRequest. Raises InvalidFields, RequestOpen, CertificateHeld, and NotFound for a photo of
    somebody else."""
    asked = _asked(session, body, now)
    done = workers.settled(body, asked.rules, today=asked.today)
    number = asked.place.number if asked.place else None
    applied_by = in_whose_name(own, done, number)
    row = _row(asked, done, own, applied_by, now=now)
    row.kind, row.renews = kind, renews
    check_alone(session, row)
    held.check_none_held(session, held.Post.of(row), now=now, besides=renews)
    row.request_no = _next_number(session, row.municipality, now)
    row.status = deciding.public_decision_of(session, row, now=now).status.value
    session.add(row)
    billing.bill(session, row, actor, "submit", "submitted", now=now)
    _set_deadlines(session, row)
    _claim_photo(session, row, body["photo"], actor)
    return row


def _claim_photo(session: Session, row: Request, photo: str, actor: Actor) -> None:
    """A picture, and no paper. Raises NotFound and InvalidFields."""
    uploader = uploader_of(actor)
    (found,) = claim(session, [photo], owner_type=FILES, owner_id=row.request_id, uploader=uploader)
    if not found.media_type.startswith("image/"):
        raise InvalidFields.of("photo", "picture-type")


def keep_photo(session: Session, row: Attachment) -> None:
    """People call a photo by its worker's name or number: what stays of the name is its keyed hash, by which a list
    finds it. Where it was taken is nobody's business."""
    row.name = keys_of(session).index.key(named_photo(row.name))
    row.latitude = row.longitude = None
    session.flush()


def named_photo(name: str) -> str:
    """The text whose keyed hash stands for a photo's name."""
    return f"photo|{name}"


def _asked(session: Session, body: Mapping[str, Any], now: datetime) -> Asked:
    today = legal_day(now)
    profession = catalogue.professions().by_code.get(body["profession"])
    if profession is None or not profession.is_listed(today):
        raise InvalidFields.of("profession", "profession-unknown")
    centre = catalogue.centres().get(body["centre"])
    if centre is None or not centre.is_accredited(today):
        raise InvalidFields.of("centre", "centre-unknown")
    place = places.chosen(session, body.get("establishment"), on=today)
    municipality = place.municipality if place else body.get("municipality")
    if municipality is None:
        raise InvalidFields.of("municipality", "required")
    if municipality not in catalogue.municipalities():
        raise InvalidFields.of("municipality", "municipality-unknown")
    rules = catalogue.rulebook().of(municipality, today)
    return Asked(profession, place, municipality, rules, today)


def _row(
    asked: Asked, body: Mapping[str, Any], own: Applicant, applied_by: str, *, now: datetime
) -> Request:
    place, rules = asked.place, asked.rules
    declared = {
        **body["worker"],
        "confirmed": applied_by == WORKER and body["worker"]["mobile"] == own.mobile,
        "residence_permit_until": body["residence_permit_until"],
    }
    delegate = {"subject": own.subject, "name": own.name, "mobile": own.mobile}
    number = place.number if place else None
    licence_no = place.licence_no if place else None
    application_no = place.application_no if place else None
    return Request(
        request_id=new_id(),
        municipality=asked.municipality,
        profession=asked.profession.code,
        establishment=number,
        trade_name=place.trade_name if place else None,
        licence_no=licence_no,
        application_no=application_no,
        workplace=workplace_of(place),
        applied_by=applied_by,
        applicant=delegate if applied_by == ESTABLISHMENT else None,
        worker=declared,
        worker_key=declared["id_number"],
        revision=1,
        centre=body["centre"],
        submitted_at=now,
        examined_until=now + timedelta(days=rules.examination_days),
        completed_until=now + timedelta(days=rules.completion_days),
    )


def check_alone(session: Session, row: Request) -> None:
    """One open request of a worker, profession and establishment, and one renewal of a certificate. Whoever asks at the
    same moment waits here; the indexes of the table hold it as well. Raises RequestOpen."""
    number = row.worker_number or ""
    index = keys_of(session).index
    held.one_at_a_time(session, number)
    known = select(Request.request_no).where(
        Request.worker_key.in_(index.keys(number)),
        or_(
            and_(Request.profession == row.profession, Request.workplace == row.workplace),
            and_(Request.renews.is_not(None), Request.renews == row.renews),
        ),
        Request.request_id != row.request_id,
        Request.ended_at.is_(None),
    )
    found = session.scalar(known.limit(1))
    if found is not None:
        raise RequestOpen(found)


def check_none_asked(session: Session, post: held.Post, among: ColumnElement[bool]) -> None:
    """No request is open for the post, `among` those of which that holds: it would be issued beside what comes to the
    post now. Raises RequestOpen."""
    held.one_at_a_time(session, post.number)
    known = select(Request.request_no).where(
        Request.worker_key.in_(keys_of(session).index.keys(post.number)),
        Request.profession == post.profession,
        Request.workplace == post.workplace,
        Request.ended_at.is_(None),
        among,
    )
    found = session.scalar(known.limit(1))
    if found is not None:
        raise RequestOpen(found)


def _next_number(session: Session, municipality: str, now: datetime) -> str:
    """The series' row stays locked until the transaction ends."""
    year = hijri_year(legal_day(now))
    return number_text(REQUESTS, municipality, year, draw(session, REQUESTS, municipality, year))


def _set_deadlines(session: Session, row: Request) -> None:
    """What a centre enters at the last moment may be corrected for a day. The request waits for that: a correction to
    unfit after its end would be told by what the money does, or doesn't, later."""
    corrected = row.examined_until + CORRECTABLE_FOR
    for kind, due_at in ((EXAMINATION, corrected), (COMPLETION, row.completed_until)):
        set_deadline(session, Request.aggregate_type, row.request_id, kind, due_at)
    deciding.watch_education(session, row)
