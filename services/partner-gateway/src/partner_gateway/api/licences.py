"""Municipalities' applications and licences: submitted, corrected, looked at, exported, renewed, cancelled."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.call import page_of
from chassis.core.refusals import Fault, InvalidFields
from chassis.core.times import days_as_texts, rfc3339
from chassis.data.idempotency import Answer
from chassis.http.lines import Line as SentLine
from chassis.http.problems import Problem, as_problem
from chassis.http.streams import Stream
from partner_gateway.api import views
from partner_gateway.api.views import application_view, licence_view
from partner_gateway.api.visits import APPLICATION, LICENCE, visit
from partner_gateway.commands import submissions
from partner_gateway.commands.submissions import Line, LineResult, Submitter
from partner_gateway.context import Call
from partner_gateway.domain import application_months
from partner_gateway.domain.application_months import MonthRow
from partner_gateway.domain.applications import Reach, reach_of, wait_of
from partner_gateway.domain.permit_queries import check_range
from partner_gateway.events import Sender
from partner_gateway.models import LicenceApplication
from partner_gateway.queries import licences
from partner_gateway.queries.licences import ApplicationSearch, LicenceSearch, count_licences
from saudi.days import legal_day, midnight
from saudi.text import compact, fold_digits

PATH = "/v1/licence-applications"
JSON_LINES = "application/x-ndjson; charset=utf-8"
MOST_EXPORTED = 1_000_000
_REFERENCE = re.compile(r"[A-Za-z0-9._:/-]{1,100}")


def submit_licence_application(call: Call, body: dict[str, Any], prefer: str = "") -> Any:
    """POST: a new application."""
    with visit(call, APPLICATION, *_demands(call, 1)) as one:
        row = submissions.submit_application(call.work, _submitter(call), days_as_texts(body))
        one.ids.append(row.application_id)
    return _accepted_answer(call, row)


def correct_licence_application(
    call: Call, application_id: str, body: dict[str, Any], prefer: str = ""
) -> Any:
    """POST: a returned or waiting application, sent again."""
    with visit(call, APPLICATION, *_demands(call, 1), application_id=application_id) as one:
        row = submissions.correct_application(
            call.work, _submitter(call), application_id.lower(), days_as_texts(body)
        )
        one.ids.append(row.application_id)
    return _accepted_answer(call, row)


def withdraw_licence_application(
    call: Call, application_id: str, body: dict[str, Any], prefer: str = ""
) -> Any:
    """POST: an application of the municipality isn't wanted any more."""
    with visit(call, APPLICATION, *_demands(call, 1), application_id=application_id) as one:
        row = submissions.withdraw_application(
            call.work, _submitter(call), application_id.lower(), body
        )
        one.ids.append(row.application_id)
    return _accepted_answer(call, row)


def submit_licence_applications(call: Call, body: list[SentLine]) -> Any:
    """POST: up to 500 applications, each with a result of its own."""
    demands = _demands(call, len(body))
    with visit(call, APPLICATION, *demands, lines=len(body)) as one:
        good = [
            Line(line.number, line.value["reference"], days_as_texts(line.value["application"]))
            for line in body
            if line.problem is None
        ]
        made = submissions.submit_batch(call.work, _submitter(call), good)
        one.ids += [result.application_id for result in made if result.application_id]
    taken = {result.number: result for result in made}
    told = _with_all_faults(call, body)
    answer = b"".join(json_line(_result(call, line, taken.get(line.number))) for line in told)
    return answer, 200, {"Content-Type": JSON_LINES}


def find_licence_applications(
    call: Call,
    limit: int,
    cursor: str | None = None,
    submitted_from: date | None = None,
    submitted_to: date | None = None,
    overdue: bool | None = None,
    **asked: str,
) -> Any:
    """GET: a page of the municipality's applications, newest first."""
    numbers = {
        name: compact(asked[name]) for name in ("application_no", "licence_no") if name in asked
    }
    search = ApplicationSearch(
        submitted_from=midnight(submitted_from) if submitted_from else None,
        submitted_to=midnight(submitted_to) if submitted_to else None,
        overdue=overdue,
        **asked | numbers,
    )
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, APPLICATION, *limits, **vars(search)) as one:
        check_range("submitted", submitted_from, submitted_to)
        asked_page, today = page_of(call, limit, cursor), legal_day(call.now)
        as_of = call.resources.shown_as_of(licences.APPLICATIONS_TOPIC)
        page = licences.applications(call.session, _reach(call), search, asked_page, today=today)
        one.ids += [row.application_id for row in page.rows]
        bills = licences.bills_of(call.session, [row.application_id for row in page.rows])
    data = call.settings.licence_data
    return {
        "as_of": as_of,
        "items": [application_view(row, data, bills.get(row.application_id)) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


def get_licence_application(call: Call, application_id: str) -> Any:
    """GET: one application. A missing one is recorded too."""
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, APPLICATION, *limits, application_id=application_id) as one:
        row = licences.find_application(call.session, _reach(call), application_id.lower())
        one.ids.append(row.application_id)
        bills = licences.bills_of(call.session, [row.application_id])
    return application_view(row, call.settings.licence_data, bills.get(row.application_id))


async def decided(call: Call, answer: Answer, arguments: dict[str, Any]) -> Any:
    """Waits for the decision on a submission as long as the caller prefers, and returns the answer that shows it.
    Returns None when there's no decision in time."""
    seconds = wait_of(arguments.get("prefer"))
    if not seconds:
        return None
    accepted = json.loads(answer.body)
    found = await call.resources.decisions.wait(call.actor, accepted["application_id"], seconds)
    if found is None:
        return None
    data, today = call.settings.licence_data, legal_day(call.now)
    body = {
        "application": application_view(found.application, data, found.bill),
        "licence": found.licence and licence_view(found.licence, data, today),
    }
    kept = {name: answer.headers[name] for name in answer.headers if name != "Content-Type"}
    return body, 200, {**kept, "Preference-Applied": f"wait={seconds:g}"}


def find_licences(call: Call, limit: int, cursor: str | None = None, **asked: Any) -> Any:
    """GET: a page of the municipality's licences, newest first."""
    search, today = LicenceSearch(**asked), legal_day(call.now)
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, LICENCE, *limits, **vars(search)) as one:
        as_of = call.resources.shown_as_of(licences.LICENCES_TOPIC)
        check_range("issued", search.issued_from, search.issued_to)
        page = licences.licences(
            call.session, _reach(call), search, page_of(call, limit, cursor), today=today
        )
        one.ids += [row.licence_id for row in page.rows]
    data = call.settings.licence_data
    return {
        "as_of": as_of,
        "items": [licence_view(row, data, today) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


def get_licence(call: Call, licence_no: str) -> Any:
    """GET: one licence by its number. A missing one is recorded too."""
    number = compact(licence_no)
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, LICENCE, *limits, licence_no=number) as one:
        row = licences.find_licence(call.session, _reach(call), number)
        one.ids.append(row.licence_id)
    return licence_view(row, call.settings.licence_data, legal_day(call.now))


def request_licence_renewal(
    call: Call, licence_no: str, body: dict[str, Any], prefer: str = ""
) -> Any:
    """POST: a renewal, an application of its own."""
    number = compact(licence_no)
    with visit(call, APPLICATION, *_demands(call, 1), licence_no=number) as one:
        row = submissions.request_renewal(call.work, _submitter(call), number, days_as_texts(body))
        one.ids.append(row.application_id)
    return _accepted_answer(call, row)


def request_licence_cancellation(
    call: Call, licence_no: str, body: dict[str, Any], prefer: str = ""
) -> Any:
    """POST: a cancellation, an application of its own."""
    number = compact(licence_no)
    with visit(call, APPLICATION, *_demands(call, 1), licence_no=number) as one:
        row = submissions.request_cancellation(call.work, _submitter(call), number, body)
        one.ids.append(row.application_id)
    return _accepted_answer(call, row)


def export_licences(call: Call, format: str = "csv", **asked: Any) -> Any:
    """GET: all of the municipality's licences as one file, sent piece by piece. Raises TooManyLicences, and
    TooManyExports while others are being sent."""
    search, today = LicenceSearch(**asked), legal_day(call.now)
    limits = call.resources.limits
    demands = [*limits.of_municipality(call.actor), limits.exports_of(call.actor)]
    release = call.resources.exports.take()
    try:
        with visit(call, LICENCE, *demands, format=format, **vars(search)) as one:
            check_range("issued", search.issued_from, search.issued_to)
            own = _reach(call)
            one.count = _count_for_export(call.session, own, search, today=today)
    except BaseException:
        release()
        raise
    pieces = _csv(call, own, search, today) if format == "csv" else _lines(call, own, search, today)
    kind = "text/csv; charset=utf-8; header=present" if format == "csv" else JSON_LINES
    name = f"licences-{today.isoformat()}.{format}"
    return Stream(pieces, release), 200, {
        "Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'
    }  # fmt: skip


def count_licence_applications(call: Call, year: str, municipality: str | None = None) -> Any:
    """GET: the numbers of applications by month and status."""
    as_of = call.resources.shown_as_of(licences.APPLICATIONS_TOPIC)
    rows = _count_months(call, year, municipality)
    return {
        "as_of": as_of,
        "year": fold_digits(year),
        "months": [views.month_view(row) for row in rows],
        "sum": application_months.sum_of(rows),
    }


def export_licence_application_months(
    call: Call, year: str, municipality: str | None = None
) -> tuple[bytes, int, dict[str, str]]:
    """GET: the same as CSV."""
    rows = _count_months(call, year, municipality)
    file = views.months_csv(rows, application_months.sum_of(rows))
    name = f"applications-{fold_digits(year)}.csv"
    return file, 200, {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}"',
    }  # fmt: skip


def _count_months(call: Call, year: str, municipality: str | None) -> Sequence[MonthRow]:
    """Counts on the limits, and returns the months. Raises InvalidFields on `year`."""
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, APPLICATION, *limits, year=fold_digits(year), municipality=municipality):
        months = application_months.months_of(year)
        bounds = application_months.bounds_of(months)
        found = licences.count_by_month(call.session, _reach(call), bounds, municipality)
    return application_months.rows_of(months, found)


def _count_for_export(session: Session, reach: Reach, search: LicenceSearch, *, today: date) -> int:
    """Counts the licences of an export. Raises InvalidFields when they're too many for a file."""
    count = count_licences(session, reach, search, today=today, most=MOST_EXPORTED)
    if count > MOST_EXPORTED:
        raise InvalidFields.of("issued_from", "export-too-large", limit=MOST_EXPORTED)
    return count


def _documents(
    call: Call, own: Reach, search: LicenceSearch, today: date
) -> Iterator[list[dict[str, Any]]]:
    data = call.settings.licence_data
    for rows in licences.all_licences(call.resources.database, own, search, today=today):
        yield [licence_view(row, data, today) for row in rows]


def _lines(call: Call, own: Reach, search: LicenceSearch, today: date) -> Iterator[bytes]:
    for documents in _documents(call, own, search, today):
        yield b"".join(json_line(one) for one in documents)


def _csv(call: Call, own: Reach, search: LicenceSearch, today: date) -> Iterator[bytes]:
    yield views.CSV_HEAD
    for documents in _documents(call, own, search, today):
        yield views.csv_rows(documents)


def _demands(call: Call, many: int) -> Any:
    return call.resources.limits.of_municipality(call.actor, submitted=many)


def _with_all_faults(call: Call, lines: Sequence[SentLine]) -> list[SentLine]:
    """Returns the lines with what the tables show beside the faults of the schema. Leaves out a faulty field and the
    objects that hold one: an object may be at fault only because that field was taken out."""
    bodies = {
        line.number: line.accepted["application"]
        for line in lines
        if line.accepted and isinstance(line.accepted.get("application"), dict)
    }
    found = submissions.line_faults(call.work, _reach(call), bodies) if bodies else {}
    return [_with_faults(line, found.get(line.number, ())) for line in lines]


def _with_faults(line: SentLine, more: Sequence[Fault]) -> SentLine:
    if line.problem is None or not more:
        return line
    errors = line.problem.errors
    faulty = [f"{fault.field}." for fault in errors]
    new = [one for one in more if not any(name.startswith(f"{one.field}.") for name in faulty)]
    return replace(line, problem=Problem(line.problem.slug, errors=[*errors, *new]))


def _result(call: Call, line: SentLine, taken: LineResult | None) -> dict[str, Any]:
    """Returns a line of the answer."""
    result: dict[str, Any] = {"line": line.number, "reference": _reference(line)}
    if taken is None or taken.refusal is not None:
        problem = line.problem if taken is None else as_problem(taken.refusal)  # type: ignore[arg-type]
        return {**result, "result": "refused", "problem": _problem_document(problem, call.language)}
    id_ = str(taken.application_id)
    outcome = "repeated" if taken.is_repeated else "accepted"
    return {**result, "result": outcome, "application_id": id_, "href": _href(call, id_)}


def _problem_document(problem: Problem | None, language: str) -> dict[str, Any]:
    return (problem or Problem("invalid-request")).document(language)


def _reference(line: SentLine) -> str | None:
    """Returns the reference of a line, also of a line at fault, if it's one."""
    found = line.parsed.get("reference") if isinstance(line.parsed, dict) else None
    return found if isinstance(found, str) and _REFERENCE.fullmatch(found) else None


def _reach(call: Call) -> Reach:
    """Raises NoMunicipality."""
    return reach_of(call.actor.organisation_kind, call.actor.attributes)


def _submitter(call: Call) -> Submitter:
    """Raises NoMunicipality."""
    reach, caller = _reach(call), call.actor
    sender = Sender(reach.municipality, caller.kind, caller.client_id, caller.subject)
    return Submitter(sender, reach, call.settings)


def _href(call: Call, application_id: str) -> str:
    return f"{call.settings.public_url}{PATH}/{application_id}"


def _accepted_answer(
    call: Call, row: LicenceApplication
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Returns the answer to a submission."""
    address = _href(call, row.application_id)
    body = {
        "application_id": row.application_id,
        "status": "submitted",
        "submitted_at": rfc3339(call.now),
        "href": address,
    }
    return body, 202, {"Location": address}


def json_line(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"
