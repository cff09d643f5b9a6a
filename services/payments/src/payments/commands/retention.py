"""What is emptied when its time is over: who paid, and how he is reached. The bill stays, with amounts and times."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer

from chassis.core.actors import SystemActor
from payments.commands.recording import record_bill
from payments.models import Bill

RETENTION = SystemActor("retention", "payments")
BATCH = 200


def empty_old(session: Session, *, before: datetime, now: datetime) -> int:
    """Empties some of the bills that ended before a moment, oldest first, and answers how many; repeat it until there
    are none. Several processes take different ones."""
    statement = (
        select(Bill)
        .where(Bill.ended_at < before, or_(Bill.payer.is_not(None), Bill.contacts.is_not(None)))
        .order_by(Bill.ended_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
        # One that doesn't open is emptied too.
        .options(defer(Bill.payer, raiseload=True), defer(Bill.contacts, raiseload=True))
    )
    rows = session.scalars(statement).all()
    for row in rows:
        row.payer = row.contacts = None
        record_bill(session, row, RETENTION, "empty", None, now=now)
    return len(rows)
