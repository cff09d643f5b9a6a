"""Applications of municipalities: submitted, corrected, looked at."""

import json
import re
from datetime import date, datetime, time
from typing import Any

from chassis.call import page_of
from chassis.core.times import days_as_texts
from chassis.data.idempotency import Answer
from chassis.http.lines import Line as SentLine
from chassis.http.problems import Problem, as_problem
from partner_gateway.api.municipal import JSON_LINES, accepted, desk, href, json_line, reach
from partner_gateway.commands import submissions
from partner_gateway.commands.submissions import Line, Taken
from partner_gateway.context import Call
from partner_gateway.domain import check_range
from partner_gateway.domain.applications import wait_of
from partner_gateway.queries import licences as queries
from partner_gateway.queries.licences import ApplicationSearch
from partner_gateway.views import application_view, licence_view
from partner_gateway.visits import APPLICATION, visit
from saudi.days import RIYADH, legal_day
from saudi.text import compact

_REFERENCE = re.compile(r"[A-Za-z0-9._:/-]{1,100}")


def submit_licence_application(call: Call, body: dict[str, Any], prefer: str = "") -> Any:
    """POST: a new application."""
    with visit(call, APPLICATION, *_submitted(call, 1)) as one:
        row = submissions.submit_application(desk(call), days_as_texts(body))
        one.ids.append(row.application_id)
    return accepted(call, row)


def correct_licence_application(
    call: Call, application_id: str, body: dict[str, Any], prefer: str = ""
) -> Any:
    """POST: a returned or waiting application, sent again."""
    with visit(call, APPLICATION, *_submitted(call, 1), application_id=application_id) as one:
        row = submissions.correct_application(
            desk(call), application_id.lower(), days_as_texts(body)
        )
        one.ids.append(row.application_id)
    return accepted(call, row)


def submit_licence_applications(call: Call, body: list[SentLine]) -> Any:
    """POST: up to 500 applications, each with a result of its own."""
    demands = _submitted(call, len(body))
    with visit(call, APPLICATION, *demands, lines=len(body)) as one:
        good = [
            Line(line.number, line.value["reference"], days_as_texts(line.value["application"]))
            for line in body
            if line.problem is None
        ]
        taken = {one.number: one for one in submissions.submit_batch(desk(call), good)}
        one.ids += [it.application_id for it in taken.values() if it.application_id]
    answer = b"".join(json_line(_result(call, line, taken.get(line.number))) for line in body)
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
        submitted_from=_begin(submitted_from),
        submitted_to=_begin(submitted_to),
        overdue=overdue,
        **asked | numbers,
    )
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, APPLICATION, *limits, **vars(search)) as one:
        check_range("submitted", submitted_from, submitted_to)
        asked_page, today = page_of(call, limit, cursor), legal_day(call.now)
        as_of = call.resources.shown_as_of(queries.APPLICATIONS_TOPIC)
        page = queries.applications(call.session, reach(call), search, asked_page, today=today)
        one.ids += [row.application_id for row in page.rows]
    data = call.settings.licence_data
    return {
        "as_of": as_of,
        "items": [application_view(row, data) for row in page.rows],
        "next_cursor": page.next_cursor,
    }


def get_licence_application(call: Call, application_id: str) -> Any:
    """GET: one application. A missing one is recorded too."""
    limits = call.resources.limits.of_municipality(call.actor)
    with visit(call, APPLICATION, *limits, application_id=application_id) as one:
        row = queries.find_application(call.session, reach(call), application_id.lower())
        one.ids.append(row.application_id)
    return application_view(row, call.settings.licence_data)


async def decided(call: Call, answer: Answer, arguments: dict[str, Any]) -> Any:
    """What a submission is answered with once its decision is there, within the time that the caller prefers to wait;
    None when it isn't."""
    seconds = wait_of(arguments.get("prefer"))
    if not seconds:
        return None
    accepted = json.loads(answer.body)
    found = await call.resources.decisions.wait(call.actor, accepted["application_id"], seconds)
    if found is None:
        return None
    data, today = call.settings.licence_data, legal_day(call.now)
    body = {
        "application": application_view(found.application, data),
        "licence": found.licence and licence_view(found.licence, data, today),
    }
    kept = {name: answer.headers[name] for name in answer.headers if name != "Content-Type"}
    return body, 200, {**kept, "Preference-Applied": f"wait={seconds:g}"}


def _submitted(call: Call, many: int) -> Any:
    return call.resources.limits.of_municipality(call.actor, submitted=many)


def _begin(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, RIYADH) if day else None


def _result(call: Call, line: SentLine, taken: Taken | None) -> dict[str, Any]:
    """A line of the answer."""
    result: dict[str, Any] = {"line": line.number, "reference": _reference(line)}
    if taken is None or taken.refusal is not None:
        problem = line.problem if taken is None else as_problem(taken.refusal)  # type: ignore[arg-type]
        return {**result, "result": "refused", "problem": _shown(problem, call.language)}
    id_ = str(taken.application_id)
    outcome = "repeated" if taken.is_repeated else "accepted"
    return {**result, "result": outcome, "application_id": id_, "href": href(call, id_)}


def _shown(problem: Problem | None, language: str) -> dict[str, Any]:
    return (problem or Problem("invalid-request")).document(language)


def _reference(line: SentLine) -> str | None:
    """The reference of a line, also of a line at fault, if it's one."""
    found = line.parsed.get("reference") if isinstance(line.parsed, dict) else None
    return found if isinstance(found, str) and _REFERENCE.fullmatch(found) else None
