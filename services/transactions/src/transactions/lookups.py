"""Which transactions an officer sees, for queries and commands alike."""

from sqlalchemy import ColumnElement, and_, false, or_, true

from transactions.domain.access import Reach
from transactions.models import Transaction


def is_seen(reach: Reach) -> ColumnElement[bool]:
    """Expresses `Reach.sees` in SQL."""
    departments = sorted(reach.departments)
    confidential = and_(
        Transaction.confidential,
        Transaction.municipality == (reach.home or ""),
        Transaction.department.in_(departments),
    )
    own = or_(true() if reach.registry else false(), Transaction.departments.overlap(departments))
    branch = (
        true() if reach.municipality is None else Transaction.municipality == reach.municipality
    )
    return or_(confidential, and_(~Transaction.confidential, branch, own))
