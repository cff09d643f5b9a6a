"""The monthly table, for people and for spreadsheets."""

from collections.abc import Sequence

from reports import queries
from reports.api.edge import View
from reports.catalogue import catalogue, municipalities
from reports.context import Call
from reports.domain.monthly import MonthlyRow, csv_of, span_of
from saudi.bilingual import Bilingual
from saudi.text import fold_digits


def get_monthly_table(call: Call, month: str, level: str = "group") -> View:
    return {
        "month": fold_digits(month),
        "rows": [_row_view(one) for one in _read_rows(call, month, level)],
    }


def get_monthly_csv(
    call: Call, month: str, level: str = "group"
) -> tuple[bytes, int, dict[str, str]]:
    names = _category_names()
    text = csv_of(
        _read_rows(call, month, level),
        lambda code: municipalities()[code].ar,
        lambda code: names[code].ar,
    )
    name = fold_digits(month).replace("/", "-")
    disposition = f'attachment; filename="reports-{name}.csv"'
    headers = {"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": disposition}
    return text.encode(), 200, headers


def _read_rows(call: Call, month: str, level: str) -> Sequence[MonthlyRow]:
    return queries.monthly_table(call.work, span_of(month), by_type=level == "type")


def _category_names() -> dict[str, Bilingual]:
    found = catalogue().categories.values()
    return {
        **{one.group.code: one.group.words for one in found},
        **{one.code: one.words for one in found},
    }


def _row_view(row: MonthlyRow) -> View:
    branch = municipalities()[row.municipality] if row.municipality else None
    kind = _category_names()[row.category] if row.category else None
    counts = ("received", "treated", "open", "linked_external", "rejected", "duplicates", "overdue")
    return {
        "municipality": row.municipality,
        "municipality_title": branch.pair() if branch else None,
        "category": row.category,
        "category_title": kind.pair() if kind else None,
        **{name: getattr(row, name) for name in counts},
        "median_working_hours": row.median_hours,
        "share_in_time": row.share_in_time,
    }
