"""Entries of a partner's named staff: kept with their content sealed, published for `permits`, answered by
`permits`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.core.ids import new_id
from chassis.core.refusals import Fault
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from partner_gateway import events
from partner_gateway.domain import entries
from partner_gateway.domain.entries import Named, PermitUnknown
from partner_gateway.domain.permit_documents import document_context
from partner_gateway.feed import Change, partner
from partner_gateway.models import BuildingPermit, PartnerEntry
from partner_gateway.settings import Settings
from saudi.days import legal_day
from saudi.text import compact

PATHS: Mapping[str, str] = {
    entries.INSULATION: "/v1/insulation-entries",
    entries.SUPPLY: "/v1/supply-entries",
}
# An organisation hears of its own entries whole; of the changes of `/permits` what its grant names.
SOURCE = "/permits/entries"
# Fields of a body that name the permit. The row has columns of its own for them.
_NAMES = frozenset(("permit_id", "permit_number", "municipality"))
BATCH = 100
_NUMBERS = {"u_value", "load_kva"}


class AnswerToNothing(Exception):
    """`permits` answered an entry that isn't here. The event lies aside until somebody knows why."""


@dataclass(frozen=True)
class Entered:
    """The row, and what is unusual about it and was taken all the same."""

    row: PartnerEntry
    warnings: list[Fault]


@dataclass(frozen=True)
class _Permit:
    permit_id: str
    permit_number: str
    municipality: str


def enter(
    work: UnitOfWork, settings: Settings, *, area: str, kind: str, body: Mapping[str, Any]
) -> Entered:
    """`body` is as the contract has it. Raises InvalidFields, PermitUnknown."""
    entries.check_entry(body, legal_day(work.now))
    permit = _permit(work, settings, entries.named_permit(body))
    content = events.filled(area, _content(body))
    row = PartnerEntry(
        entry_id=new_id(),
        version=0,
        area=area,
        kind=kind,
        organisation=work.actor.organisation,
        **vars(permit),
        entered_at=work.now,
        entered_by=work.actor.subject,
        content={**content, "entered_by": work.actor.name},
        outcome=entries.PENDING,
    )
    work.session.add(row)
    work.session.flush()
    head = {"entry_id": row.entry_id, "kind": kind, **vars(permit)}
    publish(work.session, events.entered(work.actor, area, head, content, work.now))
    warnings = entries.u_value_warnings(content.get("stage"), content.get("u_value"))
    return Entered(row, warnings)


def record_answer(session: Session, event: Received) -> Change | None:
    """Keeps what `permits` said of an entry, and answers what its organisation hears of it; None when a newer answer
    is here already. Raises AnswerToNothing."""
    answer = event.data
    row = session.scalars(
        select(PartnerEntry)
        .where(PartnerEntry.entry_id == answer["entry_id"])
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise AnswerToNothing(f"entry {answer['entry_id']}")
    if row.version >= event.sequence:
        return None
    row.version, row.answered_at = event.sequence, event.time
    row.outcome, row.answer = answer["outcome"], dict(answer)
    session.flush()
    return change_of(row, event)


def empty_old(session: Session, *, before: datetime, now: datetime) -> int:
    """Entries answered before that moment lose their names and typed texts, at most 100; answers how many. What isn't
    answered stays whole."""
    due = (
        select(PartnerEntry)
        .where(PartnerEntry.answered_at < before, PartnerEntry.emptied_at.is_(None))
        .order_by(PartnerEntry.answered_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(due).all()
    for row in rows:
        row.content, row.emptied_at = entries.emptied(row.content), now
    return len(rows)


def change_of(row: PartnerEntry, event: Received) -> Change:
    """Returns the change by which an entry's organisation is told the answer."""
    named = ("entry_id", "kind", "permit_id", "permit_number", "municipality")
    answered = ("outcome", "reason", "effects", "certificate_number")
    return Change(
        event_id=event.id,
        type=event.type,
        source=SOURCE,
        audiences=[partner(row.organisation)],
        subject=row.entry_id,
        about=row.permit_id,
        number=row.permit_number,
        path=f"{PATHS[row.area]}/{row.entry_id}",
        sequence=event.sequence,
        time=event.time,
        data={
            **{name: getattr(row, name) for name in named},
            **{name: event.data[name] for name in answered},
        },
    )


def _content(body: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the content of an entry as its event carries it: days as ISO 8601, numbers in ASCII digits."""
    content = {name: _plain(value) for name, value in body.items() if name not in _NAMES}
    for name in _NUMBERS & content.keys():
        content[name] = compact(content[name])
    if "order_id" in content:
        content["order_id"] = content["order_id"].lower()
    if "meter_numbers" in content:
        content["meter_numbers"] = [compact(one) for one in content["meter_numbers"]]
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else value


def _permit(work: UnitOfWork, settings: Settings, named: Named) -> _Permit:
    """Returns the permit that the read model knows by that name. Raises PermitUnknown."""
    rows = work.session.execute(_rows_of(named)).all()
    known = [_opened(settings, permit_id, document) for permit_id, document in rows]
    found = [one for one in known if named.municipality in (None, one.municipality)]
    if len(found) > 1:
        raise PermitUnknown("ambiguous")
    if not found:
        raise PermitUnknown()
    return found[0]


def _rows_of(named: Named) -> "Select[str, bytes]":
    rows = select(BuildingPermit.permit_id, BuildingPermit.document)
    if named.permit_id is not None:
        return rows.where(BuildingPermit.permit_id == named.permit_id)
    return rows.where(BuildingPermit.permit_number == named.number)


def _opened(settings: Settings, permit_id: str, document: bytes) -> _Permit:
    opened = json.loads(settings.documents.unseal(document, document_context(permit_id)))
    return _Permit(permit_id, opened["permit_number"], opened["municipality"])
