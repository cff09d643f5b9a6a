"""Whom a medical centre may look for, and what it entered: its own, and nobody else's."""

from datetime import date, datetime, time

from sqlalchemy import Text, func, select, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from partner_gateway.models import Examinee, HealthExamination
from saudi.days import RIYADH


def find_examinee(
    session: Session, centre: str, number: str, worker_keys: list[str], now: datetime
) -> Examinee:
    """The open request of that number and worker, if `centre` is the chosen one. Raises
    NotFound: for a foreign one the same statement, and the same answer."""
    statement = select(Examinee).where(
        Examinee.number == number,
        Examinee.centre == centre,
        type_coerce(Examinee.worker_key, Text) == func.any(type_coerce(worker_keys, ARRAY(Text))),
        Examinee.until > now,
    )
    row = session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def last_entry(session: Session, centre: str, number: str) -> HealthExamination | None:
    """The centre's last entry about a request, whatever became of it."""
    statement = (
        select(HealthExamination)
        .where(HealthExamination.centre == centre, HealthExamination.number == number)
        .order_by(HealthExamination.entered_at.desc(), HealthExamination.examination_id.desc())
        .limit(1)
    )
    return session.scalars(statement).one_or_none()


def entries_of_day(
    session: Session, centre: str, day: date, page: PageRequest
) -> Page[HealthExamination]:
    """What the centre entered on a day in Riyadh and since, newest first. Raises InvalidFields on `cursor`."""
    began = datetime.combine(day, time(), RIYADH)
    statement = select(HealthExamination).where(
        HealthExamination.centre == centre, HealthExamination.entered_at >= began
    )
    key = [HealthExamination.entered_at, HealthExamination.examination_id]
    search = ["health-examinations", day.isoformat()]
    return keyset(session, statement, key, page, search=search, newest_first=True)


def waiting(session: Session) -> tuple[int, datetime | None]:
    """How many entries health-certs hasn't answered, and when the oldest was entered."""
    statement = select(func.count(), func.min(HealthExamination.entered_at)).where(
        HealthExamination.due_at.is_not(None)
    )
    count, oldest = session.execute(statement).one()
    return count, oldest
