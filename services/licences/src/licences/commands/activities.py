"""Loads versions of the rules, and publishes the activities of the version in force."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor, SystemActor
from chassis.core.refusals import Conflict
from chassis.data.advisory import Lock
from chassis.data.aggregates import record_change
from chassis.events.outbox import publish
from licences import events
from licences.catalogue import first_rules, rules_on, version_in_force
from licences.domain.rules import Rules, activity_event_name, activity_state
from licences.models import Activity, RuleVersion
from saudi.days import legal_day

RULES = SystemActor("rules", "licences")
# One process loads and publishes at a time.
_LOADING = Lock("licences.rules", 7302611)


class RulesKnown(Conflict):
    """A version of this name was loaded before: what was decided by it can't change any more."""

    problem = "rules-known"


def load_rules(
    session: Session, actor: Actor, document: Mapping[str, Any], *, now: datetime
) -> Rules:
    """Keeps a version. Raises RulesMalformed and RulesKnown."""
    rules = Rules.read(document)
    _LOADING.take(session)
    if session.get(RuleVersion, rules.version) is not None:
        raise RulesKnown
    row = RuleVersion(
        version=rules.version,
        effective_from=rules.effective_from,
        document=dict(document),
        loaded_at=now,
        loaded_by=actor.subject,
    )
    session.add(row)
    session.flush()
    return rules


def publish_activities(session: Session, *, now: datetime) -> int:
    """Loads the first version into an empty table, and publishes what differs from what was told last. Answers how many
    activities. Costs one look when nothing is new."""
    today = legal_day(now)
    if _is_published(session, today):
        return 0
    _LOADING.take(session)
    if session.scalar(select(RuleVersion.version).limit(1)) is None:
        load_rules(session, RULES, first_rules(), now=now)
    rules = rules_on(session, today)
    there = {row.code: row for row in session.scalars(select(Activity))}
    states = {code: activity_state(one, rules) for code, one in rules.activities.items()}
    for code, row in there.items():
        if code not in states and row.in_force_until is None:
            states[code] = {**row.state, "in_force_until": today.isoformat()}
    return sum(_tell(session, there.get(code), state, now) for code, state in states.items())


def _is_published(session: Session, today: date) -> bool:
    """Whether every activity was compared with the version in force before: `state` names its version."""
    version = version_in_force(session, today)
    if version is None:
        return False
    behind = select(Activity.code).where(Activity.state["rules"].astext == version).limit(1)
    return session.scalar(behind) is not None


def _tell(session: Session, row: Activity | None, state: dict[str, Any], now: datetime) -> int:
    happened = activity_event_name(row.state if row else None, state)
    if row is None:
        row = Activity(code=state["code"])
        session.add(row)
    row.state = state
    row.in_force_from = date.fromisoformat(state["in_force_from"])
    until = state["in_force_until"]
    row.in_force_until = date.fromisoformat(until) if until else None
    if happened is None:
        return (
            0  # the same under a new version of the rules: nobody is told, so no version is counted
        )
    record_change(session, row, RULES, happened, now=now)
    publish(session, events.activity_event(happened, state, row.version, now))
    return 1
