"""Retention: what people wrote and who they are is emptied some years after the end of a transaction. Number, kind,
days and moves stay, because the month table counts them for ever. A decided transaction that nobody filed is filed
then."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import reassign
from transactions.commands.enter import FILES
from transactions.commands.move import file_for_retention
from transactions.commands.recording import record_move
from transactions.domain.transactions import Action
from transactions.models import Letter, Movement, Paper, SignedDocument, Transaction


def empty_old(work: UnitOfWork, *, before: datetime) -> int:
    """Empties the transactions that ended before the moment, and files and empties those that were decided before it
    and never filed: one batch of each. Publishes `emptied` of each. Returns their number."""
    ended = (Transaction.ended_at < before) & Transaction.emptied_at.is_(None)
    unfiled = Transaction.ended_at.is_(None) & (Transaction.decided_at < before)
    emptied = Retention(Transaction, ended, _empty, order_by=Transaction.ended_at).run(work)
    filed = Retention(Transaction, unfiled, _empty, order_by=Transaction.decided_at).run(work)
    return emptied + filed


def _empty(work: UnitOfWork, row: Transaction) -> None:
    """A transaction that nobody filed is filed first: an emptied one that isn't filed would still take notes and
    letters. The event `filed` is published without an applicant too, because retention opens nothing sealed."""
    row.subject = row.applicant = row.applicant_key = row.incoming = None
    row.concerns = []
    row.emptied_at = work.now
    _empty_texts(work, row.transaction_id)
    work.session.execute(delete(Paper).where(Paper.transaction_id == row.transaction_id))
    reassign(work.session, (FILES, row.transaction_id), None)
    if row.ended_at is None:
        file_for_retention(work, row)
    record_move(work, row, Action.EMPTY)


def _empty_texts(work: UnitOfWork, transaction_id: str) -> None:
    movements = update(Movement).where(Movement.transaction_id == transaction_id)
    _execute(work, movements.values(text=None))
    letters = select(Letter.letter_id).where(Letter.transaction_id == transaction_id)
    documents = update(SignedDocument).where(SignedDocument.letter_id.in_(letters))
    _execute(work, documents.values(content=None, code=None, initials=None))
    emptied = update(Letter).where(Letter.transaction_id == transaction_id)
    _execute(work, emptied.values(recipient=None, subject=None, body=None))


def _execute(work: UnitOfWork, statement: Any) -> None:
    work.session.execute(statement.execution_options(synchronize_session=False))
