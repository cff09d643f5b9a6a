"""What the municipality does with a licence, for a reason that stands in its history. All commands raise NotFound and
IllegalTransition, and InvalidFields without a reason."""

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import select

from chassis.core.actors import SystemActor
from chassis.core.refusals import Fault, Findings, InvalidFields, NotFound, not_blank
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.issue import cancel_licence
from licences.commands.recording import record_licence
from licences.commands.review import record_inspection
from licences.domain.actors import require_access
from licences.domain.forms import check_trade_name
from licences.domain.licences import LIFE, Action, Status, status_after_stop
from licences.domain.violations import Status as ViolationStatus
from licences.domain.violations import require_another
from licences.models import Inspection, Licence, Objection, Violation
from saudi.days import legal_day
from saudi.text import search_key, tidy

BY_MUNICIPALITY, VIOLATION = "by-municipality", "violation"  # codes of reasons
VIOLATIONS = SystemActor("violations", client_id="licences")


def lock_licence(work: UnitOfWork, licence_no: str) -> Licence:
    """Locks the licence until the transaction ends. Raises NotFound, also for another municipality's licence."""
    key = work.session.scalar(select(Licence.licence_id).where(Licence.licence_no == licence_no))
    if key is None:
        raise NotFound
    row = work.lock(Licence, key)
    require_access(work.actor, row.municipality)
    return row


def suspend_licence(work: UnitOfWork, licence_no: str, *, reason: str) -> Licence:
    """Suspends the licence until it's reinstated."""
    row = lock_licence(work, licence_no)
    return _stop(work, row, Action.SUSPEND, "suspended", reason, BY_MUNICIPALITY)


def reinstate_licence(work: UnitOfWork, licence_no: str, *, reason: str) -> Licence:
    """Ends a suspension or a closing. Raises AnotherPerson for a person who had a part in the closing."""
    row = lock_licence(work, licence_no)
    require_another(work.actor.subject, *_people_of_closings(work, row))
    return _end_stop(work, row, not_blank(reason, "reason"))


def _people_of_closings(work: UnitOfWork, row: Licence) -> Collection[str]:
    """Returns the people of each closing, and those who took an objection after the closing."""
    closings = row.closings or ()
    takers = select(Objection.filed_by).where(
        Objection.violation_id.in_([closing["violation_id"] for closing in closings])
    )
    return {
        *(person for closing in closings for person in closing["people"]),
        *work.session.scalars(takers),
    }


def close_licence(
    work: UnitOfWork,
    licence_no: str,
    *,
    reason: str,
    violation_id: str | None = None,
    people: Collection[str] = (),
) -> Licence:
    """Closes the place for a violation, or for one more violation; `people`: who had a part in the violation."""
    row = lock_licence(work, licence_no)
    closing = {"violation_id": violation_id, "people": [*people, work.actor.subject]}
    if row.status == Status.CLOSED and violation_id is not None:
        row.closings = [*(row.closings or ()), closing]
        return record_licence(work, row, Action.CLOSE, "closed")
    if row.status == Status.SUSPENDED:
        kept = ("status", "reason_code", "reason")
        row.before_closing = {name: getattr(row, name) for name in kept}
    row.closings = [closing]
    return _stop(work, row, Action.CLOSE, "closed", reason, VIOLATION)


def _stop(
    work: UnitOfWork, row: Licence, action: Action, happened: str, reason: str, reason_code: str
) -> Licence:
    reason = not_blank(reason, "reason")
    row.status = LIFE.after(action, row.status).value
    row.reason_code, row.reason = reason_code, reason
    return record_licence(work, row, action, happened)


def reopen_licence(work: UnitOfWork, row: Licence, violation_id: str) -> None:
    """Opens the place of the locked licence again, because the violation was cancelled. A place that another violation
    has closed too stays closed."""
    causes = {closing["violation_id"] for closing in row.closings or ()}
    if row.status != Status.CLOSED or violation_id not in causes:
        return
    others = select(Violation.violation_id).where(
        Violation.violation_id.in_(causes - {violation_id}),
        Violation.status != ViolationStatus.CANCELLED,
    )
    if work.session.scalar(others.limit(1)) is None:
        _end_stop(work.acting_as(VIOLATIONS), row, None)


def _end_stop(work: UnitOfWork, row: Licence, reason: str | None) -> Licence:
    """Publishes `reinstated`, or `suspended` for a licence that was suspended before its place was closed."""
    before = row.before_closing or {}
    row.status = status_after_stop(row.status, before.get("status")).value
    row.reason_code, row.reason = before.get("reason_code"), before.get("reason")
    row.closings = row.before_closing = None
    happened = "reinstated" if row.status == Status.VALID else "suspended"
    return record_licence(work, row, Action.REINSTATE, happened, note=reason)


def cancel_by_municipality(work: UnitOfWork, licence_no: str, *, reason: str) -> Licence:
    """Cancels the licence for good, and its visits."""
    row = lock_licence(work, licence_no)
    return cancel_licence(work, row, BY_MUNICIPALITY, not_blank(reason, "reason"))


def correct_trade_name(
    work: UnitOfWork, licence_no: str, *, trade_name: dict[str, Any], reason: str
) -> Licence:
    """Corrects the name on the sign. Raises InvalidFields for a professional, who has no trade name."""
    row = lock_licence(work, licence_no)
    LIFE.after(Action.CORRECT, row.status)
    if row.trade_name is None:
        raise InvalidFields.of("trade_name", "no-trade-name")
    findings = Findings()
    check_trade_name(trade_name, findings, within="trade_name")
    findings.settle()
    name = {"ar": tidy(not_blank(trade_name["ar"], "trade_name.ar")), "en": trade_name.get("en")}
    row.trade_name, row.trade_key = name, search_key(name["ar"] or "")
    establishment = {**row.body["establishment"], "trade_name": name}
    row.body = {**row.body, "establishment": establishment}
    note = not_blank(reason, "reason")
    return record_licence(work, row, Action.CORRECT, "corrected", note=note)


def record_visit(
    work: UnitOfWork, inspection_id: str, *, passed: bool, inspected_on: date, note: str
) -> Inspection:
    """Records the result of a visit. After the issue it stands in the licence's history, and an officer decides what
    follows from a failed visit. Before the decision, `record_inspection` decides the application."""
    row = work.session.get(Inspection, inspection_id)
    if row is None:
        raise NotFound
    require_access(work.actor, row.municipality)
    if row.licence_id is None:
        if row.result is not None:
            raise InvalidFields.of("inspection_id", "visit-recorded")
        record_inspection(
            work, row.application_id, passed=passed, inspected_on=inspected_on, note=note
        )
        return row
    # Lock the licence before its visit, as the end of a licence does.
    licence = work.lock(Licence, row.licence_id)
    work.session.refresh(row, with_for_update=True)
    if row.result is not None:
        raise InvalidFields.of("inspection_id", "visit-recorded")
    if not legal_day(row.ordered_at) <= inspected_on <= legal_day(work.now):
        raise InvalidFields([Fault("inspected_on", "not-within-visit")])
    row.result, row.inspected_on = "passed" if passed else "failed", inspected_on
    row.note, row.inspector = not_blank(note, "note"), work.actor.name or work.actor.subject
    work.record_action(licence, f"visit-{row.result}")
    return row
