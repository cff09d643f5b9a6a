"""Exports: how many at once, how long, and CSV that no table program takes for formulas."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from threading import BoundedSemaphore
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import InvalidFields, Refusal
from partner_gateway.domain.applications import Reach
from partner_gateway.queries.licences import LicenceSearch, count_licences
from saudi.cells import cell

MOST_LICENCES = 1_000_000
# Excel reads a file without this mark in the code page of the machine.
_MARK = "\ufeff"
COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    **{
        name: lambda one, name=name: one[name]  # type: ignore[misc]
        for name in ("licence_no", "kind", "status", "municipality", "establishment")
    },
    "trade_name_ar": lambda one: (one["trade_name"] or {}).get("ar"),
    "trade_name_en": lambda one: (one["trade_name"] or {}).get("en"),
    "activities": lambda one: " ".join(it["code"] for it in one["activities"]),
    "activity_ar": lambda one: next((it["ar"] for it in one["activities"] if it["main"]), None),
    "owner": lambda one: ((one["details"] or {}).get("owner") or {}).get("name"),
    "town": lambda one: one["town"],
    "district": lambda one: ((one["details"] or {}).get("place") or {}).get("district"),
    **{
        name: lambda one, name=name: one[name]  # type: ignore[misc]
        for name in ("issued_on", "issued_on_hijri", "expires_on", "expires_on_hijri", "years")
    },
}


class TooManyExports(Refusal):
    """Others are being sent at this moment."""

    problem = "unavailable"
    retry_after = 10


class Exports:
    """So many exports of one process at once, and no more: each takes a thread."""

    def __init__(self, most: int) -> None:
        self._places = BoundedSemaphore(most)

    def take(self) -> Callable[[], None]:
        """A place; answers what gives it back. Raises TooManyExports."""
        if not self._places.acquire(blocking=False):
            raise TooManyExports
        return self._places.release


def counted(session: Session, reach: Reach, search: LicenceSearch, *, today: date) -> int:
    """How many licences the export has. Raises InvalidFields when they're too many for a file."""
    count = count_licences(session, reach, search, today=today, most=MOST_LICENCES)
    if count > MOST_LICENCES:
        raise InvalidFields.of("issued_from", "export-too-large", limit=MOST_LICENCES)
    return count


def rows(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Lines of CSV, ended by CRLF (RFC 4180)."""
    return _written([read(one) for read in COLUMNS.values()] for one in documents)


def _written(lines: Iterable[Iterable[Any]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows([cell(value) for value in line] for line in lines)
    return file.getvalue().encode()


HEAD = _MARK.encode() + _written([list(COLUMNS)])
