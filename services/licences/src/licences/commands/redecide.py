"""Decides applications anew when a fact changes: a building permit, a health certificate, a violation.

Decides what isn't decided yet, and what is approved and waits for its money.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.db import execute_by_driver
from chassis.data.deadlines import Deadline, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.decide import decide_application, redecide_approved
from licences.commands.other_licences import of_establishment_or_owner
from licences.commands.recording import REDECISION
from licences.domain.applications import UNDECIDED, Status
from licences.models import (
    Application,
    FineInvoice,
    KnownHealthCertificate,
    KnownPermit,
    Licence,
    Violation,
)
from saudi.text import number_key

_AT_ONCE = 200  # applications that one transaction locks and decides
_OPEN_STATUSES = [status.value for status in (*UNDECIDED, Status.AWAITING_PAYMENT)]


# Building permits.

_KNOWN_COLUMNS = [one.name for one in KnownPermit.__table__.columns]
_CHANGING = [one.name for one in KnownPermit.__table__.columns if not one.primary_key]
_KEEP_NEWER = f"""INSERT INTO known_permit AS known ({", ".join(_KNOWN_COLUMNS)})
    SELECT {", ".join(_KNOWN_COLUMNS)} FROM jsonb_populate_recordset(CAST(NULL AS known_permit), %(rows)s)
    ON CONFLICT (permit_id) DO UPDATE SET {", ".join(f"{one} = excluded.{one}" for one in _CHANGING)}
    WHERE known.version < excluded.version RETURNING CAST(permit_id AS text)"""  # noqa: S608
# An application names its permit by the number: the permit of today, or one that it followed.
_OPEN_OF_PERMITS = """WITH RECURSIVE named (permit_id, number_key) AS (
        SELECT permit_id, number_key FROM known_permit WHERE permit_id = ANY(%(permit_ids)s::uuid[])
        UNION SELECT before.permit_id, before.number_key FROM known_permit before
        JOIN named ON before.successor = CAST(named.permit_id AS text))
    SELECT CAST(application_id AS text) FROM application
    WHERE building_permit_key = ANY(ARRAY(SELECT number_key FROM named)) AND status = ANY(%(statuses)s::text[])
    ORDER BY application_id"""


def note_permits(work: UnitOfWork, events: Iterable[Received]) -> list[str]:
    """Keeps the newest states of building permits. Returns the ids of the permits whose known state was older."""
    newest = {}
    for event in sorted(events, key=lambda one: one.sequence):
        newest[event.subject] = _known_permit(event, work.now)
    rows = [newest[permit_id] for permit_id in sorted(newest)]
    kept = execute_by_driver(work.session, _KEEP_NEWER, {"rows": Jsonb(rows)})
    return [permit_id for (permit_id,) in kept]


def _known_permit(event: Received, now: datetime) -> dict[str, Any]:
    state = event.data
    return {
        "permit_id": event.subject,
        "version": event.sequence,
        "permit_number": state["permit_number"],
        "number_key": number_key(state["permit_number"]),
        "municipality": state["municipality"],
        "status": state["status"],
        "use_class": state["use_class"],
        "completed": state["completion"] is not None,
        "expires_on": state["expires_on"],
        "successor": (state.get("successor") or {}).get("permit_id"),
        "changed_at": now.isoformat(),
    }


def redecide_for_permits(work: UnitOfWork, permit_ids: Collection[str]) -> int:
    """Decides the applications anew that name one of the building permits or a predecessor. Returns how many now."""
    values = {"permit_ids": list(permit_ids), "statuses": _OPEN_STATUSES}
    found = execute_by_driver(work.session, _OPEN_OF_PERMITS, values)
    return _redecide(work, [application_id for (application_id,) in found])


# Health certificates.


@dataclass(frozen=True)
class Workplace:
    """What a health certificate names: a unified number, the number of a licence, the number of an application."""

    establishment: str | None
    licence_no: str | None
    application_no: str | None


_NOWHERE = Workplace(None, None, None)


def note_certificate(session: Session, event: Received) -> list[Workplace]:
    """Keeps the newest state of a health certificate.

    Returns the workplaces whose workers are to be counted anew: the certificate's workplace and, if the worker moved,
    the workplace before. Returns none for an event older than the known state, or for a worker without a workplace.
    """
    state = event.data
    row = session.get(KnownHealthCertificate, event.subject, with_for_update=True)
    if row is not None and row.version >= event.sequence:
        return []
    workplace = Workplace(**_numbers_of(state["establishment"]))
    values = {
        "version": event.sequence,
        "certificate_no": state["certificate_no"],
        "status": state["status"],
        "replaced_by": state["replaced_by"],
        "establishment": workplace.establishment,
        "licence_no": workplace.licence_no,
        "application_no": workplace.application_no,
        "worker": state["worker"],
        "valid_until": date.fromisoformat(state["valid_until"]),
        "changed_at": event.time,
    }
    before = workplace
    if row is not None:
        before = Workplace(row.establishment, row.licence_no, row.application_no)
    else:
        row = KnownHealthCertificate(certificate_id=event.subject)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return [one for one in dict.fromkeys((before, workplace)) if one != _NOWHERE]


def _numbers_of(named: Mapping[str, Any] | None) -> dict[str, Any]:
    place = named or {}
    numbers = {name: place.get(name) for name in ("licence_no", "application_no")}
    return {"establishment": place.get("unified_number"), **numbers}


def redecide_for_certificate(work: UnitOfWork, workplaces: Iterable[Workplace]) -> int:
    """Decides the applications of the workplaces anew. Takes all applications of an establishment: a renewal, or the
    move of a shop, counts the certificates of another application or licence too. Returns how many."""
    named = [_named_by(workplace) for workplace in workplaces]
    return _redecide_where(work, or_(*named)) if named else 0


def _named_by(workplace: Workplace) -> ColumnElement[bool]:
    if workplace.establishment is not None:
        return Application.establishment == workplace.establishment
    named = list[ColumnElement[bool]]()
    if (
        workplace.licence_no is not None
    ):  # `= NULL` would select every application for a new licence
        named.append(Application.licence_no == workplace.licence_no)
    if workplace.application_no is not None:
        this = Application.application_no == workplace.application_no
        licences = select(Application.licence_no).where(this)
        named += [this, Application.licence_no.in_(licences)]
    return or_(*named)


# Violations.


def redecide_for_fine(work: UnitOfWork, invoice_id: str) -> int:
    """Decides the offender's applications anew for a fine's invoice. Returns 0 for an invoice of something else."""
    fine = work.session.get(FineInvoice, invoice_id)
    if fine is None:
        return 0
    return redecide_for_violation(work, work.session.get_one(Violation, fine.violation_id))


def redecide_for_violation(work: UnitOfWork, row: Violation) -> int:
    """Decides the offender's applications anew: the violation became final, or was paid. Returns how many."""
    return _redecide_where(work, _of_offender(work.session, row))


def lock_for_violation(work: UnitOfWork, row: Violation, also: str | None) -> Sequence[Application]:
    """Locks the offender's applications, and their licences with the licence `also`, in the order of all commands. The
    licence may then be changed before the applications are decided."""
    keys = _find_open(work.session, _of_offender(work.session, row))
    return _lock_applications(work, keys, also)


def _of_offender(session: Session, row: Violation) -> ColumnElement[bool]:
    number = row.offender["id_number"] if row.offender else None
    return of_establishment_or_owner(session, Application, row.establishment, number)


# In the order of locks: applications, then licences, then number series.


def _redecide_where(work: UnitOfWork, which: ColumnElement[bool]) -> int:
    return _redecide(work, _find_open(work.session, which))


def _redecide(work: UnitOfWork, keys: Sequence[str]) -> int:
    """Locks all rows before the first decision: a decision may draw a number, and a transaction that holds a number
    series waits for no row."""
    rows = _lock_applications(work, keys, None)
    redecide_locked(work, rows)
    return len(rows)


def redecide_overdue(work: UnitOfWork, deadline: Deadline) -> None:
    """Decides an application anew that was one of too many for the transaction in which a fact changed."""
    _redecide_where(work, Application.application_id == deadline.aggregate_id)


def redecide_locked(work: UnitOfWork, rows: Sequence[Application]) -> None:
    """Decides locked applications anew, in the order of the municipalities' number series."""
    for row in sorted(rows, key=lambda one: (one.municipality, one.application_id)):
        if not redecide_approved(work, row):
            decide_application(work, row)


def _find_open(session: Session, which: ColumnElement[bool]) -> Sequence[str]:
    """Returns the ids of open applications in their order."""
    statement = select(Application.application_id).where(
        which, Application.status.in_(_OPEN_STATUSES)
    )
    return session.scalars(statement.order_by(Application.application_id)).all()


def _lock_applications(
    work: UnitOfWork, keys: Sequence[str], also: str | None
) -> Sequence[Application]:
    """Locks the first open applications in the order of their ids, then the licences that they're about. Each of the
    other applications gets a deadline that is due at once, and is decided in a transaction of its own."""
    for key in keys[_AT_ONCE:]:
        set_deadline(work.session, Application.aggregate_type, key, REDECISION, work.now)
    rows = [work.lock(Application, key) for key in keys[:_AT_ONCE]]
    _lock_licences(work, rows, also)
    return rows


def _lock_licences(work: UnitOfWork, rows: Sequence[Application], also: str | None) -> None:
    """Locks the licences that the applications renew, end or replace."""
    keys = {str(row.licence_id) for row in rows if row.licence_id is not None}
    if also is not None:
        keys.add(also)
    replaced = [row.replaces_licence_no for row in rows if row.replaces_licence_no is not None]
    if replaced:
        named = select(Licence.licence_id).where(Licence.licence_no.in_(replaced))
        keys.update(str(key) for key in work.session.scalars(named))
    for key in sorted(keys):
        work.lock(Licence, key)
