"""Record the papers that are handed in with a request. Papers aren't published; the history tells of them."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, not_blank
from chassis.data.aggregates import record_action
from permits import catalogue
from permits.commands import attach_files
from permits.commands.recording import lock_request, person_record
from permits.domain import files
from permits.domain.actors import Actor
from permits.domain.files import REMOVE
from permits.models import PermitRequest, RequestPaper
from saudi.days import legal_day


@dataclass(frozen=True, kw_only=True)
class HandedInPaper:
    """`reference`: the paper's number, or where it's filed; `on`: left out, today."""

    code: str
    reference: str
    on: date | None = None


def hand_in(
    session: Session, actor: Actor, request_id: str, brought: HandedInPaper, *, now: datetime
) -> PermitRequest:
    """A paper that the request's kind asks for; recorded again, it takes the place of what was recorded. Raises
    NotFound, IllegalTransition, InvalidFields."""
    reference = not_blank(brought.reference, "reference")
    row = lock_request(session, actor, request_id)
    files.require_open(row.status, "hand_in_paper")
    on = brought.on or legal_day(now)
    needed = catalogue.papers_of(row.kind)
    files.check_handed_in(brought.code, on, needed, today=legal_day(now))
    known = {paper.code: paper for paper in row.papers}
    paper = known.get(brought.code)
    if paper is None:
        paper = RequestPaper(code=brought.code)
        row.papers.append(paper)
    elif (paper.reference, paper.handed_in_on) == (reference, on):
        raise InvalidFields.of("body", "no-change")
    told = {f"papers.{brought.code}": [paper.reference, reference]}
    paper.reference, paper.handed_in_on = reference, on
    paper.recorded_by, paper.recorded_at = person_record(actor), now
    session.flush()
    record_action(session, row, actor, "hand_in_paper", now=now, details=told)
    return row


def take_back(
    session: Session, actor: Actor, request_id: str, *, code: str, reason: str, now: datetime
) -> PermitRequest:
    """One that was recorded in error, or that went back to whoever brought it; with its files. Raises NotFound,
    IllegalTransition, InvalidFields."""
    reason = not_blank(reason, "reason")
    row = lock_request(session, actor, request_id)
    files.require_open(row.status, "take_back_paper")
    paper = next((one for one in row.papers if one.code == code), None)
    if paper is None:
        raise InvalidFields.of("code", "paper-not-handed-in")
    row.papers.remove(paper)
    session.flush()
    told = {f"papers.{code}": [paper.reference, None]}
    record_action(session, row, actor, "take_back_paper", now=now, note=reason, details=told)
    _drop_files_of_paper(session, actor, row, code, reason, now)
    return row


def _drop_files_of_paper(
    session: Session, actor: Actor, row: PermitRequest, code: str, reason: str, now: datetime
) -> None:
    """Of a paper that went back nothing stays."""
    mine = attach_files.files_of(session, row.aggregate_type, row.request_id)
    if found := [one for one in mine if one.code == code]:
        told = attach_files.drop_files(session, found, row)
        record_action(session, row, actor, REMOVE, now=now, note=reason, details=told)
