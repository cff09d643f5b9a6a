"""Looks at applicants: an officer searches by an applicant's number, or reads it in full. Each look stands in the
history with its reason, where retention empties the reason. The journal holds no text."""

from collections.abc import Sequence

from sqlalchemy import select

from chassis.core.refusals import NotFound, not_blank
from chassis.data.sealed import keys_of
from chassis.data.unit_of_work import UnitOfWork
from transactions.commands.recording import add_movement, lock_in_charge
from transactions.domain.access import Reach, reach_of
from transactions.domain.transactions import Action
from transactions.lookups import is_seen
from transactions.models import Transaction

MOST_FOUND = 50  # transactions of one applicant


def find_by_applicant(work: UnitOfWork, number: str, *, reason: str) -> Sequence[Transaction]:
    """Returns the newest transactions of an applicant within the officer's reach. Raises InvalidFields."""
    reason = not_blank(reason, "reason")
    reach = reach_of(work.actor)
    which = Transaction.transaction_id.in_(_newest_of(work, reach, number))
    # Meanwhile another may have referred one to a department that the officer doesn't belong to.
    rows = [row for row in work.lock_where(Transaction, which) if reach.sees(row)]
    for row in rows:
        _note_look(work, row, Action.SEARCH, reason)
    work.session.flush()
    return sorted(rows, key=lambda row: (row.entered_at, row.transaction_id), reverse=True)


def _newest_of(work: UnitOfWork, reach: Reach, number: str) -> Sequence[str]:
    """Returns the ids of the applicant's newest transactions that the officer sees."""
    statement = select(Transaction.transaction_id).where(
        Transaction.applicant_key.in_(keys_of(work.session).index.keys(number)),
        Transaction.emptied_at.is_(None),
        is_seen(reach),
    )
    newest = statement.order_by(Transaction.entered_at.desc(), Transaction.transaction_id.desc())
    return work.session.scalars(newest.limit(MOST_FOUND)).all()


def reveal_applicant(work: UnitOfWork, transaction_id: str, *, reason: str) -> Transaction:
    """Shows the applicant's number and mobile to an officer whose department has the transaction. Raises
    InvalidFields, OtherDepartment, and NotFound, also once the applicant is emptied: retention doesn't come back for
    a reason."""
    reason = not_blank(reason, "reason")
    row = lock_in_charge(work, transaction_id)
    if row.emptied_at is not None:
        raise NotFound
    _note_look(work, row, Action.REVEAL, reason)
    work.session.flush()
    return row


def _note_look(work: UnitOfWork, row: Transaction, action: Action, reason: str) -> None:
    add_movement(work, row, action, text=reason)
    work.record_action(row, action)
