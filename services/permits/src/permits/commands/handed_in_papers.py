"""Record the papers that are handed in with a request. Papers aren't published; the history tells of them."""

from dataclasses import dataclass
from datetime import date

from chassis.core.refusals import InvalidFields, not_blank
from chassis.data.unit_of_work import UnitOfWork
from permits import catalogue
from permits.commands import attach_files
from permits.commands.recording import lock_request, person_record
from permits.domain import files
from permits.domain.files import REMOVE
from permits.models import PermitRequest, RequestPaper
from saudi.days import legal_day


@dataclass(frozen=True, kw_only=True)
class HandedInPaper:
    """`reference`: the paper's number, or where it's filed; `on`: left out, today."""

    code: str
    reference: str
    on: date | None = None


def hand_in(work: UnitOfWork, request_id: str, brought: HandedInPaper) -> PermitRequest:
    """A paper that the request's kind asks for; recorded again, it takes the place of what was recorded. Raises
    NotFound, IllegalTransition, InvalidFields."""
    reference = not_blank(brought.reference, "reference")
    row = lock_request(work, request_id)
    files.require_open(row.status, "hand_in_paper")
    on = brought.on or legal_day(work.now)
    needed = catalogue.papers_of(row.kind)
    files.check_handed_in(brought.code, on, needed, today=legal_day(work.now))
    known = {paper.code: paper for paper in row.papers}
    paper = known.get(brought.code)
    if paper is None:
        paper = RequestPaper(code=brought.code)
        row.papers.append(paper)
    elif (paper.reference, paper.handed_in_on) == (reference, on):
        raise InvalidFields.of("body", "no-change")
    told = {f"papers.{brought.code}": [paper.reference, reference]}
    paper.reference, paper.handed_in_on = reference, on
    paper.recorded_by, paper.recorded_at = person_record(work.actor), work.now
    work.session.flush()
    work.record_action(row, "hand_in_paper", details=told)
    return row


def take_back(work: UnitOfWork, request_id: str, *, code: str, reason: str) -> PermitRequest:
    """One that was recorded in error, or that went back to whoever brought it; with its files. Raises NotFound,
    IllegalTransition, InvalidFields."""
    reason = not_blank(reason, "reason")
    row = lock_request(work, request_id)
    files.require_open(row.status, "take_back_paper")
    paper = next((one for one in row.papers if one.code == code), None)
    if paper is None:
        raise InvalidFields.of("code", "paper-not-handed-in")
    row.papers.remove(paper)
    work.session.flush()
    told = {f"papers.{code}": [paper.reference, None]}
    work.record_action(row, "take_back_paper", note=reason, details=told)
    _drop_files_of_paper(work, row, code, reason)
    return row


def _drop_files_of_paper(work: UnitOfWork, row: PermitRequest, code: str, reason: str) -> None:
    """Deletes the files of a paper that was taken back."""
    mine = attach_files.files_of(work.session, row.aggregate_type, row.request_id)
    if found := [one for one in mine if one.code == code]:
        told = attach_files.drop_files(work.session, found, row)
        work.record_action(row, REMOVE, note=reason, details=told)
