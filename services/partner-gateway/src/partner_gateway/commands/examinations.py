"""Results that medical centres enter: sealed for health-certs, published until it has answered, then emptied.

The read model of those who are to be examined is here too: what the chosen centre needs of a worker, as long as the
request is open.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, exists, or_, select
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.refusals import NotFound
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish, publish_all
from partner_gateway import events
from partner_gateway.commands.entries import AnswerToNothing
from partner_gateway.commands.projections import keep_newest
from partner_gateway.domain import examinations
from partner_gateway.domain.examinations import (
    ACCEPTED,
    CORRECTABLE_FOR,
    PENDING,
    REFUSED,
    Before,
    Examiner,
    Plan,
)
from partner_gateway.models import Examinee, HealthExamination
from partner_gateway.models.partners import worker_key_text
from partner_gateway.settings import Settings
from saudi.days import legal_day

EXAMINEE = "examinee/{request_id}"  # events/health-certs/request.v1.schema.json, examination
ANSWER = "health-certs.examination/{examination_id}"
BATCH = 100
# As long as a request may wait for its examination, and some days more.
KEPT = timedelta(days=35)
_UNREFUSED = HealthExamination.status != REFUSED
_WORKER = ("name", "id_type", "id_number", "nationality", "birth_date", "sex")


class MalformedAnswer(Exception):
    """The opened text isn't what the contract says. The message names no value, and the event lies aside."""


def enter(
    work: UnitOfWork,
    examiner: Examiner,
    number: str,
    body: Mapping[str, Any],
    *,
    settings: Settings,
) -> HealthExamination:
    """`body` is as the contract has it, `number` in ASCII digits. The second of two at one moment waits for the first,
    and finds it. Raises InvalidFields, NotFound, ExaminationEntered, NothingToCorrect and WorkerChanged."""
    session, centre, now = work.session, examiner.centre, work.now
    examinations.check_result(body, legal_day(now))
    practice_number = examinations.practice_number(body["practice_number"])
    request = _reachable(session, centre, number, now)
    before = _last_unrefused(session, centre, request.request_id)
    reason = body.get("correction_reason")
    chosen = request.revision if request.centre == centre else None
    found = examinations.plan(_earlier_entry(before), chosen, reason, now)
    if found.corrects is None:
        examinations.check_seen(request.found_revision, found.revision)
    told = {
        "result": body["result"],
        "examined_on": body["examined_on"].isoformat(),
        "practice_number": practice_number,
        "reason": reason,
    }
    row = _row(examiner, request, found, told, now=now, settings=settings)
    session.add(row)
    session.flush()
    publish(session, events.examination_entered(row.examination_id, row.sealed or "", 1, now))
    return row


def _reachable(session: Session, centre: str, number: str, now: datetime) -> Examinee:
    """Returns the request about which the centre may enter a result, locked: while it's the chosen one, or has an
    entry that it may correct. Raises NotFound: for a foreign one the same statement, and the same answer."""
    own = exists().where(
        HealthExamination.request_id == Examinee.request_id,
        HealthExamination.centre == centre,
        HealthExamination.first_at >= now - CORRECTABLE_FOR,
        _UNREFUSED,
    )
    statement = (
        select(Examinee)
        .where(Examinee.number == number, or_(Examinee.centre == centre, own))
        .with_for_update(of=Examinee, key_share=True)
        .execution_options(populate_existing=True)
    )
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def _last_unrefused(session: Session, centre: str, request_id: str) -> HealthExamination | None:
    """Returns the centre's last entry about a request that wasn't refused."""
    statement = (
        select(HealthExamination)
        .where(
            HealthExamination.request_id == request_id,
            HealthExamination.centre == centre,
            _UNREFUSED,
        )
        .order_by(HealthExamination.entered_at.desc(), HealthExamination.examination_id.desc())
        .limit(1)
    )
    return session.scalars(statement).one_or_none()


def _earlier_entry(row: HealthExamination | None) -> Before | None:
    names = ("examination_id", "status", "revision", "first_at")
    return Before(*(getattr(row, name) for name in names)) if row else None


def _row(
    examiner: Examiner,
    request: Examinee,
    found: Plan,
    told: Mapping[str, Any],
    *,
    now: datetime,
    settings: Settings,
) -> HealthExamination:
    examination_id = new_id()
    document = {
        "request_id": request.request_id,
        "request_number": request.number,
        "centre": examiner.centre,
        "revision": found.revision,
        "entered_at": rfc3339(now),
        "entered_by": {name: getattr(examiner, name) for name in ("kind", "client_id", "subject")},
        "corrects": found.corrects,
        **told,
    }
    return HealthExamination(
        examination_id=examination_id,
        request_id=request.request_id,
        number=request.number,
        centre=examiner.centre,
        revision=found.revision,
        corrects=found.corrects,
        first_at=found.first_at,
        entered_at=now,
        sealed=events.sealed_examination(examination_id, document, settings.examinations),
        published=1,
        due_at=now + examinations.published_again_after(1),
        status=PENDING,
    )


def note_found(session: Session, row: Examinee) -> None:
    """The centre was shown the worker as declared now: what it enters from now on is of him."""
    if row.found_revision != row.revision:
        row.found_revision = row.revision
        session.flush()


def publish_again(session: Session, now: datetime) -> int:
    """Publishes what health-certs hasn't answered in time, the same text once more; answers how many. Rows that others
    have locked are theirs."""
    statement = (
        select(HealthExamination)
        .where(HealthExamination.due_at <= now)
        .order_by(HealthExamination.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    )
    rows = session.scalars(statement).all()
    for row in rows:
        row.published += 1
        row.due_at = now + examinations.published_again_after(row.published)
    session.flush()
    publish_all(
        session,
        [
            events.examination_entered(row.examination_id, row.sealed or "", row.published, now)
            for row in rows
        ],
    )
    return len(rows)


def record_answer(session: Session, event: Received, settings: Settings) -> None:
    """Keeps what health-certs said of an entry, and lets go of what was entered. An answer that comes again changes
    nothing. Raises AnswerToNothing, CannotUnseal and MalformedAnswer."""
    key = event.data["examination_id"]
    context = ANSWER.format(examination_id=key)
    answer = _read(settings.examinations.unseal_text(event.data["sealed"], context))
    row = session.scalars(
        select(HealthExamination)
        .where(HealthExamination.examination_id == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise AnswerToNothing(f"examination {key}")
    if row.status != PENDING:
        return
    row.status, row.reason = answer["outcome"], answer["reason"]
    row.recorded_at = answer["recorded_at"]
    row.sealed = row.due_at = None
    session.flush()


def _read(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
        if told["outcome"] not in (ACCEPTED, REFUSED):
            raise ValueError
        return {
            "outcome": told["outcome"],
            "reason": told["reason"],
            "recorded_at": datetime.fromisoformat(told["recorded_at"]),
        }
    except (ValueError, KeyError, TypeError):
        raise MalformedAnswer from None


def examinee_row(event: Received, settings: Settings) -> dict[str, Any]:
    """Returns the event's state as a row: who is to be examined where, or nothing of it once the request has ended.
    Raises CannotUnseal."""
    state = event.data
    row = {
        "request_id": state["request_id"],
        "version": event.sequence,
        "number": state["request_no"],
        **dict.fromkeys(("centre", "worker", "worker_key", "revision", "until")),
        "changed_at": event.time,
    }
    if state["examination"] is None:
        return row
    context = EXAMINEE.format(**state)
    found = json.loads(settings.examinations.unseal_text(state["examination"], context))
    return {
        **row,
        "centre": found["centre"],
        "worker": {name: found[name] for name in _WORKER},
        "worker_key": worker_key_text(found["id_number"]),
        "revision": found["revision"],
        "until": datetime.fromisoformat(found["until"]),
    }


def keep_examinees(
    session: Session, rows: Sequence[dict[str, Any]], table: Table | None = None
) -> None:
    """The newest state of each stays. `table`: a rebuild's own."""
    keep_newest(session, Examinee.__table__ if table is None else table, rows)


def forget(session: Session, now: datetime) -> None:
    """Deletes entries past their time; health-certs has them. What isn't answered stays."""
    session.execute(
        delete(HealthExamination).where(
            HealthExamination.entered_at < now - KEPT, HealthExamination.due_at.is_(None)
        )
    )
