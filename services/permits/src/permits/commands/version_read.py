"""Refuses to change a thing that has changed since the caller read it (If-Match).

The version is compared at the first change of the thing, under the lock that the command took in its own order. So no
command takes another lock for it, and a command that changes the thing twice is compared once.
"""

from typing import Any

from sqlalchemy.orm import Session

from chassis.data.aggregates import Aggregate
from chassis.data.unit_of_work import UnitOfWork
from permits.domain.corrections import require_version

_EXPECTED = "permits.version_read"


def expect_version(session: Session, aggregate_id: str, version: int) -> None:
    """Notes which version of a thing the caller has read."""
    session.info[_EXPECTED] = (aggregate_id, version)


def drop_expectation(session: Session) -> bool:
    """Forgets the version. Returns whether no change of the thing was compared with the version."""
    return session.info.pop(_EXPECTED, None) is not None


def record_change(
    work: UnitOfWork,
    row: Aggregate,
    action: str,
    *,
    note: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Counts a change of a locked row, and journals the change. Raises ChangedMeanwhile for another version than the
    caller has read."""
    expected = work.session.info.get(_EXPECTED)
    if expected is not None and expected[0] == row.aggregate_id:
        drop_expectation(work.session)
        require_version(expected[1], row.version)
    work.record_change(row, action, note=note, details=details)
