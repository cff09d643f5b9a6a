"""Reads applications and licences, for officers and for anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    cast,
    func,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.actors import Actor
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from chassis.files.attachments import Attachment, attachments_of
from invoicing.rules import Status as InvoiceStatus
from licences.catalogue import towns
from licences.domain.actors import municipality_bound, require_access, require_municipality
from licences.domain.applications import APPLICATION_FILES, OPEN, Status
from licences.models import Application, Inspection, Invoice, Licence, Remark
from saudi.text import search_key

VALID, EXPIRED = "valid", "expired"
SUBMITTED, REVIEW_UNTIL = "submitted", "review_until"  # orders of a list


@dataclass(frozen=True, kw_only=True)
class ApplicationSearch:
    """Filters of the list of applications; they combine. `overdue`: an officer has the application, and the last day
    to decide is over. `fee_returned`: see `with_returned_fee`. `statuses`: any of these. `order`: `submitted`, newest
    first, or `review_until`, which lists what officers have, the first due first."""

    status: str | None = None
    municipality: str | None = None
    request: str | None = None
    licence_no: str | None = None
    establishment: str | None = None
    overdue: bool | None = None
    fee_returned: bool | None = None
    statuses: Sequence[str] = ()
    application_no: str | None = None
    order: str = SUBMITTED


def get_application(session: Session, actor: Actor, application_id: str) -> Application:
    """Returns one. Raises NotFound, also for another municipality's application."""
    row = session.get(Application, application_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def file_owners(row: Application) -> list[str]:
    """Returns the applications whose files count for this application: its own, and the ended application's that it
    sends again."""
    return [row.application_id, *([row.follows_id] if row.follows_id is not None else [])]


def file_of_application(session: Session, row: Application, attachment_id: str) -> Attachment:
    """Returns one of the application's files. Raises NotFound."""
    for file in attachments_of(session, APPLICATION_FILES, file_owners(row)):
        if file.attachment_id == attachment_id:
            return file
    raise NotFound


def list_applications(
    session: Session, actor: Actor, search: ApplicationSearch, page: PageRequest, *, today: date
) -> Page[Application]:
    """Returns a page in the order of the search. Raises InvalidFields for another municipality, or a cursor of another
    search."""
    search = _within_reach(actor, search)
    statement = _filter_applications(search, today)
    if search.order == REVIEW_UNTIL:
        due = (Application.review_until, Application.application_id)
        statement = statement.where(Application.review_until.is_not(None))
        return keyset(session, statement, due, page, search=search)
    newest = (Application.submitted_at, Application.application_id)
    return keyset(session, statement, newest, page, search=search, newest_first=True)


def count_applications(
    session: Session, actor: Actor, search: ApplicationSearch, *, today: date
) -> dict[str, int]:
    """Returns how many open applications have each status, and how many are late with an officer, in the municipality
    of the search. Raises InvalidFields for another municipality."""
    narrowed = ApplicationSearch(
        municipality=_within_reach(actor, search).municipality, statuses=OPEN
    )
    counted = {one.value: Application.status == one for one in OPEN}
    counted["overdue"] = Application.review_until < today
    counts = (func.count().filter(condition).label(name) for name, condition in counted.items())
    statement = _filter_applications(narrowed, today).with_only_columns(*counts)
    return dict(session.execute(statement).mappings().one())


def _within_reach(actor: Actor, search: ApplicationSearch) -> ApplicationSearch:
    """Returns the search with the municipality to which the actor is bound. Raises InvalidFields for another one."""
    if search.municipality is None:
        return replace(search, municipality=municipality_bound(actor))
    require_municipality(actor, search.municipality)
    return search


_COMPARED = (
    *("status", "municipality", "request", "licence_no", "establishment"),
    "application_no",
)


def _filter_applications(search: ApplicationSearch, today: date) -> Select[Application]:
    statement = select(Application)
    for name in _COMPARED:
        if (value := getattr(search, name)) is not None:
            statement = statement.where(getattr(Application, name) == value)
    if search.statuses:
        statement = statement.where(Application.status.in_(search.statuses))
    if search.overdue is not None:
        late = Application.review_until < today
        statement = statement.where(late if search.overdue else late.is_not(true()))
    if search.fee_returned is not None:
        found = Application.application_id.in_(with_returned_fee(Application.application_id))
        statement = statement.where(found if search.fee_returned else ~found)
    return statement


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
    due_until: date | None = None,
) -> Page[Inspection]:
    """Returns a page of visits by their due day: `due` (without a result), `passed` or `failed`. `due_until`: the last
    due day. Raises InvalidFields for another municipality, or a cursor of another search."""
    if municipality is None:
        municipality = municipality_bound(actor)
    else:
        require_municipality(actor, municipality)
    wanted = None if result == DUE else result
    statement = select(Inspection).where(Inspection.result.is_not_distinct_from(wanted))
    if municipality is not None:
        statement = statement.where(Inspection.municipality == municipality)
    if due_until is not None:
        statement = statement.where(Inspection.due_on <= due_until)
    key = (Inspection.due_on, Inspection.inspection_id)
    search = {"list": "inspections", "municipality": municipality, "result": result}
    search["due_until"] = due_until.isoformat() if due_until else None
    return keyset(session, statement, key, page, search=search)


def get_visit(session: Session, actor: Actor, inspection_id: str) -> Inspection:
    """Returns one. Raises NotFound, also for another municipality's visit."""
    row = session.get(Inspection, inspection_id)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def applications_of(session: Session, visits: Sequence[Inspection]) -> Mapping[str, Application]:
    """Returns application_id → application, for a page of visits, in one statement."""
    keys = {one.application_id for one in visits}
    rows = session.scalars(select(Application).where(Application.application_id.in_(keys)))
    return {row.application_id: row for row in rows}


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


@dataclass(frozen=True, kw_only=True)
class LicenceSearch:
    """Filters of the list of licences; they combine. `status` may be `expired`. `fee_returned`: of the issue or of a
    renewal."""

    status: str | None = None
    municipality: str | None = None
    establishment: str | None = None
    fee_returned: bool | None = None


def licence_numbered(session: Session, licence_no: str) -> Licence:
    """Returns the licence for any caller. Raises NotFound."""
    row = session.scalar(select(Licence).where(Licence.licence_no == licence_no))
    if row is None:
        raise NotFound
    return row


def get_licence(session: Session, actor: Actor, licence_no: str) -> Licence:
    """Returns one. Raises NotFound, also for another municipality's licence."""
    row = licence_numbered(session, licence_no)
    require_access(actor, row.municipality)
    return row


def list_licences(
    session: Session, actor: Actor, search: LicenceSearch, page: PageRequest, *, today: date
) -> Page[Licence]:
    """Returns a page, newest first. Raises InvalidFields for another municipality, or a cursor of another search."""
    if search.municipality is None:
        search = replace(search, municipality=municipality_bound(actor))
    else:
        require_municipality(actor, search.municipality)
    key = (Licence.issued_on, Licence.licence_id)
    return keyset(
        session, _filter_licences(search, today), key, page, search=search, newest_first=True
    )


def _filter_licences(search: LicenceSearch, today: date) -> Select[Licence]:
    statement = select(Licence)
    for name in ("municipality", "establishment"):
        if (value := getattr(search, name)) is not None:
            statement = statement.where(getattr(Licence, name) == value)
    if search.fee_returned is not None:
        unpaid = with_returned_fee(Application.licence_id).where(
            Application.licence_id.is_not(None)
        )
        found = Licence.licence_id.in_(unpaid)
        statement = statement.where(found if search.fee_returned else ~found)
    if search.status == EXPIRED:
        return statement.where(Licence.status == VALID, Licence.expires_on < today)
    if search.status == VALID:
        return statement.where(Licence.status == VALID, Licence.expires_on >= today)
    if search.status is not None:
        return statement.where(Licence.status == search.status)
    return statement


def history_of_licence(session: Session, actor: Actor, licence_no: str) -> Sequence[JournalEntry]:
    """Returns the journal of the licence and its application, oldest first. Raises NotFound."""
    row = get_licence(session, actor, licence_no)
    return history(session, ("application", row.application_id), ("licence", row.licence_id))


_SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")
LISTED = ("shop", "engineering_office")


@dataclass(frozen=True, kw_only=True)
class RegisterSearch:
    """Filters of the register; they combine, and one of name, activity and town is needed."""

    name: str | None = None
    activity: str | None = None
    town: str | None = None
    kind: str | None = None


def public_licence(session: Session, licence_no: str) -> Licence:
    """Returns a licence of any kind, by its number. Raises NotFound."""
    row = session.scalar(select(Licence).where(Licence.licence_no == licence_no))
    if row is None:
        raise NotFound
    return row


def search_register(session: Session, search: RegisterSearch, page: PageRequest) -> Page[Licence]:
    """Returns a page, newest first, without professionals, whose names are those of people, and without emptied
    licences. Raises InvalidFields for a search that would list everybody, or a cursor of another search."""
    if not any((search.name, search.activity, search.town)):
        raise InvalidFields.of("name", "register-search-empty")
    key = (Licence.issued_on, Licence.licence_id)
    return keyset(session, _filter_register(search), key, page, search=search, newest_first=True)


def _filter_register(search: RegisterSearch) -> Select[Licence]:
    statement: Select[Any] = select(Licence).where(
        Licence.kind.in_(LISTED), Licence.emptied_at.is_(None)
    )
    if search.name:
        statement = statement.where(
            func.to_tsvector(_SIMPLE, Licence.trade_key).bool_op("@@")(_words(search.name))
        )
    if search.activity:
        statement = statement.where(Licence.activities.contains([{"code": search.activity}]))
    if search.town:
        statement = statement.where(Licence.town == _town(search.town))
    if search.kind:
        statement = statement.where(Licence.kind == search.kind)
    return statement


def _town(text: str) -> str:
    """Returns the town as records spell it; a place outside the governorate finds nothing."""
    found = towns().named(text)
    return found.name if found else text


def _words(name: str) -> ColumnElement[Any]:
    """Returns a query for names in which each word begins a word of the trade name. Anything but letters and digits
    parts words. Raises InvalidFields without a word."""
    signs = (sign if sign.isalnum() else " " for sign in search_key(name))
    words = "".join(signs).split()
    if not words:
        raise InvalidFields.of("name", "register-search-empty")
    return func.to_tsquery(_SIMPLE, " & ".join(f"{word}:*" for word in words))
