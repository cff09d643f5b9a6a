"""What suspending and changing have in common for organisations, people and clients."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from identity.domain.errors import NotThere, WrongStatus
from identity.models import Changed, Client, Organisation, Person

ACTIVE, SUSPENDED = "active", "suspended"


Registered = TypeVar("Registered", Person, Client)


def locked(session: Session, model: type[Registered], key: str) -> Registered:
    """The row of a person or a client, locked against other changes of it; its organisation, which is read with it,
    isn't. Raises NotThere."""
    statement = (
        select(model)
        .where(inspect(model).primary_key[0] == key)
        .with_for_update(of=model, key_share=True)
    )
    row = session.scalar(statement)
    if row is None:
        raise NotThere(key)
    return row


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
