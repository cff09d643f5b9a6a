"""The public register: licences by number, and shops and engineering offices by name, activity and town."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal_column, select
from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, NotFound
from chassis.data.paging import Page, PageRequest, keyset
from licences.catalogue import towns
from licences.models import Licence
from saudi.text import search_key

_SIMPLE: ColumnElement[Any] = literal_column("'simple'::regconfig")
LISTED = ("shop", "engineering_office")


@dataclass(frozen=True, kw_only=True)
class RegisterSearch:
    """Filters of the register; they combine, and one of name, activity and town is needed."""

    name: str | None = None
    activity: str | None = None
    town: str | None = None
    kind: str | None = None


def licence_told(session: Session, licence_no: str) -> Licence:
    """A licence of any kind, by its number. Raises NotFound."""
    row = session.scalar(select(Licence).where(Licence.licence_no == licence_no))
    if row is None:
        raise NotFound
    return row


def search(session: Session, search: RegisterSearch, page: PageRequest) -> Page[Licence]:
    """Newest first; of professionals who work for themselves none, since their names are those of people, and none of
    licences that ended so long ago that their data are emptied. Raises
    InvalidFields for a search that would list everybody, or a cursor of another one."""
    if not any((search.name, search.activity, search.town)):
        raise InvalidFields.of("name", "register-search-empty")
    key = (Licence.issued_on, Licence.licence_id)
    return keyset(session, _filtered(search), key, page, search=search, newest_first=True)


def _filtered(search: RegisterSearch) -> Select[Licence]:
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
    """As records spell it; what is no town of the governorate finds nothing."""
    found = towns().named(text)
    return found.name if found else text


def _words(name: str) -> ColumnElement[Any]:
    """Words of which each begins one of the trade name; what isn't a letter or a digit parts them. Raises InvalidFields
    when there's none."""
    signs = (sign if sign.isalnum() else " " for sign in search_key(name))
    words = "".join(signs).split()
    if not words:
        raise InvalidFields.of("name", "register-search-empty")
    return func.to_tsquery(_SIMPLE, " & ".join(f"{word}:*" for word in words))
