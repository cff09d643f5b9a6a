"""Keyset pages: a cursor holds the last row's place and is bound to the search that it came
from."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from permits.domain.errors import Fault, InvalidFields

Row = TypeVar("Row")
Place = tuple[str, str]


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in order, and the cursor of the next page; None on the last."""

    rows: Sequence[Row]
    next_cursor: str | None


def make_cursor(search: object, place: Place) -> str:
    """`place` is the sort value and the id of the last row."""
    packed = base64.urlsafe_b64encode("|".join(place).encode()).decode().rstrip("=")
    return f"{packed}.{_digest(search)}"


def read_cursor(search: object, cursor: str | None) -> Place | None:
    """The place after which to go on. Raises InvalidFields for a cursor of another search."""
    if cursor is None:
        return None
    packed, _, digest = cursor.partition(".")
    if digest != _digest(search):
        raise InvalidFields([Fault("cursor", "other-filter")])
    try:
        text = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, ValueError):
        raise InvalidFields([Fault("cursor", "invalid")]) from None
    value, separator, key = text.partition("|")
    if not separator:
        raise InvalidFields([Fault("cursor", "invalid")])
    return value, key


def _digest(search: object) -> str:
    return hashlib.sha256(repr(search).encode()).hexdigest()[:16]
