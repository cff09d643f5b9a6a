"""Loads versions of the rules, and publishes the activities of the version in force."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.core.refusals import Conflict
from chassis.data.advisory import Lock
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from licences import events
from licences.catalogue import first_rules, rules_on, version_in_force
from licences.domain.rules import Rules, activity_event_name, activity_state
from licences.models import Activity, RuleVersion
from saudi.days import legal_day

RULES = SystemActor("rules", "licences")
_LOADING = Lock("licences.rules", 7302611)  # one process loads and publishes at a time


class RulesKnown(Conflict):
    """A version of this name was loaded before. Decisions were made by it, so the version can't change any more."""

    problem = "rules-known"


def load_rules(work: UnitOfWork, document: Mapping[str, Any]) -> Rules:
    """Keeps a version of the rules. Raises RulesMalformed and RulesKnown."""
    rules = Rules.read(document)
    _LOADING.take(work.session)
    if work.session.get(RuleVersion, rules.version) is not None:
        raise RulesKnown
    row = RuleVersion(
        version=rules.version,
        effective_from=rules.effective_from,
        document=dict(document),
        loaded_at=work.now,
        loaded_by=work.actor.subject,
    )
    work.session.add(row)
    work.session.flush()
    return rules


def publish_activities(work: UnitOfWork) -> int:
    """Loads the first version into an empty table, and publishes the activities that changed since the last event.
    Returns how many. Costs one look when nothing is new."""
    session, today = work.session, legal_day(work.now)
    if _is_published(session, today):
        return 0
    _LOADING.take(session)
    if session.scalar(select(RuleVersion.version).limit(1)) is None:
        load_rules(work, first_rules())
    rules = rules_on(session, today)
    rows = {row.code: row for row in session.scalars(select(Activity))}
    states = {code: activity_state(one, rules) for code, one in rules.activities.items()}
    for code, row in rows.items():
        if code not in states and row.in_force_until is None:
            states[code] = {**row.state, "in_force_until": today.isoformat()}
    return sum(_publish_change(work, rows.get(code), state) for code, state in states.items())


def _is_published(session: Session, today: date) -> bool:
    """Returns whether the activities were compared with the version in force before: their `state` names the
    version."""
    version = version_in_force(session, today)
    if version is None:
        return False
    compared = select(Activity.code).where(Activity.state["rules"].astext == version).limit(1)
    return session.scalar(compared) is not None


def _publish_change(work: UnitOfWork, row: Activity | None, state: dict[str, Any]) -> int:
    """Keeps the state, and publishes it if anything but the version of the rules differs. Returns 1 for an event."""
    happened = activity_event_name(row.state if row else None, state)
    if row is None:
        row = Activity(code=state["code"])
        work.session.add(row)
    row.state = state
    row.in_force_from = date.fromisoformat(state["in_force_from"])
    until = state["in_force_until"]
    row.in_force_until = date.fromisoformat(until) if until else None
    if happened is None:
        return 0
    work.record_change(row, happened)
    publish(work.session, events.activity_event(happened, state, row.version, work.now))
    return 1
