"""The insulation of a building: which certificate is current, whether a step issues or revokes the certificate, and
which certificates lose or regain their ground with it.

Callers hold the permit's lock. A flagged certificate waits for a person to decide.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.data.unit_of_work import UnitOfWork
from permits.commands.recording import draw_certificate_number, record_certificate, record_permit
from permits.commands.release_state import lock_certificates, lock_insulation_certificates
from permits.domain import certificates, permits
from permits.domain.certificates import (
    FAIL,
    PERMIT_CANCELLED,
    Action,
    CertificateKind,
    Insulation,
    Stage,
    Status,
    remaining_flag,
)
from permits.domain.insulation import (
    Effect,
    Ended,
    Fact,
    Numbered,
    Standing,
    Visit,
    count_facts,
    oddities,
    why_revoked,
)
from permits.domain.occupancy import Kind
from permits.models import Certificate, Permit
from saudi.days import add_years, legal_day, midnight

KIND = CertificateKind.INSULATION.value
GOING_ON = (Status.PENDING, Status.ISSUED)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step on a certificate, for its history. `validity_years`: of a certificate that the step issues, 0 for ever;
    `reason`: of a certificate that the step revokes if no stage says why."""

    action: str
    note: str | None = None
    details: dict[str, Any] | None = None
    reason: str | None = None
    validity_years: int = 0


@dataclass(frozen=True)
class FollowUp:
    """The insulation of a locked permit's building: its certificates, oldest first, locked too."""

    session: Session
    permit: Permit
    rows: list[Certificate]

    @property
    def current(self) -> Certificate | None:
        """Returns the open certificate: pending, or issued and neither revoked nor voided."""
        last = self.rows[-1] if self.rows else None
        return last if last is not None and last.status in GOING_ON else None

    def facts(self) -> list[Fact]:
        """Returns all entries about the building."""
        last = len(self.rows) - 1
        return [
            fact
            for place, row in enumerate(self.rows)
            for fact in _facts(row, place, followed=place < last)
        ]

    def standing(self) -> Standing:
        """Returns what counts of the entries."""
        return count_facts(self.facts())


def gate_view(row: Certificate) -> Insulation:
    """Returns the certificate as the gate reads it."""
    return Insulation(row.certificate_id, row.permit_id, row.status, row.valid_until)


def lock_insulation(work: UnitOfWork, permit: Permit) -> FollowUp:
    """Locks the insulation certificates of the locked permit. Returns its insulation."""
    return FollowUp(work.session, permit, lock_insulation_certificates(work, permit))


def _facts(row: Certificate, place: int, *, followed: bool) -> list[Fact]:
    if row.status not in GOING_ON and row.ended_on is None:
        return []  # from before `ended_on`: its visits ended with it
    found: list[Fact] = [
        Visit(
            at=visit.entered_at or row.opened_at,
            place=(place, 0, index),
            stage=Stage(visit.stage),
            result=visit.result,
            inspected_on=visit.inspected_on,
        )
        for index, visit in enumerate(row.inspections)
    ]
    if row.numbered_at is not None or row.status == Status.ISSUED:
        number = row.partner_certificate_number or row.certificate_number or ""
        at = row.numbered_at or row.opened_at
        found.append(Numbered(at=at, place=(place, 1), number=number))
    if row.counts_from is not None:
        from_day = row.counts_visits_from
        found.append(Ended(at=row.counts_from, place=(place, 2), visited_from=from_day))
    if followed and row.status == Status.ISSUED and row.valid_until is not None:
        after = row.valid_until + timedelta(days=1)
        begins = midnight(after)
        found.append(Ended(at=begins, place=(place, 3), visited_from=after))
    return found


def open_next(work: UnitOfWork, follow_up: FollowUp, *, note: str | None = None) -> Certificate:
    """Opens a pending certificate with what still counts of the earlier certificates. Publishes certificate.opened."""
    permit = follow_up.permit
    row = Certificate(
        certificate_id=new_id(),
        kind=KIND,
        permit_id=permit.permit_id,
        permit_number=permit.permit_number,
        municipality=permit.municipality,
        status=Status.PENDING.value,
        flagged=False,
        opened_at=work.now,
        inspections=[],
    )
    follow_up.rows.append(row)
    row.stages = _stages(follow_up)
    work.session.add(row)
    return record_certificate(work, row, "open", "opened", note=note)


def apply_step(work: UnitOfWork, follow_up: FollowUp, row: Certificate, step: Step) -> list[Effect]:
    """Records a step on the certificate that goes on, and does what follows from it. Publishes one event of it:
    certificate.issued, .revoked (and flags the completion that rests on it) or .inspected."""
    found, today = follow_up.standing(), legal_day(work.now)
    row.stages = _stages(follow_up)
    happened, outcome, effects = "inspected", None, list[Effect]()
    resting: Sequence[Certificate] = ()
    if row.status == Status.ISSUED and not found.in_force:
        resting = lock_resting(work, row.certificate_id)
        happened, outcome, effects = "revoked", Action.REVOKE, [Effect.CERTIFICATE_REVOKED]
        _revoke(row, found, step.reason, today)
    elif row.status == Status.PENDING and found.in_force and _is_valid(follow_up.permit, today):
        happened, outcome, effects = "issued", Action.ISSUE, [Effect.CERTIFICATE_ISSUED]
        set_issued(work, follow_up.permit, row, _last_day(today, step.validity_years))
    record_certificate(work, row, step.action, happened, note=step.note, details=step.details)
    if outcome is not None:
        work.record_action(row, outcome, note=row.reason)
    if flag_completions(work, follow_up.permit, resting, "insulation-revoked"):
        effects.append(Effect.COMPLETION_FLAGGED)
    return effects


def issue_waiting(work: UnitOfWork, permit: Permit, *, validity_years: int) -> None:
    """Issues the certificate that waited until its permit was valid. Publishes certificate.issued."""
    follow_up, today = lock_insulation(work, permit), legal_day(work.now)
    row = follow_up.current
    waits = row is not None and row.status == Status.PENDING and _is_valid(permit, today)
    if row is not None and waits and follow_up.standing().in_force:
        set_issued(work, permit, row, _last_day(today, validity_years))
        record_certificate(work, row, Action.ISSUE, "issued")


def set_issued(
    work: UnitOfWork, permit: Permit, row: Certificate, valid_until: date | None
) -> None:
    """Gives the certificate its number and its days. Raises IllegalTransition."""
    after = certificates.advance(KIND, row.status, Action.ISSUE)
    row.certificate_number = draw_certificate_number(work, KIND, permit)
    row.status, row.issued_on, row.valid_until = after.value, legal_day(work.now), valid_until


def _last_day(today: date, validity_years: int) -> date | None:
    return add_years(today, validity_years) if validity_years else None


def _revoke(row: Certificate, found: Standing, reason: str | None, today: date) -> None:
    failed = [visit for visit in found.latest.values() if visit.result == FAIL]
    row.status = certificates.advance(KIND, row.status, Action.REVOKE).value
    row.reason, row.ended_on = reason or why_revoked(failed), today


def _is_valid(permit: Permit, today: date) -> bool:
    effective = permits.effective_status(permit.status, permit.expires_on, today)
    return effective == permits.Status.VALID


def _stages(follow_up: FollowUp) -> list[dict[str, Any]]:
    """Returns the visits that count, as the certificate shows them."""
    found = follow_up.standing()
    days = {stage: visit.inspected_on for stage, visit in found.latest.items()}
    visits = [found.latest[stage] for stage in Stage if stage in found.latest]
    records = [_visit_record(visit, follow_up.rows) for visit in visits]
    return [{**record, "warnings": _warnings(record, days)} for record in records]


def _visit_record(visit: Visit, rows: Sequence[Certificate]) -> dict[str, Any]:
    row, _, index = (int(step) for step in visit.place)
    return rows[row].inspections[index].record()


def _warnings(record: Mapping[str, Any], days: Mapping[Stage, date]) -> list[str]:
    value = Decimal(str(record["u_value"])) if record["u_value"] is not None else None
    inspected_on = date.fromisoformat(record["inspected_on"])
    return [one.value for one in oddities(Stage(record["stage"]), inspected_on, days, value)]


def flag_completion(work: UnitOfWork, permit: Permit, certificate_id: str, *, reason: str) -> bool:
    """Flags an issued completion or occupancy certificate of the locked permit and publishes
    certificate.flagged.

    Marks it in the permit's state too, which the caller publishes. Returns whether there was
    anything to flag.
    """
    certificate = work.lock(Certificate, certificate_id)
    if certificate.status != Status.ISSUED or certificate.flagged:
        return False
    certificate.flagged, certificate.flag_reason = True, reason
    certificate.flagged_on = legal_day(work.now)
    _show_on_permit(permit, certificate)
    record_certificate(work, certificate, "flag", "flagged", note=reason)
    return True


def flag_occupancies(
    work: UnitOfWork, permit: Permit, *, reason: str, kinds: Collection[Kind] = tuple(Kind)
) -> None:
    """Flags the locked permit's occupancy certificates of these kinds that are in force today: also an older temporary
    one, which is in force beside the certificate that the permit shows."""
    today = legal_day(work.now)
    for row in lock_certificates(work, permit):
        in_force = row.valid_until is None or row.valid_until >= today
        if row.occupancy is not None and row.occupancy["kind"] in kinds and in_force:
            flag_completion(work, permit, row.certificate_id, reason=reason)


def lock_resting(work: UnitOfWork, insulation_id: str) -> Sequence[Certificate]:
    """Locks the certificates that rest on an insulation certificate, also those of the building's earlier permits. Call
    this before the insulation's change is recorded, because the record locks the permit's release."""
    return work.lock_where(Certificate, Certificate.insulation_certificate_id == insulation_id)


def flag_completions(
    work: UnitOfWork, permit: Permit, resting: Sequence[Certificate], reason: str
) -> bool:
    """Flags the locked certificates that rest on an insulation certificate of the locked permit, and publishes
    permit.amended. Returns whether there was any to flag."""
    flagged = [flag_completion(work, permit, row.certificate_id, reason=reason) for row in resting]
    if any(flagged):
        record_permit(work, permit, "flag", "amended", note=reason)
    return any(flagged)


def unflag_restored(work: UnitOfWork, permit: Permit) -> None:
    """Removes the flags that came with the cancellation of the locked permit, which is undone. Publishes
    certificate.unflagged. A certificate whose insulation or completion was withdrawn meanwhile stays flagged for
    that reason (certificate.flagged). Marks both in the permit's state, which the caller publishes."""
    lock_certificates(work, permit)
    flagged = work.session.scalars(
        select(Certificate.certificate_id)
        .where(
            Certificate.permit_id == permit.permit_id,
            Certificate.flag_reason == PERMIT_CANCELLED,
            Certificate.status == Status.ISSUED,
        )
        .order_by(Certificate.certificate_id)
    ).all()
    for certificate_id in flagged:
        row = work.lock(Certificate, certificate_id)
        reason = _remaining_reason(work.session, row)
        row.flagged, row.flag_reason = reason is not None, reason
        row.flagged_on = legal_day(work.now) if reason else None
        _show_on_permit(permit, row)
        action, happened = ("flag", "flagged") if reason else ("unflag", "unflagged")
        record_certificate(work, row, action, happened, note=reason)


def _remaining_reason(session: Session, row: Certificate) -> str | None:
    completion_id = (row.occupancy or {}).get("completion_certificate_id")
    insulation, completion = (
        session.get(Certificate, one) if one else None
        for one in (row.insulation_certificate_id, completion_id)
    )
    return remaining_flag(
        insulation=Status(insulation.status) if insulation else None,
        completion=Status(completion.status) if completion else None,
    )


def _show_on_permit(permit: Permit, row: Certificate) -> None:
    """Shows the flag in the permit's state, if the permit has this certificate."""
    day = row.flagged_on.isoformat() if row.flagged_on else None
    flag = {"flagged": row.flagged, "flag_reason": row.flag_reason, "flagged_on": day}
    if permit.completion is not None and permit.completion["certificate_id"] == row.certificate_id:
        permit.completion = {**permit.completion, **flag}
    if permit.occupancy is not None and permit.occupancy["certificate_id"] == row.certificate_id:
        permit.occupancy = {**permit.occupancy, **flag}
