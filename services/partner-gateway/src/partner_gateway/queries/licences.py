"""Applications and licences of a municipality, page by page, and the wait for a decision.

The municipality of Qatif sees those of all municipalities."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Select, cast, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.access.auth import Caller
from chassis.core.refusals import NotFound
from chassis.data.db import Database
from chassis.data.paging import Page, PageRequest, keyset
from chassis.fast.batching import Loader, Pause
from partner_gateway.domain.applications import ISSUED, SUBMITTED, Reach
from partner_gateway.models import ApplicationBill, Licence, LicenceApplication

APPLICATIONS_TOPIC, LICENCES_TOPIC = "licences.application", "licences.licence"
PIECE = 1_000
RowT = TypeVar("RowT")


@dataclass(frozen=True, kw_only=True)
class ApplicationSearch:
    """Filters of applications; times aware, half-open. `overdue`: an officer has it, and his last day is over."""

    submitted_from: datetime | None = None
    submitted_to: datetime | None = None
    status: str | None = None
    request: str | None = None
    kind: str | None = None
    municipality: str | None = None
    application_no: str | None = None
    licence_no: str | None = None
    overdue: bool | None = None


@dataclass(frozen=True, kw_only=True)
class LicenceSearch:
    """Filters of licences; days half-open."""

    issued_from: date | None = None
    issued_to: date | None = None
    status: str | None = None
    kind: str | None = None
    municipality: str | None = None
    activity: str | None = None


def find_application(session: Session, reach: Reach, application_id: str) -> LicenceApplication:
    """Raises NotFound, for another municipality's too."""
    statement = select(LicenceApplication).where(
        LicenceApplication.application_id == application_id
    )
    found = _within(statement, LicenceApplication.municipality, reach)
    if (row := session.scalars(found).one_or_none()) is None:
        raise NotFound
    return row


def bills_of(session: Session, application_ids: Sequence[str]) -> dict[str, ApplicationBill]:
    """Returns the newest bill of each application that has any."""
    statement = (
        select(ApplicationBill)
        .where(ApplicationBill.application_id.in_(application_ids))
        .order_by(ApplicationBill.bill_id)
    )
    return {row.application_id: row for row in session.scalars(statement)}


def find_licence(session: Session, reach: Reach, licence_no: str) -> Licence:
    """Raises NotFound, for another municipality's too."""
    statement = select(Licence).where(Licence.licence_no == licence_no)
    found = _within(statement, Licence.municipality, reach)
    if (row := session.scalars(found).one_or_none()) is None:
        raise NotFound
    return row


def applications(
    session: Session, reach: Reach, search: ApplicationSearch, page: PageRequest, *, today: date
) -> Page[LicenceApplication]:
    """Newest first. `today` decides what is overdue. Raises InvalidFields on `cursor`."""
    model = LicenceApplication
    equal = ("status", "request", "kind", "municipality", "application_no", "licence_no")
    statement = _equal(_within(select(model), model.municipality, reach), model, search, equal)
    if search.submitted_from:
        statement = statement.where(model.submitted_at >= search.submitted_from)
    if search.submitted_to:
        statement = statement.where(model.submitted_at < search.submitted_to)
    if search.overdue is not None:
        late = model.review_until < today
        statement = statement.where(late if search.overdue else late.is_not(true()))
    key = [model.submitted_at, model.application_id]
    return keyset(session, statement, key, page, search=search, newest_first=True)


def count_by_month(
    session: Session, reach: Reach, bounds: Sequence[datetime], municipality: str | None
) -> dict[tuple[int, str], int]:
    """Counts applications by the place of their month among the bounds, from 1, and by their status."""
    model = LicenceApplication
    place = func.width_bucket(
        model.submitted_at, cast(list(bounds), ARRAY(DateTime(timezone=True)))
    )
    counted = select(place, model.status, func.count()).where(
        model.submitted_at >= bounds[0], model.submitted_at < bounds[-1]
    )
    if municipality is not None:
        counted = counted.where(model.municipality == municipality)
    statement = _within(counted, model.municipality, reach).group_by(place, model.status)
    return {(month, status): number for month, status, number in session.execute(statement)}


def licences(
    session: Session, reach: Reach, search: LicenceSearch, page: PageRequest, *, today: date
) -> Page[Licence]:
    """Newest first. `today` decides what is expired. Raises InvalidFields on `cursor`."""
    key = [Licence.issued_on, Licence.licence_id]
    found = _licences(reach, search, today)
    return keyset(session, found, key, page, search=search, newest_first=True)


def count_licences(
    session: Session, reach: Reach, search: LicenceSearch, *, today: date, most: int
) -> int:
    """Counts the licences, up to `most` + 1."""
    some = _licences(reach, search, today).with_only_columns(Licence.licence_id).limit(most + 1)
    return session.scalars(select(func.count()).select_from(some.subquery())).one()


def all_licences(
    database: Database, reach: Reach, search: LicenceSearch, *, today: date
) -> Iterator[list[Licence]]:
    """Yields all licences, newest first, a thousand at a time, each thousand in a transaction of its own: no
    connection is held while a client takes what was read."""
    after: tuple[date, str] | None = None
    order = (Licence.issued_on, Licence.licence_id)
    while True:
        statement = _licences(reach, search, today)
        if after is not None:
            statement = statement.where(tuple_(*order) < after)
        with database.transaction() as session:
            rows = list(
                session.scalars(
                    statement.order_by(*(column.desc() for column in order)).limit(PIECE)
                )
            )
        if rows:
            yield rows
        if len(rows) < PIECE:
            return
        after = (rows[-1].issued_on, rows[-1].licence_id)


def _licences(reach: Reach, search: LicenceSearch, today: date) -> Select[Any]:
    equal = ("kind", "municipality")
    statement = _equal(
        _within(select(Licence), Licence.municipality, reach), Licence, search, equal
    )
    if search.issued_from:
        statement = statement.where(Licence.issued_on >= search.issued_from)
    if search.issued_to:
        statement = statement.where(Licence.issued_on < search.issued_to)
    if search.activity:
        statement = statement.where(Licence.activities.contains([search.activity]))
    if search.status == "expired":
        return statement.where(Licence.status == "valid", Licence.expires_on < today)
    if search.status == "valid":
        return statement.where(Licence.status == "valid", Licence.expires_on >= today)
    return statement.where(Licence.status == search.status) if search.status else statement


def _within(
    statement: Select[RowT], municipality: InstrumentedAttribute[str], reach: Reach
) -> Select[RowT]:
    return statement if reach.bound is None else statement.where(municipality == reach.bound)


def _equal(statement: Select[Any], model: Any, search: Any, names: tuple[str, ...]) -> Select[Any]:
    asked: Mapping[str, Any] = {name: getattr(search, name) for name in names}
    for name, value in asked.items():
        if value is not None:
            statement = statement.where(getattr(model, name) == value)
    return statement


FIRST_LOOK, SLOWEST_LOOK = 0.05, 0.4


@dataclass(frozen=True)
class Decision:
    """An application that is no longer just submitted or corrected, and the licence if it was issued."""

    application: LicenceApplication
    licence: Licence | None
    bill: ApplicationBill | None = None


class Decisions:
    """The decisions of the applications that the requests in hand wait for, in one round trip."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._loader: Loader[str, Decision | None] = Loader(self._read)

    async def wait(self, caller: Caller, application_id: str, seconds: float) -> Decision | None:
        """Waits for a decision, and returns it, or None when it isn't there in time. Looks once where nothing can
        wait."""
        until, pause = time.monotonic() + seconds, FIRST_LOOK
        while True:
            found = await self._loader.load(application_id)
            left = until - time.monotonic()
            if found is not None or left <= 0:
                return found
            began = time.monotonic()
            pause = min(pause, left)
            await Pause(caller, _is_never_over, pause)
            if time.monotonic() - began < pause / 2:
                return None
            pause = min(pause * 1.5, SLOWEST_LOOK)

    def _read(self, application_ids: Sequence[str]) -> list[Decision | None]:
        rows = (
            select(LicenceApplication, Licence)
            .outerjoin(Licence, Licence.licence_no == LicenceApplication.licence_no)
            .where(LicenceApplication.application_id.in_(application_ids))
        )
        with self._database.transaction() as session:
            found = {one.application_id: (one, licence) for one, licence in session.execute(rows)}
            bills = bills_of(session, application_ids)
        return [
            _decision_of(*found[one], bills.get(one)) if one in found else None
            for one in application_ids
        ]


def _decision_of(
    application: LicenceApplication, licence: Licence | None, bill: ApplicationBill | None
) -> Decision | None:
    if not application.version or application.status == SUBMITTED:
        return None
    if application.corrected_version == application.version:
        return (
            None  # this state is what was corrected; what becomes of the correction isn't known yet
        )
    if application.status == ISSUED and application.request != "cancel" and licence is None:
        return None  # its licence is on its way, on another topic
    return Decision(application, licence if application.status == ISSUED else None, bill)


def _is_never_over() -> bool:
    return False
