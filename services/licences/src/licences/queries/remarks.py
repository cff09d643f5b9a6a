"""What was written as somebody acted, beside the entries of a history."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from chassis.data.aggregates import JournalEntry
from licences.models import Remark


def remarks_of(session: Session, entries: Sequence[JournalEntry]) -> Mapping[int, str]:
    """Entry → its remark, where there is one still."""
    things = {(one.aggregate_type, one.aggregate_id) for one in entries}
    statement = select(Remark).where(
        tuple_(Remark.aggregate_type, Remark.aggregate_id).in_(sorted(things))
    )
    known = {
        (one.aggregate_type, one.aggregate_id, one.version, one.action): one.text
        for one in session.scalars(statement)
    }
    keys = {
        one.entry_id: (one.aggregate_type, one.aggregate_id, one.version, one.action)
        for one in entries
    }
    return {entry: known[key] for entry, key in keys.items() if key in known}
