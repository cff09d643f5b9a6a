"""What the operations share: who calls, limits, and rows as the contract shows them. Only `examination_view` shows the
result of an examination, and why a request ended, to the readers of `domain.access`."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.access.persons import acts_for, persons_of
from chassis.core.refusals import NotFound
from chassis.core.states import state
from chassis.files.attachments import Attachment
from health_certs import catalogue, limits
from health_certs.context import Call
from health_certs.domain import certificates
from health_certs.domain.access import MAY_READ_RESULT, Applicant, Reader
from health_certs.domain.decision import EXAMINATION, Decision, visible_conditions
from health_certs.domain.examinations import UNFIT
from health_certs.domain.requests import (
    CERTIFICATE,
    CONDITIONS,
    CONDITIONS_NEXT,
    NEXT_AFTER_UNFIT,
    REQUEST_KIND,
    last_day,
    next_step,
)
from health_certs.models import Certificate, Request
from health_certs.queries import result_of
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.mobiles import mask_mobile

Body = Mapping[str, Any]
View = dict[str, Any]
Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]
DAYS = frozenset(("submitted_on", "due_on", "ended_on", "issued_on", "valid_until"))


def request_view(row: Request, *, readable: Collection[str] | None = None) -> View:
    """The contract's Request. `readable`: the numbers of the certificates that the reader may see; None: all."""
    words = state(REQUEST_KIND, row.status)
    shows_number = readable is None or row.certificate_no in readable
    view = {
        "request_id": row.request_id,
        "request_no": row.request_no,
        "kind": row.kind,
        "renews": row.renews,
        "municipality": row.municipality,
        "status": row.status,
        "status_title": words.words.pair(),
        "next": words.next.pair(),
        "next_step": next_step(row.status),
        "profession": _profession(row.profession),
        "establishment": _establishment(row),
        "applied_by": row.applied_by,
        "worker": _worker(row.worker),
        "centre": _centre(row.centre),
        "certificate_no": row.certificate_no if shows_number else None,
        "fee_returned": row.fee_returned,
        "submitted_on": legal_day(row.submitted_at).isoformat(),
        "due_on": legal_day(row.examined_until).isoformat(),
        "ended_on": legal_day(row.ended_at).isoformat() if row.ended_at else None,
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def certificate_view(row: Certificate, today: date, *, reader: Reader) -> View:
    """The contract's Certificate. The status may be `expired`. An establishment doesn't see why the certificate was
    revoked."""
    status = certificates.effective_status(row.status, row.valid_until, today)
    words = state(CERTIFICATE, status)
    view = {
        "certificate_no": row.certificate_no,
        "request_id": row.request_id,
        "municipality": row.municipality,
        "status": status,
        "status_title": words.words.pair(),
        "profession": _profession(row.profession),
        "seasonal": row.season is not None,
        "establishment": _establishment(row),
        "worker": _worker(row.worker),
        "issued_on": row.issued_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "ending": certificates.is_ending(row.status, row.valid_until, today),
        "replaced_by": row.replaced_by,
        "revocation_reason": _reason(row) if reader is not Reader.ESTABLISHMENT else None,
        "cleared": _cleared(row) if reader is not Reader.ESTABLISHMENT else None,
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def conditions_view(decision: Decision, row: Request, reader: Reader) -> View:
    """The contract's Conditions, with what to do and until when. An officer sees nothing of the examination here, not
    even an officer who may read results."""
    knows_result = reader is Reader.WORKER
    shown = visible_conditions(
        decision,
        knows_result=knows_result,
        ended=row.ended_at is not None,
        knows_revocation=reader is not Reader.ESTABLISHMENT,
    )
    after_unfit = knows_result and decision.is_unfit and row.ended_at is None
    return {"items": [_condition(row, one, after_unfit=after_unfit) for one in shown]}


def _condition(row: Request, one: View, *, after_unfit: bool) -> View:
    code = one["code"]
    words = {**CONDITIONS_NEXT, **(NEXT_AFTER_UNFIT if after_unfit else {})}[code]
    view = {
        "code": code,
        "title": CONDITIONS[code].pair(),
        "next": words.pair(),
        "until": last_day(
            code, examined_until=row.examined_until, completed_until=row.completed_until
        ).isoformat(),
        "satisfied": one["satisfied"],
        "source": one["source"],
    }
    return with_hijri(view, frozenset(("until",)))


def photo_view(row: Attachment) -> View:
    """The contract's Photo."""
    return {name: getattr(row, name) for name in ("attachment_id", "media_type", "size", "name")}


def examination_view(session: Session, row: Request, reader: Reader) -> View:
    """The contract's Examination. Raises NotFound for a reader who may not know the result, as if there were none."""
    if not MAY_READ_RESULT[reader]:
        raise NotFound
    counting = result_of(session, row)
    after_unfit = counting.result == UNFIT and row.ended_at is None
    view = {**vars(counting), "next": NEXT_AFTER_UNFIT[EXAMINATION].pair() if after_unfit else None}
    return with_hijri(view, frozenset(("examined_on",)))


def _profession(code: str) -> View:
    return {"code": code, **catalogue.professions().by_code[code].words.pair()}


def _centre(code: str) -> View:
    return {"organisation": code, **catalogue.centres()[code].words.pair()}


def _reason(row: Certificate) -> View | None:
    reason = certificates.opened_reason(row.reason)
    return {"code": reason.value, **certificates.REASONS[reason].pair()} if reason else None


def _cleared(row: Certificate) -> bool | None:
    return row.cleared_at is not None if row.status == certificates.Status.REVOKED else None


def _establishment(row: Request | Certificate) -> View | None:
    names = ("licence_no", "application_no", "trade_name")
    if row.establishment is None and row.licence_no is None and row.application_no is None:
        return None
    return {"unified_number": row.establishment, **{name: getattr(row, name) for name in names}}


def _worker(worker: View | None) -> View | None:
    """Masks the numbers: a reader who has a number recognises it."""
    if worker is None:
        return None
    names = ("name", "id_type", "nationality", "birth_date", "sex", "residence_permit_until")
    return {
        **{name: worker[name] for name in names},
        "id_number": mask_id(worker["id_number"]),
        "mobile": mask_mobile(worker["mobile"]),
    }


def applicant_of(call: Call) -> Applicant:
    """Returns the caller as an applicant. Raises NoCitizen for a caller who isn't a citizen."""
    person = persons_of(call.session).open(call.actor)
    return Applicant(
        subject=call.actor.subject,
        id_number=person.id_number,
        name=person.name,
        establishments=acts_for(call.actor),
        mobile=person.mobile,
    )


def applicant_who_changes(call: Call) -> Applicant:
    """Returns the caller as an applicant, and counts a change. Raises NoCitizen and LimitReached."""
    applicant = applicant_of(call)
    call.charge_caller(limits.changes_of_citizen(call.settings))
    return applicant


def reader_of(applicant: Applicant, row: Request | Certificate) -> Reader:
    """Returns the role in which the applicant reads a row. Raises NotFound."""
    reader = applicant.reads(worker=row.worker_number, establishment=row.establishment)
    if reader is None:
        raise NotFound
    return reader
