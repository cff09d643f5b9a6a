"""Entry: what arrives at a counter, by letter or on line gets its number, its department and its due day."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.core.ids import new_id
from chassis.core.refusals import InvalidFields
from chassis.data.numbers import draw
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import claim_for_form, uploader_of
from saudi.days import hijri_year, legal_day
from transactions.catalogue import catalogue, office
from transactions.commands.recording import record_move
from transactions.domain import due_days
from transactions.domain.access import Citizen, entering_municipality
from transactions.domain.entry import Entry, parse_entry, parse_own_entry
from transactions.domain.transactions import TRANSACTIONS, Action, Status, number_text
from transactions.models import Paper, Transaction

FILES = "transaction"  # the owner of attachments


def enter(work: UnitOfWork, body: Mapping[str, Any]) -> Transaction:
    """Enters what an officer received, in the shape of the contract's `NewTransaction`. Publishes `entered`. Raises
    InvalidFields."""
    municipality = entering_municipality(work.actor, body.get("municipality"))
    entry = parse_entry(body, catalogue(), municipality=municipality, today=legal_day(work.now))
    return _enter(work, entry)


def enter_own(work: UnitOfWork, citizen: Citizen, body: Mapping[str, Any]) -> Transaction:
    """Enters a citizen's transaction, in the shape of the contract's `NewOwnTransaction`. Publishes `entered`. Raises
    InvalidFields."""
    entry = parse_own_entry(body, catalogue(), citizen=citizen, today=legal_day(work.now))
    return _enter(work, entry)


def _enter(work: UnitOfWork, entry: Entry) -> Transaction:
    """Draws the number after everything that may be refused: the series stays locked until the commit, and every other
    entry of the branch waits for the series."""
    row = _new_row(work, entry)
    claim_files(work, row.transaction_id, entry.documents)
    row.number = _draw_number(work, entry.municipality)
    work.session.add(row)
    record_move(work, row, Action.ENTER)
    add_papers(work, row, entry.documents)
    return row


def _new_row(work: UnitOfWork, entry: Entry) -> Transaction:
    today, rules = legal_day(work.now), entry.rules
    due_on = due_days.due_on(office(), today, rules.working_days, 0)
    return Transaction(
        transaction_id=new_id(),
        municipality=entry.municipality,
        kind=entry.kind.code,
        channel=entry.channel.value,
        status=Status.WITH_DEPARTMENT.value,
        confidential=entry.confidential,
        department=rules.department,
        departments=[rules.department],
        referred_by=None,
        referred_at=work.now,
        step_due_on=due_on,
        subject=entry.subject,
        applicant=entry.applicant.record(),
        applicant_key=entry.applicant.number,
        incoming=entry.incoming,
        concerns=list(entry.concerns),
        missing=list(entry.missing),
        entered_at=work.now,
        entered_on=today,
        working_days=rules.working_days,
        answer_days=rules.answer_days,
        waited_days=0,
        due_on=due_on,
    )


def _draw_number(work: UnitOfWork, municipality: str) -> str:
    year = hijri_year(legal_day(work.now))
    serial = draw(work.session, TRANSACTIONS, municipality, year)
    return number_text(TRANSACTIONS, municipality, year, serial)


def claim_files(work: UnitOfWork, transaction_id: str, attachment_ids: Iterable[str]) -> None:
    """Claims the actor's uploads for the transaction. Raises InvalidFields for an upload that isn't the actor's, and
    for a file that the transaction has."""
    wanted = list(attachment_ids)
    if not wanted:
        return
    known = select(Paper.attachment_id).where(Paper.attachment_id.in_(wanted))
    fault = ("documents", "document-not-sent")
    if work.session.scalars(known).first() is not None:
        raise InvalidFields.of(*fault)
    owner, uploader = (FILES, transaction_id), uploader_of(work.actor)
    claim_for_form(work.session, wanted, owner=owner, uploader=uploader, fault=fault)


def add_papers(work: UnitOfWork, row: Transaction, documents: Mapping[str, str | None]) -> None:
    """Adds claimed documents, and takes their papers off the list of missing papers."""
    last = _last_position(work.session, row.transaction_id)
    for position, (attachment_id, paper) in enumerate(documents.items(), start=last + 1):
        work.session.add(
            Paper(
                attachment_id=attachment_id,
                transaction_id=row.transaction_id,
                position=position,
                paper=paper,
                added_at=work.now,
            )
        )
    sent = set(documents.values())
    if sent & set(row.missing):
        row.missing = [paper for paper in row.missing if paper not in sent]


def _last_position(session: Session, transaction_id: str) -> int:
    statement = select(func.max(Paper.position)).where(Paper.transaction_id == transaction_id)
    return session.scalar(statement) or 0
