"""Replays a proposed version of the rules over the decisions of the newest applications, in `work`."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.times import rfc3339
from chassis.data.deadlines import set_deadline
from chassis.data.unit_of_work import UnitOfWork
from licences.commands.rules import REPLAY, lock_version
from licences.domain.applications import NOT_VALID, Status
from licences.domain.replay import Change, Tally, replay_decision
from licences.domain.rule_days import days_of_change
from licences.domain.rule_versions import MACHINE, RuleAction, RuleStatus
from licences.domain.rules import Rules
from licences.models import Application, RuleVersion

REPLAYER = SystemActor("replay", "licences")
MOST_LISTED = 200
BATCH = 500


def request_replay(work: UnitOfWork, name: str, *, applications: int) -> RuleVersion:
    """Lets `work` replay the proposal over the decisions of so many of the newest applications. What was asked for
    before, and runs or waits, keeps no result. Raises NotFound and IllegalTransition.

    Each request has a deadline of its own. A replay that runs has locked its deadline: a command that changed that
    deadline would wait until the replay ends.
    """
    row = lock_version(work, name)
    MACHINE.after(RuleAction.REPLAY, row.status)
    work.record_change(row, RuleAction.REPLAY, details={"applications": applications})
    row.replay = {
        "request": row.version,
        "digest": row.digest,
        "asked_at": rfc3339(work.now),
        "asked_by": work.actor.subject,
        "applications": applications,
        "finished_at": None,
        "decisions": None,
        "unchanged": None,
        "outcomes": [],
        "days": [],
        "changes": [],
    }
    set_deadline(work.session, row.aggregate_type, f"{name} {row.version}", REPLAY, work.now)
    return row


def run_replay(work: UnitOfWork, deadline_id: str) -> None:
    """Replays the proposal for the request of the deadline, and keeps the result. Locks the version for the result
    alone, because a replay takes seconds. A request after which the proposal was withdrawn or asked for anew keeps no
    result."""
    name, _, request = deadline_id.partition(" ")
    found = work.session.get_one(RuleVersion, name)
    asked = _asked_by(found, request)
    if asked is None:
        return
    result = _replay(work, found.document, most=asked["applications"])
    row = work.lock(RuleVersion, name)
    if _asked_by(row, request) is None:
        return
    row.replay = {**asked, **result, "finished_at": rfc3339(work.now)}
    counts = {count: result[count] for count in ("decisions", "unchanged")}
    work.record_change(row, "replayed", details=counts)


def _asked_by(row: RuleVersion, request: str) -> Mapping[str, Any] | None:
    """Returns the replay of this request; None once the proposal was withdrawn or asked for anew."""
    if row.status != RuleStatus.PROPOSED or row.replay is None:
        return None
    return row.replay if str(row.replay["request"]) == request else None


def _replay(work: UnitOfWork, document: Mapping[str, Any], *, most: int) -> dict[str, Any]:
    listed: list[dict[str, Any]] = []

    def list_change(row: Application, day: date, change: Change) -> None:
        if len(listed) < MOST_LISTED:
            listed.append(_listed(row, day, change))

    tally = replay_decisions(work.session, document, list_change, most=most)
    return {**tally.record(), "changes": listed}


def _listed(row: Application, day: date, change: Change) -> dict[str, Any]:
    return {
        "application_id": row.application_id,
        "application_no": row.application_no,
        "day": day.isoformat(),
        "before": change.before,
        "after": change.after,
        "conditions": list(change.conditions),
        "fee_before": change.fee_before,
        "fee_after": change.fee_after,
    }


def replay_decisions(
    session: Session,
    document: Mapping[str, Any],
    note_change: Callable[[Application, date, Change], None],
    *,
    since: datetime | None = None,
    most: int | None = None,
) -> Tally:
    """Makes the decisions of applications again by a version of the rules, on each day on which the version changes.
    `note_change` is told of each change as it's found, with the day from which the decision comes out so."""
    tally, rules_on = Tally(days_of_change(document)), cache(Rules.read(document).as_on)
    for row in decided_applications(session, since=since, most=most):
        for day, change in tally.count(replay_decision(row.decision, tally.days, rules_on)):
            note_change(row, day, change)
    return tally


def decided_applications(
    session: Session, *, since: datetime | None = None, most: int | None = None
) -> Iterator[Application]:
    """Returns the applications that the rules decided, the newest submission first, 500 at a time. A stop that
    overtook an approval isn't among the rules."""
    is_overtaken = (Application.status == Status.REFUSED.value) & (
        Application.reason_code == NOT_VALID
    )
    statement = select(Application).where(
        Application.outcome.is_not(None),
        Application.body.is_not(None),
        is_overtaken.is_not(True),
    )
    if since is not None:
        statement = statement.where(Application.submitted_at >= since)
    order = (Application.submitted_at.desc(), Application.application_id.desc())
    yield from session.scalars(
        statement.order_by(*order).limit(most).execution_options(yield_per=BATCH)
    )
