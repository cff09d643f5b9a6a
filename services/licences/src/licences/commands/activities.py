"""Publishes the activities of the version of the rules in force."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import SystemActor
from chassis.data.unit_of_work import UnitOfWork
from chassis.events.outbox import publish
from licences import events
from licences.catalogue import first_rules, first_rules_text, rules_on, version_in_force
from licences.commands.rules import LOADING, RuleFile, load_rules
from licences.domain.rules import activity_event_name, activity_state
from licences.models import Activity, RuleVersion
from saudi.days import legal_day

RULES = SystemActor("rules", "licences")


def publish_activities(work: UnitOfWork) -> int:
    """Loads the first version into an empty table, and publishes the activities that changed since the last event.
    Returns how many. Costs one look when nothing is new."""
    session, today = work.session, legal_day(work.now)
    if _is_published(session, today):
        return 0
    LOADING.take(session)
    if session.scalar(select(RuleVersion.name).limit(1)) is None:
        load_rules(work, RuleFile(first_rules_text(), first_rules()))
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
