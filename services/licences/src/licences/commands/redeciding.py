"""Decides anew what something that has just become known is about, without anybody asking: what isn't decided yet, and
what is approved and waits for its money."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from chassis.data.aggregates import lock
from licences.commands.building_permits import keys_up_to
from licences.commands.deciding import decide_again, look_again
from licences.commands.known import Place
from licences.commands.whose import of_either
from licences.domain.applications import UNDECIDED, Status
from licences.models import Application, FineInvoice, Licence, Violation

MOST = 200


def of_permit(session: Session, permit_id: str, *, now: datetime) -> int:
    """Applications that name the building permit, or one whose place it took. Answers how many were looked at."""
    keys = keys_up_to(session, permit_id)
    return _decide(session, Application.building_permit_key.in_(keys), now=now)


def of_certificate(session: Session, places: Iterable[Place], *, now: datetime) -> int:
    """Applications of the places that a health certificate names, and named before. All of an establishment's are
    looked at: a renewal, or the move of a shop, counts the certificates of another application or licence too."""
    named = [_of_place(one) for one in places]
    return _decide(session, or_(*named), now=now) if named else 0


def _of_place(place: Place) -> ColumnElement[bool]:
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


def of_offender(
    session: Session, *, owner_number: str | None, establishment: str | None, now: datetime
) -> int:
    """Applications of a person or an establishment: a violation became final, or was paid."""
    return _decide(session, of_either(session, Application, establishment, owner_number), now=now)


def of_fine(session: Session, invoice_id: str, *, now: datetime) -> int:
    """Applications of those whose fine an invoice is about; none for an invoice of something else."""
    fine = session.get(FineInvoice, invoice_id)
    if fine is None:
        return 0
    return of_violation(session, session.get_one(Violation, fine.violation_id), now=now)


def of_violation(session: Session, row: Violation, *, now: datetime) -> int:
    """Applications of its offender."""
    number = row.offender["id_number"] if row.offender else None
    return of_offender(session, owner_number=number, establishment=row.establishment, now=now)


def lock_of_violation(session: Session, row: Violation, also: str | None) -> Sequence[Application]:
    """Applications of its offender, locked, and `also` a licence: in the order in which everybody locks them, so that
    the licence may be changed before they're decided."""
    number = row.offender["id_number"] if row.offender else None
    return _lock_all(session, of_either(session, Application, row.establishment, number), also)


def decide(session: Session, rows: Sequence[Application], *, now: datetime) -> None:
    """Those that are locked; the series of numbers are drawn from in the order of their municipalities."""
    for row in sorted(rows, key=lambda one: (one.municipality, one.application_id)):
        if not look_again(session, row, now=now):
            decide_again(session, row, now=now)


def _decide(session: Session, whose: ColumnElement[bool], *, now: datetime) -> int:
    """Locks everything before it decides anything: a decision may draw a number, and whoever has the series of a
    municipality waits for no row any more."""
    rows = _lock_all(session, whose, None)
    decide(session, rows, now=now)
    return len(rows)


def _lock_all(
    session: Session, whose: ColumnElement[bool], also: str | None
) -> Sequence[Application]:
    """The applications in the order of their ids, then the licences that they are about."""
    open_ones = [one.value for one in (*UNDECIDED, Status.AWAITING_PAYMENT)]
    statement = (
        select(Application.application_id)
        .where(whose, Application.status.in_(open_ones))
        .order_by(Application.application_id)
        .limit(MOST)
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
