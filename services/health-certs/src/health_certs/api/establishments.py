"""An establishment's view of its workers' certificates."""

from collections.abc import Iterable

from chassis.access.quotas import Demand
from chassis.call import page_of
from chassis.core.states import state as state_of
from health_certs import catalogue, limits
from health_certs.api import views
from health_certs.api.callers import applicant_of
from health_certs.api.edge import Body, View
from health_certs.context import Call
from health_certs.domain.inquiry import CERTIFICATE
from health_certs.domain.readers import Reader
from health_certs.domain.tables import CODES, table
from health_certs.domain.validity import effective
from health_certs.models import Certificate
from health_certs.queries import establishments
from saudi.bilingual import Bilingual
from saudi.days import both_calendars, legal_day
from saudi.ids import mask_id


def list_establishment_certificates(
    call: Call, unified_number: str, limit: int, state: str | None = None, cursor: str | None = None
) -> View:
    _require_own(call, unified_number)
    today, asked = legal_day(call.now), page_of(call, limit, cursor)
    page = establishments.listed(call.session, unified_number, asked, state=state, today=today)
    return {"items": _views(call, page.rows), "next_cursor": page.next_cursor}


def sum_up_establishment_certificates(call: Call, unified_number: str) -> View:
    _require_own(call, unified_number)
    found = establishments.sum_up(call.session, unified_number, today=legal_day(call.now))
    return dict(vars(found))


def find_establishment_worker(call: Call, unified_number: str, body: Body) -> View:
    _require_own(call, unified_number)
    demand = Demand(limits.searches_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    rows = establishments.of_worker(call.session, unified_number, body["id_number"])
    return {"items": _views(call, rows)}


def export_establishment_certificates(
    call: Call, unified_number: str, state: str | None = None, headings: str = "ar"
) -> tuple[bytes, int, dict[str, str]]:
    _require_own(call, unified_number)
    demand = Demand(limits.exports_of_citizen(call.settings), call.actor.subject)
    call.quotas.charge([demand], now=call.now.timestamp())
    today = legal_day(call.now)
    rows = establishments.exported(call.session, unified_number, state=state, today=today)
    text = table((_line(call, row, headings) for row in rows), headings)
    name = f"health-certificates-{today.isoformat()}.csv"
    headers = {
        "Content-Type": "text/csv; charset=utf-8; header=present",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return text, 200, headers


def _require_own(call: Call, unified_number: str) -> None:
    establishments.require_own(applicant_of(call), unified_number)


def _views(call: Call, rows: Iterable[Certificate]) -> list[View]:
    today = legal_day(call.now)
    return [views.certificate_view(row, today, reader=Reader.ESTABLISHMENT) for row in rows]


def _line(call: Call, row: Certificate, headings: str) -> View:
    """A row of the table, by the names of its columns."""
    today = legal_day(call.now)
    status = effective(row.status, row.valid_until, today)
    worker = row.worker or {"name": {"ar": None, "en": None}, "nationality": None}
    profession, title = catalogue.professions().by_code[row.profession].words, _title(status)
    words = {name: one.in_language(headings) for name, one in (("p", profession), ("s", title))}
    return {
        "certificate_no": row.certificate_no,
        "name_ar": worker["name"]["ar"],
        "name_en": worker["name"]["en"],
        "id_number": mask_id(row.worker_number) if row.worker_number else None,
        "nationality": worker["nationality"],
        "profession": row.profession if headings == CODES else words["p"],
        "status": status if headings == CODES else words["s"],
        "issued_on": row.issued_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "valid_until_hijri": both_calendars(row.valid_until).hijri,
        "days_left": max((row.valid_until - today).days, 0) if status == "valid" else None,
        "licence_no": row.licence_no,
    }


def _title(status: str) -> Bilingual:
    found = state_of(CERTIFICATE, status).words
    return Bilingual(found.ar, found.en)
