"""What stands on a permit today, read under its lock: insulation, completion and occupancy.

A fence may be completed without insulation; occupied, or given current, nothing is without a certificate in force.

A revocation locks the permit first and its insulation certificates second; so does whoever decides by them.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from permits.domain import certificates, occupancy, permits
from permits.domain.certificates import CertificateKind, Insulation, Refusal
from permits.domain.release_rules import Grounds
from permits.domain.works import WITHOUT_BUILDING, leave_building
from permits.models import Certificate, Permit


@dataclass(frozen=True)
class Standing:
    """`insulation` is why it isn't verified, also of works that leave no building; None where `insulation_id` is in
    force."""

    effective: str
    insulation: str | None
    insulation_id: str | None
    occupancy: str | None
    occupancy_id: str | None

    @property
    def grounds(self) -> Grounds:
        """As the rules of a release see it."""
        return Grounds(self.effective, self.insulation, self.occupancy)


def standing_of(session: Session, permit: Permit, today: date) -> Standing:
    """Of a locked permit; its insulation certificates are locked too."""
    insulation, insulation_id = _insulation(session, permit, today)
    held = _occupancy(permit, today)
    return Standing(
        effective=permits.effective_status(permit.status, permit.expires_on, today),
        insulation=insulation,
        insulation_id=insulation_id,
        occupancy=held["kind"] if held else None,
        occupancy_id=held["certificate_id"] if held else None,
    )


def _insulation(session: Session, permit: Permit, today: date) -> tuple[str | None, str | None]:
    rows = session.scalars(
        select(Certificate)
        .where(
            Certificate.permit_id == permit.permit_id,
            Certificate.kind == CertificateKind.INSULATION.value,
        )
        .order_by(Certificate.opened_at, Certificate.certificate_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    if not leave_building(permit.works):
        return WITHOUT_BUILDING, None
    refusal: Refusal | None = Refusal.MISSING
    for row in rows:
        seen = Insulation(row.certificate_id, row.permit_id, row.status, row.valid_until)
        refusal = certificates.insulation_refusal(seen, on=today)
        if refusal is None:
            return None, row.certificate_id
    return refusal, None


def _occupancy(permit: Permit, today: date) -> dict[str, str] | None:
    """The permit's occupancy certificate, if it carries something today."""
    held = permit.occupancy
    if held is None:
        return None
    until = date.fromisoformat(held["valid_until"]) if held["valid_until"] else None
    carries = occupancy.in_force(until, flagged=held["flagged"], on=today)
    return held if carries else None
