"""Flag completion and occupancy certificates that lost what they rest on, for a person to decide; remove the flag once
the ground is back."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.aggregates import lock
from permits.commands.recording import record_certificate, record_permit
from permits.domain.actors import Actor
from permits.domain.certificates import PERMIT_CANCELLED, Status, remaining_flag
from permits.models import Certificate, Permit
from saudi.days import legal_day


def flag_completion(
    session: Session,
    permit: Permit,
    actor: Actor,
    certificate_id: str,
    *,
    reason: str,
    now: datetime,
) -> bool:
    """Flags an issued completion or occupancy certificate of the locked permit and publishes
    certificate.flagged.

    Marks it in the permit's state too, which the caller publishes. Answers whether there was
    anything to flag.
    """
    certificate = lock(session, Certificate, certificate_id)
    if certificate.status != Status.ISSUED or certificate.flagged:
        return False
    certificate.flagged, certificate.flag_reason = True, reason
    certificate.flagged_on = legal_day(now)
    _show_on_permit(permit, certificate)
    record_certificate(session, certificate, actor, "flag", "flagged", now=now, note=reason)
    return True


def flag_completions(
    session: Session,
    permit: Permit,
    actor: Actor,
    insulation_id: str,
    reason: str,
    *,
    now: datetime,
) -> bool:
    """Flags the completion certificates that rest on an insulation certificate of the locked permit, and publishes
    permit.amended. Answers whether there was any."""
    resting = session.scalars(
        select(Certificate.certificate_id)
        .where(Certificate.insulation_certificate_id == insulation_id)
        .order_by(Certificate.certificate_id)
    ).all()
    flagged = [
        flag_completion(session, permit, actor, certificate_id, reason=reason, now=now)
        for certificate_id in resting
    ]
    if any(flagged):
        record_permit(session, permit, actor, "flag", "amended", now=now, note=reason)
    return any(flagged)


def unflag_restored(session: Session, permit: Permit, actor: Actor, *, now: datetime) -> None:
    """The cancellation of the locked permit is undone: the certificates that were flagged with it are so no more, and
    certificate.unflagged is published. One whose insulation or completion was withdrawn meanwhile stays flagged, for
    that reason (certificate.flagged). Marks both in the permit's state, which the caller publishes."""
    flagged = session.scalars(
        select(Certificate.certificate_id)
        .where(
            Certificate.permit_id == permit.permit_id,
            Certificate.flag_reason == PERMIT_CANCELLED,
            Certificate.status == Status.ISSUED,
        )
        .order_by(Certificate.certificate_id)
    ).all()
    for certificate_id in flagged:
        row = lock(session, Certificate, certificate_id)
        reason = _remaining_reason(session, row)
        row.flagged, row.flag_reason = reason is not None, reason
        row.flagged_on = legal_day(now) if reason else None
        _show_on_permit(permit, row)
        action, happened = ("flag", "flagged") if reason else ("unflag", "unflagged")
        record_certificate(session, row, actor, action, happened, now=now, note=reason)


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
    """The flag in the permit's own state, if it's the certificate that the permit has."""
    day = row.flagged_on.isoformat() if row.flagged_on else None
    flag = {"flagged": row.flagged, "flag_reason": row.flag_reason, "flagged_on": day}
    if permit.completion is not None and permit.completion["certificate_id"] == row.certificate_id:
        permit.completion = {**permit.completion, **flag}
    if permit.occupancy is not None and permit.occupancy["certificate_id"] == row.certificate_id:
        permit.occupancy = {**permit.occupancy, **flag}
