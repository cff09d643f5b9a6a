"""Money that came for a request: a fact, and what follows from it."""

from datetime import datetime

from sqlalchemy.orm import Session

from health_certs.commands import billing, deciding


def paid(session: Session, invoice_id: str, *, paid_at: datetime, now: datetime) -> None:
    """An invoice was paid, whole and once. Of an invoice of another service nothing follows."""
    row = billing.note_paid(session, invoice_id, paid_at=paid_at, now=now)
    if row is not None:
        deciding.decide_again(session, row, now=now)
