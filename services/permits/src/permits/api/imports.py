"""Operations on batches of older permits."""

from collections.abc import Mapping
from typing import Any

from chassis.call import page_of
from chassis.core import contracts, times
from chassis.http import texts
from permits import catalogue, queries
from permits.api.views import Body, Created, View, note_of, warning_words
from permits.commands.import_older import read_files, release_batch
from permits.context import Call
from permits.domain.imports import STATUS_TITLES, Status, Verdict
from permits.models import ImportRow, PermitImport


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
    return {"items": [{**_row(row), "permit": row.data} for row in rows]}


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
        "origin": batch.origin,
        "status": batch.status,
        "status_title": {"ar": ar, "en": en},
        "created_at": times.shown(batch.created_at),
        "created_by": batch.created_by,
        "version": batch.version,
    }


def _view(call: Call, batch: PermitImport) -> View:
    """The contract's PermitImport."""
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
    """The contract's PermitImportRow: nothing of a person."""
    return {
        "row_number": row.row_number,
        "line": row.line,
        "status": row.status,
        "permit_number": row.permit_number,
        "errors": [_found(one, _fault_words(one)) for one in row.faults],
        "warnings": [_found(one, warning_words(one)) for one in row.warnings],
        "sampled": row.sampled,
        "verdict": row.verdict,
        "judged_by": row.judged_by,
        "permit_id": row.permit_id,
    }


def _found(one: Mapping[str, Any], words: Mapping[str, str]) -> View:
    column = catalogue.import_column(one["column"])
    return {
        "column": one["column"],
        "column_title": {"ar": column.ar, "en": column.en},
        "place": None if one["place"] is None else one["place"] + 1,
        "code": one["code"],
        "title": dict(words),
    }


def _fault_words(one: Mapping[str, Any]) -> Mapping[str, str]:
    code = one["code"]
    said = contracts.problem_types()["fields"].get(code, {"ar": code, "en": code})
    return {name: texts.fill(said[name], one["params"], name) for name in ("ar", "en")}
