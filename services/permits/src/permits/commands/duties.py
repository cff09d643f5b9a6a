"""Separation of duties, by what the history says of who did what."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis.data.aggregates import history
from permits import catalogue
from permits.domain import duties
from permits.domain.actors import Actor
from permits.domain.duties import Done, DutiesSeparated, Mode
from permits.models import PermitRequest
from saudi.days import legal_day

Warned = dict[str, Any]


def separated(
    session: Session,
    actor: Actor,
    then: str,
    branch: str,
    *aggregates: tuple[str, str],
    now: datetime,
) -> Warned | None:
    """Before `then` is done to locked things, each by type and id: None when another person did what comes before it;
    in a branch that's only warned, what its history keeps. Raises DutiesSeparated."""
    session.flush()
    rows = history(session, *aggregates, actions=duties.acts_of(catalogue.duties(), then))
    done = duties.this_round([Done(row.action, row.subject, row.name) for row in rows])
    return separated_from(done, actor, then, branch, now=now)


def separated_from(
    done: Sequence[Done], actor: Actor, then: str, branch: str, *, now: datetime
) -> Warned | None:
    """The same of acts that are known. Raises DutiesSeparated."""
    duty = duties.broken(catalogue.duties(), then, actor.subject, done)
    if duty is None:
        return None
    if duties.mode_of(catalogue.duty_rules(), branch, legal_day(now)) is Mode.REFUSE:
        raise DutiesSeparated(duty.code, actor.name or actor.subject)
    return {"duty": duty.code}


def note_on(row: PermitRequest, warned: Warned | None) -> None:
    """Who looks at the locked request is told of it."""
    if warned is not None:
        row.warnings = [*row.warnings, {"field": "duties", "code": warned["duty"]}]
