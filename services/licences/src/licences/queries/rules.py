"""Reads versions of the rules."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from licences import catalogue
from licences.catalogue import NEWEST_RULES
from licences.domain.actors import require_governorate
from licences.domain.rule_versions import RuleStatus
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
    """Returns the version that holds until the first day of this one, or would hold on that day without it. The
    command line may load a version for a first day that another one has."""
    if row.status != RuleStatus.APPROVED:
        return catalogue.version_replaced_on(session, row.name, row.effective_from)
    place = tuple_(RuleVersion.effective_from, RuleVersion.loaded_at)
    statement = select(RuleVersion).where(
        RuleVersion.status == RuleStatus.APPROVED.value,
        place < (row.effective_from, row.loaded_at),
    )
    return session.scalars(statement.order_by(*NEWEST_RULES).limit(1)).one_or_none()


def history_of_rules(session: Session, actor: Actor, name: str) -> Sequence[JournalEntry]:
    """Returns the journal of a version, oldest first. Raises NotFound."""
    row = get_rule_version(session, actor, name)
    return history(session, (row.aggregate_type, row.name))
