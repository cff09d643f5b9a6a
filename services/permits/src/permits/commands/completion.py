"""Use cases of a completion certificate. Its issue is the gate, decided under the locks of permit
and insulation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.refusals import not_blank
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands.followed_permit import watch_followers
from permits.commands.insulation_state import (
    FollowUp,
    flag_occupancies,
    gate_view,
    issue_waiting,
    lock_insulation,
)
from permits.commands.recording import (
    advance_permit,
    draw_certificate_number,
    lock_certificate,
    lock_permit,
    persons_barred_from,
    record_certificate,
    record_permit,
    require_separation,
)
from permits.commands.release_state import lock_certificates
from permits.domain import certificates, permits
from permits.domain.certificates import (
    Action,
    CertificateKind,
    CompletionRefused,
    Decision,
    Status,
    Works,
)
from permits.domain.occupancy import Kind
from permits.domain.older import require_verified
from permits.domain.permits import describes_building
from permits.domain.reading import person_name, published_reason
from permits.models import Certificate, Permit
from saudi.days import legal_day

KIND = CertificateKind.COMPLETION.value


def issue_completion(
    work: UnitOfWork,
    permit_id: str,
    *,
    inspected_on: date,
    inspector: str,
    insulation_certificate_id: str | None = None,
    note: str | None = None,
) -> Certificate:
    """Publishes certificate.issued and permit.completed. `inspected_on` is the final inspection.

    The permit and its insulation certificates are locked before they're looked at, in the order
    that a revocation locks them: it comes before the decision or after the commit, never between.
    Raises PermitUnverified, CompletionRefused with its code, DutiesSeparated for who inspected the insulation.
    """
    inspector = person_name(inspector, "inspector")
    permit = lock_permit(work, permit_id)
    require_verified(permit.permit_number, verified=permit.verified)
    follow_up, today = lock_insulation(work, permit), legal_day(work.now)
    decision = _decide(follow_up, insulation_certificate_id, today)
    if decision.refusal is not None:
        effective = permits.effective_status(permit.status, permit.expires_on, today)
        raise CompletionRefused(decision.refusal, permits.STATUS_TITLES[effective])
    seen_on = _last_visit(follow_up, decision.rests_on)
    certificates.check_final(inspected_on, since=permit.since, after=seen_on, today=today)
    seen = [(row.aggregate_type, row.certificate_id) for row in follow_up.rows]
    warned = require_separation(work, "complete", permit.municipality, *seen)
    certificate = _new_certificate(permit, inspected_on, inspector, work.now)
    certificate.insulation_certificate_id = decision.rests_on
    certificate.certificate_number = draw_certificate_number(work, KIND, permit)
    work.session.add(certificate)
    record_certificate(work, certificate, Action.ISSUE, "issued", note=note, details=warned)
    _complete(work, permit, certificate)
    return certificate


def persons_barred(work: UnitOfWork, permit: Permit) -> Mapping[str, str | None]:
    """Returns the names, by subject, of the persons who inspected the permit's insulation, and who therefore don't
    complete the building."""
    of_permit = (Certificate.permit_id == permit.permit_id) & (
        Certificate.kind == CertificateKind.INSULATION.value
    )
    ids = work.session.scalars(select(Certificate.certificate_id).where(of_permit))
    things = [(Certificate.aggregate_type, one) for one in ids]
    return persons_barred_from(
        work.session, "complete", permit.municipality, legal_day(work.now), *things
    )


@dataclass(frozen=True, kw_only=True)
class CompletionRefusal:
    """Why a completion is refused: what an inspector found, or the rule that shut the gate."""

    inspected_on: date
    inspector: str
    reason: str
    defects: tuple[str, ...] = ()
    rules: tuple[dict[str, str], ...] = ()


def refuse_completion(work: UnitOfWork, permit_id: str, refused: CompletionRefusal) -> Certificate:
    """Records the refusal of a completion, which is handed to the owner. Publishes certificate.rejected. The permit
    goes on as it is. Raises InvalidFields, and IllegalTransition for a permit that isn't valid."""
    reason = published_reason(refused.reason)
    for place, defect in enumerate(refused.defects):
        published_reason(defect, f"defects.{place}")
    inspector = person_name(refused.inspector, "inspector")
    permit = lock_permit(work, permit_id)
    today = legal_day(work.now)
    effective = permits.effective_status(permit.status, permit.expires_on, today)
    permits.advance(effective, permits.Action.COMPLETE)
    certificates.check_final(refused.inspected_on, since=permit.since, after=None, today=today)
    return _record_refusal(work, permit, replace(refused, reason=reason, inspector=inspector))


def record_refusal(
    work: UnitOfWork,
    permit_id: str,
    refusal: CompletionRefused,
    *,
    inspected_on: date,
    inspector: str,
) -> Certificate | None:
    """Records what the gate answered, in the transaction in which the gate was shut. Skips a second equal answer on
    one day, and an answer that says nothing about the building: it is finished already, or a number was mistyped."""
    permit, today = lock_permit(work, permit_id), legal_day(work.now)
    if not certificates.is_of_the_building(refusal.code, permit.status):
        return None
    words = catalogue.refusal_words(refusal.code or "", refusal.params["status"])
    latest = work.session.scalars(
        select(Certificate)
        .where(Certificate.permit_id == permit_id, Certificate.kind == KIND)
        .order_by(Certificate.opened_at.desc(), Certificate.certificate_id.desc())
        .limit(1)
    ).first()
    if latest is not None and latest.refusals == [words] and latest.ended_on == today:
        return None
    refused = CompletionRefusal(
        inspected_on=inspected_on, inspector=inspector, reason=words["ar"], rules=(words,)
    )
    return _record_refusal(work, permit, refused)


def _record_refusal(work: UnitOfWork, permit: Permit, refused: CompletionRefusal) -> Certificate:
    row = _new_certificate(permit, refused.inspected_on, refused.inspector, work.now)
    row.status, row.issued_on, row.ended_on = Status.REJECTED.value, None, legal_day(work.now)
    row.reason = refused.reason
    row.defects, row.refusals = list(refused.defects), list(refused.rules)
    work.session.add(row)
    details = {"defects": list(refused.defects), "rules": [one["code"] for one in refused.rules]}
    return record_certificate(
        work, row, "refuse_completion", "rejected", note=row.reason, details=details
    )


def lift_refusal(work: UnitOfWork, certificate_id: str, *, reason: str) -> Certificate:
    """Voids a refusal after an accepted appeal; the completion may be certified through the gate again. Publishes
    certificate.voided."""
    _, row = lock_certificate(work, certificate_id, KIND)
    row.status = certificates.advance(KIND, row.status, Action.LIFT).value
    row.reason, row.ended_on = reason, legal_day(work.now)
    return record_certificate(work, row, Action.LIFT, "voided", note=reason)


def _last_visit(follow_up: FollowUp, certificate_id: str | None) -> date | None:
    """Returns the day of the last visit that the completion rests on."""
    for row in follow_up.rows:
        if row.certificate_id == certificate_id:
            days = [date.fromisoformat(one["inspected_on"]) for one in row.record()["stages"]]
            return max(days, default=None)
    return None


def _new_certificate(
    permit: Permit, inspected_on: date, inspector: str, now: datetime
) -> Certificate:
    return Certificate(
        certificate_id=new_id(),
        kind=KIND,
        permit_id=permit.permit_id,
        permit_number=permit.permit_number,
        municipality=permit.municipality,
        status=Status.ISSUED.value,
        issued_on=legal_day(now),
        inspected_on=inspected_on,
        inspector=inspector,
        flagged=False,
        opened_at=now,
        inspections=[],
    )


def _decide(follow_up: FollowUp, named: str | None, today: date) -> Decision:
    permit, rows = follow_up.permit, follow_up.rows
    if named is not None and named not in {row.certificate_id for row in rows}:
        other = follow_up.session.get(Certificate, named)
        rows = [other] if other is not None and other.kind == "insulation" else []
    works = Works(
        permit_id=permit.permit_id,
        effective_status=permits.effective_status(permit.status, permit.expires_on, today),
        works=permit.works,
        describes_building=describes_building(
            (item["component"] for item in permit.building["components"]),
            floors=permit.building["floors"],
            units=permit.building["units"],
            built_area_m2=permit.building["built_area_m2"],
        ),
    )
    seen = [gate_view(row) for row in rows]
    return certificates.decide_completion(works, seen, on=today, named=named)


def _complete(work: UnitOfWork, permit: Permit, certificate: Certificate) -> None:
    advance_permit(permit, permits.Action.COMPLETE, work.now)
    permit.completion = {
        "certificate_id": certificate.certificate_id,
        "certificate_number": certificate.certificate_number,
        "issued_on": legal_day(work.now).isoformat(),
        "flagged": False,
        "flag_reason": None,
        "flagged_on": None,
    }
    record_permit(work, permit, permits.Action.COMPLETE, "completed")
    watch_followers(work, permit)


def revoke_completion(
    work: UnitOfWork, certificate_id: str, *, reason: str, insulation_years: int = 0
) -> Certificate:
    """Publishes certificate.revoked, and permit.reinstated: the permit is in force again.

    A cancelled or suspended permit stays that and only loses its completion (permit.amended). An occupancy
    certificate that rests on it is flagged.
    """
    reason = not_blank(reason, "reason")
    permit, certificate = lock_certificate(work, certificate_id, KIND)
    lock_certificates(work, permit)
    certificate.status = certificates.advance(KIND, certificate.status, Action.REVOKE).value
    certificate.reason, certificate.ended_on = reason, legal_day(work.now)
    record_certificate(work, certificate, Action.REVOKE, "revoked", note=reason)
    reopened = permit.status == permits.Status.COMPLETED
    if reopened:
        advance_permit(permit, permits.Action.REOPEN, work.now)
    permit.completion = None
    flag_occupancies(work, permit, reason="completion-revoked", kinds=(Kind.FINAL,))
    happened = "reinstated" if reopened else "amended"
    record_permit(work, permit, permits.Action.REOPEN, happened, note=reason)
    issue_waiting(work, permit, validity_years=insulation_years)
    return certificate
