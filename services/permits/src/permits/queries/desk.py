"""Reads of the desk. An actor bound to a branch sees that branch's rows only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, not_, select
from sqlalchemy.orm import Session, selectinload

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from permits.domain import appeals
from permits.domain.actors import Actor, bound, require_access, require_municipality
from permits.domain.permits import EXPIRED, Status
from permits.domain.requests import OPEN
from permits.domain.searches import (
    AppealSearch,
    LookSearch,
    PermitSearch,
    ReleaseSearch,
    RequestSearch,
)
from permits.models import (
    Appeal,
    Certificate,
    ImportFile,
    ImportRow,
    Permit,
    PermitImport,
    PermitRequest,
    PersonSearch,
    Release,
)
from saudi.days import midnight
from saudi.finding import NO_PLAN, found_plan_key
from saudi.land import plan_key
from saudi.text import ASCII_DIGITS, OTHER_DIGITS, number_key, place_key

Reachable = TypeVar("Reachable", PermitRequest, Permit, Certificate, Release, Appeal, PermitImport)


def _within_reach(session: Session, actor: Actor, model: type[Reachable], key: str) -> Reachable:
    """Returns the row. Raises NotFound, also for a row of another branch."""
    row = session.get(model, key)
    if row is None:
        raise NotFound
    require_access(actor, row.municipality)
    return row


def get_request(session: Session, actor: Actor, request_id: str) -> PermitRequest:
    return _within_reach(session, actor, PermitRequest, request_id)


def get_permit(session: Session, actor: Actor, permit_id: str) -> Permit:
    return _within_reach(session, actor, Permit, permit_id)


def get_certificate(session: Session, actor: Actor, certificate_id: str) -> Certificate:
    return _within_reach(session, actor, Certificate, certificate_id)


def certificates_of(session: Session, actor: Actor, permit_id: str) -> Sequence[Certificate]:
    """Returns the certificates of a permit, oldest first. Raises NotFound."""
    get_permit(session, actor, permit_id)
    statement = (
        select(Certificate)
        .where(Certificate.permit_id == permit_id)
        .order_by(Certificate.opened_at, Certificate.certificate_id)
        .options(selectinload(Certificate.inspections))
    )
    return session.scalars(statement).all()


def get_release(session: Session, actor: Actor, release_id: str) -> Release:
    return _within_reach(session, actor, Release, release_id)


def list_releases(
    session: Session, actor: Actor, search: ReleaseSearch, page: PageRequest
) -> Page[Release]:
    """Lists releases, newest first. Raises InvalidFields for a cursor of another search."""
    search = replace(search, municipality=_branch_to_search(actor, search.municipality))
    compared = ("status", "flagged", "municipality", "permit_id")
    statement = select(Release).where(*_equal(Release, search, *compared))
    key = (Release.submitted_at, Release.release_id)
    return keyset(session, statement, key, page, search=search, newest_first=True)


def list_looks(
    session: Session, actor: Actor, search: LookSearch, page: PageRequest
) -> Page[PersonSearch]:
    """Lists looks, newest first. Raises InvalidFields for a cursor of another search."""
    search = replace(search, municipality=_branch_to_search(actor, search.municipality))
    statement = select(PersonSearch)
    statement = statement.where(*_equal(PersonSearch, search, "subject", "kind", "municipality"))
    if search.since is not None:
        statement = statement.where(PersonSearch.at >= midnight(search.since))
    if search.until is not None:
        statement = statement.where(PersonSearch.at < midnight(search.until))
    key = (PersonSearch.at, PersonSearch.search_id)
    return keyset(session, statement, key, page, search=search, newest_first=True)


def get_appeal(session: Session, actor: Actor, appeal_id: str) -> Appeal:
    return _within_reach(session, actor, Appeal, appeal_id)


def list_appeals(
    session: Session, actor: Actor, search: AppealSearch, page: PageRequest, *, today: date
) -> Page[Appeal]:
    """Lists appeals in the order in which they are due. Raises InvalidFields for a cursor of another search."""
    search = replace(search, municipality=_branch_to_search(actor, search.municipality))
    statement = select(Appeal)
    statement = statement.where(*_equal(Appeal, search, "status", "against", "municipality"))
    if search.overdue is not None:
        late = _is_overdue(today)
        statement = statement.where(late if search.overdue else not_(late))
    key = (Appeal.decide_by, Appeal.appeal_id)
    return keyset(session, statement, key, page, search=search)


def _is_overdue(today: date) -> ColumnElement[bool]:
    """Returns `appeals.is_overdue` in SQL."""
    return and_(Appeal.status == appeals.Status.RECEIVED.value, Appeal.decide_by < today)


def overdue_appeals(session: Session, today: date) -> Mapping[str, int]:
    """Returns how many appeals are overdue: municipality → number."""
    late = select(Appeal.municipality, func.count()).where(_is_overdue(today))
    return {row[0]: row[1] for row in session.execute(late.group_by(Appeal.municipality))}


@dataclass(frozen=True)
class PendingSearch:
    municipality: str | None


def pending_occupancies(
    session: Session, actor: Actor, municipality: str | None, page: PageRequest
) -> Page[Certificate]:
    """Lists pending occupancy certificates, the first due first. Raises InvalidFields for a cursor of another
    search."""
    search = PendingSearch(_branch_to_search(actor, municipality))
    statement = (
        select(Certificate)
        .where(Certificate.kind == "occupancy", Certificate.status == "pending")
        .options(selectinload(Certificate.inspections))
    )
    statement = statement.where(*_equal(Certificate, search, "municipality"))
    key = (Certificate.opened_at, Certificate.certificate_id)
    return keyset(session, statement, key, page, search=search)


def list_requests(
    session: Session, actor: Actor, search: RequestSearch, page: PageRequest
) -> Page[PermitRequest]:
    """Lists requests, newest first. Raises InvalidFields for reversed dates or a cursor of another search."""
    _require_order(search.submitted_from, search.submitted_to, "submitted_to")
    search = replace(search, municipality=_branch_to_search(actor, search.municipality))
    statement = select(PermitRequest).options(selectinload(PermitRequest.owners))
    statement = statement.where(*_land_conditions(PermitRequest, search))
    statement = statement.where(*_equal(PermitRequest, search, "status", "municipality", "kind"))
    if search.submitted_from is not None:
        statement = statement.where(PermitRequest.submitted_at >= midnight(search.submitted_from))
    if search.submitted_to is not None:
        statement = statement.where(PermitRequest.submitted_at < midnight(search.submitted_to))
    if search.permit_number is not None:
        number = number_key(search.permit_number)
        bearing = select(Permit.request_id).where(func.lower(Permit.permit_number) == number)
        statement = statement.where(PermitRequest.request_id.in_(bearing))
    key = (PermitRequest.submitted_at, PermitRequest.request_id)
    return keyset(session, statement, key, page, search=search, newest_first=True)


def count_requests(session: Session, actor: Actor, search: RequestSearch) -> dict[str, int]:
    """Returns how many requests have each status that isn't an end, in the branch of the search."""
    branch = _branch_to_search(actor, search.municipality)
    statement = (
        select(PermitRequest.status, func.count().label("requests"))
        .where(PermitRequest.status.in_(OPEN))
        .group_by(PermitRequest.status)
    )
    if branch is not None:
        statement = statement.where(PermitRequest.municipality == branch)
    found = {row.status: row.requests for row in session.execute(statement)}
    return {one.value: found.get(one.value, 0) for one in OPEN}


def find_permits(
    session: Session, actor: Actor, search: PermitSearch, page: PageRequest, *, today: date
) -> Page[Permit]:
    """Lists permits, newest issue first. Raises InvalidFields for reversed dates or a cursor of another search."""
    _require_order(search.issued_from, search.issued_to, "issued_to")
    search = replace(search, municipality=_branch_to_search(actor, search.municipality))
    key = (Permit.issued_on, Permit.permit_id)
    statement = _filtered(search, today)
    return keyset(session, statement, key, page, search=search, newest_first=True)


def _require_order(first: date | None, until: date | None, field: str) -> None:
    if first and until and until < first:
        raise InvalidFields.of(field, "before-start")


def _equal(model: Any, search: object, *columns: str) -> Iterator[ColumnElement[bool]]:
    """Yields a condition for each column of the search that has a value."""
    for column in columns:
        if (value := getattr(search, column)) is not None:
            yield getattr(model, column) == value


def _branch_to_search(actor: Actor, asked: str | None) -> str | None:
    if asked is not None:
        require_municipality(actor, asked)
    return bound(actor) if asked is None else asked


def _filtered(search: PermitSearch, today: date) -> Select[Permit]:
    conditions = [
        *_equal(Permit, search, "municipality", "kind"),
        *_land_conditions(Permit, search),
    ]
    statement = select(Permit).where(*conditions)
    if search.permit_number is not None:
        number = number_key(search.permit_number)
        statement = statement.where(func.lower(Permit.permit_number) == number)
    if search.status is not None:
        statement = statement.where(*_status_conditions(search.status, today))
    if search.issued_from is not None:
        statement = statement.where(Permit.issued_on >= search.issued_from)
    if search.issued_to is not None:
        statement = statement.where(Permit.issued_on < search.issued_to)
    return statement


def _land_conditions(
    model: type[Permit] | type[PermitRequest], search: PermitSearch | RequestSearch
) -> Iterator[ColumnElement[bool]]:
    """Yields conditions on Balady's number and on the land, in any spelling, as partners' searches do."""
    if search.request_number is not None:
        yield func.lower(model.request_number) == number_key(search.request_number)
    if search.plan_number is not None:
        plan = found_plan_key(search.plan_number)
        yield model.plan_key.is_(None) if plan == NO_PLAN else model.plan_key == plan
    if search.plot is not None:
        yield model.plot_keys.contains([plan_key(search.plot)])
    if search.deed_number is not None:
        yield model.deed_key == number_key(search.deed_number)
    if search.survey_decision is not None:
        yield _survey_key(model) == number_key(search.survey_decision)
    if search.town is not None:
        yield model.land["town"].astext == search.town
    if search.district is not None:
        yield model.district_key == place_key(search.district)


def _survey_key(model: type[Permit] | type[PermitRequest]) -> ColumnElement[str]:
    """Returns `number_key` of the survey decision in SQL, in either digits and with or without spaces."""
    written = model.site[("survey_decision", "number")].astext
    ascii_digits = func.translate(written, f"{OTHER_DIGITS} ", ASCII_DIGITS)
    return func.lower(ascii_digits)


def _status_conditions(status: str, today: date) -> tuple[ColumnElement[bool], ...]:
    if status == EXPIRED:
        return Permit.status == Status.VALID.value, Permit.expires_on < today
    if status == Status.VALID:
        return Permit.status == status, Permit.expires_on >= today
    return (Permit.status == status,)


def history_of_request(session: Session, actor: Actor, request_id: str) -> Sequence[JournalEntry]:
    """Returns who did what, oldest first. Raises NotFound."""
    get_request(session, actor, request_id)
    appealed = select(Appeal.appeal_id).where(Appeal.request_id == request_id)
    appeals = session.scalars(appealed.where(Appeal.permit_id.is_(None)))
    return history(session, ("permit-request", request_id), *(("appeal", key) for key in appeals))


def history_of_permit(session: Session, actor: Actor, permit_id: str) -> Sequence[JournalEntry]:
    """Returns the history of the permit, its request, its certificates and its appeals, oldest first. Raises
    NotFound."""
    permit = get_permit(session, actor, permit_id)
    certificates = session.scalars(
        select(Certificate.certificate_id).where(Certificate.permit_id == permit_id)
    )
    appeals = session.scalars(select(Appeal.appeal_id).where(Appeal.permit_id == permit_id))
    of_request = [("permit-request", permit.request_id)] if permit.request_id else []
    return history(
        session,
        *of_request,
        ("permit", permit_id),
        *(("certificate", key) for key in certificates),
        *(("appeal", key) for key in appeals),
    )


def history_of_appeal(session: Session, actor: Actor, appeal_id: str) -> Sequence[JournalEntry]:
    """Returns the history of the appeal, oldest first. Raises NotFound."""
    get_appeal(session, actor, appeal_id)
    return history(session, ("appeal", appeal_id))


def history_of_release(session: Session, actor: Actor, release_id: str) -> Sequence[JournalEntry]:
    """Returns the history of the release, oldest first. Raises NotFound."""
    get_release(session, actor, release_id)
    return history(session, ("release", release_id))


@dataclass(frozen=True)
class ImportSearch:
    municipality: str | None


@dataclass(frozen=True)
class RowSearch:
    import_id: str
    status: str | None


@dataclass(frozen=True)
class ImportProgress:
    """`sent`: rows of all files; `rows`: those that were read, by status; `verdicts` of the sample, or None."""

    sent: int
    rows: Mapping[str, int]
    verdicts: Mapping[str | None, int]
    files: int


def get_import(session: Session, actor: Actor, import_id: str) -> PermitImport:
    return _within_reach(session, actor, PermitImport, import_id)


def list_imports(session: Session, actor: Actor, page: PageRequest) -> Page[PermitImport]:
    """Lists imports, newest first. Raises InvalidFields for a cursor of another search."""
    search = ImportSearch(bound(actor))
    statement = select(PermitImport)
    statement = statement.where(*_equal(PermitImport, search, "municipality"))
    key = (PermitImport.created_at, PermitImport.import_id)
    return keyset(session, statement, key, page, search=search, newest_first=True)


def list_import_rows(
    session: Session, actor: Actor, import_id: str, status: str | None, page: PageRequest
) -> Page[ImportRow]:
    """Lists rows in the order of the file. Raises NotFound, and InvalidFields for a cursor of another search."""
    get_import(session, actor, import_id)
    statement = select(ImportRow).where(ImportRow.import_id == import_id)
    search = RowSearch(import_id, status)
    statement = statement.where(*_equal(ImportRow, search, "status"))
    key = (ImportRow.row_number, ImportRow.import_id)
    return keyset(session, statement, key, page, search=search)


def import_progress(session: Session, batch: PermitImport) -> ImportProgress:
    """Returns how far the import is."""
    rows = select(ImportRow.status, func.count()).where(ImportRow.import_id == batch.import_id)
    judged = select(ImportRow.verdict, func.count()).where(
        ImportRow.import_id == batch.import_id, ImportRow.sampled.is_(True)
    )
    files = select(func.count()).where(ImportFile.import_id == batch.import_id)
    return ImportProgress(
        sent=batch.rows,
        rows=dict(session.execute(rows.group_by(ImportRow.status)).all()),
        verdicts=dict(session.execute(judged.group_by(ImportRow.verdict)).all()),
        files=session.scalar(files) or 0,
    )
