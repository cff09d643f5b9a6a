"""Violations, for inspectors and for the officers who decide."""

from typing import Any

from chassis.call import page_of
from chassis.http.uploads import take_upload
from licences.api.views import (
    Body,
    View,
    fine_view,
    items_view,
    upload_view,
    views_of_violations,
    violation_files_view,
    violation_history_view,
)
from licences.catalogue import municipalities, violation_table
from licences.commands.violations import decide, observe, pay
from licences.commands.violations.close_place import close_place
from licences.commands.violations.court import enter_judgment, file_lawsuit
from licences.commands.violations.decide import Verdict
from licences.commands.violations.object import object_as_officer
from licences.commands.violations.observe import (
    Observation,
    fine_by_table,
    note_correction,
    notify_offender,
    observe_violation,
    warn_offender,
)
from licences.commands.violations.pay import rebill_fine
from licences.commands.violations.recording import course_of, item_of, people_of
from licences.context import Call
from licences.domain.actors import municipality_bound
from licences.domain.violations import Case, Earlier, Status, staff_actions
from licences.lookups import count_earlier
from licences.models import Violation
from licences.queries import violations
from licences.queries.violations import (
    ViolationSearch,
    file_of_violation,
    files_of_violation,
    history_of_violation,
)
from saudi.days import legal_day
from saudi.money import riyals

Created = tuple[View, int]
FileAnswer = tuple[bytes, int, dict[str, str]]


def list_violation_items(call: Call) -> View:
    """Lists the items with what each costs today in the caller's municipality. The governorate's staff record in each
    municipality, so they read the least and the most of all."""
    own = municipality_bound(call.actor)
    spans = violation_table().spans([own] if own else municipalities(), legal_day(call.now))
    return items_view({code: (riyals(a), riyals(b)) for code, (a, b) in spans.items()})


def upload_violation_attachment(call: Call, body: Body) -> Created:
    """Keeps a file for a violation that is still to be recorded, confirmed or objected to."""
    return upload_view(take_upload(call, body["file"])), 201


def record_violation(call: Call, body: Body) -> Created:
    observation = Observation(**{name: value for name, value in body.items() if value is not None})
    row = observe_violation(call.work, observation)
    return _violation_answer(call, row), 201


def list_violations(call: Call, limit: int, cursor: str | None = None, **filters: Any) -> View:
    page = violations.list_violations(
        call.session, call.actor, ViolationSearch(**filters), page_of(call, limit, cursor)
    )
    items = views_of_violations(call.session, page.rows)
    return {"items": items, "next_cursor": page.next_cursor}


def get_violation(call: Call, violation_id: str) -> View:
    return _violation_answer(call, violations.get_violation(call.session, call.actor, violation_id))


def get_violation_history(call: Call, violation_id: str) -> View:
    rows = history_of_violation(call.session, call.actor, violation_id)
    return violation_history_view(rows)


def list_violation_files(call: Call, violation_id: str) -> View:
    violations.get_violation(call.session, call.actor, violation_id)
    return violation_files_view(files_of_violation(call.session, violation_id))


def get_violation_file(call: Call, violation_id: str, attachment_id: str) -> FileAnswer:
    """Answers the file under a name that tells nothing: the original name may be a person's."""
    row = violations.get_violation(call.session, call.actor, violation_id)
    file = file_of_violation(call.session, row, attachment_id)
    return call.resources.files.answer(file, name=f"{row.violation_no}-{attachment_id[-4:]}")


def warn_violation(call: Call, violation_id: str) -> View:
    return _violation_answer(call, warn_offender(call.work, violation_id))


def correct_violation(call: Call, violation_id: str, body: Body) -> View:
    row = note_correction(call.work, violation_id, note=body["note"])
    return _violation_answer(call, row)


def confirm_violation(call: Call, violation_id: str, body: Body) -> View:
    row = observe.confirm_violation(
        call.work, violation_id, note=body["note"], pictures=body.get("pictures", ())
    )
    return _violation_answer(call, row)


def notify_violation(call: Call, violation_id: str) -> View:
    return _violation_answer(call, notify_offender(call.work, violation_id))


def bill_violation(call: Call, violation_id: str, body: Body | None = None) -> View:
    row = rebill_fine(call.work, violation_id, corrections=(body or {}).get("offender"))
    return _violation_answer(call, row)


def object_to_violation(call: Call, violation_id: str, body: Body) -> View:
    files = body.get("files", ())
    row = object_as_officer(call.work, violation_id, reasons=body["reasons"], files=files)
    return _violation_answer(call, row)


def decide_objection(call: Call, violation_id: str, body: Body) -> View:
    row = decide.decide_objection(call.work, violation_id, _verdict_of(body))
    return _violation_answer(call, row)


def sue_violation(call: Call, violation_id: str, body: Body) -> View:
    row = file_lawsuit(call.work, violation_id, case_number=body["case_number"])
    return _violation_answer(call, row)


def judge_violation(call: Call, violation_id: str, body: Body) -> View:
    row = enter_judgment(call.work, violation_id, _verdict_of(body))
    return _violation_answer(call, row)


def cancel_violation(call: Call, violation_id: str, body: Body) -> View:
    row = decide.cancel_violation(call.work, violation_id, reason=body["reason"])
    return _violation_answer(call, row)


def close_violation(call: Call, violation_id: str, body: Body) -> View:
    row = pay.close_violation(call.work, violation_id, note=body["note"])
    return _violation_answer(call, row)


def close_violation_place(call: Call, violation_id: str, body: Body) -> View:
    seal_number, reason = body["seal_number"], body["reason"]
    row = close_place(call.work, violation_id, seal_number=seal_number, reason=reason)
    return _violation_answer(call, row)


def _verdict_of(body: Body) -> Verdict:
    return Verdict(
        outcome=body["outcome"], reasons=body["reasons"], reduce_to=body.get("reduce_to_percent")
    )


def _violation_answer(call: Call, row: Violation) -> View:
    is_seen = row.status in (Status.OBSERVED, Status.WARNED)
    earlier = count_earlier(call.session, row) if is_seen else Earlier()
    return {
        **views_of_violations(call.session, [row])[0],
        "staff_actions": _actions_of(call, row, earlier),
        "expected_fine": fine_view(fine_by_table(row, earlier)) if is_seen else None,
    }


def _actions_of(call: Call, row: Violation, earlier: Earlier) -> list[str]:
    case = Case(
        course=course_of(row),
        item=item_of(row),
        earlier=earlier,
        correct_until=row.correct_until,
        others=people_of(call.session, row),
        is_billed=violations.has_open_bill(call.session, row),
        has_licence=row.licence_no is not None,
        is_confirmed=row.confirmed_at is not None,
        is_closed=row.place_closed_at is not None,
    )
    return staff_actions(case, subject=call.actor.subject, today=legal_day(call.now))
