"""What medical centres enter through the partner gateway: judged once, answered each time it comes.

An entry is an aggregate of its own, and its answer says nothing of the result. Whoever reads the topics, the journal or
the columns beside the sealed one sees the same of fit and unfit.

The entries of a poll are taken together, because a statement costs more than an entry (ADR 54).
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.aggregates import lock_where, record_action, record_change
from chassis.data.sealed import keys_of
from chassis.data.sealing import Sealer
from chassis.events.outbox import publish_all
from health_certs import catalogue, events
from health_certs.commands import deciding
from health_certs.commands.gathering import rules_for
from health_certs.domain.actors import Actor
from health_certs.domain.examinations import ACCEPTED, FIT, REFUSED, UNFIT, Entry
from health_certs.domain.judging import Entered, Recorded, Standing, refusal
from health_certs.models import Certificate, Examination, Request
from saudi.days import legal_day

# events/partner-gateway/health-examination.v1.schema.json, sealed
CONTEXT = "partner-gateway.health-examination/{examination_id}"


class MalformedEntry(Exception):
    """The opened text isn't what the contract says. The message names no value, and the event lies aside."""


@dataclass(frozen=True)
class Arrived:
    """An entry as it came, opened. `by`: the centre's employee or system, as the journal keeps it: by opaque id."""

    entered: Entered
    by: SystemActor


def opened(session: Session, examination_id: str, sealed: str) -> Arrived:
    """Reads no row. Raises CannotUnseal and MalformedEntry."""
    text = _sealer(session).unseal_text(sealed, CONTEXT.format(examination_id=examination_id))
    told = _read(text)
    return Arrived(_entered(examination_id, told), _actor(told))


def enter(session: Session, arrived: Sequence[Arrived], *, now: datetime) -> None:
    """Takes what centres entered, in the order of arrival, or answers it again. All that several transactions may want
    is locked before anything is written: the requests, then their certificates, then what the issue draws from."""
    requests = _locked(session, {one.entered.request_id for one in arrived})
    _lock_certificates(session, requests.values())
    for several in _rounds(arrived):
        _enter(session, several, requests, now=now)


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


def _locked(session: Session, request_ids: Collection[str]) -> Mapping[str, Request]:
    """By id, those that there are."""
    rows = lock_where(session, Request, Request.request_id.in_(request_ids))
    return {row.request_id: row for row in rows}


def _lock_certificates(session: Session, requests: Iterable[Request]) -> None:
    """Those that the requests have, which a correction may end, and those that they renew."""
    made = [row.certificate_id for row in requests if row.certificate_id is not None]
    renewed = [row.renews for row in requests if row.renews is not None]
    if made or renewed:
        of_either = (
            Certificate.certificate_id.in_(made),
            Certificate.certificate_no.in_(renewed),
        )
        lock_where(session, Certificate, or_(*of_either))


def _rounds(arrived: Sequence[Arrived]) -> Iterator[Sequence[Arrived]]:
    """Parts of it, in order, in each of which a request has one entry at most: what it's judged by is written by
    then."""
    several: list[Arrived] = []
    seen: set[str] = set()
    for one in arrived:
        names = {one.entered.request_id, one.entered.examination_id}
        if names & seen:
            yield several
            several, seen = [], set()
        several.append(one)
        seen |= names
    yield several


def _enter(
    session: Session, several: Sequence[Arrived], requests: Mapping[str, Request], *, now: datetime
) -> None:
    """Entries of different requests."""
    known = _known(session, several)
    recorded = _recorded(session, [one.entered.request_id for one in several])
    rows, complete = [], []
    for one in several:
        row = known.get(one.entered.examination_id)
        if row is not None:
            row.version += (
                1  # nothing happens twice; the answer may have been lost, and is told once more
            )
        else:
            request = requests.get(one.entered.request_id)
            row = _judged(session, one, request, recorded, now=now)
            if request is not None and row.status == ACCEPTED:
                complete.append(request)
        rows.append(row)
    session.flush()
    sealer = _sealer(session)
    publish_all(
        session, (events.examination_answer(row.answer(), row.version, sealer, now) for row in rows)
    )
    if complete:
        deciding.examined(session, complete, now=now)


def _judged(
    session: Session,
    one: Arrived,
    request: Request | None,
    recorded: Mapping[str | None, Sequence[Recorded]],
    *,
    now: datetime,
) -> Examination:
    centre = catalogue.centres().get(one.entered.centre)
    standing = _standing(request, recorded[request.request_id]) if request else None
    why = refusal(one.entered, standing, centre)
    row = _row(one.entered, request, why, now=now)
    session.add(row)
    record_change(session, row, one.by, "refuse" if why else "enter", now=now)
    return row


def _known(session: Session, several: Sequence[Arrived]) -> Mapping[str, Examination]:
    """Those that came before, by id."""
    ids = [one.entered.examination_id for one in several]
    found = session.scalars(select(Examination).where(Examination.examination_id.in_(ids)))
    return {row.examination_id: row for row in found}


def _standing(row: Request, recorded: Sequence[Recorded]) -> Standing:
    return Standing(
        request_no=row.request_no,
        centre=row.centre,
        revision=row.revision,
        submitted_on=legal_day(row.submitted_at),
        examined_until=row.examined_until,
        ended=row.ended_at is not None,
        oldest_days=rules_for(row).oldest_examination_days,
        recorded=recorded,
    )


def _recorded(
    session: Session, request_ids: Sequence[str]
) -> Mapping[str | None, Sequence[Recorded]]:
    """By request, read without what they say: the sealed column stays closed."""
    columns = ("examination_id", "centre", "revision", "entered_at", "corrects")
    statement = select(
        Examination.request_id, *(getattr(Examination, name) for name in columns)
    ).where(Examination.request_id.in_(request_ids), Examination.status == ACCEPTED)
    found: defaultdict[str | None, list[Recorded]] = defaultdict(list)
    for request_id, *values in session.execute(statement):
        found[request_id].append(Recorded(*values))
    return found


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


def _actor(told: Mapping[str, Any]) -> SystemActor:
    by = told["entered_by"]
    return SystemActor(by["subject"], by["client_id"], organisation=told["centre"])
