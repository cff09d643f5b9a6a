"""The inspector's part: he sees, warns, looks again, confirms by a record, and has the offender told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, InvalidFields, not_blank
from chassis.data import numbers
from chassis.data.advisory import one_at_a_time
from chassis.data.sealed import keys_of
from chassis.files.attachments import claim, uploader_of
from licences.catalogue import municipalities, towns, violation_table
from licences.commands.violations.pay import bill_fine
from licences.commands.violations.recording import (
    CORRECTION,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation,
    set_course,
    set_fine,
)
from licences.domain import violations
from licences.domain.actors import Actor, require_access, require_municipality
from licences.domain.fines import Item
from licences.domain.offenders import Kind, Offender, holder_of, parse_offender
from licences.domain.violations import NUMBER_BRANCH, SERIES, Action, Earlier, Status, number_of
from licences.models import Licence, Violation
from saudi import Malformed
from saudi.coordinates import check_within
from saudi.days import RIYADH, add_years, hijri_year, legal_day

VIOLATION_FILES = "violation"  # of its pictures
# Those for which somebody was fined: confirmed, and not taken back.
_FINED = tuple(
    one.value
    for one in Status
    if one not in (Status.OBSERVED, Status.WARNED, Status.CORRECTED, Status.CANCELLED)
)


@dataclass(frozen=True, kw_only=True)
class Observation:
    """What the inspector saw, in the shape of the contract's `NewViolation`."""

    item: str
    municipality: str
    offender: Mapping[str, Any]
    town: str | None = None
    district: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    note: str | None = None
    pictures: Sequence[str] = ()


def observe_violation(
    session: Session, actor: Actor, sight: Observation, *, now: datetime
) -> Violation:
    """Records what was seen. Publishes `observed`. Raises InvalidFields, and NotFound for a licence that isn't the
    actor's municipality's or a picture that he didn't send."""
    require_municipality(actor, sight.municipality)
    item = violation_table().item(sight.item, legal_day(now))
    offender = _offender(session, actor, sight)
    row = _new_row(actor, sight, item, offender, now)
    claim(
        session,
        sight.pictures,
        owner_type=VIOLATION_FILES,
        owner_id=row.violation_id,
        uploader=uploader_of(actor),
    )
    year = hijri_year(legal_day(now))
    row.violation_no = number_of(year, numbers.draw(session, SERIES, NUMBER_BRANCH, year))
    session.add(row)
    return record_violation(session, row, actor, "observe", "observed", now=now)


def _offender(session: Session, actor: Actor, sight: Observation) -> Offender:
    findings = Findings()
    if sight.municipality not in municipalities():
        findings.fault("municipality", "municipality-unknown")
    if sight.town is not None and towns().named(sight.town) is None:
        findings.fault("town", "town-unknown")
    if sight.latitude is not None and sight.longitude is not None:
        try:
            check_within(sight.latitude, sight.longitude)
        except Malformed as error:
            findings.fault("latitude", error.code)
    if sight.offender["kind"] == Kind.LICENCE:
        findings.settle()
        number = sight.offender.get("licence_no")
        licence = session.scalar(select(Licence).where(Licence.licence_no == number))
        if licence is None or licence.body is None:
            raise InvalidFields.of("offender.licence_no", "licence-unknown")
        require_access(actor, licence.municipality)
        size = sight.offender.get("size")
        return holder_of(licence.licence_id, licence.licence_no, licence.body, size=size)
    offender = parse_offender(sight.offender, findings)
    findings.settle()
    assert offender is not None  # noqa: S101  # settled without a fault
    return offender


def _new_row(
    actor: Actor, sight: Observation, item: Item, offender: Offender, now: datetime
) -> Violation:
    town = towns().named(sight.town) if sight.town else None
    return Violation(
        violation_id=new_id(),
        item=item.code,
        group_code=item.group,
        grave=item.grave,
        municipality=sight.municipality,
        town=town.name if town else None,
        district=sight.district,
        latitude=sight.latitude,
        longitude=sight.longitude,
        status=Status.OBSERVED.value,
        offender_kind=offender.kind.value,
        offender=offender.record(),
        offender_key=offender.id_number,
        establishment=offender.establishment,
        size=offender.size,
        licence_id=offender.licence_id,
        licence_no=offender.licence_no,
        note=sight.note,
        observed_at=now,
        final=False,
        judged=False,
        recorded_by=actor.subject,
        updated_at=now,
    )


def warn_offender(session: Session, actor: Actor, violation_id: str, *, now: datetime) -> Violation:
    """Gives the offender the item's time to correct it. Publishes `warned`. Raises NoWarning."""
    row = lock_violation(session, actor, violation_id)
    item, earlier = item_of(row), earlier_offences(session, row)
    set_course(session, row, violations.warn(course_of(row), item, earlier), now)
    row.repetition = earlier.repetition
    row.correct_until = violations.last_day(legal_day(now), item.warning_days or 0)
    plan_day(session, row, CORRECTION, row.correct_until)
    return record_violation(session, row, actor, Action.WARN, "warned", now=now, told=True)


def note_correction(
    session: Session, actor: Actor, violation_id: str, *, note: str, now: datetime
) -> Violation:
    """The inspector looked again and it's mended: it ends without a fine. Publishes `corrected`."""
    row = lock_violation(session, actor, violation_id)
    row.note = _add_note(row, not_blank(note, "note"))
    set_course(session, row, violations.advance(course_of(row), Action.CORRECT), now)
    plan_day(session, row, CORRECTION, None)
    return record_violation(session, row, actor, Action.CORRECT, "corrected", now=now, told=True)


def confirm_violation(
    session: Session,
    actor: Actor,
    violation_id: str,
    *,
    note: str,
    pictures: Sequence[str] = (),
    now: datetime,
) -> Violation:
    """Makes the record, by which the fine follows from the table. Publishes `confirmed`. Raises WarningFirst, and
    NotFound for a picture that the actor didn't send."""
    row = lock_violation(session, actor, violation_id)
    item, earlier = item_of(row), earlier_offences(session, row)
    after = violations.confirm(
        course_of(row),
        item,
        earlier,
        correct_until=row.correct_until,
        today=legal_day(now),
    )
    claim(
        session,
        pictures,
        owner_type=VIOLATION_FILES,
        owner_id=violation_id,
        uploader=uploader_of(actor),
    )
    row.note = _add_note(row, not_blank(note, "note"))
    row.confirmed_at, row.confirmed_by = now, actor.subject
    fine = violation_table().fine(
        item,
        municipality=row.municipality,
        size=row.size,
        repetition=earlier.repetition,
        on=legal_day(row.observed_at),
    )
    set_fine(row, fine)
    set_course(session, row, after, now)
    row.seen_again_from = None
    plan_day(session, row, CORRECTION, None)
    details = {"repetition": earlier.repetition, "amount_halalas": row.amount_halalas}
    return record_violation(
        session, row, actor, Action.CONFIRM, "confirmed", now=now, details=details
    )


def notify_offender(
    session: Session, actor: Actor, violation_id: str, *, now: datetime
) -> Violation:
    """The offender is told, and owes the fine; the bill is asked for. Publishes `notified`."""
    row = lock_violation(session, actor, violation_id)
    rules = violation_table().parameters(legal_day(now))
    until = violations.last_day(legal_day(now), rules.objection_days)
    set_course(session, row, violations.notify(course_of(row), until), now)
    row.notified_at = now
    bill_fine(session, row, now=now)
    return record_violation(session, row, actor, Action.NOTIFY, "notified", now=now, told=True)


def earlier_offences(session: Session, row: Violation) -> Earlier:
    """What this offender was fined or warned for before, whenever within the period on either side it was seen: of two
    records one is a repetition, whichever comes first. Whoever else counts for the same offender waits until this
    transaction ends, so that no two violations are each the first."""
    number = row.offender_number or ""
    one_at_a_time(session, "violation", f"{row.item}/{number}")
    seen_on = legal_day(row.observed_at)
    years = violation_table().parameters(seen_on).repetition_years
    since, until = add_years(seen_on, -years), add_years(seen_on, years) + timedelta(days=1)
    statement = select(
        func.count().filter(Violation.status.in_(_FINED)),
        func.count().filter(Violation.status.in_((Status.CORRECTED, Status.WARNED))),
        func.max(Violation.correct_until).filter(Violation.status == Status.WARNED),
    ).where(
        Violation.offender_key.in_(keys_of(session).index.keys(number)),
        Violation.item == row.item,
        Violation.violation_id != row.violation_id,
        Violation.observed_at >= datetime.combine(since, time(), RIYADH),
        Violation.observed_at < datetime.combine(until, time(), RIYADH),
    )
    fined, warned, mends_until = session.execute(statement).one()
    return Earlier(fined, warned, mends_until)


def _add_note(row: Violation, text: str) -> str:
    """The notes so far, and this one."""
    return "\n".join(part for part in (row.note, text) if part)
