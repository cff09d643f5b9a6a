"""Reads versions of the rules."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from licences.catalogue import NEWEST_RULES, version_in_force
from licences.domain.actors import require_governorate
from licences.models import RuleVersion


def list_rule_versions(session: Session, actor: Actor) -> Sequence[RuleVersion]:
    """Returns all versions, the newest first day first. Raises NotFound for a person of a branch."""
    require_governorate(actor)
    return all_rule_versions(session)


def all_rule_versions(session: Session) -> Sequence[RuleVersion]:
    """Returns all versions, the newest first day first."""
    return session.scalars(select(RuleVersion).order_by(*NEWEST_RULES)).all()


def get_rule_version(session: Session, actor: Actor, name: str) -> RuleVersion:
    """Returns a version. Raises NotFound, also for a person of a branch."""
    require_governorate(actor)
    row = session.get(RuleVersion, name)
    if row is None:
        raise NotFound
    return row


def version_before(session: Session, row: RuleVersion) -> RuleVersion | None:
    """Returns the version that holds on the day before the first day of this one."""
    name = version_in_force(session, row.effective_from - timedelta(days=1))
    return session.get(RuleVersion, name) if name is not None else None


def history_of_rules(session: Session, actor: Actor, name: str) -> Sequence[JournalEntry]:
    """Returns the journal of a version, oldest first. Raises NotFound."""
    row = get_rule_version(session, actor, name)
    return history(session, (row.aggregate_type, row.name))
