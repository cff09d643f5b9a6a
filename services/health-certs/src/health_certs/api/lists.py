"""Requests of an establishment's workers by a file."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from chassis.access.quotas import Demand
from chassis.core.refusals import Fault, InvalidFields
from chassis.http.problems import Problem
from health_certs import limits
from health_certs.api.callers import applicant_of
from health_certs.api.edge import Body, View
from health_certs.commands import listing
from health_certs.commands.listing import ACCEPTED, ALREADY, REFUSED, Chosen, Sender
from health_certs.context import Call
from health_certs.domain import sheets
from health_certs.models import RequestList, RequestListRow
from health_certs.queries import mine

WAITING = "waiting"


def apply_by_list(call: Call, body: Body) -> tuple[View, int]:
    """Counted by the file; what each row says is looked at row by row, afterwards."""
    own = applicant_of(call)
    demand = Demand(limits.lists_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    named = {name: body.get(name) for name in ("licence_no", "application_no")}
    if list(named.values()).count(None) != 1:
        raise InvalidFields.of("licence_no", "one-number")
    lines = sheets.read(body["file"].content)
    chosen, sender = Chosen(named, body.get("centre")), Sender(call.actor, own)
    row = listing.send(call.session, sender, lines, chosen, now=call.now)
    return _view(row, mine.rows_of_list(call.session, row.list_id)), 202


def get_my_list(call: Call, list_id: str) -> View:
    row = mine.my_list(call.session, applicant_of(call), list_id)
    return _view(row, mine.rows_of_list(call.session, list_id))


def _view(row: RequestList, rows: Sequence[RequestListRow]) -> View:
    counts = Counter(one.outcome or WAITING for one in rows)
    return {
        "list_id": row.list_id,
        "licence_no": row.licence_no,
        "application_no": row.application_no,
        "done": row.done_at is not None,
        **{name: counts[name] for name in (WAITING, ACCEPTED, ALREADY, REFUSED)},
        "rows": [_row(one) for one in rows],
    }


def _row(one: RequestListRow) -> View:
    return {
        "row": one.row,
        "outcome": one.outcome or WAITING,
        "request_no": one.request_no,
        "certificate_no": one.certificate_no,
        "errors": _errors(one.faults),
    }


def _errors(faults: Sequence[dict[str, Any]]) -> list[View]:
    """In the words of a problem's errors, in both languages."""
    if not faults:
        return []
    problem = Problem("invalid-request", errors=[Fault(**one) for one in faults])
    told = [problem.document(language)["errors"] for language in ("ar", "en")]
    return [
        {
            "column": (column := sheets.column_of(arabic["field"])),
            "column_title": _title(column),
            "code": arabic["code"],
            "detail": {"ar": arabic["detail"], "en": english["detail"]},
        }
        for arabic, english in zip(*told, strict=True)
    ]


def _title(column: str) -> View:
    words = sheets.COLUMNS.get(column)
    return dict(words.pair()) if words else {"ar": column, "en": column}
