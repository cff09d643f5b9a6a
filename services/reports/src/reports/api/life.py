"""Operations that change where a report stands in its life."""

from reports.api.edge import Body, View, note_of
from reports.api.views import report_view
from reports.commands import duplicates, ending, referral, treatment
from reports.context import Call


def refer_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = referral.refer(
        call.session,
        call.actor,
        report_id,
        department=(body or {}).get("department"),
        note=note_of(body),
        now=call.now,
    )
    return report_view(row, call.actor)


def return_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.send_back(
        call.session, call.actor, report_id, reason=body["reason"], now=call.now
    )
    return report_view(row, call.actor)


def start_report(call: Call, report_id: str, body: Body | None = None) -> View:
    given = body or {}
    row = treatment.start(
        call.session,
        call.actor,
        report_id,
        contractor=given.get("contractor"),
        work_order=given.get("work_order"),
        note=note_of(body),
        now=call.now,
    )
    return report_view(row, call.actor)


def link_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.link_external(
        call.session,
        call.actor,
        report_id,
        body=body["body"],
        reference=body.get("reference"),
        note=note_of(body),
        now=call.now,
    )
    return report_view(row, call.actor)


def ask_reporter(call: Call, report_id: str, body: Body) -> View:
    row = referral.ask(call.session, call.actor, report_id, question=body["question"], now=call.now)
    return report_view(row, call.actor)


def record_answer(call: Call, report_id: str, body: Body) -> View:
    row = referral.answer(call.session, call.actor, report_id, text=body["text"], now=call.now)
    return report_view(row, call.actor)


def resolve_report(call: Call, report_id: str, body: Body) -> View:
    row = treatment.resolve(
        call.session,
        call.actor,
        report_id,
        text=body["text"],
        attachments=body.get("after_photos", ()),
        now=call.now,
    )
    return report_view(row, call.actor)


def close_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = ending.close(
        call.session,
        call.actor,
        report_id,
        note=note_of(body),
        rule=call.settings.reopening,
        now=call.now,
    )
    return report_view(row, call.actor)


def reopen_report(call: Call, report_id: str, body: Body) -> View:
    row = ending.reopen(
        call.session,
        call.actor,
        report_id,
        reason=body["reason"],
        rule=call.settings.reopening,
        now=call.now,
    )
    return report_view(row, call.actor)


def reject_report(call: Call, report_id: str, body: Body) -> View:
    row = referral.reject(call.session, call.actor, report_id, reason=body["reason"], now=call.now)
    return report_view(row, call.actor)


def mark_duplicate(call: Call, report_id: str, body: Body) -> View:
    row = duplicates.mark_duplicate(
        call.session,
        call.actor,
        report_id,
        main_id=body["main_report_id"],
        note=note_of(body),
        metres=call.settings.duplicate_metres,
        now=call.now,
    )
    return report_view(row, call.actor)


def split_report(call: Call, report_id: str, body: Body | None = None) -> View:
    row = duplicates.split(call.session, call.actor, report_id, note=note_of(body), now=call.now)
    return report_view(row, call.actor)


def correct_report(call: Call, report_id: str, body: Body) -> View:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = referral.correct(
        call.session, call.actor, report_id, changes, note=note_of(body), now=call.now
    )
    return report_view(row, call.actor)


def rate_report(call: Call, report_id: str, body: Body) -> View:
    row = ending.rate(call.session, call.actor, report_id, stars=body["stars"], now=call.now)
    return report_view(row, call.actor)
