"""What the municipality's officers do with an application: they verify documents, return it, have the place inspected,
and decide with reasons. Each command locks the application within the officer's reach; all raise NotFound and
IllegalTransition."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, not_blank
from chassis.core.sources import Source
from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.bill import withdraw_invoice
from licences.commands.decide import (
    decide_application,
    decision_of_today,
    rules_at_submission,
    wait_after_approval,
)
from licences.commands.gather import declaration_of, record_fact
from licences.commands.recording import (
    drop_pending_work,
    drop_visits,
    lock_application,
    record_application,
    refuse_application,
    return_to_applicant,
)
from licences.domain.applications import LIFE, VERIFIABLE, Action
from licences.domain.decision import require_officers_findings
from licences.domain.facts import INSPECTION, REVIEW, Fact, verified_value
from licences.models import Application, Inspection
from saudi.days import legal_day

BY_OFFICER, INCOMPLETE = "by-officer", "incomplete"  # codes of reasons
BEFORE = "before-decision"  # the stage of a visit


def verify_document(
    work: UnitOfWork,
    application_id: str,
    *,
    name: str,
    value: Mapping[str, Any],
    document: str,
    valid_until: date | None = None,
) -> Application:
    """Records what an officer read in a document, as a fact with the officer's name, and decides the application anew.
    `name`: one of the facts that the contract lists. Raises InvalidFields for a value that the fact can't have."""
    row = lock_application(work, application_id)
    if row.status not in VERIFIABLE:
        LIFE.after(Action.REVIEW, row.status)
    stated = verified_value(name, value, declaration_of(work.session, row))
    if valid_until is not None and valid_until < legal_day(work.now):
        raise InvalidFields.of("valid_until", "past-date")
    source = _source(work, "officer", not_blank(document, "document"))
    record_fact(work, application_id, Fact(name, stated, source, valid_until))
    if not decide_application(work, row):
        record_application(work, row, "verify", "verified", details={"fact": name})
    return row


def return_application(
    work: UnitOfWork, application_id: str, *, reasons: Sequence[Mapping[str, str]]
) -> Application:
    """Returns the application to the applicant, who has 30 days to complete it. `reasons`: at least one,
    `{ar, en?}`."""
    row = lock_application(work, application_id)
    LIFE.after(Action.RETURN, row.status)
    shown = [
        {"ar": not_blank(reason["ar"], f"reasons.{place}.ar"), "en": reason.get("en")}
        for place, reason in enumerate(reasons)
    ]
    withdraw_invoice(work, row, "application-returned")
    drop_pending_work(work, row)
    drop_visits(work, row)
    row.waits_for, row.invoice_id = [], None
    rules = rules_at_submission(work.session, row)
    return return_to_applicant(work, row, INCOMPLETE, shown, rules)


def order_inspection(
    work: UnitOfWork,
    application_id: str,
    *,
    due_on: date | None = None,
    note: str | None = None,
) -> Application:
    """Orders a visit before the decision."""
    row = lock_application(work, application_id)
    after = LIFE.after(Action.ORDER_INSPECTION, row.status)
    today = legal_day(work.now)
    days = rules_at_submission(work.session, row).parameters.inspection_days
    by = due_on or today + timedelta(days=days)
    if by < today:
        raise InvalidFields.of("due_on", "past-date")
    work.session.add(
        Inspection(
            inspection_id=new_id(),
            application_id=application_id,
            municipality=row.municipality,
            stage=BEFORE,
            ordered_at=work.now,
            due_on=by,
            note=note,
        )
    )
    # A fact without a verdict makes the visit a condition of the decision.
    ordered = Fact(INSPECTION, {"verdict": None}, _source(work, "officer", None))
    record_fact(work, application_id, ordered)
    row.status, row.inspection = after.value, {"due_on": by.isoformat(), "result": None}
    return record_application(work, row, Action.ORDER_INSPECTION, "inspection_ordered", note=note)


def record_inspection(
    work: UnitOfWork, application_id: str, *, passed: bool, inspected_on: date, note: str
) -> Application:
    """Records the inspector's result as a fact, and publishes `inspected`. Decides the application by the result, or
    gives it back to the officer."""
    row = lock_application(work, application_id)
    after = LIFE.after(Action.RECORD_INSPECTION, row.status)
    visit = _lock_open_visit(work, application_id)
    if not legal_day(visit.ordered_at) <= inspected_on <= legal_day(work.now):
        raise InvalidFields([Fault("inspected_on", "not-within-visit")])
    visit.result, visit.inspected_on = "passed" if passed else "failed", inspected_on
    visit.note = not_blank(note, "note")
    visit.inspector = work.actor.name or work.actor.subject
    source = _source(work, "inspector", inspected_on.isoformat())
    record_fact(work, application_id, Fact(INSPECTION, {"verdict": visit.result}, source))
    row.status = after.value
    row.inspection = {"due_on": visit.due_on.isoformat(), "result": visit.result}
    record_application(work, row, Action.RECORD_INSPECTION, "inspected", note=visit.note)
    decide_application(work, row)
    return row


def _lock_open_visit(work: UnitOfWork, application_id: str) -> Inspection:
    statement = (
        select(Inspection)
        .where(Inspection.application_id == application_id, Inspection.result.is_(None))
        .order_by(Inspection.ordered_at.desc())
        .limit(1)
        .with_for_update()
    )
    return work.session.scalars(statement).one()


def approve_application(work: UnitOfWork, application_id: str, *, reason: str) -> Application:
    """Records the officer's approval, which satisfies one condition, and has the system decide. No officer approves
    past another condition: the application waits for the other condition again, and outside bodies are asked. Raises
    ApprovalIncomplete while officers have to establish another condition themselves."""
    row = lock_application(work, application_id)
    LIFE.after(Action.REVIEW, row.status)
    require_officers_findings(decision_of_today(work, row))
    _record_verdict(work, row, "approved", not_blank(reason, "reason"))
    record_application(work, row, Action.REVIEW, "approved", note=reason)
    decide_application(work, row)
    wait_after_approval(work, row)
    return row


def refuse_after_review(work: UnitOfWork, application_id: str, *, reason: str) -> Application:
    """Refuses the application for a reason that the applicant reads."""
    row = lock_application(work, application_id)
    LIFE.after(Action.REFUSE, row.status)
    reason = not_blank(reason, "reason")
    _record_verdict(work, row, "refused", reason)
    row.reasons = [{"ar": reason, "en": None}]
    withdraw_invoice(work, row, "application-refused")
    refuse_application(work, row, BY_OFFICER)
    return row


def _record_verdict(work: UnitOfWork, row: Application, verdict: str, reason: str) -> None:
    value = {"verdict": verdict, "reason": reason}
    fact = Fact(REVIEW, value, _source(work, "officer", None))
    record_fact(work, row.application_id, fact)


def _source(work: UnitOfWork, kind: str, reference: str | None) -> Source:
    by = work.actor.name or work.actor.subject
    return Source(kind, rfc3339(work.now), reference, by)
