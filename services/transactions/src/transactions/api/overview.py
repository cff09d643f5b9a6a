"""What a head of department sees: the load, who waits for whom, the month table."""

from typing import Any

from saudi.days import Month, legal_day
from saudi.formats import with_hijri
from transactions import queries
from transactions.api.views import DAYS, View, department_view
from transactions.context import Call
from transactions.domain.transactions import Status

_LOAD = ("open", "overdue", "step_overdue", "returned", "to_file")
_MONTH = ("received", *(one.value for one in Status), "overdue", "in_time", "late")


def get_workload(call: Call) -> View:
    today = legal_day(call.now)
    loads = queries.load_of_departments(call.session, call.actor, today=today)
    waits = queries.waiting_departments(call.session, call.actor, today=today)
    return {
        "departments": [_load_view(row) for row in loads],
        "waits": [_wait_view(row) for row in waits],
    }


def _load_view(row: Any) -> View:
    view = {
        "department": department_view(row.department),
        **{name: getattr(row, name) for name in _LOAD},
        "oldest_on": row.oldest_on.isoformat(),
    }
    return with_hijri(view, DAYS)


def _wait_view(row: Any) -> View:
    view = {
        "waits": department_view(row.waits),
        "has": department_view(row.department),
        "count": row._mapping["count"],
        "overdue": row.overdue,
        "since": legal_day(row.oldest_at).isoformat(),
    }
    return with_hijri(view, DAYS)


def get_month_table(call: Call, month: Month) -> View:
    today = legal_day(call.now)
    rows = queries.month_table(call.session, call.actor, month.first, month.last, today=today)
    return {"month": month.text, "rows": [_month_view(row) for row in rows]}


def _month_view(row: Any) -> View:
    return {
        "municipality": row.municipality,
        "department": department_view(row.department),
        **{name: getattr(row, name) for name in _MONTH},
    }
