"""Retention: what people wrote and who they are is emptied some years after the end of a transaction. Number, kind,
days and moves stay, because the month table counts them for ever."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from chassis.data.retention import Retention
from chassis.data.unit_of_work import UnitOfWork
from chassis.files.attachments import reassign
from transactions.commands.enter import FILES
from transactions.commands.recording import record_move
from transactions.domain.transactions import Action
from transactions.models import Letter, Movement, Paper, SignedDocument, Transaction


def empty_old(work: UnitOfWork, *, before: datetime) -> int:
    """Empties one batch of the transactions that ended before the moment, and publishes `emptied` of each. Returns
    their number."""
    due = (Transaction.ended_at < before) & Transaction.emptied_at.is_(None)
    return Retention(Transaction, due, _empty, order_by=Transaction.ended_at).run(work)


def _empty(work: UnitOfWork, row: Transaction) -> None:
    row.subject = row.applicant = row.applicant_key = row.incoming = None
    row.concerns = []
    row.emptied_at = work.now
    _empty_texts(work, row.transaction_id)
    work.session.execute(delete(Paper).where(Paper.transaction_id == row.transaction_id))
    reassign(work.session, (FILES, row.transaction_id), None)
    record_move(work, row, Action.EMPTY, "emptied")


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
