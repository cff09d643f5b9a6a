"""Licences, by their number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from licences.domain.actors import Actor, bound, require_access, require_municipality
from licences.models import Application, Licence
from licences.queries.applications import with_returned_fee

VALID, EXPIRED = "valid", "expired"


@dataclass(frozen=True, kw_only=True)
class LicenceSearch:
    """Filters of the list of licences; they combine. `status` may be `expired`. `fee_returned`: of the issue or of a
    renewal."""

    status: str | None = None
    municipality: str | None = None
    establishment: str | None = None
    fee_returned: bool | None = None


def licence_numbered(session: Session, licence_no: str) -> Licence:
    """Whoever asks. Raises NotFound."""
    row = session.scalar(select(Licence).where(Licence.licence_no == licence_no))
    if row is None:
        raise NotFound
    return row


def get_licence(session: Session, actor: Actor, licence_no: str) -> Licence:
    """Raises NotFound, also for another municipality's."""
    row = licence_numbered(session, licence_no)
    require_access(actor, row.municipality)
    return row


def list_licences(
    session: Session, actor: Actor, search: LicenceSearch, page: PageRequest, *, today: date
) -> Page[Licence]:
    """Newest first. Raises InvalidFields for another municipality, or a cursor of another search."""
    if search.municipality is None:
        search = replace(search, municipality=bound(actor))
    else:
        require_municipality(actor, search.municipality)
    key = (Licence.issued_on, Licence.licence_id)
    return keyset(session, _filtered(search, today), key, page, search=search, newest_first=True)


def _filtered(search: LicenceSearch, today: date) -> Select[Licence]:
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
    """Of the licence and the application that it was issued by, oldest first. Raises NotFound."""
    row = get_licence(session, actor, licence_no)
    return history(session, ("application", row.application_id), ("licence", row.licence_id))
