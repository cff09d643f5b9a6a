"""Reads of the portal's rows."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.domain.inquiry_things import ThingRecord
from portal.models import InquiryThing, SavedForm

# One number of a person may stand for several things, as a certificate that was asked for anew.
_MOST_THINGS = 5


def saved_form(session: Session, session_id: str, form_id: str) -> dict[str, str] | None:
    """Returns what was typed in this session, or None: what was typed in another session counts as not found."""
    statement = select(SavedForm.content).where(
        SavedForm.form_id == form_id, SavedForm.session_id == session_id
    )
    found: dict[str, str] | None = session.scalar(statement)
    return found


def things_by_key(
    session: Session, keys: Sequence[str], municipality: str | None
) -> list[ThingRecord]:
    """Returns the things that a person asks about by number and second fact, newest first.

    The statement knows the keyed hash alone. A number that doesn't exist and a wrong second fact are the same miss of
    the same index.
    """
    statement = select(InquiryThing).where(InquiryThing.match_keys.overlap(list(keys)))
    if municipality is not None:
        statement = statement.where(InquiryThing.municipality == municipality)
    return _things(session, statement)


def things_of_register(session: Session, kind: str, number_digits: str) -> list[ThingRecord]:
    """Returns the things of a public register by number alone."""
    statement = select(InquiryThing).where(
        InquiryThing.number_digits == number_digits, InquiryThing.kind == kind
    )
    return _things(session, statement)


def _things(session: Session, statement: Select[InquiryThing]) -> list[ThingRecord]:
    newest = statement.order_by(InquiryThing.changed_at.desc()).limit(_MOST_THINGS)
    return [row.record() for row in session.scalars(newest)]
