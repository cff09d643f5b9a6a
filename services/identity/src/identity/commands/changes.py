"""Changes of the register's rows: the terms, and the status active or suspended. The journal records each change."""

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
# Personal data: the journal records the change without the values.
_PERSONAL = frozenset({"display_name"})


def change_terms(
    work: UnitOfWork, row: Organisation | Person | Client | Grant, terms: Mapping[str, Any]
) -> None:
    """Sets the columns that `terms` names, and journals each different value, before and after."""
    details = {
        name: None
        if name in _PERSONAL
        else [_journal_value(getattr(row, name)), _journal_value(value)]
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
    """Suspends or reinstates the row. Raises WrongStatus if the row has the status."""
    if row.status == status:
        raise WrongStatus(status, row.status)
    row.status = status
    work.record_change(row, _ACTIONS[status], note=reason)
    work.session.flush()


def _journal_value(value: Any) -> Any:
    return rfc3339(value) if isinstance(value, datetime) else value
