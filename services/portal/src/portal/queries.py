"""Reads of the portal's rows."""

from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import namedtuple_row
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from chassis.data.sealing import Keyring
from chassis.events.inquiry import Known, digits_of, match_keys
from portal.domain.figures import MonthCount
from portal.domain.inquiry_form import Question
from portal.domain.inquiry_things import Answer, answer_of
from portal.models import InquiryThing, SavedForm, record_of

# One number of a person may stand for several things, as a certificate that was asked for anew.
_MOST_THINGS = 5
_COLUMNS = ", ".join(InquiryThing.__table__.columns.keys())
_NEWEST = (
    f"SELECT {_COLUMNS} FROM inquiry_thing WHERE {{}}"  # noqa: S608 - of constants
    f" ORDER BY inquiry_thing.changed_at DESC LIMIT {_MOST_THINGS}"
)
_BY_NUMBER = _NEWEST.format("number_digits = %(digits)s AND kind = %(kind)s")
_BY_KEYS = _NEWEST.format("match_keys && %(keys)s")
_BY_KEYS_AT_BRANCH = _NEWEST.format("match_keys && %(keys)s AND municipality = %(municipality)s")


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
    connection: Connection[Any], question: Question, ring: Keyring, *, today: date
) -> list[Answer]:
    """Returns the answers to a question, newest first; none where number and second fact lead to nothing.

    A public register is asked by kind and number. Everything else is asked by the keyed hash of kind, number and second
    fact, and by the branch where branches count numbers of their own. The statement knows no number then, so a number
    that doesn't exist and a wrong second fact are the same miss of the same index.
    """
    kind, proof = question.kind.code, question.proof
    if proof is None:
        statement = _BY_NUMBER
        values: dict[str, Any] = {"digits": digits_of(question.number), "kind": kind}
    else:
        statement = _BY_KEYS if question.municipality is None else _BY_KEYS_AT_BRANCH
        keys = match_keys(ring, kind, question.number, Known(by=proof.by, value=proof.value))
        values = {"keys": keys, "municipality": question.municipality}
    cursor = connection.cursor(row_factory=namedtuple_row)
    found = cursor.execute(statement.encode(), values).fetchall()
    return [answer_of(record_of(row), today) for row in found]


# A day stands in the state as text, and text of that form is in the order of days.
_COUNT_MONTHS = text(
    """SELECT state ->> 'kind' AS kind, days.name AS by, left(days.day, 7) AS month,
        state ->> 'category' AS category, coalesce(state ->> 'municipality', municipality) AS municipality,
        CASE WHEN days.name = 'opened_on' THEN NULL
            WHEN state ->> 'due_on' IS NULL THEN 'untimed'
            WHEN days.day <= state ->> 'due_on' THEN 'in_time'
            ELSE 'late' END AS timing,
        count(*) AS count
    FROM inquiry_thing, LATERAL (
        VALUES ('opened_on', state ->> 'opened_on'), ('decided_on', state ->> 'decided_on')
    ) AS days (name, day)
    WHERE state ->> 'kind' IS NOT NULL AND days.day >= :first AND days.day < :end
    GROUP BY 1, 2, 3, 4, 5, 6"""
)


def count_months(session: Session, first: date, end: date) -> list[MonthCount]:
    """Counts the things by kind and month, from the day `first` to before the day `end`. Reads the whole table, so the
    answer is kept for a while."""
    values = {"first": first.isoformat(), "end": end.isoformat()}
    return [MonthCount(**row) for row in session.execute(_COUNT_MONTHS, values).mappings()]
