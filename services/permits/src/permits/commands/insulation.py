"""Use cases of an insulation certificate, by the municipality's officer. All raise NotFound and IllegalTransition.

The company's own entries are in `insulation_entries`; what follows from either, in `insulation_state`.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from chassis.core.refusals import Fault, InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.insulation_state import (
    KIND,
    FollowUp,
    Step,
    apply_step,
    flag_completions,
    gate_view,
    lock_insulation,
    lock_resting,
    open_next,
    set_issued,
)
from permits.commands.recording import (
    advance_permit,
    lock_certificate,
    lock_permit,
    record_certificate,
)
from permits.domain import certificates, insulation, permits
from permits.domain.certificates import (
    STAGE_TITLES,
    Action,
    InsulationAlreadyOpen,
    Stage,
    StageResult,
    StagesIncomplete,
    Status,
)
from permits.domain.insulation import require_officer_rule
from permits.domain.reading import person_name
from permits.models import Certificate, Inspection, Permit
from saudi.days import add_years, legal_day


def open_insulation(work: UnitOfWork, permit_id: str, *, note: str | None = None) -> Certificate:
    """Opens the follow-up of a valid permit. Publishes certificate.opened. Raises
    InsulationAlreadyOpen."""
    permit = lock_permit(work, permit_id)
    advance_permit(permit, permits.Action.OPEN_INSULATION, work.now)
    follow_up, today = lock_insulation(work, permit), legal_day(work.now)
    if any(certificates.blocks_another(gate_view(row), on=today) for row in follow_up.rows):
        raise InsulationAlreadyOpen
    return open_next(work, follow_up, note=note)


@dataclass(frozen=True, kw_only=True)
class VisitReport:
    """An inspector's findings at a visit; `u_value` in W/m2K, `defects` of a failed stage."""

    stage: str
    result: str
    inspected_on: date
    inspector: str
    defects: tuple[str, ...] = ()
    materials: str | None = None
    u_value: float | None = None

    @property
    def exact_u_value(self) -> Decimal | None:
        return Decimal(str(self.u_value)) if self.u_value is not None else None

    @property
    def note(self) -> str:
        """Returns the visit as a history shows it."""
        stage, passed = STAGE_TITLES[Stage(self.stage)]["ar"], self.result == certificates.PASS
        return "، ".join((f"{stage}: {'اجتازت' if passed else 'لم تجتز'}", *self.defects))

    @property
    def details(self) -> dict[str, object]:
        """Returns what changed, for a history."""
        day = self.inspected_on.isoformat()
        return {"stage": self.stage, "result": self.result, "inspected_on": day}

    def row(self, *, entered_at: datetime, entry_id: str | None = None) -> Inspection:
        """Returns a row of the visit."""
        return Inspection(
            **{**vars(self), "defects": list(self.defects)},
            entered_at=entered_at,
            entry_id=entry_id,
        )


def record_inspection(
    work: UnitOfWork, certificate_id: str, seen: VisitReport, *, validity_years: int = 0
) -> Certificate:
    """Records the result of a visit. Publishes certificate.inspected, or .issued when it was the last that a
    certificate of the company waited for.

    Raises CompanyInspects where the branch's officer enters none, and InvalidFields for an impossible date or a failed
    stage without defects, or a passed stage with findings that no insulated stage has.
    """
    seen = replace(seen, inspector=person_name(seen.inspector, "inspector"))
    permit, certificate = lock_certificate(work, certificate_id, KIND)
    require_officer_rule(catalogue.officer_rules(), permit.municipality, on=legal_day(work.now))
    certificates.advance(KIND, certificate.status, Action.RECORD_INSPECTION)
    follow_up = lock_insulation(work, permit)
    _check_visit(permit, certificate, seen, today=legal_day(work.now))
    certificate.inspections.append(seen.row(entered_at=work.now))
    step = Step(
        action=Action.RECORD_INSPECTION,
        note=seen.note,
        details=seen.details,
        validity_years=validity_years,
    )
    apply_step(work, follow_up, certificate, step)
    return certificate


def _check_visit(
    permit: Permit, certificate: Certificate, seen: VisitReport, *, today: date
) -> None:
    earlier = [
        StageResult(Stage(visit.stage), visit.result, visit.inspected_on)
        for visit in certificate.inspections
    ]
    if seen.result == certificates.FAIL and not seen.defects:
        raise InvalidFields.of("defects", "required")
    new = StageResult(Stage(seen.stage), seen.result, seen.inspected_on)
    certificates.check_inspection(earlier, new, today=today)
    if seen.inspected_on < permit.since:
        raise InvalidFields.of("inspected_on", "before-permit")
    doubtful = insulation.doubtful_findings(
        Stage(seen.stage), seen.result, seen.exact_u_value, seen.materials
    )
    if doubtful:
        raise InvalidFields([Fault(field, code.value) for field, code in doubtful.items()])


def issue_insulation(
    work: UnitOfWork,
    certificate_id: str,
    *,
    valid_until: date | None = None,
    validity_years: int = 0,
    note: str | None = None,
) -> Certificate:
    """Publishes certificate.issued. Without `valid_until` it ends after `validity_years`, 0 for
    never.

    Raises CompanyInspects, StagesIncomplete, InvalidFields, and IllegalTransition when the permit isn't valid any
    more.
    """
    permit, certificate = lock_certificate(work, certificate_id, KIND)
    today = legal_day(work.now)
    require_officer_rule(catalogue.officer_rules(), permit.municipality, on=today)
    certificates.advance(KIND, certificate.status, Action.ISSUE)
    advance_permit(permit, permits.Action.ISSUE_INSULATION, work.now)
    _require_stages_passed(lock_insulation(work, permit))
    if valid_until is None and validity_years:
        valid_until = add_years(today, validity_years)
    certificates.check_validity(today, valid_until)
    set_issued(work, permit, certificate, valid_until)
    certificate.numbered_at = work.now
    return record_certificate(work, certificate, Action.ISSUE, "issued", note=note)


def _require_stages_passed(follow_up: FollowUp) -> None:
    missing = follow_up.standing().missing
    if missing:
        raise StagesIncomplete(stages=[STAGE_TITLES[stage] for stage in missing])


def reject_insulation(work: UnitOfWork, certificate_id: str, *, reason: str) -> Certificate:
    """Publishes certificate.rejected; `reason` can't be blank."""
    return _end(work, certificate_id, Action.REJECT, "rejected", reason)


def void_insulation(work: UnitOfWork, certificate_id: str, *, reason: str) -> Certificate:
    """Voids a certificate that was opened or issued in error. Publishes certificate.voided and flags the completion
    that rests on the certificate."""
    return _end(work, certificate_id, Action.VOID, "voided", reason)


def revoke_insulation(work: UnitOfWork, certificate_id: str, *, reason: str) -> Certificate:
    """Withdraws an issued certificate. Publishes certificate.revoked and flags the completion that rests on the
    certificate."""
    return _end(work, certificate_id, Action.REVOKE, "revoked", reason)


def _end(
    work: UnitOfWork, certificate_id: str, action: Action, happened: str, reason: str
) -> Certificate:
    reason = not_blank(reason, "reason")
    permit, certificate = lock_certificate(work, certificate_id, KIND)
    resting = lock_resting(work, certificate_id)
    certificate.status = certificates.advance(KIND, certificate.status, action).value
    certificate.reason, certificate.ended_on = reason, legal_day(work.now)
    # The visits end with it. What was voided in error may be entered again as it was; otherwise the building is seen
    # again.
    certificate.counts_from = work.now
    certificate.counts_visits_from = (
        None if certificate.status == Status.VOIDED else legal_day(work.now)
    )
    record_certificate(work, certificate, action, happened, note=reason)
    flag_completions(work, permit, resting, f"insulation-{happened}")
    return certificate
