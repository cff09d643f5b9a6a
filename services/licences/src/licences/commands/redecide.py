"""Keeps what other services' events tell, the newest of each thing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.core.cloudevents import Received
from chassis.data.aggregates import lock
from licences.commands.decide import decide_application, redecide_approved
from licences.commands.gather import permit_keys_up_to
from licences.commands.other_licences import of_establishment_or_owner
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


@dataclass(frozen=True)
class Place:
    """What a health certificate names: a unified number, the number of a licence, that of an application."""

    establishment: str | None
    licence_no: str | None
    application_no: str | None


def note_permit(session: Session, event: Received, *, now: datetime) -> str | None:
    """Keeps the newest state of a building permit. Answers its id; None for an event that is older than what is
    known."""
    state = event.data
    values = {
        "version": event.sequence,
        "permit_number": state["permit_number"],
        "number_key": number_key(state["permit_number"]),
        "municipality": state["municipality"],
        "status": state["status"],
        "use_class": state["use_class"],
        "completed": state["completion"] is not None,
        "expires_on": date.fromisoformat(state["expires_on"]),
        "successor": (state.get("successor") or {}).get("permit_id"),
        "changed_at": now,
    }
    statement = insert(KnownPermit).values(permit_id=event.subject, **values)
    newer = statement.on_conflict_do_update(
        index_elements=[KnownPermit.permit_id],
        set_=values,
        where=KnownPermit.version < statement.excluded.version,
    )
    return session.scalar(newer.returning(KnownPermit.permit_id))


def note_certificate(session: Session, event: Received) -> list[Place]:
    """Keeps the newest state of a health certificate. Answers the places whose workers are to be counted anew: the one
    that it names and, where the worker went elsewhere, the one that he left; none for an event that is older than what
    is known, or of a worker without a place."""
    state = event.data
    row = session.get(KnownHealthCertificate, event.subject, with_for_update=True)
    if row is not None and row.version >= event.sequence:
        return []
    place = Place(**_numbers_of(state["establishment"]))
    values = {
        "version": event.sequence,
        "certificate_no": state["certificate_no"],
        "status": state["status"],
        "replaced_by": state["replaced_by"],
        "establishment": place.establishment,
        "licence_no": place.licence_no,
        "application_no": place.application_no,
        "worker": state["worker"],
        "valid_until": date.fromisoformat(state["valid_until"]),
        "changed_at": event.time,
    }
    left = place
    if row is not None:
        left = Place(row.establishment, row.licence_no, row.application_no)
    else:
        row = KnownHealthCertificate(certificate_id=event.subject)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return [one for one in dict.fromkeys((left, place)) if one != _NOWHERE]


_NOWHERE = Place(None, None, None)


def _numbers_of(named: Mapping[str, Any] | None) -> dict[str, Any]:
    found = named or {}
    numbers = {name: found.get(name) for name in ("licence_no", "application_no")}
    return {"establishment": found.get("unified_number"), **numbers}


_MOST = 200


def redecide_for_permit(session: Session, permit_id: str, *, now: datetime) -> int:
    """Applications that name the building permit, or one whose place it took. Answers how many were looked at."""
    keys = permit_keys_up_to(session, permit_id)
    return _redecide_where(session, Application.building_permit_key.in_(keys), now=now)


def redecide_for_certificate(session: Session, places: Iterable[Place], *, now: datetime) -> int:
    """Applications of the places that a health certificate names, and named before. All of an establishment's are
    looked at: a renewal, or the move of a shop, counts the certificates of another application or licence too."""
    named = [_named_by(one) for one in places]
    return _redecide_where(session, or_(*named), now=now) if named else 0


def _named_by(place: Place) -> ColumnElement[bool]:
    if place.establishment is not None:
        return Application.establishment == place.establishment
    named = list[ColumnElement[bool]]()
    if place.licence_no is not None:  # `= NULL` would be every application for a new licence
        named.append(Application.licence_no == place.licence_no)
    if place.application_no is not None:
        of_it = Application.application_no == place.application_no
        licences = select(Application.licence_no).where(of_it)
        named += [of_it, Application.licence_no.in_(licences)]
    return or_(*named)


def redecide_for_offender(
    session: Session, *, owner_number: str | None, establishment: str | None, now: datetime
) -> int:
    """Applications of a person or an establishment: a violation became final, or was paid."""
    return _redecide_where(
        session,
        of_establishment_or_owner(session, Application, establishment, owner_number),
        now=now,
    )


def redecide_for_fine(session: Session, invoice_id: str, *, now: datetime) -> int:
    """Applications of those whose fine an invoice is about; none for an invoice of something else."""
    fine = session.get(FineInvoice, invoice_id)
    if fine is None:
        return 0
    return redecide_for_violation(session, session.get_one(Violation, fine.violation_id), now=now)


def redecide_for_violation(session: Session, row: Violation, *, now: datetime) -> int:
    """Applications of its offender."""
    number = row.offender["id_number"] if row.offender else None
    return redecide_for_offender(
        session, owner_number=number, establishment=row.establishment, now=now
    )


def lock_for_violation(session: Session, row: Violation, also: str | None) -> Sequence[Application]:
    """Applications of its offender, locked, and `also` a licence: in the order in which everybody locks them, so that
    the licence may be changed before they're decided."""
    number = row.offender["id_number"] if row.offender else None
    return _lock_applications(
        session, of_establishment_or_owner(session, Application, row.establishment, number), also
    )


def redecide_locked(session: Session, rows: Sequence[Application], *, now: datetime) -> None:
    """Those that are locked; the series of numbers are drawn from in the order of their municipalities."""
    for row in sorted(rows, key=lambda one: (one.municipality, one.application_id)):
        if not redecide_approved(session, row, now=now):
            decide_application(session, row, now=now)


def _redecide_where(session: Session, whose: ColumnElement[bool], *, now: datetime) -> int:
    """Locks everything before it decides anything: a decision may draw a number, and whoever has the series of a
    municipality waits for no row any more."""
    rows = _lock_applications(session, whose, None)
    redecide_locked(session, rows, now=now)
    return len(rows)


def _lock_applications(
    session: Session, whose: ColumnElement[bool], also: str | None
) -> Sequence[Application]:
    """The applications in the order of their ids, then the licences that they are about."""
    open_ones = [one.value for one in (*UNDECIDED, Status.AWAITING_PAYMENT)]
    statement = (
        select(Application.application_id)
        .where(whose, Application.status.in_(open_ones))
        .order_by(Application.application_id)
        .limit(_MOST)
    )
    keys = session.scalars(statement).all()
    rows = [lock(session, Application, key) for key in keys]
    _lock_licences(session, rows, also)
    return rows


def _lock_licences(session: Session, rows: Sequence[Application], also: str | None) -> None:
    """What the applications renew, end or replace."""
    keys = {str(row.licence_id) for row in rows if row.licence_id is not None}
    if also is not None:
        keys.add(also)
    replaced = [row.replaces_licence_no for row in rows if row.replaces_licence_no is not None]
    if replaced:
        named = select(Licence.licence_id).where(Licence.licence_no.in_(replaced))
        keys.update(str(key) for key in session.scalars(named))
    for key in sorted(keys):
        lock(session, Licence, key)
