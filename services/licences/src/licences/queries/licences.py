"""Licences by number, for the staff, and the public register of shops and engineering offices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

from chassis.core.actors import Actor
from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.aggregates import JournalEntry, history
from chassis.data.paging import Page, PageRequest, keyset
from licences.catalogue import towns
from licences.domain.actors import municipality_bound, require_access, require_municipality
from licences.models import Application, Licence
from licences.queries.applications import with_returned_fee
from saudi.text import search_key

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
