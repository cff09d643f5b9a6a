"""Use cases of an occupancy certificate: asked for, inspected, issued or refused, withdrawn. All raise NotFound and
IllegalTransition."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import NotFound, not_blank
from chassis.data.deadlines import drop_deadline, pending, set_deadline
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.insulation_state import flag_completion
from permits.commands.recording import (
    draw_certificate_number,
    lock_certificate,
    lock_permit,
    record_certificate,
    record_permit,
)
from permits.commands.release_state import Standing, building_of, lock_standing
from permits.domain import certificates, occupancy
from permits.domain.actors import SYSTEM
from permits.domain.certificates import PERMIT_REPLACED, Action, CertificateKind, Status
from permits.domain.occupancy import DECISION_DAYS, Ground, Kind, Other
from permits.domain.reading import person_name, published_reason
from permits.models import Certificate, Permit
from saudi.days import legal_day, midnight_after

KIND = CertificateKind.OCCUPANCY.value
DECISION, TERM = "occupancy_decision", "occupancy_term"
ON_THE_NEXT_PERMIT = "حلت رخصة لاحقة محل الرخصة، فتُطلب شهادة الإشغال على الرخصة اللاحقة"


@dataclass(frozen=True, kw_only=True)
class OccupancyApplication:
    """What's asked for, with what the certificate has to say (Reg. art. 18)."""

    kind: str
    use: str
    fire_protection: bool
    owner_address: str
    occupants: int | None = None
    note: str | None = None


def request_occupancy(work: UnitOfWork, permit_id: str, asked: OccupancyApplication) -> Certificate:
    """Publishes certificate.requested, and sets the clock of three working days. Raises OccupancyRefused."""
    use, address = not_blank(asked.use, "use"), not_blank(asked.owner_address, "owner_address")
    permit = lock_permit(work, permit_id)
    ground = _ground(permit, lock_standing(work, permit))
    others = [_as_other(row) for row in _occupancies(work.session, permit_id)]
    occupancy.check_request(Kind(asked.kind), ground, others)
    row = _new_certificate(permit, asked, work.now)
    row.owner_address = address
    row.occupancy = {**(row.occupancy or {}), "use": use}
    work.session.add(row)
    record_certificate(work, row, "request", "requested", note=asked.note)
    due_at = catalogue.office().due_after_days(work.now, DECISION_DAYS)
    set_deadline(work.session, Certificate.aggregate_type, row.certificate_id, DECISION, due_at)
    return row


def _new_certificate(permit: Permit, asked: OccupancyApplication, now: datetime) -> Certificate:
    today = legal_day(now)
    return Certificate(
        certificate_id=new_id(),
        kind=KIND,
        permit_id=permit.permit_id,
        permit_number=permit.permit_number,
        municipality=permit.municipality,
        status=Status.PENDING.value,
        flagged=False,
        opened_at=now,
        inspections=[],
        occupancy={
            "kind": asked.kind,
            "requested_on": today.isoformat(),
            "decide_by": occupancy.decide_by(today, catalogue.office()).isoformat(),
            "overdue": False,
            "completion_certificate_id": None,
            "use": asked.use,
            "occupants": asked.occupants,
            "fire_protection": asked.fire_protection,
            "inspection": None,
        },
    )


def _ground(permit: Permit, standing: Standing) -> Ground:
    completion = permit.completion or {}
    return Ground(
        effective_status=standing.effective,
        insulation=standing.insulation,
        completion_id=completion.get("certificate_id"),
        completion_flagged=bool(completion.get("flagged")),
    )


def _occupancies(session: Session, permit_id: str) -> list[Certificate]:
    """Returns the occupancy certificates of a locked permit, oldest first."""
    statement = (
        select(Certificate)
        .where(Certificate.permit_id == permit_id, Certificate.kind == KIND)
        .order_by(Certificate.opened_at, Certificate.certificate_id)
    )
    return list(session.scalars(statement))


def _as_other(row: Certificate) -> Other:
    return Other(_occupancy_part(row)["kind"], row.status, row.flagged)


def _occupancy_part(row: Certificate) -> dict[str, Any]:
    """Returns the part that only an occupancy certificate has."""
    return row.occupancy or {}


@dataclass(frozen=True, kw_only=True)
class OccupancyInspection:
    """An inspector's findings in the building; `defects` of a failed inspection."""

    result: str
    inspected_on: date
    inspector: str
    defects: tuple[str, ...] = ()


def examine(work: UnitOfWork, certificate_id: str, seen: OccupancyInspection) -> Certificate:
    """Records an inspection; the latest counts. Publishes certificate.examined. Raises InvalidFields, also for a day
    before the last inspection of the building: of two inspections the later day counts, not the later entry."""
    inspector = person_name(seen.inspector, "inspector")
    defects = [
        published_reason(text, f"defects.{place}") for place, text in enumerate(seen.defects)
    ]
    permit, row = lock_certificate(work, certificate_id, KIND)
    certificates.advance(KIND, row.status, Action.RECORD_INSPECTION)
    occupancy.check_inspection(
        *(seen.result, defects, seen.inspected_on),
        since=permit.since,
        last=_last_inspection(work.session, permit),
        today=legal_day(work.now),
    )
    found = {
        "result": seen.result,
        "inspected_on": seen.inspected_on.isoformat(),
        "defects": defects,
    }
    row.inspector = inspector
    row.occupancy = {**_occupancy_part(row), "inspection": found}
    note = "، ".join(defects) or None
    return record_certificate(work, row, Action.RECORD_INSPECTION, "examined", note=note)


def _last_inspection(session: Session, permit: Permit) -> date | None:
    """Returns the day of the building's last inspection for occupancy, also for a request that was refused since, and
    under a permit that was replaced since."""
    found = session.scalars(
        select(Certificate.occupancy["inspection"]).where(
            Certificate.permit_id.in_(_select_permits_of_building(permit)),
            Certificate.kind == KIND,
            Certificate.status != Status.VOIDED,
        )
    )
    days = [date.fromisoformat(one["inspected_on"]) for one in found if one]
    return max(days, default=None)


def _select_permits_of_building(permit: Permit) -> Select[str]:
    """Selects the permit and those that it replaced one after another: back from one to the next by the primary key,
    because a permit isn't indexed by its building."""
    columns = select(Permit.permit_id, Permit.previous_permit_id)
    line = columns.where(Permit.permit_id == permit.permit_id).cte(recursive=True)
    is_of_building = func.coalesce(Permit.building_id, Permit.permit_id) == building_of(permit)
    is_previous = Permit.permit_id == line.c.previous_permit_id
    return select(line.union_all(columns.where(is_previous, is_of_building)).c.permit_id)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """The signatory, and the last day of a temporary certificate."""

    name: str
    capacity: str
    valid_until: date | None = None
    note: str | None = None


def issue_occupancy(work: UnitOfWork, certificate_id: str, signed: Signature) -> Certificate:
    """Publishes certificate.issued and permit.amended; a release that waits for it moves on. Raises OccupancyRefused
    when its ground fell away or the inspection isn't passed, and InvalidFields for a term."""
    name, capacity = person_name(signed.name, "signatory.name"), signed.capacity
    permit, row = lock_certificate(work, certificate_id, KIND)
    status, today = certificates.advance(KIND, row.status, Action.ISSUE), legal_day(work.now)
    kind, standing = Kind(_occupancy_part(row)["kind"]), lock_standing(work, permit)
    ground = _ground(permit, standing)
    occupancy.check_issue(kind, ground, _occupancy_part(row)["inspection"])
    occupancy.check_term(kind, today, signed.valid_until)
    number = draw_certificate_number(work, KIND, permit)
    row.certificate_number, row.issued_on = number, today
    row.status, row.valid_until = status.value, signed.valid_until
    row.insulation_certificate_id = standing.insulation_id
    completion_id = ground.completion_id if kind is Kind.FINAL else None
    signatory = {"name": name, "capacity": not_blank(capacity, "signatory.capacity")}
    row.occupancy = {
        **_occupancy_part(row),
        "completion_certificate_id": completion_id,
        "signatory": signatory,
    }
    drop_deadline(work.session, Certificate.aggregate_type, certificate_id, DECISION)
    if row.valid_until is not None:
        _set_term(work.session, certificate_id, row.valid_until)
    record_certificate(work, row, Action.ISSUE, "issued", note=signed.note)
    _set_current(work, permit, note=number)
    return row


def _set_term(session: Session, certificate_id: str, valid_until: date) -> None:
    over = midnight_after(valid_until)
    set_deadline(session, Certificate.aggregate_type, certificate_id, TERM, over)


def set_missing_terms(work: UnitOfWork) -> int:
    """Sets the missing deadlines of temporary certificates that were issued before there were deadlines. A
    certificate that ended while its permit still has it is due at once. Returns how many. An existing deadline,
    also a parked one, stays."""
    held = Permit.occupancy["certificate_id"].astext == cast(Certificate.certificate_id, Text)
    statement = (
        select(Certificate.certificate_id, Certificate.valid_until)
        .join(Permit, Permit.permit_id == Certificate.permit_id)
        .where(
            Certificate.kind == KIND,
            Certificate.status == Status.ISSUED.value,
            Certificate.valid_until.is_not(None),
            or_(Certificate.valid_until >= legal_day(work.now), held),
        )
        .order_by(Certificate.certificate_id)
    )
    rows = [
        (key, last)
        for key, last in work.session.execute(statement)
        if last is not None and TERM not in pending(work.session, Certificate.aggregate_type, key)
    ]
    for key, last in rows:
        _set_term(work.session, key, last)
    return len(rows)


def reject_occupancy(work: UnitOfWork, certificate_id: str, *, reason: str) -> Certificate:
    """Refuses the certificate with reasons, which the owner is told (Reg. art. 18). Publishes certificate.rejected."""
    return _end(work, certificate_id, Action.REJECT, "rejected", reason)


def void_occupancy(work: UnitOfWork, certificate_id: str, *, reason: str) -> Certificate:
    """Voids a certificate that was requested or issued in error. Publishes certificate.voided."""
    return _end(work, certificate_id, Action.VOID, "voided", reason)


def revoke_occupancy(work: UnitOfWork, certificate_id: str, *, reason: str) -> Certificate:
    """Withdraws an issued certificate. Publishes certificate.revoked, and permit.amended: the permit has its earlier
    certificate again if that certificate is still in force."""
    return _end(work, certificate_id, Action.REVOKE, "revoked", reason)


def _end(
    work: UnitOfWork, certificate_id: str, action: Action, happened: str, reason: str
) -> Certificate:
    reason = published_reason(reason)
    permit, row = lock_certificate(work, certificate_id, KIND)
    was_issued = row.status == Status.ISSUED
    row.status = certificates.advance(KIND, row.status, action).value
    row.reason, row.ended_on = reason, legal_day(work.now)
    for kind in (DECISION, TERM):
        drop_deadline(work.session, Certificate.aggregate_type, certificate_id, kind)
    record_certificate(work, row, action, happened, note=reason)
    if was_issued:
        _set_current(work, permit, note=reason)
    return row


def end_occupancy(work: UnitOfWork, permit: Permit) -> None:
    """Ends what the locked permit has of occupancy, because another permit replaces it and is certified anew: other
    owners, another use, or a construction site. Publishes certificate.flagged of a certificate, and
    certificate.rejected of a request. The caller publishes the permit."""
    for row in _occupancies(work.session, permit.permit_id):
        if row.status == Status.ISSUED:
            flag_completion(work, permit, row.certificate_id, reason=PERMIT_REPLACED)
        elif row.status == Status.PENDING:
            row.status = certificates.advance(KIND, row.status, Action.REJECT).value
            row.reason, row.ended_on = ON_THE_NEXT_PERMIT, legal_day(work.now)
            drop_deadline(work.session, Certificate.aggregate_type, row.certificate_id, DECISION)
            record_certificate(work, row, Action.REJECT, "rejected", note=row.reason)


def _set_current(work: UnitOfWork, permit: Permit, *, note: str) -> None:
    """Gives the permit its latest issued certificate that hasn't expired."""
    work.session.flush()
    today = legal_day(work.now)
    issued = [
        row
        for row in _occupancies(work.session, permit.permit_id)
        if row.status == Status.ISSUED and (row.valid_until is None or row.valid_until >= today)
    ]
    held = _summary(max(issued, key=_precedence)) if issued else None
    if held != permit.occupancy:
        permit.occupancy = held
        record_permit(work, permit, "hold_occupancy", "amended", note=note)


def _precedence(row: Certificate) -> tuple[bool, date, str]:
    """Returns the order of certificates: a final certificate counts before a temporary one."""
    return _occupancy_part(row)["kind"] == Kind.FINAL, row.issued_on or date.min, row.certificate_id


def _summary(row: Certificate) -> dict[str, Any]:
    days = {
        "issued_on": row.issued_on,
        "valid_until": row.valid_until,
        "flagged_on": row.flagged_on,
    }
    return {
        "certificate_id": row.certificate_id,
        "certificate_number": row.certificate_number,
        "kind": _occupancy_part(row)["kind"],
        **{name: day.isoformat() if day else None for name, day in days.items()},
        "flagged": row.flagged,
        "flag_reason": row.flag_reason,
    }


def mark_overdue(work: UnitOfWork, certificate_id: str) -> None:
    """Marks a certificate that nobody decided within three working days. The certificate stays pending and heads
    the list. Publishes certificate.overdue."""
    try:
        _, row = lock_certificate(work.acting_as(SYSTEM), certificate_id, KIND)
    except NotFound:
        return
    part = _occupancy_part(row)
    if row.status == Status.PENDING and part and not part["overdue"]:
        row.occupancy = {**part, "overdue": True}
        record_certificate(work.acting_as(SYSTEM), row, "overdue", "overdue")


def end_term(work: UnitOfWork, certificate_id: str) -> None:
    """Takes a temporary certificate from its permit after its last day. Publishes permit.amended; the release is
    rechecked."""
    try:
        permit, row = lock_certificate(work.acting_as(SYSTEM), certificate_id, KIND)
    except NotFound:
        return
    if row.status == Status.ISSUED:
        _set_current(work.acting_as(SYSTEM), permit, note=row.certificate_number or "")
