"""Numbers of documents, one series per kind of document, branch and year, without an unexplained gap.

A number is drawn in the transaction that issues the document, so a rollback gives it to the next one. A number that
was drawn and that no document bears is missing: `<service> numbers check` lists it with its voided row, or fails.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, column, literal, select, text
from sqlalchemy.orm import Session

from chassis.core.refusals import Conflict, NotFound, not_blank
from chassis.data.lock_order import note_lock

# A statement of the documents that there are, with the columns branch, year and number.
Documents = Callable[[], "Select[str, int, int]"]
# Series by name.
Series = Mapping[str, Documents]

_DRAW = text(
    """INSERT INTO number_series AS given (series, branch, year, last) VALUES (:series, :branch, :year, :count)
    ON CONFLICT (series, branch, year) DO UPDATE SET last = given.last + :count RETURNING last"""
)
_LAST = text(
    "SELECT last FROM number_series WHERE series = :series AND branch = :branch AND year = :year FOR UPDATE"
)
_VOID = text(
    """INSERT INTO voided_number (series, branch, year, number, reason, voided_by, voided_at)
    VALUES (:series, :branch, :year, :number, :reason, :voided_by, :now) ON CONFLICT DO NOTHING"""
)
_SERIES = text("SELECT branch, year, last FROM number_series WHERE series = :series")
_VOIDED = text(
    "SELECT branch, year, number, reason, voided_by, voided_at FROM voided_number WHERE series = :series"
)


class AlreadyVoided(Conflict):
    """The number was voided before; its first reason stays."""


class NumberInUse(Conflict):
    """A document bears the number: it needs no explanation."""


@dataclass(frozen=True, order=True)
class Number:
    """A number of a series, in a branch and a year."""

    series: str
    branch: str
    year: int
    number: int


@dataclass(frozen=True)
class Finding:
    """A drawn number that no document bears, or (`is_borne`) a document's number that was never drawn or is voided."""

    number: Number
    is_drawn: bool = True
    is_borne: bool = False
    reason: str | None = None
    voided_by: str | None = None
    voided_at: datetime | None = None

    @property
    def is_explained(self) -> bool:
        return not self.is_borne and self.reason is not None


def draw(session: Session, series: str, branch: str, year: int) -> int:
    """Returns the next number of the series, from 1. The row of the series stays locked until the transaction ends, so
    no number is given twice. A rolled back number goes to the next document."""
    return draw_several(session, series, branch, year, 1)[0]


def draw_several(session: Session, series: str, branch: str, year: int, count: int) -> range:
    """Returns the next `count` numbers of the series at once, for several documents of one transaction. `count` is at
    least 1."""
    values = {"series": series, "branch": branch, "year": year, "count": count}
    last = int(session.execute(_DRAW, values).scalar_one())
    note_lock(session, f"series {series}")
    return range(last - count + 1, last + 1)


def void(
    session: Session,
    number: Number,
    documents: Documents,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Explains a number that none of the series' `documents` bears. Raises NotFound for a number that was never drawn,
    NumberInUse, AlreadyVoided, and InvalidFields without a reason."""
    reason = not_blank(reason, "reason")
    last = session.scalar(_LAST, vars(number))
    if last is None or not 1 <= number.number <= last:
        raise NotFound
    # The locked row of the series waited for a transaction that draws: its document is seen.
    if _is_borne(session, number, documents):
        raise NumberInUse(**vars(number))
    values = {**vars(number), "reason": reason, "voided_by": by, "now": now}
    voided = session.connection().execute(_VOID, values)
    if voided.rowcount != 1:
        raise AlreadyVoided(**vars(number))


def _is_borne(session: Session, number: Number, documents: Documents) -> bool:
    same = (column(name) == getattr(number, name) for name in ("branch", "year", "number"))
    statement = select(literal(1)).select_from(documents().subquery()).where(*same).limit(1)
    return session.scalar(statement) is not None


def check(session: Session, series: Series) -> Sequence[Finding]:
    """Compares the drawn numbers with the existing documents; `session` is one of Database.snapshot, or documents that
    are issued meanwhile are found. Returns the missing numbers, each with its voided row, and the documents' numbers
    that were never drawn or are voided."""
    found = [_check(session, name, documents()) for name, documents in series.items()]
    return sorted((one for part in found for one in part), key=lambda one: one.number)


def _check(session: Session, name: str, documents: Any) -> Sequence[Finding]:
    last = {(row.branch, row.year): row.last for row in session.execute(_SERIES, {"series": name})}
    drawn = {
        Number(name, branch, year, number)
        for (branch, year), end in last.items()
        for number in range(1, end + 1)
    }
    borne = {Number(name, *row) for row in session.execute(documents)}
    voided = {
        Number(name, row.branch, row.year, row.number): row
        for row in session.execute(_VOIDED, {"series": name})
    }
    found = [_finding(number, voided.get(number)) for number in drawn - borne]
    found += [_finding(number, voided[number], is_borne=True) for number in borne & voided.keys()]
    never_drawn = borne - drawn - voided.keys()
    return [*found, *(Finding(number, is_drawn=False, is_borne=True) for number in never_drawn)]


def _finding(number: Number, row: Any, *, is_borne: bool = False) -> Finding:
    if row is None:
        return Finding(number)
    why = {name: row._mapping[name] for name in ("reason", "voided_by", "voided_at")}
    return Finding(number, is_borne=is_borne, **why)
