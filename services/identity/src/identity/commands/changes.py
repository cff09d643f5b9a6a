"""Changes of the register's rows: of their terms, and from active to suspended and back; each stands in the journal."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis.core.times import rfc3339
from chassis.data.unit_of_work import UnitOfWork
from identity.domain.actions import Action
from identity.domain.errors import WrongStatus
from identity.models import Citizen, Client, Grant, Organisation, Person

ACTIVE, SUSPENDED = "active", "suspended"
_ACTIONS = {ACTIVE: Action.REINSTATE, SUSPENDED: Action.SUSPEND}
# Personal data: the journal says that it changed, and not to what.
_UNTOLD = frozenset({"display_name"})


def change_terms(
    work: UnitOfWork, row: Organisation | Person | Client | Grant, terms: Mapping[str, Any]
) -> None:
    """Gives the columns named by `terms` their values, and journals those that differ, before and after."""
    details = {
        name: None if name in _UNTOLD else [_plain(getattr(row, name)), _plain(value)]
        for name, value in terms.items()
        if getattr(row, name) != value
    }
    for name, value in terms.items():
        setattr(row, name, value)
    work.record_change(row, Action.AMEND, details=details or None)
    work.session.flush()


def change_status(
    work: UnitOfWork,
    row: Organisation | Person | Client | Citizen,
    status: str,
    *,
    reason: str | None = None,
) -> None:
    """From active to suspended or back. Raises WrongStatus when the row has that status already."""
    if row.status == status:
        raise WrongStatus(status, row.status)
    row.status = status
    work.record_change(row, _ACTIONS[status], note=reason)
    work.session.flush()


def _plain(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value
