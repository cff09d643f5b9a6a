"""What suspending and changing have in common for organisations, people and clients."""

from datetime import datetime

from identity.domain.errors import WrongStatus
from identity.models import Changed, Client, Organisation, Person

ACTIVE, SUSPENDED = "active", "suspended"


def touch(row: Changed, by: str, now: datetime) -> None:
    """A new version of a row, and who made it."""
    row.version += 1
    row.changed_at, row.changed_by = now, by


def change_status(row: Organisation | Person | Client, status: str, by: str, now: datetime) -> None:
    """From active to suspended or back. Raises WrongStatus when it's there already."""
    if row.status == status:
        raise WrongStatus(row.status)
    row.status = status
    touch(row, by, now)
