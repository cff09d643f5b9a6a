"""Use cases of an insulation certificate, by the municipality's officer. All raise NotFound and IllegalTransition.

The company's own entries are in `entries`; what follows from either, in `settling`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, not_blank
from permits import catalogue
from permits.commands.flags import flag_completions
from permits.commands.insulation_state import (
    KIND,
    FollowUp,
    Step,
    apply_step,
    gate_view,
    lock_insulation,
    open_next,
    set_issued,
)
from permits.commands.recording import (
    advance_permit,
    lock_certificate,
    lock_permit,
    record_certificate,
)
from permits.domain import certificates, permits
from permits.domain.actors import Actor
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
from permits.models import Certificate, Inspection, Permit
from saudi.days import add_years, legal_day


def open_insulation(
    session: Session, actor: Actor, permit_id: str, *, note: str | None = None, now: datetime
) -> Certificate:
    """Opens the follow-up of a valid permit. Publishes certificate.opened. Raises
    InsulationAlreadyOpen."""
    permit = lock_permit(session, actor, permit_id)
    advance_permit(permit, permits.Action.OPEN_INSULATION, now)
    follow_up, today = lock_insulation(session, permit), legal_day(now)
    if any(certificates.blocks_another(gate_view(row), on=today) for row in follow_up.rows):
        raise InsulationAlreadyOpen
    return open_next(follow_up, actor, now=now, note=note)


@dataclass(frozen=True, kw_only=True)
class VisitReport:
    """What an inspector found at a visit; `u_value` in W/m2K, `defects` of a stage that failed."""

    stage: str
    result: str
    inspected_on: date
    inspector: str
    defects: tuple[str, ...] = ()
    materials: str | None = None
    u_value: float | None = None

    @property
    def note(self) -> str:
        """The visit as a history tells it."""
        stage, passed = STAGE_TITLES[Stage(self.stage)]["ar"], self.result == certificates.PASS
        return "، ".join((f"{stage}: {'اجتازت' if passed else 'لم تجتز'}", *self.defects))

    @property
    def details(self) -> dict[str, object]:
        """What changed, for a history."""
        day = self.inspected_on.isoformat()
        return {"stage": self.stage, "result": self.result, "inspected_on": day}

    def row(self, *, entered_at: datetime, entry_id: str | None = None) -> Inspection:
        """A row of the visit."""
        return Inspection(
            **{**vars(self), "defects": list(self.defects)},
            entered_at=entered_at,
            entry_id=entry_id,
        )


def record_inspection(
    session: Session,
    actor: Actor,
    certificate_id: str,
    seen: VisitReport,
    *,
    validity_years: int = 0,
    now: datetime,
) -> Certificate:
    """Records the result of a visit. Publishes certificate.inspected, or .issued when it was the last that a
    certificate of the company waited for.

    Raises CompanyInspects where the branch's officer enters none, and InvalidFields for an impossible date or a failed
    stage without defects.
    """
    not_blank(seen.inspector, "inspector")
    permit, certificate = lock_certificate(session, actor, certificate_id, KIND)
    require_officer_rule(catalogue.officer_rules(), permit.municipality, on=legal_day(now))
    certificates.advance(KIND, certificate.status, Action.RECORD_INSPECTION)
    follow_up = lock_insulation(session, permit)
    _check_visit(permit, certificate, seen, today=legal_day(now))
    certificate.inspections.append(seen.row(entered_at=now))
    step = Step(
        action=Action.RECORD_INSPECTION,
        note=seen.note,
        details=seen.details,
        validity_years=validity_years,
    )
    apply_step(follow_up, certificate, actor, step, now=now)
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


def issue_insulation(
    session: Session,
    actor: Actor,
    certificate_id: str,
    *,
    valid_until: date | None = None,
    validity_years: int = 0,
    note: str | None = None,
    now: datetime,
) -> Certificate:
    """Publishes certificate.issued. Without `valid_until` it ends after `validity_years`, 0 for
    never.

    Raises CompanyInspects, StagesIncomplete, InvalidFields, and IllegalTransition when the permit isn't valid any
    more.
    """
    permit, certificate = lock_certificate(session, actor, certificate_id, KIND)
    today = legal_day(now)
    require_officer_rule(catalogue.officer_rules(), permit.municipality, on=today)
    certificates.advance(KIND, certificate.status, Action.ISSUE)
    advance_permit(permit, permits.Action.ISSUE_INSULATION, now)
    _require_stages_passed(lock_insulation(session, permit))
    if valid_until is None and validity_years:
        valid_until = add_years(today, validity_years)
    certificates.check_validity(today, valid_until)
    set_issued(session, certificate, valid_until, today)
    certificate.numbered_at = now
    return record_certificate(
        session, certificate, actor, Action.ISSUE, "issued", now=now, note=note
    )


def _require_stages_passed(follow_up: FollowUp) -> None:
    missing = follow_up.standing().missing
    if missing:
        raise StagesIncomplete(stages=[STAGE_TITLES[stage] for stage in missing])


def reject_insulation(
    session: Session, actor: Actor, certificate_id: str, *, reason: str, now: datetime
) -> Certificate:
    """Publishes certificate.rejected; `reason` can't be blank."""
    return _end(session, actor, certificate_id, Action.REJECT, "rejected", reason, now)


def void_insulation(
    session: Session, actor: Actor, certificate_id: str, *, reason: str, now: datetime
) -> Certificate:
    """Opened or issued in error. Publishes certificate.voided and flags the completion on it."""
    return _end(session, actor, certificate_id, Action.VOID, "voided", reason, now)


def revoke_insulation(
    session: Session, actor: Actor, certificate_id: str, *, reason: str, now: datetime
) -> Certificate:
    """Withdrawn after issue. Publishes certificate.revoked and flags the completion on it."""
    return _end(session, actor, certificate_id, Action.REVOKE, "revoked", reason, now)


def _end(
    session: Session,
    actor: Actor,
    certificate_id: str,
    action: Action,
    happened: str,
    reason: str,
    now: datetime,
) -> Certificate:
    reason = not_blank(reason, "reason")
    permit, certificate = lock_certificate(session, actor, certificate_id, KIND)
    certificate.status = certificates.advance(KIND, certificate.status, action).value
    certificate.reason, certificate.ended_on = reason, legal_day(now)
    # The visits end with it. What was voided in error may be entered again as it was; otherwise the building is seen
    # again.
    certificate.counts_from = now
    certificate.counts_visits_from = None if certificate.status == Status.VOIDED else legal_day(now)
    record_certificate(session, certificate, actor, action, happened, now=now, note=reason)
    flag_completions(session, permit, actor, certificate_id, f"insulation-{happened}", now=now)
    return certificate
