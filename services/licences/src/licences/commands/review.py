"""What the municipality's officers do with an application: they verify documents, return it, have the place inspected,
and decide with reasons. Each command locks the application within the officer's reach; all raise NotFound and
IllegalTransition."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import Fault, InvalidFields, not_blank
from chassis.core.times import rfc3339
from licences.commands.bill import withdraw_invoice
from licences.commands.decide import (
    decide_application,
    rules_at_submission,
    schedule_questions,
    wait_again,
)
from licences.commands.end import (
    drop_pending_work,
    drop_visits,
    refuse_application,
    return_to_applicant,
)
from licences.commands.gather import record_fact, request_of
from licences.commands.recording import lock_application, record_application
from licences.domain.actors import Actor
from licences.domain.applications import Action, Status, require_action
from licences.domain.facts import INSPECTION, REVIEW, Fact, Source
from licences.domain.verification import verified_value
from licences.models import Application, Inspection
from saudi.days import legal_day

BY_OFFICER, INCOMPLETE = "by-officer", "incomplete"
BEFORE = "before-decision"


def verify_document(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    name: str,
    value: Mapping[str, Any],
    document: str,
    valid_until: date | None = None,
    now: datetime,
) -> Application:
    """An officer saw a document: what it says is a fact, with his name. The application is decided anew. `name` is one
    of facts.VERIFIABLE. Raises InvalidFields for a value that isn't one of that fact."""
    row = lock_application(session, actor, application_id)
    if Status(row.status) not in (Status.WAITING, Status.IN_REVIEW, Status.INSPECTION):
        require_action(row.status, Action.REVIEW)
    stated = verified_value(name, value, request_of(session, row))
    if valid_until is not None and valid_until < legal_day(now):
        raise InvalidFields.of("valid_until", "past-date")
    source = _source("officer", actor, not_blank(document, "document"), now)
    record_fact(session, application_id, Fact(name, stated, source, valid_until), now=now)
    if not decide_application(session, row, now=now):
        record_application(
            session, row, actor, "verify", _event_of_state(row), now=now, details={"fact": name}
        )
    return row


def _event_of_state(row: Application) -> str:
    """The event of a state that a verified document didn't end: what it waits for may have changed."""
    happened = {Status.WAITING: "waiting", Status.INSPECTION: "inspection_ordered"}
    return happened.get(Status(row.status), "reviewed")


def return_application(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    reasons: Sequence[Mapping[str, str]],
    now: datetime,
) -> Application:
    """To the applicant, for completion; he has 30 days. `reasons`: at least one, `{ar, en?}`."""
    row = lock_application(session, actor, application_id)
    require_action(row.status, Action.RETURN)
    told = [_reason(one, place) for place, one in enumerate(reasons)]
    withdraw_invoice(session, row, actor, "application-returned", now=now)
    drop_pending_work(session, row)
    drop_visits(session, row)
    rules = rules_at_submission(session, row)
    row.waits_for, row.invoice_id = [], None
    return return_to_applicant(session, row, actor, INCOMPLETE, told, rules=rules, now=now)


def _reason(reason: Mapping[str, str], place: int) -> dict[str, str | None]:
    return {"ar": not_blank(reason["ar"], f"reasons.{place}.ar"), "en": reason.get("en")}


def order_inspection(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    due_on: date | None = None,
    note: str | None = None,
    now: datetime,
) -> Application:
    """An inspector goes there before the decision."""
    row = lock_application(session, actor, application_id)
    require_action(row.status, Action.ORDER_INSPECTION)
    days = rules_at_submission(session, row).parameters.inspection_days
    by = due_on or legal_day(now) + timedelta(days=days)
    if by < legal_day(now):
        raise InvalidFields.of("due_on", "past-date")
    session.add(
        Inspection(
            inspection_id=new_id(),
            application_id=application_id,
            municipality=row.municipality,
            stage=BEFORE,
            ordered_at=now,
            due_on=by,
            note=note,
        )
    )
    # From now on the visit is a condition of which nothing is known.
    ordered = Fact(INSPECTION, {"verdict": None}, _source("officer", actor, None, now))
    record_fact(session, application_id, ordered, now=now)
    row.status = Status.INSPECTION.value
    return record_application(
        session, row, actor, Action.ORDER_INSPECTION, "inspection_ordered", now=now, note=note
    )


def record_inspection(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    passed: bool,
    inspected_on: date,
    note: str,
    now: datetime,
) -> Application:
    """The inspector's result, a fact; the application is decided by it or goes back to the officer."""
    row = lock_application(session, actor, application_id)
    require_action(row.status, Action.RECORD_INSPECTION)
    visit = _open_visit(session, application_id)
    if not legal_day(visit.ordered_at) <= inspected_on <= legal_day(now):
        raise InvalidFields([Fault("inspected_on", "not-within-visit")])
    visit.result, visit.inspected_on = "passed" if passed else "failed", inspected_on
    visit.note, visit.inspector = not_blank(note, "note"), actor.name or actor.subject
    source = _source("inspector", actor, inspected_on.isoformat(), now)
    record_fact(
        session, application_id, Fact(INSPECTION, {"verdict": visit.result}, source), now=now
    )
    row.status = Status.IN_REVIEW.value
    if not decide_application(session, row, now=now):
        action = Action.RECORD_INSPECTION
        record_application(session, row, actor, action, "reviewed", now=now, note=visit.note)
    return row


def _open_visit(session: Session, application_id: str) -> Inspection:
    statement = (
        select(Inspection)
        .where(Inspection.application_id == application_id, Inspection.result.is_(None))
        .order_by(Inspection.ordered_at.desc())
        .limit(1)
        .with_for_update()
    )
    return session.scalars(statement).one()


def approve_application(
    session: Session,
    actor: Actor,
    application_id: str,
    *,
    reason: str,
    asks: bool = True,
    now: datetime,
) -> Application:
    """The officer approves: one condition more is satisfied, and the system decides. What else isn't satisfied stays
    so: no officer approves past a condition; the application waits for it again, and bodies are asked."""
    row = lock_application(session, actor, application_id)
    require_action(row.status, Action.REVIEW)
    _record_verdict(session, row, actor, "approved", not_blank(reason, "reason"), now)
    record_application(session, row, actor, Action.REVIEW, "approved", now=now, note=reason)
    decide_application(session, row, now=now)
    if wait_again(session, row, now=now) and asks:
        schedule_questions(session, application_id, now=now)
    return row


def refuse_after_review(
    session: Session, actor: Actor, application_id: str, *, reason: str, now: datetime
) -> Application:
    """The officer refuses, with a reason that the applicant reads."""
    row = lock_application(session, actor, application_id)
    require_action(row.status, Action.REFUSE)
    reason = not_blank(reason, "reason")
    _record_verdict(session, row, actor, "refused", reason, now)
    row.reasons = [{"ar": reason, "en": None}]
    withdraw_invoice(session, row, actor, "application-refused", now=now)
    refuse_application(session, row, actor, BY_OFFICER, now=now)
    return row


def _record_verdict(
    session: Session, row: Application, actor: Actor, verdict: str, reason: str, now: datetime
) -> None:
    source = _source("officer", actor, None, now)
    value = {"verdict": verdict, "reason": reason}
    record_fact(session, row.application_id, Fact(REVIEW, value, source), now=now)


def _source(kind: str, actor: Actor, reference: str | None, now: datetime) -> Source:
    return Source(kind, rfc3339(now), reference, actor.name or actor.subject)
