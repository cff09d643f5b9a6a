"""Operations on permits, on permits from before the system and on their imports, and the answers that show them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chassis.call import page_of
from chassis.core import times
from chassis.data.paging import Page
from chassis.data.unit_of_work import UnitOfWork
from chassis.http import texts
from permits import catalogue, events, queries
from permits.api.if_match import in_version_read
from permits.api.views import (
    Body,
    Created,
    View,
    branch_title,
    history_view,
    kind_title,
    masked_owner,
    note_of,
    title_view,
    unpublished_view,
    use_class_title,
    warning_view,
    warning_words,
    with_flag_titles,
)
from permits.commands import change_permit, completion, plausibility_warnings
from permits.commands.import_older import enter_one, read_files, release_batch
from permits.context import Call
from permits.domain import offered_actions, permits
from permits.domain.imports import STATUS_TITLES, Status, Verdict
from permits.domain.searches import PermitSearch
from permits.models import ImportRow, Permit, PermitImport
from saudi.days import legal_day
from saudi.formats import with_hijri


def find_permits(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    today = legal_day(call.now)
    page = queries.find_permits(
        call.session, call.actor, PermitSearch(**search), page_of(call, limit, cursor), today=today
    )
    return permit_page(page, today)


def get_permit(call: Call, permit_id: str) -> View:
    permit = queries.get_permit(call.session, call.actor, permit_id)
    return warned_view(call.work, permit)


def get_permit_history(call: Call, permit_id: str) -> View:
    at = call.session, call.actor, permit_id
    return history_view(queries.history_of_permit(*at), queries.certificates_of(*at))


@in_version_read
def suspend_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = change_permit.suspend(
        call.work, permit_id, reason=body["reason"], body=body["body"], note=note_of(body)
    )
    return warned_view(call.work, permit)


@in_version_read
def reinstate_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = change_permit.reinstate(
        call.work,
        permit_id,
        reason=body["reason"],
        suspension_id=body.get("suspension_id"),
        insulation_years=call.settings.insulation_validity_years,
    )
    return warned_view(call.work, permit)


@in_version_read
def cancel_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = change_permit.cancel_permit(
        call.work, permit_id, reason=body["reason"], note=note_of(body)
    )
    return warned_view(call.work, permit)


@in_version_read
def cancel_permit_for_owner(call: Call, permit_id: str, body: Body) -> View:
    asked = change_permit.OwnersRequest(
        reason=body["reason"],
        owner=body.get("owner", 0),
        owners=tuple(body.get("owners", ())),
        by_representative=body.get("by_representative", False),
        papers=tuple(body["papers"]),
        note=note_of(body),
    )
    permit = change_permit.cancel_for_owner(call.work, permit_id, asked)
    return warned_view(call.work, permit)


@in_version_read
def undo_permit_cancellation(call: Call, permit_id: str, body: Body) -> View:
    permit = change_permit.undo_cancellation(
        call.work,
        permit_id,
        reason=body["reason"],
        insulation_years=call.settings.insulation_validity_years,
    )
    return warned_view(call.work, permit)


def amend_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = change_permit.amend(
        call.work,
        permit_id,
        reason=body["reason"],
        wanted={name: part for name, part in body.items() if name != "reason"},
    )
    return warned_view(call.work, permit)


def enter_older_permit(call: Call, body: Body) -> Created:
    permit = enter_one.enter(call.work, body)
    return warned_view(call.work, permit), 201


def verify_permit(call: Call, permit_id: str, body: Body) -> View:
    permit = enter_one.verify(
        call.work,
        permit_id,
        version=body["version"],
        scans=body.get("files", []),
        note=note_of(body),
    )
    return warned_view(call.work, permit)


OTHERS = ("contractor", "supervising_office")


def permit_view(row: Permit, today: date) -> View:
    """Returns the contract's Permit, as of today."""
    record, status = row.record(), _effective_status(row, today)
    return {
        **with_flag_titles(events.permit_state(record)),
        **status,
        "kind_title": kind_title(row.kind),
        "municipality_title": branch_title(row.municipality),
        "use_class_title": use_class_title(row.use_class),
        "owners": [masked_owner(owner) for owner in record["owners"]],
        **{name: record[name] for name in ("engineering_office", *OTHERS)},
        **unpublished_view(record),
        "request_id": row.request_id,
        "source": row.source,
        "actions": offered_actions.actions_of_permit(status["effective_status"]),
        "version": row.version,
    }


def warned_view(work: UnitOfWork, permit: Permit) -> View:
    """Returns a permit with today's warnings, and with whom its completion is refused for their earlier acts."""
    odd = plausibility_warnings.warnings_of_permit(work.session, permit)
    shown = permit_view(permit, legal_day(work.now))
    may_complete = permits.Action.COMPLETE in shown["actions"]
    barred = completion.persons_barred(work, permit) if may_complete else {}
    return {
        **shown,
        "warnings": [*map(warning_view, odd)],
        "not_completed_by": [{"subject": one, "name": name} for one, name in barred.items()],
    }


def _effective_status(row: Permit, today: date) -> View:
    effective = permits.effective_status(row.status, row.expires_on, today)
    title = permits.STATUS_TITLES[effective]
    return {"effective_status": effective, "status_title": title_view(title)}


def permit_page(page: Page[Permit], today: date) -> View:
    """Returns the contract's PermitPage."""
    items = [permit_row(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def permit_row(row: Permit, today: date) -> View:
    shown = {
        "permit_id": row.permit_id,
        "permit_number": row.permit_number,
        "municipality": row.municipality,
        "municipality_title": branch_title(row.municipality),
        "kind": row.kind,
        "kind_title": kind_title(row.kind),
        **_effective_status(row, today),
        "issued_on": row.issued_on.isoformat(),
        "expires_on": row.expires_on.isoformat(),
        "request_number": row.request_number,
        "origin": row.origin,
        "verified": row.verified,
        "plan_number": row.land["plan_number"],
        "plots": row.land["plots"],
        "town": row.land["town"],
        "district": row.land["district"],
    }
    return with_hijri(shown, events.DAYS)


def start_permit_import(call: Call, body: Body) -> Created:
    batch = read_files.start(
        call.work, municipality=body["municipality"], origin=body["origin"], file=body["file"]
    )
    return _view(call, batch), 201


def send_permit_import_file(call: Call, import_id: str, body: Body) -> View:
    batch = read_files.send(call.work, import_id, file=body["file"])
    return _view(call, batch)


def list_permit_imports(call: Call, limit: int, cursor: str | None = None) -> View:
    page = queries.list_imports(call.session, call.actor, page_of(call, limit, cursor))
    return {"items": [_summary(row) for row in page.rows], "next_cursor": page.next_cursor}


def get_permit_import(call: Call, import_id: str) -> View:
    return _view(call, queries.get_import(call.session, call.actor, import_id))


def list_permit_import_rows(
    call: Call, import_id: str, limit: int, cursor: str | None = None, status: str | None = None
) -> View:
    page = queries.list_import_rows(
        call.session, call.actor, import_id, status, page_of(call, limit, cursor)
    )
    items = [_row(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def draw_permit_import_sample(call: Call, import_id: str, body: Body) -> View:
    rows = release_batch.draw_sample(call.work, import_id, reason=body["reason"])
    shown = [row.data and with_hijri(row.data, events.DAYS) for row in rows]
    return {"items": [{**_row(row), "permit": data} for row, data in zip(rows, shown, strict=True)]}


def judge_permit_import_row(call: Call, import_id: str, row_number: str, body: Body) -> View:
    batch = release_batch.judge(
        call.work, import_id, int(row_number), verdict=body["verdict"], note=note_of(body)
    )
    return _view(call, batch)


def release_permit_import(call: Call, import_id: str) -> View:
    batch = release_batch.release(call.work, import_id)
    return _view(call, batch)


def withdraw_permit_import(call: Call, import_id: str, body: Body) -> View:
    batch = read_files.withdraw(call.work, import_id, reason=body["reason"])
    return _view(call, batch)


def _summary(batch: PermitImport) -> View:
    ar, en = STATUS_TITLES[Status(batch.status)]
    return {
        "import_id": batch.import_id,
        "municipality": batch.municipality,
        "municipality_title": branch_title(batch.municipality),
        "origin": batch.origin,
        "status": batch.status,
        "status_title": {"ar": ar, "en": en},
        "created_at": times.shown(batch.created_at),
        "created_by": batch.created_by,
        "version": batch.version,
    }


def _view(call: Call, batch: PermitImport) -> View:
    """Returns the contract's PermitImport."""
    call.session.flush()
    progress = queries.import_progress(call.session, batch)
    wrong = progress.verdicts.get(Verdict.WRONG.value, 0)
    sample = None
    if batch.sample_size is not None:
        sample = {
            "rows": batch.sample_size,
            "judged": batch.sample_size - progress.verdicts.get(None, 0),
            "wrong": wrong,
            "wrong_allowed": batch.wrong_allowed,
        }
    return {
        **_summary(batch),
        "files": progress.files,
        "rows": {
            "sent": progress.sent,
            "read": sum(progress.rows.values()),
            **{name: progress.rows.get(name, 0) for name in _COUNTED},
        },
        "sample": sample,
        "released_by": (batch.released_by or {}).get("name"),
    }


_COUNTED = ("ready", "faulty", "duplicate", "replaced", "released", "withheld", "unprocessed")


def _row(row: ImportRow) -> View:
    """Returns the contract's PermitImportRow, which has no personal data."""
    return {
        "row_number": row.row_number,
        "line": row.line,
        "status": row.status,
        "permit_number": row.permit_number,
        "errors": [_finding_of_row(one, _fault_words(one)) for one in row.faults],
        "warnings": [_finding_of_row(one, warning_words(one)) for one in row.warnings],
        "sampled": row.sampled,
        "verdict": row.verdict,
        "judged_by": row.judged_by,
        "permit_id": row.permit_id,
    }


def _finding_of_row(one: Mapping[str, Any], words: Mapping[str, str]) -> View:
    column = catalogue.import_column(one["column"])
    return {
        "column": one["column"],
        "column_title": {"ar": column.ar, "en": column.en},
        "place": None if one["place"] is None else one["place"] + 1,
        "code": one["code"],
        "title": dict(words),
    }


def _fault_words(one: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        language: texts.fault_text(one["code"], one["params"], language)
        for language in ("ar", "en")
    }
