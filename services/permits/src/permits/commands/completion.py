"""Use cases of a completion certificate. Its issue is the gate, decided under the locks of permit
and insulation."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, not_blank
from permits.commands.flagging import flag_completion
from permits.commands.insulation import gate_view, insulation_of
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
from permits.domain.application import describes_building
from permits.domain.certificates import (
    Action,
    CertificateKind,
    CompletionRefused,
    Decision,
    Status,
    Works,
)
from permits.models import Certificate, Permit
from saudi.days import legal_day

KIND = CertificateKind.COMPLETION.value


def issue_completion(
    session: Session,
    actor: Actor,
    permit_id: str,
    *,
    inspected_on: date,
    inspector: str,
    insulation_certificate_id: str | None = None,
    note: str | None = None,
    now: datetime,
) -> Certificate:
    """Publishes certificate.issued and permit.completed. `inspected_on` is the final inspection.

    The permit and its insulation certificates are locked before they're looked at, in the order
    that a revocation locks them: it comes before the decision or after the commit, never between.
    Raises CompletionRefused with its code.
    """
    inspector = not_blank(inspector, "inspector")
    permit = lock_permit(session, actor, permit_id)
    today = legal_day(now)
    decision = _decide(session, permit, insulation_certificate_id, today)
    if decision.refusal is not None:
        effective = permits.effective_status(permit.status, permit.expires_on, today)
        raise CompletionRefused(decision.refusal, permits.STATUS_TITLES[effective])
    if inspected_on > today:
        raise InvalidFields([Fault("inspected_on", "future-date")])
    certificate = _certificate(permit, decision.rests_on, inspected_on, inspector, now)
    number, _ = next_number(session, KIND, permit.municipality, today)
    certificate.certificate_number = number
    session.add(certificate)
    record_certificate(session, certificate, actor, Action.ISSUE, "issued", now=now, note=note)
    _complete(session, actor, permit, certificate, now)
    return certificate


def _certificate(
    permit: Permit, rests_on: str | None, inspected_on: date, inspector: str, now: datetime
) -> Certificate:
    return Certificate(
        certificate_id=new_id(),
        kind=KIND,
        permit_id=permit.permit_id,
        permit_number=permit.permit_number,
        municipality=permit.municipality,
        status=Status.ISSUED.value,
        issued_on=legal_day(now),
        insulation_certificate_id=rests_on,
        inspected_on=inspected_on,
        inspector=inspector,
        flagged=False,
        opened_at=now,
        inspections=[],
    )


def _decide(session: Session, permit: Permit, named: str | None, today: date) -> Decision:
    rows = insulation_of(session, permit)
    if named is not None and named not in {row.certificate_id for row in rows}:
        other = session.get(Certificate, named)
        rows = [other] if other is not None and other.kind == "insulation" else []
    building = permit.building
    works = Works(
        permit_id=permit.permit_id,
        effective_status=permits.effective_status(permit.status, permit.expires_on, today),
        works=permit.works,
        describes_building=describes_building(
            (item["component"] for item in building["components"]),
            floors=building["floors"],
            units=building["units"],
            built_area_m2=building["built_area_m2"],
        ),
    )
    seen = [gate_view(row) for row in rows]
    return certificates.decide_completion(works, seen, on=today, named=named)


def _complete(
    session: Session, actor: Actor, permit: Permit, certificate: Certificate, now: datetime
) -> None:
    advance(permit, permits.Action.COMPLETE, now)
    permit.completion = {
        "certificate_id": certificate.certificate_id,
        "certificate_number": certificate.certificate_number,
        "issued_on": legal_day(now).isoformat(),
        "flagged": False,
        "flag_reason": None,
        "flagged_on": None,
    }
    record_permit(session, permit, actor, permits.Action.COMPLETE, "completed", now=now)


def revoke_completion(
    session: Session, actor: Actor, certificate_id: str, *, reason: str, now: datetime
) -> Certificate:
    """Publishes certificate.revoked, and permit.reinstated: the permit is in force again.

    A cancelled permit stays cancelled and only loses its completion (permit.amended). An occupancy
    certificate that rests on it is flagged.
    """
    reason = not_blank(reason, "reason")
    permit, certificate = lock_certificate(session, actor, certificate_id, KIND)
    certificate.status = certificates.advance(KIND, certificate.status, Action.REVOKE).value
    certificate.reason = reason
    record_certificate(session, certificate, actor, Action.REVOKE, "revoked", now=now, note=reason)
    reopened = permit.status == permits.Status.COMPLETED
    if reopened:
        advance(permit, permits.Action.REOPEN, now)
    permit.completion = None
    if permit.occupancy is not None and permit.occupancy["kind"] == "final":
        occupancy_id = permit.occupancy["certificate_id"]
        flag_completion(session, permit, actor, occupancy_id, reason="completion-revoked", now=now)
    happened = "reinstated" if reopened else "amended"
    record_permit(session, permit, actor, permits.Action.REOPEN, happened, now=now, note=reason)
    return certificate
