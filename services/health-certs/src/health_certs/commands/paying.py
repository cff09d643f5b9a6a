"""Money that came for a request, or goes back: a fact, and what follows from it."""

from datetime import datetime

from sqlalchemy.orm import Session

from health_certs.commands import billing, deciding


def paid(session: Session, invoice_id: str, *, paid_at: datetime, now: datetime) -> None:
    """An invoice was paid, whole and once. Of an invoice of another service nothing follows."""
    row = billing.note_paid(session, invoice_id, paid_at=paid_at, now=now)
    if row is not None:
        deciding.decide_again(session, row, now=now)


def goes_back(session: Session, invoice_id: str, *, gone: bool, now: datetime) -> None:
    """The money is no fact any more, from the agreement on: what isn't issued yet waits for another bill."""
    row = billing.note_going_back(session, invoice_id, gone=gone, now=now)
    if row is not None:
        deciding.decide_again(session, row, now=now)
