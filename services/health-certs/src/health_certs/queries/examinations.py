"""The result that counts of a request, opened: for those of `domain.readers` alone."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.core.times import rfc3339
from health_certs.domain.examinations import ACCEPTED, Accepted, Entry, counting
from health_certs.models import Examination, Request


@dataclass(frozen=True)
class ResultFound:
    """What the worker is told. All None while nothing was entered."""

    result: str | None = None
    examined_on: str | None = None
    centre: str | None = None
    entered_at: str | None = None
    end_reason: str | None = None


def accepted_of(session: Session, row: Request) -> list[tuple[Accepted, Entry]]:
    """The accepted entries of a request that aren't emptied, with what they say."""
    statement = select(Examination).where(
        Examination.request_id == row.request_id,
        Examination.status == ACCEPTED,
        Examination.entry.is_not(None),
    )
    return [one.opened() for one in session.scalars(statement)]


def result_of(session: Session, row: Request) -> ResultFound:
    """The entry that counts, and why the request ended without a certificate, if it did."""
    found = accepted_of(session, row)
    reason = row.end_reason.strip() if row.end_reason else None
    weighed = counting([one for one, _ in found], row.revision)
    if weighed is None:
        return ResultFound(end_reason=reason)
    entry = next(entry for one, entry in found if one is weighed)
    return ResultFound(
        result=entry.result,
        examined_on=entry.examined_on.isoformat(),
        centre=weighed.centre,
        entered_at=rfc3339(weighed.entered_at),
        end_reason=reason,
    )
