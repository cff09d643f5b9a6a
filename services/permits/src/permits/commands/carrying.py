"""Insulation, and at a renewal occupancy, go with the building to the permit that takes the place of its permit."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from permits.commands.recording import record_certificate
from permits.commands.settling import followed, resume
from permits.domain.actors import Actor
from permits.domain.certificates import CertificateKind, Status
from permits.models import Certificate, Permit


def carry_insulation(
    session: Session,
    actor: Actor,
    before: Permit,
    after: Permit,
    *,
    validity_years: int = 0,
    now: datetime,
) -> None:
    """Every insulation certificate of the permit before, with what was entered on it, is the new permit's. Publishes
    certificate.carried of each, so that its new owner is told from now on, and certificate.issued of one that waited
    for a valid permit."""
    for row in followed(session, before).rows:
        row.permit_id, row.permit_number = after.permit_id, after.permit_number
        note = before.permit_number
        record_certificate(session, row, actor, "carry", "carried", now=now, note=note)
    resume(session, after, actor, validity_years=validity_years, now=now)


def carry_occupancy(
    session: Session, actor: Actor, before: Permit, after: Permit, *, now: datetime
) -> None:
    """The occupancy certificates of the permit before that are asked for or issued are its renewal's. Publishes
    certificate.carried of each."""
    statement = (
        select(Certificate)
        .where(
            Certificate.permit_id == before.permit_id,
            Certificate.kind == CertificateKind.OCCUPANCY.value,
            Certificate.status.in_((Status.PENDING.value, Status.ISSUED.value)),
        )
        .order_by(Certificate.opened_at, Certificate.certificate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    for row in session.scalars(statement).all():
        row.permit_id, row.permit_number = after.permit_id, after.permit_number
        note = before.permit_number
        record_certificate(session, row, actor, "carry", "carried", now=now, note=note)
