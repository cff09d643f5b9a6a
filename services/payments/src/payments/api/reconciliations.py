"""The daily reconciliations and their differences."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.core.refusals import InvalidFields
from chassis.data.aggregates import history
from payments import queries
from payments.api import views
from payments.api.views import View
from payments.commands import reconcile
from payments.context import Call
from payments.domain.settlement import Unreadable, read_csv
from payments.models import Reconciliation

Body = Mapping[str, Any]


def list_reconciliations(
    call: Call, limit: int, cursor: str | None = None, source: str | None = None
) -> View:
    page = queries.list_reconciliations(call.session, source, page_of(call, limit, cursor))
    rows = [views.reconciliation(row) for row in page.rows]
    return {"items": rows, "next_cursor": page.next_cursor}


def get_reconciliation(call: Call, source: str, day: date) -> View:
    return _details(call, queries.get_reconciliation(call.session, source, day))


def export_differences(call: Call, source: str, day: date) -> tuple[bytes, int, dict[str, str]]:
    queries.get_reconciliation(call.session, source, day)
    text = queries.differences_csv(queries.differences_of(call.session, source, day))
    name = f"differences-{source}-{day}.csv"
    headers = {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    return text.encode(), 200, headers


def settle_counter_day(call: Call, day: date, body: Body) -> View:
    try:
        lines = read_csv(body["file"].content.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidFields.of("file", "settlement-line", line=0, field="utf-8") from None
    except Unreadable as error:
        raise InvalidFields.of(
            "file", "settlement-line", line=error.line, field=error.field
        ) from None
    row = reconcile.settle_counter_day(call.work, day, lines)
    return _details(call, row)


def _details(call: Call, row: Reconciliation) -> View:
    found = queries.differences_of(call.session, row.source, row.day, most=queries.MOST_DIFFERENCES)
    entries = history(call.session, (row.aggregate_type, row.aggregate_id))
    return views.reconciliation_details(row, found, entries, language=call.language)
