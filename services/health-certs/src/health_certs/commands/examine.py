"""Enters results that medical centres send through the partner gateway. Each entry is judged once, and answered each
time it arrives.

An entry is an aggregate of its own, and its answer says nothing of the result. The topics, the journal and the columns
beside the sealed one look alike for fit and unfit.

The entries of a poll are taken together, because a statement costs more than an entry (ADR 54).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.ids import new_id
from chassis.core.refusals import Conflict, InvalidFields, NotFound
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish_all
from health_certs import catalogue, events
from health_certs.commands import decide
from health_certs.commands.decide import lock_open_requests, redecide_all
from health_certs.commands.facts import rules_for
from health_certs.domain.access import require_access
from health_certs.domain.certificates import VoidReason
from health_certs.domain.examinations import (
    ACCEPTED,
    FIT,
    REFUSED,
    UNFIT,
    EarlierEntry,
    EnteredResult,
    Entry,
    ExaminedRequest,
    refusal,
)
from health_certs.domain.requests import Action, require_open
from health_certs.models import Certificate, Education, Examination, Request
from saudi.days import legal_day

# events/partner-gateway/health-examination.v1.schema.json, sealed
CONTEXT = "partner-gateway.health-examination/{examination_id}"
VOID_EDUCATION = "void-education"  # the action in the journal
Earlier = Mapping[str | None, Sequence[EarlierEntry]]


class MalformedEntry(Exception):
    """The opened text breaks the contract. The message names no value, and the event is parked."""


@dataclass(frozen=True)
class Arrival:
    """An entry as it arrived, opened. `by`: the centre's employee or system, by opaque id, as the journal keeps it."""

    entered: EnteredResult
    by: SystemActor


def open_entry(session: Session, examination_id: str, sealed: str) -> Arrival:
    """Opens an entry without reading a row. Raises CannotUnseal and MalformedEntry."""
    context = CONTEXT.format(examination_id=examination_id)
    text = _sealer(session).unseal_text(sealed, context)
    try:
        return _arrival(examination_id, json.loads(text))
    except (ValueError, KeyError, TypeError):
        raise MalformedEntry from None


def _arrival(examination_id: str, document: Mapping[str, Any]) -> Arrival:
    if document["result"] not in (FIT, UNFIT):
        raise ValueError
    by = document["entered_by"]
    entry = Entry(
        result=document["result"],
        examined_on=date.fromisoformat(document["examined_on"]),
        practice_number=document["practice_number"],
        entered_by=by["subject"],
        corrects=document["corrects"],
        reason_code=document["reason"],
    )
    entered = EnteredResult(
        examination_id=examination_id,
        request_id=document["request_id"],
        request_no=document["request_number"],
        centre=document["centre"],
        revision=document["revision"],
        entered_at=datetime.fromisoformat(document["entered_at"]),
        entry=entry,
    )
    actor = SystemActor(by["subject"], by["client_id"], organisation=document["centre"])
    return Arrival(entered, actor)


def enter_results(work: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
    """Enters results in the order of arrival, or answers them again. Everything for which several transactions compete
    is locked before anything is written: the requests, then their certificates, then the series of numbers. The open
    requests of the examined workers are locked too, since a result counts for each of them."""
    requests = _lock_requests(work, {one.entered.request_id for one in arrivals})
    _lock_certificates(work, requests.values())
    for batch in _batches(arrivals):
        _enter_batch(work, batch, requests)


def _lock_requests(work: UnitOfWork, request_ids: Collection[str]) -> Mapping[str, Request]:
    """Locks the requests that exist, and their workers' open requests; returns them by id."""
    named = Request.request_id.in_(request_ids)
    index = keys_of(work.session).index
    workers = work.session.scalars(
        select(Request.worker).where(named, Request.worker_key.is_not(None))
    )
    keys = {key for worker in workers for key in index.keys(worker["id_number"])}
    open_requests = and_(Request.worker_key.in_(keys), Request.ended_at.is_(None))
    rows = work.lock_where(Request, or_(named, open_requests))
    return {row.request_id: row for row in rows}


def _lock_certificates(work: UnitOfWork, requests: Iterable[Request]) -> None:
    """Locks the requests' certificates, which a correction may cancel, and the certificates that the requests renew."""
    made, renewed = [], []
    for request in requests:
        if request.certificate_id is not None:
            made.append(request.certificate_id)
        if request.renews is not None:
            renewed.append(request.renews)
    if made or renewed:
        work.lock_where(
            Certificate,
            or_(Certificate.certificate_id.in_(made), Certificate.certificate_no.in_(renewed)),
        )


def _batches(arrivals: Sequence[Arrival]) -> Iterator[Sequence[Arrival]]:
    """Divides the arrivals, in order, into batches with at most one entry for a request: the second entry is judged
    by the first, which must have been written."""
    batch: list[Arrival] = []
    seen: set[str] = set()
    for one in arrivals:
        ids = {one.entered.request_id, one.entered.examination_id}
        if ids & seen:
            yield batch
            batch, seen = [], set()
        batch.append(one)
        seen |= ids
    yield batch


def _enter_batch(
    work: UnitOfWork, batch: Sequence[Arrival], requests: Mapping[str, Request]
) -> None:
    entered_before = _find_entered(work, batch)
    earlier = _read_earlier(work, [one.entered.request_id for one in batch])
    rows, examined = [], []
    for one in batch:
        row = entered_before.get(one.entered.examination_id)
        if row is not None:
            row.version += 1  # the entry is only answered once more: the answer may have been lost
        else:
            request = requests.get(one.entered.request_id)
            row = _enter(work, one, request, earlier)
            if request is not None and row.status == ACCEPTED:
                examined.append(request)
        rows.append(row)
    work.session.flush()
    sealer = _sealer(work.session)
    answers = [
        events.examination_answer(row.answer(), row.version, sealer, work.now) for row in rows
    ]
    publish_all(work.session, answers)
    if examined:
        workers = {one.worker_number for one in examined} - {None}
        others = [
            one
            for one in requests.values()
            if one.worker_number in workers and one.ended_at is None and one not in examined
        ]
        decide.decide_examined(work, examined, others)


def _find_entered(work: UnitOfWork, batch: Sequence[Arrival]) -> Mapping[str, Examination]:
    """Returns the entries that were entered before, by id."""
    ids = [one.entered.examination_id for one in batch]
    rows = work.session.scalars(select(Examination).where(Examination.examination_id.in_(ids)))
    return {row.examination_id: row for row in rows}


def _read_earlier(work: UnitOfWork, request_ids: Sequence[str]) -> Earlier:
    """Returns the accepted entries by request. Their sealed column stays closed."""
    columns = ("examination_id", "centre", "revision", "entered_at", "corrects")
    statement = select(
        Examination.request_id, *(getattr(Examination, name) for name in columns)
    ).where(Examination.request_id.in_(request_ids), Examination.status == ACCEPTED)
    earlier: defaultdict[str | None, list[EarlierEntry]] = defaultdict(list)
    for request_id, *values in work.session.execute(statement):
        earlier[request_id].append(EarlierEntry(*values))
    return earlier


def _enter(
    work: UnitOfWork, arrival: Arrival, request: Request | None, earlier: Earlier
) -> Examination:
    """Judges an entry and keeps it. A refused entry keeps the refusal, and not what was entered."""
    entered = arrival.entered
    examined = _examined_request(request, earlier[request.request_id]) if request else None
    why = refusal(entered, examined, catalogue.centres().get(entered.centre))
    number = request.worker_number if request else None
    row = Examination(
        examination_id=entered.examination_id,
        request_id=request.request_id if request else None,
        centre=entered.centre,
        entry=None if why else replace(entered.entry, worker=number).sealed_text(),
        worker_key=None if why else number,
        revision=entered.revision,
        corrects=entered.entry.corrects,
        status=REFUSED if why else ACCEPTED,
        reason_code=why,
        entered_at=entered.entered_at,
        received_at=work.now,
    )
    work.session.add(row)
    work.acting_as(arrival.by).record_change(row, "refuse" if why else "enter")
    return row


def _examined_request(request: Request, earlier: Sequence[EarlierEntry]) -> ExaminedRequest:
    return ExaminedRequest(
        request_no=request.request_no,
        centre=request.centre,
        revision=request.revision,
        submitted_on=legal_day(request.submitted_at),
        examined_until=request.examined_until,
        ended=request.ended_at is not None,
        oldest_days=rules_for(request).oldest_examination_days,
        earlier=earlier,
    )


def record_reading(work: UnitOfWork, request: Request) -> None:
    """Journals that an officer read the request's result: each reading of health data is kept."""
    work.record_action(request, "read-result")


def _sealer(session: Session) -> Sealer:
    return Sealer(keys_of(session).ring("examination_key"))


def enter_pass(work: UnitOfWork, request_id: str, body: Mapping[str, Any]) -> Request:
    """Enters a pass of the request's worker: course, language, day. The pass counts for every open request of the
    worker, and each request is decided anew. Raises NotFound, IllegalTransition and InvalidFields."""
    request, open_requests = _lock_with_open_requests(work, request_id)
    require_open(request.status, Action.ENTER_EDUCATION)
    course = catalogue.professions().courses.get(body["course"])
    if course is None:
        raise InvalidFields.of("course", "course-unknown")
    passed_on: date = body["passed_on"]
    if passed_on > legal_day(work.now) or course.good_until(passed_on) < legal_day(work.now):
        raise InvalidFields.of("passed_on", "pass-not-good")
    number = request.worker_number or ""
    work.session.add(
        Education(
            education_id=new_id(),
            worker_number=number,
            worker_key=number,
            course=course.code,
            language=body["language"],
            passed_on=passed_on,
            valid_until=course.good_until(passed_on),
            entered_by=work.actor.name or work.actor.subject,
            entered_at=work.now,
        )
    )
    work.record_action(request, Action.ENTER_EDUCATION)
    work.session.flush()
    redecide_all(work, open_requests)
    return request


def _lock_with_open_requests(
    work: UnitOfWork, request_id: str
) -> tuple[Request, Sequence[Request]]:
    """Returns the request, which may have ended, and its worker's open requests, locked together in the order of their
    ids. Raises NotFound, also for a request of another municipality, and Conflict if the worker's number was amended
    since the transaction began."""
    request = work.session.get(Request, request_id)
    if request is None:
        raise NotFound
    require_access(work.actor, request.municipality)
    number = request.worker_number or ""
    open_requests = lock_open_requests(work, number)
    work.session.refresh(request)  # a request that has ended since isn't among the locked requests
    if (request.worker_number or "") != number:
        raise Conflict
    return request, open_requests


def void_passes(work: UnitOfWork, request_id: str, *, course: str, reason: VoidReason) -> Request:
    """Voids all passes that the request's worker has of a course, and decides the worker's open requests anew. The
    request names the worker, and may have ended: a false pass comes to light later. Raises NotFound and
    InvalidFields."""
    request, open_requests = _lock_with_open_requests(work, request_id)
    number = request.worker_number or ""
    statement = (
        update(Education)
        .where(
            Education.worker_key.in_(keys_of(work.session).index.keys(number)),
            Education.course == course,
            Education.voided_at.is_(None),
        )
        .values(
            voided_at=work.now,
            voided_by=work.actor.name or work.actor.subject,
            void_reason=reason.value,
        )
        .returning(Education.education_id)
        .execution_options(synchronize_session="fetch")
    )
    voided = work.session.scalars(statement).all()
    if not voided:
        raise InvalidFields.of("course", "pass-unknown")
    work.record_action(request, VOID_EDUCATION, details={"course": course, "reason": reason.value})
    work.session.flush()
    redecide_all(work, open_requests)
    return request
