"""The operations on lists: requests for an establishment's workers, sent as a file."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from chassis.core.refusals import Fault, InvalidFields
from chassis.http.problems import Problem
from health_certs import limits, queries
from health_certs.api.views import Body, View, applicant_of
from health_certs.commands.lists import ACCEPTED, ALREADY, REFUSED, ListChoice, send_list
from health_certs.context import Call
from health_certs.domain.worker_lists import COLUMNS, column_of, read_lines
from health_certs.models import RequestList, RequestListRow

WAITING = "waiting"


def apply_by_list(call: Call, body: Body) -> tuple[View, int]:
    """Counts one list, however many rows. The rows are checked afterwards, each by itself."""
    applicant = applicant_of(call)
    call.charge_caller(limits.lists_of_citizen(call.settings))
    named = {name: body.get(name) for name in ("licence_no", "application_no")}
    if list(named.values()).count(None) != 1:
        raise InvalidFields.of("licence_no", "one-number")
    lines = read_lines(body["file"].content)
    row = send_list(call.work, applicant, lines, ListChoice(named, body.get("centre")))
    return _list_view(row, queries.rows_of_list(call.session, row.list_id)), 202


def get_my_list(call: Call, list_id: str) -> View:
    row = queries.my_list(call.session, applicant_of(call), list_id)
    return _list_view(row, queries.rows_of_list(call.session, list_id))


def _list_view(row: RequestList, rows: Sequence[RequestListRow]) -> View:
    counts = Counter(one.outcome or WAITING for one in rows)
    return {
        "list_id": row.list_id,
        "licence_no": row.licence_no,
        "application_no": row.application_no,
        "done": row.done_at is not None,
        **{name: counts[name] for name in (WAITING, ACCEPTED, ALREADY, REFUSED)},
        "rows": [_row_view(one) for one in rows],
    }


def _row_view(row: RequestListRow) -> View:
    return {
        "row": row.row,
        "outcome": row.outcome or WAITING,
        "request_no": row.request_no,
        "certificate_no": row.certificate_no,
        "errors": _error_views(row.faults),
    }


def _error_views(faults: Sequence[dict[str, Any]]) -> list[View]:
    """Words each fault like an error of a problem, in both languages."""
    if not faults:
        return []
    problem = Problem("invalid-request", errors=[Fault(**one) for one in faults])
    documents = [problem.document(language)["errors"] for language in ("ar", "en")]
    return [
        {
            "column": (column := column_of(arabic["field"])),
            "column_title": _column_title(column),
            "code": arabic["code"],
            "detail": {"ar": arabic["detail"], "en": english["detail"]},
        }
        for arabic, english in zip(*documents, strict=True)
    ]


def _column_title(column: str) -> View:
    words = COLUMNS.get(column)
    return words.pair() if words else {"ar": column, "en": column}
