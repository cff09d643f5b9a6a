"""The documents of applications, licences, entries and examinations; licences as CSV that no table program takes for
formulas."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from chassis.core import contracts
from chassis.core.times import rfc3339
from chassis.data.sealing import Sealer
from partner_gateway.domain.application_months import STATUSES, TOTAL, MonthRow
from partner_gateway.domain.applications import ISSUED, awaited_of
from partner_gateway.domain.examinations import CORRECTABLE_FOR, REFUSED
from partner_gateway.models import (
    ApplicationBill,
    HealthExamination,
    Licence,
    LicenceApplication,
    PartnerEntry,
)
from saudi.cells import cell
from saudi.formats import with_hijri

_CONTEXT = "licence-data/{}"  # events/licences/application.v1.schema.json and licences/licence.v1.schema.json, sealed
_OF_APPLICATIONS = frozenset(("submitted_at", "decided_at", "review_until", "ends_on", "due_on"))
_CANCELLED = {"ar": "أُلغيت الرخصة", "en": "Licence cancelled"}
_BILL = (
    *("bill_id", "bill_number", "biller_code", "amount_halalas", "currency", "due_on", "status"),
    *("reason", "lines"),
)
# Values of an application before `licences` has published a state.
_UNKNOWN: Mapping[str, Any] = {
    "channel": None, "decided_at": None, "establishment": None, "activities": [], "workers": None,
    "waits_for": [], "decision": None, "fee_halalas": None, "reason_code": None,
}  # fmt: skip
_LICENCE = (
    *("licence_id", "licence_no", "application_id", "kind", "municipality", "issued_on", "issued_on_hijri"),
    *("expires_on", "expires_on_hijri", "years", "establishment", "trade_name", "activities", "town"),
    *("renewable_from", "reason_code", "replaced_by"),
)  # fmt: skip
_ENTRY = ("entry_id", "kind", "permit_id", "permit_number", "municipality", "outcome")
_ENTRY_DAYS = frozenset(("entered_at", "answered_at", "recorded_at", "inspected_on", "happened_on"))


def application_view(
    row: LicenceApplication, data: Sealer, bill: ApplicationBill | None
) -> dict[str, Any]:
    """`data` opens what licences lets municipalities see; `bill`: the application's newest bill. Raises
    CannotUnseal."""
    state = row.state or {}
    shown = {
        "application_id": row.application_id,
        "version": row.version,
        "municipality": row.municipality,
        "request": row.request,
        "status": row.status,
        "status_title": _application_title(row),
        "reference": row.reference,
        "submitted_at": rfc3339(row.submitted_at),
        "application_no": row.application_no,
        "kind": row.kind,
        "licence_no": row.licence_no,
        "review_until": row.review_until.isoformat() if row.review_until else None,
        **_next_step(row.status, state),
        **{name: state.get(name, unknown) for name, unknown in _UNKNOWN.items()},
        "bill": {name: bill.state.get(name) for name in _BILL} if bill else None,
        "details": _details(state, row.application_id, data),
    }
    return with_hijri(shown, _OF_APPLICATIONS)


def _next_step(status: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """Returns whose turn it is, what the applicant still has to give and until when. An event of before says less."""
    asked = state.get("asked")
    awaited = awaited_of(status, asked)
    return {
        "ends_on": state.get("ends_on"),
        "awaits": awaited,
        "awaits_title": _titles("Awaited")[awaited],
        "asked": asked and {"codes": asked["codes"], "ar": asked["words"], "en": asked["words_en"]},
        "inspection": state.get("inspection"),
    }


def _application_title(row: LicenceApplication) -> Mapping[str, str]:
    """Returns the words of the status. A finished cancellation has the status `issued` too."""
    if row.request == "cancel" and row.status == ISSUED:
        return _CANCELLED
    return _titles("ApplicationStatus")[row.status]


def licence_view(row: Licence, data: Sealer, today: date) -> dict[str, Any]:
    """Shows a licence with its status on that day: a valid licence has expired after its last valid day. Raises
    CannotUnseal."""
    has_expired = row.status == "valid" and row.expires_on < today
    return {
        **{name: row.state[name] for name in _LICENCE},
        "version": row.version,
        "status": "expired" if has_expired else row.status,
        "details": _details(row.state, row.licence_id, data),
    }


def _details(state: Mapping[str, Any], thing: str, data: Sealer) -> Any:
    sealed = state.get("sealed")
    return json.loads(data.unseal_text(sealed, _CONTEXT.format(thing))) if sealed else None


def entry_view(row: PartnerEntry, now: datetime) -> dict[str, Any]:
    """Shows an entry and the answer of `permits`."""
    answer = row.answer or {}
    content = dict(row.content)
    name = content.pop("entered_by")
    waiting = None if row.version else max(0, int((now - row.entered_at).total_seconds()))
    shown = {
        **{one: getattr(row, one) for one in _ENTRY},
        "kind_title": _titles("EntryKind")[row.kind],
        "entered_at": rfc3339(row.entered_at),
        "entered_by": {"subject": row.entered_by, "name": name},
        "entry": content,
        "outcome_title": _titles("EntryOutcome")[row.outcome],
        "reason": answer.get("reason"),
        "effects": answer.get("effects", []),
        "effective_permit_id": answer.get("permit_id"),
        "certificate_number": answer.get("certificate_number"),
        "answered_at": rfc3339(row.answered_at) if row.answered_at else None,
        "waiting_seconds": waiting,
        "emptied_at": rfc3339(row.emptied_at) if row.emptied_at else None,
    }
    return with_hijri(shown, _ENTRY_DAYS)


def examination_view(row: HealthExamination, href: str) -> dict[str, Any]:
    """Shows whether and when an entry of a medical centre was recorded, and never the result. A refused entry can't be
    corrected."""
    correctable = row.status != REFUSED
    shown = {
        "examination_id": row.examination_id,
        "number": row.number,
        "entered_at": rfc3339(row.entered_at),
        "status": row.status,
        "status_title": _titles("ExaminationStatus")[row.status],
        "recorded_at": rfc3339(row.recorded_at) if row.recorded_at else None,
        "reason": _refusal(row.reason) if row.reason else None,
        "corrects": row.corrects,
        "correctable_until": rfc3339(row.first_at + CORRECTABLE_FOR) if correctable else None,
        "href": href,
    }
    return with_hijri(shown, _ENTRY_DAYS)


def _refusal(code: str) -> dict[str, str]:
    return {"code": code, **_titles("ExaminationRefusal")[code]}


@cache
def _titles(name: str) -> Mapping[str, Mapping[str, str]]:
    """Returns the titles of an enum of the contract."""
    titles: Mapping[str, Mapping[str, str]] = contracts.openapi("partner-gateway")["components"][
        "schemas"
    ][name]["x-titles"]
    return titles


# Excel reads a file without this mark in the code page of the machine.
_MARK = "\ufeff"
CSV_COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    **{
        name: lambda one, name=name: one[name]  # type: ignore[misc]
        for name in ("licence_no", "kind", "status", "municipality", "establishment")
    },
    "trade_name_ar": lambda one: (one["trade_name"] or {}).get("ar"),
    "trade_name_en": lambda one: (one["trade_name"] or {}).get("en"),
    "activities": lambda one: " ".join(it["code"] for it in one["activities"]),
    "activity_ar": lambda one: next((it["ar"] for it in one["activities"] if it["main"]), None),
    "owner": lambda one: ((one["details"] or {}).get("owner") or {}).get("name"),
    "town": lambda one: one["town"],
    "district": lambda one: ((one["details"] or {}).get("place") or {}).get("district"),
    **{
        name: lambda one, name=name: one[name]  # type: ignore[misc]
        for name in ("issued_on", "issued_on_hijri", "expires_on", "expires_on_hijri", "years")
    },
}


def csv_rows(documents: Iterable[Mapping[str, Any]]) -> bytes:
    """Lines of CSV, ended by CRLF (RFC 4180)."""
    return _csv_lines([read(one) for read in CSV_COLUMNS.values()] for one in documents)


def _csv_lines(lines: Iterable[Iterable[Any]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerows([cell(value) for value in line] for line in lines)
    return file.getvalue().encode()


CSV_HEAD = _MARK.encode() + _csv_lines([list(CSV_COLUMNS)])


def month_view(row: MonthRow) -> dict[str, Any]:
    """Shows a month of the table of applications."""
    return {
        "month": row.month.text,
        "first_day": row.month.first.isoformat(),
        "last_day": row.month.last.isoformat(),
        "counts": dict(row.counts),
    }


def months_csv(rows: Iterable[MonthRow], total: Mapping[str, int]) -> bytes:
    """Returns the table of applications for a spreadsheet, with Arabic headings."""
    titles = _titles("ApplicationStatus")
    columns = (*STATUSES, TOTAL)
    heads = ["الشهر", "أول يوم", "آخر يوم", *(titles[one]["ar"] for one in STATUSES), "الإجمالي"]
    lines = [
        [one.month.text, one.month.first, one.month.last, *(one.counts[name] for name in columns)]
        for one in rows
    ]
    sums = ["الإجمالي", "", "", *(total[name] for name in columns)]
    return _MARK.encode() + _csv_lines([heads, *lines, sums])
