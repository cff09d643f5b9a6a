"""Keyset pages: each goes on behind the last row of the previous page, whatever is inserted or removed meanwhile.

A cursor is that row's key with a MAC, bound to the caller's organisation and to the search: it's opaque, it belongs to
one list, and a forged cursor is refused like any other invalid field. Nothing is stored for it.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.core.refusals import InvalidFields
from chassis.core.settings import Settings, is_key

_MAC_BYTES = 16
RowT = TypeVar("RowT")


@dataclass(frozen=True, kw_only=True)
class PagingSettings(Settings):
    """`cursor_key`: 32 bytes in base64url that sign cursors, the same for all workers and after a restart."""

    cursor_key: str

    CHECKS = {"cursor_key": is_key}

    @cached_property
    def cursor_secret(self) -> bytes:
        return is_key(self.cursor_key)


@dataclass(frozen=True)
class Page(Generic[RowT]):
    """Rows in order, and the cursor of the next page; None on the last."""

    rows: Sequence[RowT]
    next_cursor: str | None


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """The page that's asked for: at most `limit` rows behind `cursor`, for callers of `organisation` (of none: the
    caller's subject). `secret` is the settings' `cursor_secret`."""

    limit: int
    cursor: str | None
    organisation: str
    secret: bytes


def keyset(
    session: Session,
    statement: Select[RowT],
    key: Sequence[InstrumentedAttribute[Any]],
    request: PageRequest,
    *,
    search: Any,
    newest_first: bool = False,
) -> Page[RowT]:
    """Returns a page of the statement's rows in the order of `key`, columns of the row that are unique together.

    `search` is the list's name and the filters, JSON-like or a dataclass: the cursor belongs to it. Raises
    InvalidFields on `cursor` for a cursor that's forged, or of another search or organisation.
    """
    bound = [request.organisation, type(search).__name__, _plain(search)]
    if request.cursor is not None:
        texts = json.loads(read_cursor(request.secret, request.cursor, bound))
        place = tuple_(*(literal(_value(text, one), one.type) for text, one in _pairs(texts, key)))
        columns = tuple_(*key)
        statement = statement.where(columns < place if newest_first else columns > place)
    order = [one.desc() if newest_first else one.asc() for one in key]
    rows = session.scalars(statement.order_by(*order).limit(request.limit + 1)).all()
    if len(rows) <= request.limit:
        return Page(rows, None)
    last = [_text(getattr(rows[request.limit - 1], one.key)) for one in key]
    return Page(rows[: request.limit], issue_cursor(request.secret, json.dumps(last), bound))


def issue_cursor(secret: bytes, position: str, bound: Any) -> str:
    """Returns an opaque cursor for the page after `position`; `bound` is JSON-like: the organisation and the search."""
    payload = position.encode()
    return _base64(payload + _mac(secret, payload, bound))


def read_cursor(secret: bytes, cursor: str, bound: Any) -> str:
    """Returns the position. Raises InvalidFields on `cursor` for a cursor that's forged or bound to something else."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
        if (
            _base64(raw) != cursor
        ):  # the decoder ignores spare bits and characters outside its alphabet
            raise ValueError("spelling")
        if not hmac.compare_digest(mac, _mac(secret, payload, bound)):
            raise ValueError("mac")
        return payload.decode()
    except ValueError:
        raise InvalidFields.of("cursor", "cursor") from None


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _mac(secret: bytes, payload: bytes, bound: Any) -> bytes:
    digest = hashlib.sha256(json.dumps(bound, sort_keys=True, default=str).encode()).digest()
    return hmac.digest(secret, digest + payload, "sha256")[:_MAC_BYTES]


def _plain(search: Any) -> Any:
    return asdict(search) if is_dataclass(search) and not isinstance(search, type) else search


def _pairs(texts: Any, key: Sequence[Any]) -> list[tuple[str, Any]]:
    return list(zip(texts, key, strict=True))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _value(text: str, column: InstrumentedAttribute[Any]) -> Any:
    kind = column.type.python_type
    return kind.fromisoformat(text) if kind in (date, datetime) else kind(text)
