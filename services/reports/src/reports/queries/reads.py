"""Single reports and what belongs to them. An actor sees only the reports within the reach of the actor."""

from collections.abc import Sequence
from hmac import compare_digest

from sqlalchemy import (
    Integer,
    Select,
    cast,
    func,
    literal,
    select,
)
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.sealed import keys_of
from reports.domain.actors import require_reach, role_of
from reports.domain.inquiry import InquiryKey
from reports.domain.reports import NUMBER_BRANCH
from reports.domain.visibility import Part, require_sight
from reports.models import (
    DutyOfficer,
    NotSolvedToken,
    Open311Key,
    Photo,
    Remark,
    Report,
    after_photos_of,
)

MOST_REMARKS = 1_000


def get_report(session: Session, actor: Actor, report_id: str) -> Report:
    """Returns a report within the actor's reach. Raises NotFound."""
    row = session.get(Report, report_id)
    if row is None:
        raise NotFound
    require_reach(actor, row)
    return row


def get_filed(session: Session, actor: Actor, report_id: str) -> Report:
    """Returns a report that the actor filed. Raises NotFound."""
    row = session.get(Report, report_id)
    if row is None or row.filed_by != actor.subject:
        raise NotFound
    return row


def get_work_order(session: Session, actor: Actor, report_id: str) -> Report:
    """Returns a report with a contractor. Raises NotFound."""
    row = get_report(session, actor, report_id)
    if row.contractor is None:
        raise NotFound
    return row


def numbered_reports() -> Select[str, int, int]:
    """Selects branch, Hijri year and serial of every report, for `reports numbers check`."""
    year, serial = (
        cast(func.substr(Report.report_number, *part), Integer) for part in ((1, 4), (5,))
    )
    return select(
        literal(NUMBER_BRANCH).label("branch"), year.label("year"), serial.label("number")
    )


def history_of(session: Session, actor: Actor, report_id: str) -> Sequence[JournalEntry]:
    """Returns the history, oldest first. Raises NotFound, also for an actor who may not see the history."""
    require_sight(role_of(actor), Part.HISTORY)
    get_report(session, actor, report_id)
    return history(session, ("report", report_id))


def remarks_on(session: Session, actor: Actor, report_id: str) -> Sequence[Remark]:
    """Returns the newest notes, questions, answers and updates, oldest first. Raises NotFound, also for an actor who
    may not see notes."""
    require_sight(role_of(actor), Part.NOTES)
    get_report(session, actor, report_id)
    statement = select(Remark).where(Remark.report_id == report_id)
    newest = statement.order_by(Remark.remark_id.desc()).limit(MOST_REMARKS)
    return session.scalars(newest).all()[::-1]


def photos_of(session: Session, report_id: str) -> Sequence[Photo]:
    """Returns the photos of the report in their order. The caller has checked the reach."""
    statement = select(Photo).where(Photo.report_id == report_id).order_by(Photo.position)
    return session.scalars(statement).all()


def released_photo(session: Session, attachment_id: str) -> Photo:
    """Returns a released photo of a public report. Raises NotFound."""
    released = Photo.released_at.is_not(None), Photo.attachment_id == attachment_id
    photo = session.scalar(select(Photo).join(Report).where(Report.public, *released))
    if photo is None:
        raise NotFound
    return photo


class NotMatched(NotFound):
    """No report has this number and this reporter's mobile."""

    problem = "report-not-matched"


def find_by_key(session: Session, key: InquiryKey) -> Report:
    """Returns the report with this number and this reporter's mobile or code. A wrong number and a wrong mobile or code
    are refused alike. Raises NotMatched."""
    statement = select(Report).where(Report.report_number == key.number)
    if key.mobile is not None:
        statement = statement.where(Report.mobile_key.in_(keys_of(session).index.keys(key.mobile)))
    row = session.scalar(statement)
    if row is None or (key.mobile is None and not _has_code(row, key.code)):
        raise NotMatched
    return row


def _has_code(row: Report, code: str | None) -> bool:
    known = (row.reporter or {}).get("code")
    return known is not None and code is not None and compare_digest(known, code)


def treatment_photos(session: Session, row: Report) -> Sequence[Photo]:
    """Returns the photos that show the treatment of a closed report, or of the main report that it was closed with."""
    main = session.get_one(Report, row.duplicate_of) if row.duplicate_of else row
    statement = select(Photo).where(after_photos_of(main)).order_by(Photo.position)
    return session.scalars(statement).all()


def closing_of(session: Session, token_hash: bytes) -> tuple[NotSolvedToken, Report]:
    """Returns the closing with this hash of a token, and its report. Raises NotFound."""
    link, row = link_of(session, token_hash)
    if link.is_question:
        raise NotFound
    return link, row


def link_of(session: Session, token_hash: bytes) -> tuple[NotSolvedToken, Report]:
    """Returns the closing or the question with this hash of a token, and its report. Raises NotFound."""
    statement = select(NotSolvedToken, Report).join(
        Report, Report.report_id == NotSolvedToken.report_id
    )
    found = session.execute(statement.where(NotSolvedToken.token_hash == token_hash)).first()
    if found is None:
        raise NotFound
    return found[0], found[1]


def duty_officers(session: Session) -> Sequence[DutyOfficer]:
    """Returns the duty officers of all departments."""
    return session.scalars(select(DutyOfficer).order_by(DutyOfficer.department)).all()


def open311_key(session: Session, key_hash: bytes) -> Open311Key | None:
    """Returns the API key with this hash, withdrawn or not."""
    return session.scalar(select(Open311Key).where(Open311Key.key_hash == key_hash))


def open311_keys(session: Session) -> Sequence[Open311Key]:
    """Returns all API keys, oldest first."""
    return session.scalars(select(Open311Key).order_by(Open311Key.key_id)).all()
