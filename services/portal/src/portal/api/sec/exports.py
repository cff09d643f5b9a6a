"""A search's results as a file. Every row counts against the grant's rows of the day, as on the page."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from typing import Any

import flask
import xlsxwriter

from chassis.http.problems import Problem
from pages.site import Visit
from portal.api.asking import ServiceProblem, ask_for_permits
from portal.api.sec.permits import PATH, asked_search
from portal.catalogue import branch_name
from portal.domain.permit_search import misplaced_numbers
from portal.outside.services import ServiceAway
from saudi.cells import cell

MOST_ROWS, _PAGE_ROWS = 1_000, 200
_BOM = "\ufeff"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Document = Mapping[str, Any]
# Column → the value of a permit. The first line of the file has the columns' words.
_COLUMNS: tuple[tuple[str, Callable[[Document, str], Any]], ...] = (
    ("permit_number", lambda permit, _: permit["permit_number"]),
    ("municipality", lambda permit, language: branch_name(permit.get("municipality"), language)),
    ("kind", lambda permit, language: _words(permit.get("kind_title"), language)),
    ("permit_status", lambda permit, language: _words(permit["status_title"], language)),
    ("issued_on_hijri", lambda permit, _: permit.get("issued_on_hijri")),
    ("issued_on", lambda permit, _: permit["issued_on"]),
    ("expires_on", lambda permit, _: permit.get("expires_on")),
    ("plan_number", lambda permit, _: permit.get("plan_number")),
    ("plot", lambda permit, _: " ".join(permit.get("plots") or ())),
    ("town", lambda permit, _: permit.get("town")),
    ("district", lambda permit, _: permit.get("district")),
    (
        "current",
        lambda permit, language: _words((permit.get("connection") or {}).get("title"), language),
    ),
    ("reasons", lambda permit, language: _reasons(permit.get("connection"), language)),
)


def send_csv(visit: Visit) -> flask.Response:
    """GET /sec/permits.csv: UTF-8 with a mark at its beginning, which Excel wants, and no cell that computes."""

    def write(rows: Sequence[Sequence[str]]) -> bytes:
        text = StringIO()
        csv.writer(text, lineterminator="\r\n").writerows([map(cell, row) for row in rows])
        return (_BOM + text.getvalue()).encode()

    return _send(visit, write, "permits.csv", "text/csv; charset=utf-8")


def send_xlsx(visit: Visit) -> flask.Response:
    """GET /sec/permits.xlsx: every cell is a text, so that Excel takes no plan number for a day."""

    def write(rows: Sequence[Sequence[str]]) -> bytes:
        content = BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(content, options) as book:
            sheet = book.add_worksheet("permits")
            text = book.add_format({"num_format": "@"})
            if visit.language == "ar":
                sheet.right_to_left()
            sheet.set_column(0, len(_COLUMNS) - 1, 18, text)
            for at, row in enumerate(rows):
                for column, value in enumerate(row):
                    sheet.write_string(at, column, value, text)
        return content.getvalue()

    return _send(visit, write, "permits.xlsx", _XLSX)


def _send(
    visit: Visit, write: Callable[[Sequence[Sequence[str]]], bytes], name: str, media_type: str
) -> flask.Response:
    asked = asked_search(visit)
    if asked is None or not asked.inputs:
        raise Problem("not-found")
    if misplaced_numbers(
        asked.inputs
    ):  # a page of this address would repeat the number in its links
        return visit.see_other(PATH)
    heads = [str(visit.text(f"column_{column}")) for column, _ in _COLUMNS]
    try:
        permits = list(_permits(visit, asked.inputs))
    except ServiceAway:
        raise Problem("service-away") from None
    rows = [[_text(value(one, visit.language)) for _, value in _COLUMNS] for one in permits]
    return visit.send_file(write([heads, *rows]), name, media_type)


def _permits(visit: Visit, search: Mapping[str, str]) -> Iterator[Document]:
    """Walks the pages of a search, up to the most rows of a file. Raises ServiceProblem."""
    cursor: str | None = None
    for _ in range(MOST_ROWS // _PAGE_ROWS):
        reply = ask_for_permits(visit, search, limit=_PAGE_ROWS, cursor=cursor)
        if reply.is_problem:
            raise ServiceProblem(reply)
        yield from reply.document["items"]
        cursor = reply.document["next_cursor"]
        if cursor is None:
            return


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _words(title: Mapping[str, str] | None, language: str) -> str | None:
    return title[language] if title else None


def _reasons(connection: Document | None, language: str) -> str:
    reasons = (connection or {}).get("reasons", ())
    return "؛ ".join(one["title"][language] for one in reasons)
