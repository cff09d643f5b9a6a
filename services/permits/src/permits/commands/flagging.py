"""Flags a completion or occupancy certificate whose ground fell away, for a person to decide."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.aggregates import lock
from permits.commands.recording import record_certificate, record_permit
from permits.domain.actors import Actor
from permits.domain.certificates import Status
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
    if permit.completion is not None and permit.completion["certificate_id"] == certificate_id:
        flag = {"flag_reason": reason, "flagged_on": legal_day(now).isoformat()}
        permit.completion = {**permit.completion, "flagged": True, **flag}
    if permit.occupancy is not None and permit.occupancy["certificate_id"] == certificate_id:
        flag = {"flag_reason": reason, "flagged_on": legal_day(now).isoformat()}
        permit.occupancy = {**permit.occupancy, "flagged": True, **flag}
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
