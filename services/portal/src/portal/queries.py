"""Reads of the portal's rows."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.data.sealing import Keyring
from chassis.events.inquiry import Known, digits_of, match_keys
from portal.domain.inquiry_form import Question
from portal.domain.inquiry_things import Answer, answer_of
from portal.models import InquiryThing, SavedForm

# One number of a person may stand for several things, as a certificate that was asked for anew.
_MOST_THINGS = 5


def saved_form(
    session: Session, session_id: str, form_id: str, purpose: str
) -> dict[str, Any] | None:
    """Returns what was typed in this session for this purpose, or None: what was typed in another session, and for
    another purpose, counts as not found."""
    statement = select(SavedForm.content).where(
        SavedForm.form_id == form_id,
        SavedForm.session_id == session_id,
        SavedForm.purpose == purpose,
    )
    found: dict[str, Any] | None = session.scalar(statement)
    return found


def answer_question(
    session: Session, question: Question, ring: Keyring, *, today: date
) -> list[Answer]:
    """Returns the answers to a question, newest first; none where number and second fact lead to nothing.

    A public register is asked by kind and number. Everything else is asked by the keyed hash of kind, number and second
    fact, and by the branch where branches count numbers of their own. The statement knows no number then, so a number
    that doesn't exist and a wrong second fact are the same miss of the same index.
    """
    kind, proof = question.kind.code, question.proof
    statement = select(InquiryThing)
    if proof is None:
        statement = statement.where(
            InquiryThing.number_digits == digits_of(question.number), InquiryThing.kind == kind
        )
    else:
        keys = match_keys(ring, kind, question.number, Known(by=proof.by, value=proof.value))
        statement = statement.where(InquiryThing.match_keys.overlap(list(keys)))
        if question.municipality is not None:
            statement = statement.where(InquiryThing.municipality == question.municipality)
    newest = statement.order_by(InquiryThing.changed_at.desc()).limit(_MOST_THINGS)
    return [answer_of(row.record(), today) for row in session.scalars(newest)]
