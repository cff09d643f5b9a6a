"""Medical centres find workers who chose them, enter results, and ask whether a result was recorded.

No answer tells a result.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from chassis.call import page_of
from chassis.core import contracts
from chassis.core.refusals import NotFound
from chassis.core.times import rfc3339
from partner_gateway.api.views import examination_view
from partner_gateway.api.visits import visit_of_centre
from partner_gateway.commands import examinations as commands
from partner_gateway.context import Call
from partner_gateway.domain import examinations
from partner_gateway.domain.examinations import Examiner, Spans
from partner_gateway.models.partners import worker_key_text
from partner_gateway.queries import partners
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.text import compact

Body = dict[str, Any]


def find_examinee(call: Call, body: Body) -> Any:
    """POST: by request number and the worker's number, both in the body. A missing one is recorded too."""
    number, worker = compact(body["number"]), examinations.searched_worker(body)
    index, asked = call.settings.blind_index, {"number": number}
    with visit_of_centre(call, civil_id_key=index.key(worker), **asked) as one:
        keys, centre = index.keys(worker_key_text(worker)), _accredited_centre(call)
        row = partners.find_examinee(call.session, centre, number, keys, call.now)
        commands.note_found(call.session, row)
        one.ids.append(row.request_id)
        last = partners.last_examination(call.session, call.actor.organisation, number)
    worker_shown = {
        name: value for name, value in (row.worker or {}).items() if name != "id_number"
    }
    shown = {
        "number": row.number,
        "worker": worker_shown,
        "until": rfc3339(row.until) if row.until else None,
        "examination": examination_view(last, _href(call, number)) if last else None,
    }
    return with_hijri(shown, ("birth_date", "until"))


def find_examinations(call: Call, limit: int, cursor: str | None = None) -> Any:
    """GET: a page of the centre's own entries of today."""
    with visit_of_centre(call) as one:
        page = partners.examinations_of_day(
            call.session,
            call.actor.organisation,
            legal_day(call.now),
            page_of(call, limit, cursor),
        )
        one.ids += dict.fromkeys(row.request_id for row in page.rows)
        one.count = len(page.rows)
    items = [examination_view(row, _href(call, row.number)) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def enter_examination(call: Call, number: str, body: Body) -> Any:
    """PUT: a result, or its correction."""
    number, caller = compact(number), call.actor
    examiner = Examiner(caller.organisation, caller.kind, caller.client_id, caller.subject)
    with visit_of_centre(call, number=number, reason=body.get("correction_reason")) as one:
        row = commands.enter(call.work, examiner, number, body, settings=call.settings)
        one.ids.append(row.request_id)
        one.note(examination_id=row.examination_id)
    href = _href(call, number)
    return examination_view(row, href), 202, {"Location": href}


def get_examination(call: Call, number: str) -> Any:
    """GET: whether the centre's last entry about a request was recorded. A missing one is recorded too."""
    number = compact(number)
    with visit_of_centre(call, number=number) as one:
        row = partners.last_examination(call.session, call.actor.organisation, number)
        if row is None:
            raise NotFound
        one.ids.append(row.request_id)
    return examination_view(row, _href(call, number))


def _accredited_centre(call: Call) -> str:
    """Returns the caller's centre while it's accredited. One that isn't looks as a centre that nobody chose, and
    finds none."""
    centre = call.actor.organisation
    spans = _accreditations().get(centre, ())
    return centre if examinations.is_accredited(spans, legal_day(call.now)) else ""


@cache
def _accreditations() -> Mapping[str, Spans]:
    return examinations.read_accreditations(contracts.read("reference/medical-centres.yaml"))


def _href(call: Call, number: str) -> str:
    return f"{call.settings.public_url}/v1/health-examinations/{number}/result"
