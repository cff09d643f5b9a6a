"""A renewed certificate takes the place of the one before."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.aggregates import JournalEntry, lock_where
from health_certs.commands.recording import SYSTEM, record_certificate
from health_certs.domain.validity import Action, Status
from health_certs.models import Certificate, Request

_PLACE = ("establishment", "trade_name", "licence_no", "application_no", "applicant")


def lock_renewed(session: Session, rows: Sequence[Request]) -> Mapping[str, Certificate]:
    """The certificates that the locked requests renew, by number, locked in the order of their ids."""
    numbers = [row.renews for row in rows if row.renews is not None]
    if not numbers:
        return {}
    found = lock_where(session, Certificate, Certificate.certificate_no.in_(numbers))
    return {one.certificate_no: one for one in found}


def follow(
    session: Session, old: Certificate | None, by: Certificate, *, asked_at: datetime
) -> None:
    """The next certificate is where the one is that it renews, if that went elsewhere since the renewal was asked for:
    nobody gets a worker back by an older request."""
    if old is not None and old.status == Status.VALID and _went(session, old, asked_at):
        for name in _PLACE:
            setattr(by, name, getattr(old, name))


def _went(session: Session, row: Certificate, since: datetime) -> bool:
    moves = select(JournalEntry.entry_id).where(
        JournalEntry.aggregate_type == row.aggregate_type,
        JournalEntry.aggregate_id == row.certificate_id,
        JournalEntry.action == Action.TRANSFER.value,
        JournalEntry.at > since,
    )
    return session.scalar(moves.limit(1)) is not None


def replace(session: Session, old: Certificate | None, by: Certificate, *, now: datetime) -> None:
    """A certificate was issued: it takes the place of the locked one that it renews, if it renews any, also of one that
    has expired meanwhile. One that ended in another way stays what it is."""
    if old is None or old.status != Status.VALID:
        return
    old.status, old.replaced_by = Status.REPLACED.value, by.certificate_no
    record_certificate(session, old, SYSTEM, "replace", "replaced", now=now)
