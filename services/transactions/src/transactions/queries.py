"""Reads: the transactions within an officer's reach, a citizen's own, the load of departments, the month table."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.paging import Page, PageRequest, keyset
from chassis.data.sealed import keys_of
from saudi.days import midnight, midnight_after
from transactions.catalogue import catalogue
from transactions.domain.access import Citizen, reach_of, require_sight
from transactions.domain.transactions import OUTCOMES, Action, Status
from transactions.lookups import is_seen
from transactions.models import Letter, Movement, Paper, Transaction

MOST_MOVES = 1_000  # of one transaction's history


@dataclass(frozen=True, kw_only=True)
class Search:
    """The filters of a list. `overdue`: only those that are late today; `step_overdue`: only those whose department is
    late with its step."""

    status: str | None = None
    municipality: str | None = None
    department: str | None = None
    kind: str | None = None
    number: str | None = None
    overdue: bool = False
    step_overdue: bool = False


def list_transactions(
    session: Session, actor: Actor, search: Search, page: PageRequest, *, today: date
) -> Page[Transaction]:
    """Returns the transactions within the officer's reach, newest first; those that are late begin with the one
    that was due first. Raises InvalidFields for a cursor of another search."""
    statement = select(Transaction).where(is_seen(reach_of(actor)), *_equals(search, _COMPARED))
    if search.overdue or search.step_overdue:
        due = Transaction.due_on if search.overdue else Transaction.step_due_on
        late, key = statement.where(_is_late(due, today)), (due, Transaction.transaction_id)
        return keyset(session, late, key, page, search=search)
    newest = (Transaction.entered_at, Transaction.transaction_id)
    return keyset(session, statement, newest, page, search=search, newest_first=True)


_NARROWING = ("municipality", "department", "kind")
_COMPARED = ("status", "number", *_NARROWING)


def _equals(search: Search, names: Sequence[str]) -> list[ColumnElement[bool]]:
    chosen = ((name, getattr(search, name)) for name in names)
    return [getattr(Transaction, name) == value for name, value in chosen if value is not None]


def count_lists(session: Session, actor: Actor, search: Search, *, today: date) -> dict[str, int]:
    """Returns how many transactions that haven't ended are late, and how many have each state, of the municipality, the
    department and the kind of the search."""
    states = (Status.WITH_DEPARTMENT, Status.RETURNED, *OUTCOMES)
    statement = select(
        _count(_is_overdue(today)).label("overdue"),
        _count(_is_late(Transaction.step_due_on, today)).label("step_overdue"),
        *(_count(Transaction.status == one.value).label(one.value) for one in states),
    ).where(
        Transaction.ended_at.is_(None),
        is_seen(reach_of(actor)),
        *_equals(search, _NARROWING),
    )
    return dict(session.execute(statement).mappings().one())


def _is_overdue(today: date) -> ColumnElement[bool]:
    return _is_late(Transaction.due_on, today)


def _is_late(due: InstrumentedAttribute[date], today: date) -> ColumnElement[bool]:
    return and_(
        Transaction.ended_at.is_(None),
        Transaction.status == Status.WITH_DEPARTMENT.value,
        due < today,
    )


def get_transaction(session: Session, actor: Actor, transaction_id: str) -> Transaction:
    """Raises NotFound."""
    row = session.get(Transaction, transaction_id)
    if row is None:
        raise NotFound
    require_sight(actor, row)
    return row


def _is_own(session: Session, citizen: Citizen) -> ColumnElement[bool]:
    """Selects the citizen's transactions. The numbers are looked up under every key in use."""
    index = keys_of(session).index
    keys = [key for number in citizen.numbers for key in index.keys(number)]
    return and_(Transaction.applicant_key.in_(keys), ~Transaction.confidential)


def my_transactions(session: Session, citizen: Citizen, page: PageRequest) -> Page[Transaction]:
    """Returns the newest first."""
    statement = select(Transaction).where(_is_own(session, citizen))
    key = (Transaction.entered_at, Transaction.transaction_id)
    return keyset(session, statement, key, page, search="mine", newest_first=True)


def my_transaction(session: Session, citizen: Citizen, transaction_id: str) -> Transaction:
    """Raises NotFound for another person's, and for a confidential one."""
    statement = select(Transaction).where(
        Transaction.transaction_id == transaction_id, _is_own(session, citizen)
    )
    row = session.scalar(statement)
    if row is None:
        raise NotFound
    return row


def movements_of(
    session: Session, transaction_id: str, *, actions: Collection[str] = tuple(Action)
) -> Sequence[Movement]:
    """Returns the newest moves of the history, the oldest of them first. `actions`: these moves only."""
    which = (Movement.transaction_id == transaction_id, Movement.action.in_(actions))
    newest = select(Movement).where(*which).order_by(Movement.movement_id.desc())
    return session.scalars(newest.limit(MOST_MOVES)).all()[::-1]


def papers_of(session: Session, transaction_id: str) -> Sequence[Paper]:
    """Returns the documents in the order in which they came."""
    statement = select(Paper).where(Paper.transaction_id == transaction_id)
    return session.scalars(statement.order_by(Paper.position)).all()


def letters_of(session: Session, transaction_id: str) -> Sequence[Letter]:
    """Returns the letters, the oldest first."""
    statement = select(Letter).where(Letter.transaction_id == transaction_id)
    return session.scalars(statement.order_by(Letter.issued_at, Letter.letter_id)).all()


def load_of_departments(session: Session, actor: Actor, *, today: date) -> Sequence[Any]:
    """Returns a row for each department of the officer (of the registry: for each department) with transactions that
    haven't ended: how many it has, how many are late, returned, or decided and not filed."""
    status, late = Transaction.status, _is_overdue(today)
    with_it = status == Status.WITH_DEPARTMENT.value
    step_late = _is_late(Transaction.step_due_on, today)
    statement = (
        select(
            Transaction.department,
            _count(with_it).label("open"),
            _count(late).label("overdue"),
            _count(step_late).label("step_overdue"),
            _count(status == Status.RETURNED.value).label("returned"),
            _count(status.in_([one.value for one in OUTCOMES])).label("to_file"),
            func.min(Transaction.entered_on).label("oldest_on"),
        )
        .where(
            Transaction.ended_at.is_(None),
            is_seen(reach_of(actor)),
            _is_of_departments(actor, Transaction.department),
        )
        .group_by(Transaction.department)
        .order_by(Transaction.department)
    )
    return session.execute(statement).all()


def waiting_departments(session: Session, actor: Actor, *, today: date) -> Sequence[Any]:
    """Returns who waits for whom: the department that referred, the department that has it, how many, how many of them
    are late with their step, and since when the oldest waits. The registry waits for what it entered."""
    waits = func.coalesce(Transaction.referred_by, catalogue().registry).label("waits")
    statement = (
        select(
            waits,
            Transaction.department,
            func.count().label("count"),
            _count(Transaction.step_due_on < today).label("overdue"),
            func.min(Transaction.referred_at).label("oldest_at"),
        )
        .where(
            Transaction.ended_at.is_(None),
            Transaction.status == Status.WITH_DEPARTMENT.value,
            is_seen(reach_of(actor)),
            _is_of_departments(actor, Transaction.referred_by, Transaction.department),
        )
        .group_by("waits", Transaction.department)
        .order_by(Transaction.department, "waits")
    )
    return session.execute(statement).all()


def _is_of_departments(actor: Actor, *columns: Any) -> ColumnElement[bool]:
    """Limits a count to the officer's departments. The registry counts every department."""
    reach = reach_of(actor)
    if reach.registry:
        return true()
    departments = sorted(reach.departments)
    return or_(*(column.in_(departments) for column in columns))


def month_table(
    session: Session, actor: Actor, first: date, last: date, *, today: date
) -> Sequence[Any]:
    """Returns, for each municipality and department, the transactions that were entered from the first day to the last,
    and their state now. Received is the sum of the states."""
    status = Transaction.status
    states = [_count(status == one.value).label(one.value) for one in Status]
    statement = (
        select(
            Transaction.municipality,
            Transaction.department,
            func.count().label("received"),
            *states,
            _count(_is_overdue(today)).label("overdue"),
            _count(Transaction.in_time.is_(True)).label("in_time"),
            _count(Transaction.in_time.is_(False)).label("late"),
        )
        .where(
            Transaction.entered_at >= midnight(first),
            Transaction.entered_at < midnight_after(last),
            is_seen(reach_of(actor)),
            _is_of_departments(actor, Transaction.department),
        )
        .group_by(Transaction.municipality, Transaction.department)
        .order_by(Transaction.municipality, Transaction.department)
    )
    return session.execute(statement).all()


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(condition)


def numbered_transactions() -> Select[str, int, int]:
    """Selects municipality, Hijri year and serial of every transaction, for `numbers check`."""
    return _numbered(Transaction.municipality, Transaction.number)


def numbered_letters() -> Select[str, int, int]:
    """Selects municipality, Hijri year and serial of every letter."""
    return _numbered(Letter.municipality, Letter.letter_no)


def _numbered(municipality: Any, number: Any) -> Select[str, int, int]:
    year = cast(func.substr(number, 1, 4), Integer).label("year")
    serial = cast(func.substr(number, 8), Integer).label("number")
    return select(municipality.label("branch"), year, serial)
