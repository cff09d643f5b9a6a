"""The inspector's part: observes, warns, looks again, confirms by a record, and notifies the offender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.refusals import Findings, InvalidFields, not_blank
from chassis.data import numbers
from chassis.data.advisory import one_at_a_time
from chassis.data.unit_of_work import UnitOfWork
from licences.catalogue import municipalities, towns, violation_table
from licences.commands.uploads import claim_uploads
from licences.commands.violations.pay import bill_fine
from licences.commands.violations.recording import (
    CORRECTION,
    add_note,
    course_of,
    item_of,
    lock_violation,
    plan_day,
    record_violation_change,
    set_course,
    set_fine,
)
from licences.domain import violations
from licences.domain.actors import require_access, require_municipality
from licences.domain.fines import Fine, Item
from licences.domain.offenders import Kind, Offender, holder_of, parse_offender
from licences.domain.violations import (
    NUMBER_BRANCH,
    SERIES,
    VIOLATION_FILES,
    Action,
    Earlier,
    Status,
    number_of,
)
from licences.lookups import count_earlier
from licences.models import Licence, Violation
from saudi import Malformed
from saudi.coordinates import check_within
from saudi.days import hijri_year, legal_day


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


def observe_violation(work: UnitOfWork, observation: Observation) -> Violation:
    """Records what the inspector saw. Publishes `observed`. Raises InvalidFields, also for a picture that isn't kept
    for the inspector, and NotFound for a licence of another municipality."""
    require_municipality(work.actor, observation.municipality)
    today = legal_day(work.now)
    item = violation_table().item(observation.item, today)
    offender = _offender(work, observation)
    row = _new_row(work, observation, item, offender)
    _claim_pictures(work, row, observation.pictures)
    year = hijri_year(today)
    serial = numbers.draw(work.session, SERIES, NUMBER_BRANCH, year)
    row.violation_no = number_of(year, serial)
    work.session.add(row)
    return record_violation_change(work, row, "observe", "observed")


def _offender(work: UnitOfWork, observation: Observation) -> Offender:
    findings = Findings()
    _check_place(observation, findings)
    if observation.offender["kind"] == Kind.LICENCE:
        findings.settle()
        return _licence_holder(work, observation)
    offender = parse_offender(observation.offender, findings)
    findings.settle()
    assert offender is not None  # noqa: S101  # settled without a fault
    return offender


def _check_place(observation: Observation, findings: Findings) -> None:
    if observation.municipality not in municipalities():
        findings.fault("municipality", "municipality-unknown")
    if observation.town is not None and towns().named(observation.town) is None:
        findings.fault("town", "town-unknown")
    if observation.latitude is not None and observation.longitude is not None:
        try:
            check_within(observation.latitude, observation.longitude)
        except Malformed as error:
            findings.fault("latitude", error.code)


def _licence_holder(work: UnitOfWork, observation: Observation) -> Offender:
    number = observation.offender.get("licence_no")
    licence = work.session.scalar(select(Licence).where(Licence.licence_no == number))
    if licence is None or licence.body is None:
        raise InvalidFields.of("offender.licence_no", "licence-unknown")
    require_access(work.actor, licence.municipality)
    size = observation.offender.get("size")
    return holder_of(licence.licence_id, licence.licence_no, licence.body, size=size)


def _new_row(
    work: UnitOfWork, observation: Observation, item: Item, offender: Offender
) -> Violation:
    town = towns().named(observation.town) if observation.town else None
    return Violation(
        violation_id=new_id(),
        item=item.code,
        group_code=item.group,
        grave=item.grave,
        municipality=observation.municipality,
        town=town.name if town else None,
        district=observation.district,
        latitude=observation.latitude,
        longitude=observation.longitude,
        status=Status.OBSERVED.value,
        offender_kind=offender.kind.value,
        offender=offender.record(),
        offender_key=offender.id_number,
        establishment=offender.establishment,
        size=offender.size,
        licence_id=offender.licence_id,
        licence_no=offender.licence_no,
        note=observation.note,
        observed_at=work.now,
        final=False,
        judged=False,
        recorded_by=work.actor.subject,
        updated_at=work.now,
    )


def _claim_pictures(work: UnitOfWork, row: Violation, pictures: Sequence[str]) -> None:
    claim_uploads(work, pictures, owner=(VIOLATION_FILES, row.violation_id), field="pictures")


def warn_offender(work: UnitOfWork, violation_id: str) -> Violation:
    """Gives the offender the item's time to correct the violation. Publishes `warned`. Raises NoWarning."""
    row = lock_violation(work, violation_id)
    item, earlier = item_of(row), earlier_offences(work, row)
    set_course(work, row, violations.warn(course_of(row), item, earlier))
    row.repetition = earlier.repetition
    row.correct_until = violations.last_day(legal_day(work.now), item.warning_days or 0)
    plan_day(work, row, CORRECTION, row.correct_until)
    return record_violation_change(work, row, Action.WARN, "warned", to_offender=True)


def note_correction(work: UnitOfWork, violation_id: str, *, note: str) -> Violation:
    """Ends the violation without a fine: the inspector looked again, and the offender had corrected it. Publishes
    `corrected`."""
    row = lock_violation(work, violation_id)
    add_note(row, not_blank(note, "note"))
    set_course(work, row, violations.advance(course_of(row), Action.CORRECT))
    plan_day(work, row, CORRECTION, None)
    return record_violation_change(work, row, Action.CORRECT, "corrected", to_offender=True)


def confirm_violation(
    work: UnitOfWork, violation_id: str, *, note: str, pictures: Sequence[str] = ()
) -> Violation:
    """Makes the record, and computes the fine by the table. The offender reads the note. Publishes `confirmed`.
    Raises WarningFirst, and InvalidFields also for a picture that isn't kept for the inspector."""
    row = lock_violation(work, violation_id)
    item, earlier = item_of(row), earlier_offences(work, row)
    after = violations.confirm(
        course_of(row),
        item,
        earlier,
        correct_until=row.correct_until,
        today=legal_day(work.now),
    )
    _claim_pictures(work, row, pictures)
    row.findings = not_blank(note, "note")
    row.confirmed_at, row.confirmed_by = work.now, work.actor.subject
    set_fine(row, fine_by_table(row, earlier))
    set_course(work, row, after)
    row.seen_again_from = None
    plan_day(work, row, CORRECTION, None)
    details = {"repetition": earlier.repetition, "amount_halalas": row.amount_halalas}
    return record_violation_change(work, row, Action.CONFIRM, "confirmed", details=details)


def fine_by_table(row: Violation, earlier: Earlier) -> Fine:
    """Returns what the violation costs by the table of the day of the observation."""
    return violation_table().fine(
        item_of(row),
        municipality=row.municipality,
        size=row.size,
        repetition=earlier.repetition,
        on=legal_day(row.observed_at),
    )


def notify_offender(work: UnitOfWork, violation_id: str) -> Violation:
    """Notifies the offender, who owes the fine from now on, and bills the fine. Publishes `notified`."""
    row = lock_violation(work, violation_id)
    today = legal_day(work.now)
    rules = violation_table().parameters(today)
    until = violations.last_day(today, rules.objection_days)
    set_course(work, row, violations.notify(course_of(row), until))
    row.notified_at = work.now
    bill_fine(work, row)
    return record_violation_change(work, row, Action.NOTIFY, "notified", to_offender=True)


def earlier_offences(work: UnitOfWork, row: Violation) -> Earlier:
    """Counts the earlier offences for a decision. A second count for the same offender and item waits until this
    transaction ends, so that no two violations are each the first."""
    one_at_a_time(work.session, "violation", f"{row.item}/{row.offender_number or ''}")
    return count_earlier(work.session, row)
