"""Operations that change where a report stands in its life."""

from reports.api.edge import Body, View, note_of
from reports.api.views import report_view
from reports.commands import duplicates, ending, referral, treatment
from reports.context import Call


def refer_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = referral.refer(
        call.work, report_id, department=(body or {}).get("department"), note=note_of(body)
    )
    return report_view(row, call.actor)


def return_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.send_back(call.work, report_id, reason=body["reason"])
    return report_view(row, call.actor)


def start_report(call: Call, report_id: str, body: Body | None = None) -> View:
    given = body or {}
    row = treatment.start(
        call.work,
        report_id,
        contractor=given.get("contractor"),
        work_order=given.get("work_order"),
        note=note_of(body),
    )
    return report_view(row, call.actor)


def link_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.link_external(
        call.work, report_id, body=body["body"], reference=body.get("reference"), note=note_of(body)
    )
    return report_view(row, call.actor)


def ask_reporter(call: Call, report_id: str, body: Body) -> View:
    row = referral.ask(call.work, report_id, question=body["question"])
    return report_view(row, call.actor)


def record_answer(call: Call, report_id: str, body: Body) -> View:
    row = referral.answer(call.work, report_id, text=body["text"])
    return report_view(row, call.actor)


def resolve_report(call: Call, report_id: str, body: Body) -> View:
    row = treatment.resolve(
        call.work, report_id, text=body["text"], attachments=body.get("after_photos", ())
    )
    return report_view(row, call.actor)


def close_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = ending.close(call.work, report_id, note=note_of(body), rule=call.settings.reopening)
    return report_view(row, call.actor)


def reopen_report(call: Call, report_id: str, body: Body) -> View:
    row = ending.reopen(call.work, report_id, reason=body["reason"], rule=call.settings.reopening)
    return report_view(row, call.actor)


def reject_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.reject(call.work, report_id, reason=body["reason"])
    return report_view(row, call.actor)


def mark_duplicate(call: Call, report_id: str, body: Body) -> View:
    row = duplicates.mark_duplicate(
        call.work,
        report_id,
        main_id=body["main_report_id"],
        note=note_of(body),
        metres=call.settings.duplicate_metres,
    )
    return report_view(row, call.actor)


def split_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = duplicates.split(call.work, report_id, note=note_of(body))
    return report_view(row, call.actor)


def correct_report(call: Call, report_id: str, body: Body) -> View:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = referral.correct(call.work, report_id, changes, note=note_of(body))
    return report_view(row, call.actor)


def rate_report(call: Call, report_id: str, body: Body) -> View:
    row = ending.rate(call.work, report_id, stars=body["stars"])
    return report_view(row, call.actor)
