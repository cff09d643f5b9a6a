"""What medical centres enter through the partner gateway: judged once, answered each time it comes.

An entry is an aggregate of its own, and its answer says nothing of the result. Whoever reads the topics, the journal or
the columns beside the sealed one sees the same of fit and unfit.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import Itself, lock, record_action, record_change
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.events.outbox import publish
from health_certs import catalogue, events
from health_certs.commands import deciding
from health_certs.commands.gathering import rules_for
from health_certs.domain.actors import Actor
from health_certs.domain.examinations import ACCEPTED, FIT, REFUSED, UNFIT, Entry
from health_certs.domain.judging import Entered, Recorded, Standing, refusal
from health_certs.models import Examination, Request
from saudi.days import legal_day

# events/partner-gateway/health-examination.v1.schema.json, sealed
CONTEXT = "partner-gateway.health-examination/{examination_id}"


class MalformedEntry(Exception):
    """The opened text isn't what the contract says. The message names no value, and the event lies aside."""


def enter(session: Session, examination_id: str, sealed: str, *, now: datetime) -> None:
    """Takes what a centre entered, or answers it again. Raises CannotUnseal and MalformedEntry."""
    text = _sealer(session).unseal_text(sealed, CONTEXT.format(examination_id=examination_id))
    told = _read(text)
    entered, centre = _entered(examination_id, told), catalogue.centres().get(told["centre"])
    request = _locked(session, entered.request_id)
    known = session.get(Examination, examination_id)
    if known is not None:
        _answer_again(session, known, now=now)
        return
    standing = _standing(session, request) if request else None
    why = refusal(entered, standing, centre)
    row = _row(entered, request, why, now=now)
    session.add(row)
    record_change(session, row, _actor(told), "refuse" if why else "enter", now=now)
    session.flush()
    _answer(session, row, now=now)
    if why is None and request is not None:
        deciding.examined(session, request, now=now)


def note_reading(session: Session, row: Request, actor: Actor, *, now: datetime) -> None:
    """Which officer read the result of the request: of health data each look is kept."""
    record_action(session, row, actor, "read-result", now=now)


def _sealer(session: Session) -> Sealer:
    return Sealer(keys_of(session).ring("examination_key"))


def _read(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
        if told["result"] not in (FIT, UNFIT):
            raise ValueError
        return {**told, "entered_at": datetime.fromisoformat(told["entered_at"])}
    except (ValueError, KeyError, TypeError):
        raise MalformedEntry from None


def _entered(examination_id: str, told: Mapping[str, Any]) -> Entered:
    try:
        entry = Entry(
            result=told["result"],
            examined_on=date.fromisoformat(told["examined_on"]),
            practice_number=told["practice_number"],
            entered_by=told["entered_by"]["subject"],
            corrects=told["corrects"],
            reason_code=told["reason"],
        )
        return Entered(
            examination_id=examination_id,
            request_id=told["request_id"],
            request_no=told["request_number"],
            centre=told["centre"],
            revision=told["revision"],
            entered_at=told["entered_at"],
            entry=entry,
        )
    except (ValueError, KeyError, TypeError):
        raise MalformedEntry from None


def _locked(session: Session, request_id: str) -> Request | None:
    try:
        return lock(session, Request, request_id)
    except NotFound:
        return None


def _standing(session: Session, row: Request) -> Standing:
    return Standing(
        request_no=row.request_no,
        centre=row.centre,
        revision=row.revision,
        submitted_on=legal_day(row.submitted_at),
        examined_until=row.examined_until,
        ended=row.ended_at is not None,
        oldest_days=rules_for(row).oldest_examination_days,
        recorded=_recorded(session, row),
    )


def _recorded(session: Session, row: Request) -> Sequence[Recorded]:
    """Read without what they say: the sealed column stays closed."""
    columns = ("examination_id", "centre", "revision", "entered_at", "corrects")
    statement = select(*(getattr(Examination, name) for name in columns)).where(
        Examination.request_id == row.request_id, Examination.status == ACCEPTED
    )
    return [Recorded(*found) for found in session.execute(statement)]


def _row(
    entered: Entered, request: Request | None, why: str | None, *, now: datetime
) -> Examination:
    """What is refused isn't kept, but that it was refused."""
    return Examination(
        examination_id=entered.examination_id,
        request_id=request.request_id if request else None,
        centre=entered.centre,
        entry=None if why else entered.entry.sealed_text(),
        revision=entered.revision,
        corrects=entered.entry.corrects,
        status=REFUSED if why else ACCEPTED,
        reason_code=why,
        entered_at=entered.entered_at,
        received_at=now,
    )


def _actor(told: Mapping[str, Any]) -> Itself:
    """The centre's employee or system, as the journal keeps it: by opaque id."""
    by = told["entered_by"]
    return Itself(by["subject"], by["client_id"], organisation=told["centre"])


def _answer_again(session: Session, row: Examination, *, now: datetime) -> None:
    """Nothing happens twice; the answer may have been lost, and is told once more."""
    row.version += 1
    session.flush()
    _answer(session, row, now=now)


def _answer(session: Session, row: Examination, *, now: datetime) -> None:
    publish(session, events.examination_answer(row.answer(), row.version, _sealer(session), now))
