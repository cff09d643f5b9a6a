"""The place that is closed because of a violation."""

from sqlalchemy import select

from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.supervise import close_licence, lock_licence
from licences.commands.violations.recording import (
    item_of,
    lock_violation,
    people_of,
    record_violation_change,
    require_another_person,
)
from licences.domain.actors import acts_for
from licences.domain.licences import LicenceEnded, same_holder
from licences.domain.licences import Status as LicenceStatus
from licences.domain.violations import ENDED, PlaceStaysOpen
from licences.models import Licence, Violation


def close_place(work: UnitOfWork, violation_id: str, *, seal_number: str, reason: str) -> Violation:
    """Closes the licence's place because of the violation. Publishes `place_closed`, and the licence's `closed`. Raises
    AnotherPerson, PlaceStaysOpen, LicenceEnded."""
    row = lock_violation(work, violation_id)
    require_another_person(work, row)
    is_open = row.confirmed_at is not None and row.status not in ENDED
    if not (is_open and item_of(row).closes and row.licence_no) or row.place_closed_at:
        raise PlaceStaysOpen
    row.seal_number = not_blank(seal_number, "seal_number")
    place = _lock_present_licence(work, row.licence_no)
    close_licence(
        work,
        place.licence_no,
        reason=reason,
        violation_id=violation_id,
        people=people_of(work.session, row),
    )
    row.place_closed_at, row.closed_licence_id = work.now, place.licence_id
    return record_violation_change(work, row, "close_place", "place_closed", to_offender=True)


def _lock_present_licence(work: UnitOfWork, licence_no: str) -> Licence:
    """Locks the licence or, if the holder's shop has moved since, its present successor. Raises NotFound,
    LicenceEnded."""
    first = row = lock_licence(work, licence_no)
    while row.status == LicenceStatus.CANCELLED:
        successor = select(Licence).where(Licence.licence_no == row.replaced_by)
        after = work.session.scalar(successor)
        if after is None or not (
            same_holder(first, after) and acts_for(work.actor, after.municipality)
        ):
            raise LicenceEnded
        row = work.lock(Licence, after.licence_id)
    return row
