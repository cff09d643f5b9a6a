"""An establishment's view of its workers' certificates."""

from collections.abc import Iterable

from chassis.call import page_of
from chassis.core.refusals import NotFound
from chassis.core.states import state as state_of
from health_certs import catalogue, limits, queries
from health_certs.api import views
from health_certs.api.views import Body, FileAnswer, View, applicant_of
from health_certs.context import Call
from health_certs.domain.access import Reader
from health_certs.domain.certificates import effective_status
from health_certs.domain.requests import CERTIFICATE
from health_certs.domain.worker_lists import CODES, csv_table
from health_certs.models import Certificate
from saudi.days import both_calendars, legal_day
from saudi.ids import mask_id


def list_establishment_certificates(
    call: Call, unified_number: str, limit: int, state: str | None = None, cursor: str | None = None
) -> View:
    _require_delegate(call, unified_number)
    today, page = legal_day(call.now), page_of(call, limit, cursor)
    found = queries.establishment_certificates(
        call.session, unified_number, page, state=state, today=today
    )
    return {"items": _certificate_views(call, found.rows), "next_cursor": found.next_cursor}


def sum_up_establishment_certificates(call: Call, unified_number: str) -> View:
    _require_delegate(call, unified_number)
    today = legal_day(call.now)
    return dict(vars(queries.sum_up_establishment(call.session, unified_number, today=today)))


def find_establishment_worker(call: Call, unified_number: str, body: Body) -> View:
    _require_delegate(call, unified_number)
    call.charge_caller(limits.searches_of_citizen(call.settings))
    rows = queries.worker_certificates(call.session, unified_number, body["id_number"])
    return {"items": _certificate_views(call, rows)}


def export_establishment_certificates(
    call: Call, unified_number: str, state: str | None = None, headings: str = "ar"
) -> FileAnswer:
    _require_delegate(call, unified_number)
    call.charge_caller(limits.exports_of_citizen(call.settings))
    today = legal_day(call.now)
    rows = queries.exported_certificates(call.session, unified_number, state=state, today=today)
    text = csv_table((_csv_row(call, row, headings) for row in rows), headings)
    name = f"health-certificates-{today.isoformat()}.csv"
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return text, 200, headers


def _require_delegate(call: Call, unified_number: str) -> None:
    """Raises NotFound for an establishment for which the caller doesn't act."""
    if unified_number not in applicant_of(call).establishments:
        raise NotFound


def _certificate_views(call: Call, rows: Iterable[Certificate]) -> list[View]:
    today = legal_day(call.now)
    return [views.certificate_view(row, today, reader=Reader.ESTABLISHMENT) for row in rows]


def _csv_row(call: Call, row: Certificate, headings: str) -> View:
    """Returns a row of the table, by the names of its columns."""
    today = legal_day(call.now)
    status = effective_status(row.status, row.valid_until, today)
    worker = row.worker or {"name": {"ar": None, "en": None}, "nationality": None}
    profession = catalogue.professions().by_code[row.profession].words
    title = state_of(CERTIFICATE, status).words
    return {
        "certificate_no": row.certificate_no,
        "name_ar": worker["name"]["ar"],
        "name_en": worker["name"]["en"],
        "id_number": mask_id(row.worker_number) if row.worker_number else None,
        "nationality": worker["nationality"],
        "profession": row.profession if headings == CODES else profession.in_language(headings),
        "status": status if headings == CODES else title.in_language(headings),
        "issued_on": row.issued_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "valid_until_hijri": both_calendars(row.valid_until).hijri,
        "days_left": max((row.valid_until - today).days, 0) if status == "valid" else None,
        "licence_no": row.licence_no,
    }
