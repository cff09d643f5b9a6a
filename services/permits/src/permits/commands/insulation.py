"""Use cases of an insulation certificate. All raise NotFound and IllegalTransition."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import not_blank
from permits.commands.flagging import flag_completion
from permits.commands.permits import advance
from permits.commands.recording import (
    lock_certificate,
    lock_permit,
    next_number,
    record_certificate,
    record_permit,
)
from permits.domain import certificates, permits
from permits.domain.actors import Actor
from permits.domain.certificates import (
    Action,
    CertificateKind,
    Insulation,
    InsulationAlreadyOpen,
    Stage,
    StageResult,
    Status,
)
from permits.models import Certificate, Inspection, Permit
from saudi.days import add_years, legal_day

KIND = CertificateKind.INSULATION.value


def gate_view(row: Certificate) -> Insulation:
    """The certificate, as the gate sees it."""
    return Insulation(row.certificate_id, row.permit_id, row.status, row.valid_until)


def insulation_of(session: Session, permit: Permit) -> list[Certificate]:
    """The insulation certificates of a locked permit, oldest first, locked too."""
    statement = (
        select(Certificate)
        .where(Certificate.permit_id == permit.permit_id, Certificate.kind == KIND)
        .order_by(Certificate.opened_at, Certificate.certificate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement))


def open_insulation(
    session: Session, actor: Actor, permit_id: str, *, note: str | None = None, now: datetime
) -> Certificate:
    """Opens the follow-up of a valid permit. Publishes certificate.opened. Raises
    InsulationAlreadyOpen."""
    permit = lock_permit(session, actor, permit_id)
    advance(permit, permits.Action.OPEN_INSULATION, now)
    today = legal_day(now)
    if any(
        certificates.blocks_another(gate_view(row), on=today)
        for row in insulation_of(session, permit)
    ):
        raise InsulationAlreadyOpen
    certificate = Certificate(
        certificate_id=new_id(),
        kind=KIND,
        permit_id=permit.permit_id,
        permit_number=permit.permit_number,
        municipality=permit.municipality,
        status=Status.PENDING.value,
        flagged=False,
        opened_at=now,
        inspections=[],
    )
    session.add(certificate)
    return record_certificate(session, certificate, actor, "open", "opened", now=now, note=note)


def record_inspection(
    session: Session,
    actor: Actor,
    certificate_id: str,
    *,
    stage: str,
    result: str,
    inspected_on: date,
    inspector: str,
    materials: str | None = None,
    u_value: float | None = None,
    now: datetime,
) -> Certificate:
    """Records the result of a visit; `u_value` in W/m2K. Publishes certificate.inspected.

    Raises InvalidFields for an impossible date.
    """
    inspector = not_blank(inspector, "inspector")
    _, certificate = lock_certificate(session, actor, certificate_id, KIND)
    certificates.advance(KIND, certificate.status, Action.RECORD_INSPECTION)
    new = StageResult(Stage(stage), result, inspected_on)
    certificates.check_inspection(_results(certificate), new, today=legal_day(now))
    certificate.inspections.append(
        Inspection(
            stage=stage,
            result=result,
            inspected_on=inspected_on,
            inspector=inspector,
            materials=materials,
            u_value=u_value,
        )
    )
    action, note = Action.RECORD_INSPECTION, f"{stage}: {result}"
    return record_certificate(session, certificate, actor, action, "inspected", now=now, note=note)


def _results(certificate: Certificate) -> list[StageResult]:
    return [
        StageResult(Stage(visit.stage), visit.result, visit.inspected_on)
        for visit in certificate.inspections
    ]


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

    Raises StagesIncomplete, InvalidFields, and IllegalTransition when the permit isn't valid any
    more.
    """
    permit, certificate = lock_certificate(session, actor, certificate_id, KIND)
    status = certificates.advance(KIND, certificate.status, Action.ISSUE)
    advance(permit, permits.Action.ISSUE_INSULATION, now)
    certificates.require_all_passed(_results(certificate))
    today = legal_day(now)
    if valid_until is None and validity_years:
        valid_until = add_years(today, validity_years)
    certificates.check_validity(today, valid_until)
    number, _ = next_number(session, KIND, certificate.municipality, today)
    certificate.certificate_number, certificate.issued_on = number, today
    certificate.status, certificate.valid_until = status.value, valid_until
    return record_certificate(
        session, certificate, actor, Action.ISSUE, "issued", now=now, note=note
    )


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
    certificate.reason = reason
    record_certificate(session, certificate, actor, action, happened, now=now, note=reason)
    _flag_completions(session, permit, actor, certificate_id, f"insulation-{happened}", now)
    return certificate


def _flag_completions(
    session: Session,
    permit: Permit,
    actor: Actor,
    certificate_id: str,
    reason: str,
    now: datetime,
) -> None:
    resting = session.scalars(
        select(Certificate.certificate_id)
        .where(Certificate.insulation_certificate_id == certificate_id)
        .order_by(Certificate.certificate_id)
    ).all()
    flagged = [
        flag_completion(session, permit, actor, completion_id, reason=reason, now=now)
        for completion_id in resting
    ]
    if any(flagged):
        record_permit(session, permit, actor, "flag", "amended", now=now, note=reason)
