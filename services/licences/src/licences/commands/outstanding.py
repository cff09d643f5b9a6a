"""What of violations a decision needs: whether there are final ones that nobody has paid."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from chassis.data.sealed import keys_of
from licences.models import Violation


def unpaid_final(
    session: Session,
    *,
    owner_number: str | None,
    establishment: str | None,
    licence_no: str | None,
) -> Sequence[str]:
    """The numbers of the final violations of this person, establishment or licence whose fine isn't paid, oldest
    first."""
    index = keys_of(session).index
    keys = [key for one in (owner_number, establishment) if one for key in index.keys(one)]
    of: list[ColumnElement[bool]] = [Violation.offender_key.in_(keys)] if keys else []
    if licence_no is not None:
        of.append(Violation.licence_no == licence_no)
    if not of:
        return ()
    unpaid = Violation.final, Violation.paid_at.is_(None), Violation.ended_at.is_(None)
    statement = select(Violation.violation_no).where(or_(*of), *unpaid)
    return session.scalars(statement.order_by(Violation.observed_at)).all()
