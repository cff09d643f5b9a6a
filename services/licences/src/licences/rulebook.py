"""The versions of the rules, and the activities as they were published: for queries, commands and operations alike."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from licences.domain.rules import Rules
from licences.models import Activity, RuleVersion

# A loaded version never changes, so a process reads it once. Its time tells versions of several databases apart.
_READ: dict[tuple[str, datetime], Rules] = {}


def version_in_force(session: Session, on: date) -> str | None:
    """The name of the newest version that holds on the day; None before the first was loaded."""
    newest = _in_force(session, on)
    return newest[0] if newest else None


def rules_of(session: Session, on: date) -> Rules:
    """The version that holds on the day. Raises NotFound before the first was loaded."""
    newest = _in_force(session, on)
    if newest is None:
        raise NotFound
    return _read(session, *newest)


def rules_named(session: Session, version: str) -> Rules:
    """A version by its name. Raises NotFound."""
    statement = select(RuleVersion.loaded_at).where(RuleVersion.version == version)
    loaded_at = session.scalar(statement)
    if loaded_at is None:
        raise NotFound
    return _read(session, version, loaded_at)


def _in_force(session: Session, on: date) -> tuple[str, datetime] | None:
    """Name and time of loading, read together: each decision asks for them."""
    newest = (RuleVersion.effective_from.desc(), RuleVersion.loaded_at.desc())
    statement = select(RuleVersion.version, RuleVersion.loaded_at)
    statement = statement.where(RuleVersion.effective_from <= on).order_by(*newest).limit(1)
    found = session.execute(statement).one_or_none()
    return None if found is None else (found.version, found.loaded_at)


def _read(session: Session, version: str, loaded_at: datetime) -> Rules:
    if (version, loaded_at) not in _READ:
        document = session.scalars(
            select(RuleVersion.document).where(RuleVersion.version == version)
        ).one()
        _READ[version, loaded_at] = Rules.read(document)
    return _READ[version, loaded_at]


def list_versions(session: Session) -> Sequence[RuleVersion]:
    """All versions, the newest first."""
    order = (RuleVersion.effective_from.desc(), RuleVersion.loaded_at.desc())
    return session.scalars(select(RuleVersion).order_by(*order)).all()


def list_activities(session: Session) -> Sequence[Activity]:
    """All that were published, by code."""
    return session.scalars(select(Activity).order_by(Activity.code)).all()


def get_activity(session: Session, code: str) -> Activity:
    """Raises NotFound."""
    row = session.get(Activity, code)
    if row is None:
        raise NotFound
    return row
