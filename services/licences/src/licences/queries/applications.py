"""Applications with their facts, visits, histories and remarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Integer, Select, cast, func, select, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.actors import Actor
from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from invoicing.rules import Status as InvoiceStatus
from licences.domain.actors import municipality_bound, require_access, require_municipality
from licences.domain.applications import Status
from licences.models import Application, Inspection, Invoice, Licence, Remark


@dataclass(frozen=True, kw_only=True)
class ApplicationSearch:
    """Filters of the list of applications; they combine. `overdue`: an officer has the application, and the last day
    to decide is over. `fee_returned`: see `with_returned_fee`."""

    status: str | None = None
    municipality: str | None = None
    request: str | None = None
    licence_no: str | None = None
    establishment: str | None = None
    overdue: bool | None = None
    fee_returned: bool | None = None


def get_application(session: Session, actor: Actor, application_id: str) -> Application:
    """Returns one. Raises NotFound, also for another municipality's application."""
    row = session.get(Application, application_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def list_applications(
    session: Session, actor: Actor, search: ApplicationSearch, page: PageRequest, *, today: date
) -> Page[Application]:
    """Returns a page, newest first. Raises InvalidFields for another municipality, or a cursor of another search."""
    if search.municipality is None:
        search = replace(search, municipality=municipality_bound(actor))
    else:
        require_municipality(actor, search.municipality)
    statement = select(Application)
    for name in ("status", "municipality", "request", "licence_no", "establishment"):
        if (value := getattr(search, name)) is not None:
            statement = statement.where(getattr(Application, name) == value)
    if search.overdue is not None:
        late = Application.review_until < today
        statement = statement.where(late if search.overdue else late.is_not(true()))
    if search.fee_returned is not None:
        found = Application.application_id.in_(with_returned_fee(Application.application_id))
        statement = statement.where(found if search.fee_returned else ~found)
    key = (Application.submitted_at, Application.application_id)
    return keyset(session, statement, key, page, search=search, newest_first=True)


def with_returned_fee(column: InstrumentedAttribute[Any]) -> Select[Any]:
    """Selects the column of each issued application whose fee went back afterwards, or is to go back."""
    invoice = Invoice.invoice_id == Application.invoice_id
    goes_back = Invoice.status.in_((InvoiceStatus.REFUNDING, InvoiceStatus.REFUNDED))
    return (
        select(column)
        .join(Invoice, invoice)
        .where(goes_back, Application.status == Status.ISSUED)
        .correlate(None)
    )


def overdue_reviews(session: Session, today: date) -> Mapping[str, int]:
    """Returns municipality → number of applications that an officer should have decided by now."""
    statement = select(Application.municipality, func.count()).where(
        Application.review_until < today
    )
    rows = session.execute(statement.group_by(Application.municipality))
    return {row[0]: row[1] for row in rows}


def history_of_application(
    session: Session, actor: Actor, application_id: str
) -> Sequence[JournalEntry]:
    """Returns the journal, oldest first. Raises NotFound."""
    get_application(session, actor, application_id)
    return history(session, ("application", application_id))


DUE = "due"


def list_visits(
    session: Session,
    actor: Actor,
    municipality: str | None,
    page: PageRequest,
    *,
    result: str = DUE,
) -> Page[Inspection]:
    """Returns a page of visits by their due day: `due` (without a result), `passed` or `failed`. Raises InvalidFields
    for another municipality, or a cursor of another search."""
    if municipality is None:
        municipality = municipality_bound(actor)
    else:
        require_municipality(actor, municipality)
    wanted = None if result == DUE else result
    statement = select(Inspection).where(Inspection.result.is_not_distinct_from(wanted))
    if municipality is not None:
        statement = statement.where(Inspection.municipality == municipality)
    key = (Inspection.due_on, Inspection.inspection_id)
    search = {"list": "inspections", "municipality": municipality, "result": result}
    return keyset(session, statement, key, page, search=search)


def remarks_of(session: Session, entries: Sequence[JournalEntry]) -> Mapping[int, str]:
    """Returns journal entry → remark, where there is a remark."""
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


def numbered_applications() -> Select[str, int, int]:
    """Selects municipality, Hijri year and number of every application, for `licences numbers check`."""
    return _select_numbers(Application.municipality, Application.application_no)


def numbered_licences() -> Select[str, int, int]:
    """Selects municipality, Hijri year and number of every licence, for `licences numbers check`."""
    return _select_numbers(Licence.municipality, Licence.licence_no)


def _select_numbers(municipality: Any, number: Any) -> Select[str, int, int]:
    year = cast(func.substr(number, 1, 4), Integer).label("year")
    place = cast(func.substr(number, 7), Integer).label("number")
    return select(municipality.label("branch"), year, place)
