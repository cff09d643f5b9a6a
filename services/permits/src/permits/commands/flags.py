"""Flag completion and occupancy certificates that lost what they rest on, for a person to decide; remove the flag once
the ground is back."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.unit_of_work import UnitOfWork
from permits.commands.recording import record_certificate, record_permit
from permits.domain.certificates import PERMIT_CANCELLED, Status, remaining_flag
from permits.models import Certificate, Permit
from saudi.days import legal_day


def flag_completion(work: UnitOfWork, permit: Permit, certificate_id: str, *, reason: str) -> bool:
    """Flags an issued completion or occupancy certificate of the locked permit and publishes
    certificate.flagged.

    Marks it in the permit's state too, which the caller publishes. Answers whether there was
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


def flag_completions(work: UnitOfWork, permit: Permit, insulation_id: str, reason: str) -> bool:
    """Flags the completion certificates that rest on an insulation certificate of the locked permit, and publishes
    permit.amended. Answers whether there was any."""
    resting = work.session.scalars(
        select(Certificate.certificate_id)
        .where(Certificate.insulation_certificate_id == insulation_id)
        .order_by(Certificate.certificate_id)
    ).all()
    flagged = [
        flag_completion(work, permit, certificate_id, reason=reason) for certificate_id in resting
    ]
    if any(flagged):
        record_permit(work, permit, "flag", "amended", note=reason)
    return any(flagged)


def unflag_restored(work: UnitOfWork, permit: Permit) -> None:
    """The cancellation of the locked permit is undone: the certificates that were flagged with it are so no more, and
    certificate.unflagged is published. One whose insulation or completion was withdrawn meanwhile stays flagged, for
    that reason (certificate.flagged). Marks both in the permit's state, which the caller publishes."""
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
