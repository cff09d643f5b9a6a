"""Requests of an establishment's workers by a file."""

from collections import Counter
from collections.abc import Sequence

from chassis.access.quotas import Demand
from chassis.core.refusals import Fault, InvalidFields
from chassis.http.problems import Problem
from health_certs import limits
from health_certs.api.callers import applicant_of
from health_certs.api.edge import Body, View
from health_certs.commands import listing
from health_certs.commands.listing import ACCEPTED, ALREADY, REFUSED, Chosen, Outcome
from health_certs.context import Call
from health_certs.domain import sheets


def apply_by_list(call: Call, body: Body) -> View:
    """Counted by the file; what each row says is looked at row by row."""
    own = applicant_of(call)
    demand = Demand(limits.lists_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    named = {name: body.get(name) for name in ("licence_no", "application_no")}
    if list(named.values()).count(None) != 1:
        raise InvalidFields.of("licence_no", "one-number")
    lines = sheets.read(body["file"].content)
    chosen = Chosen(named, body.get("centre"))
    done = listing.apply_all(call.session, call.actor, own, lines, chosen, now=call.now)
    counts = Counter(one.outcome for one in done)
    return {
        **{name: counts[name] for name in (ACCEPTED, ALREADY, REFUSED)},
        "rows": [_view(one) for one in done],
    }


def _view(one: Outcome) -> View:
    return {
        "row": one.row,
        "outcome": one.outcome,
        "request_no": one.request_no,
        "certificate_no": one.certificate_no,
        "errors": _errors(one.faults),
    }


def _errors(faults: Sequence[Fault]) -> list[View]:
    """In the words of a problem's errors, in both languages."""
    if not faults:
        return []
    problem = Problem("invalid-request", errors=list(faults))
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
