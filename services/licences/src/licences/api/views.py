"""Rows as the contract shows them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from chassis.core.refusals import NotFound
from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.data.aggregates import JournalEntry
from chassis.files.attachments import Attachment
from invoicing.rules import Status as InvoiceStatus
from licences.catalogue import violation_table
from licences.domain import applications, licences
from licences.domain.applications import INQUIRY_KIND, KIND_OF_LICENCE, action_title
from licences.domain.explanations import condition_title, explain_finding, outcome_title
from licences.domain.fines import Fine, Item, fine_of
from licences.domain.forms import form_of
from licences.domain.missing import Missing
from licences.domain.violations import TITLES
from licences.models import Application, FineInvoice, Inspection, Licence, Objection, Violation
from licences.queries.violations import objections_of, refunds_of
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import IdType, mask_id
from saudi.money import riyals

Body = Mapping[str, Any]
View = dict[str, Any]


DAYS = frozenset(
    (
        "review_until",
        "ends_on",
        "issued_on",
        "expires_on",
        "renewable_from",
        "due_on",
        "inspected_on",
    )
)


def application_view(row: Application) -> View:
    """The contract's Application."""
    words = state(INQUIRY_KIND, row.status)
    view = {
        "application_id": row.application_id,
        "application_no": row.application_no,
        "request": row.request,
        "kind": row.kind,
        "municipality": row.municipality,
        "channel": row.channel,
        "status": row.status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "licence_no": row.licence_no,
        "establishment": row.establishment,
        "trade_name": ((row.body or {}).get("establishment") or {}).get("trade_name"),
        "owner": _owner(row.body, row.owner_number),
        "activities": row.activities,
        "workers": row.workers,
        "years": row.years,
        "waits_for": row.waits_for,
        "rules": row.rules,
        "missing": [_missing(one) for one in row.missing()],
        "outcome": row.outcome,
        "outcome_title": outcome_title(row.outcome),
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "inspection": row.inspection,
        "fee": riyals(row.fee_halalas) if row.fee_halalas is not None else None,
        "reason_code": row.reason_code,
        "reasons": row.reasons or [],
        "follows_id": row.follows_id,
        "submitted_at": rfc3339(row.submitted_at),
        "review_until": row.review_until.isoformat() if row.review_until else None,
        "decided_at": rfc3339(row.decided_at) if row.decided_at else None,
        "actions": applications.applicant_actions(row.request, row.status),
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def _missing(one: Missing) -> View:
    return {
        "code": one.code,
        "by": one.by,
        "title": condition_title(one.code).pair(),
        **one.words.pair(),
    }


def licence_view(row: Licence, today: date) -> View:
    """The contract's Licence; its status may be `expired`."""
    status = licences.effective(row.status, row.expires_on, today)
    opens_on = licences.renewable_from(row.expires_on, row.renewal_days)
    words = state(KIND_OF_LICENCE[row.kind], status)
    view = {
        "licence_no": row.licence_no,
        "application_id": row.application_id,
        "kind": row.kind,
        "municipality": row.municipality,
        "status": status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "establishment": row.establishment,
        "trade_name": row.trade_name,
        "owner": _owner(row.body, row.owner_number),
        "activities": row.activities,
        "town": row.town,
        "district": row.district,
        "issued_on": row.issued_on.isoformat(),
        "expires_on": row.expires_on.isoformat(),
        "years": row.years,
        "visit_due_on": row.visit_due_on.isoformat() if row.visit_due_on else None,
        "reason_code": row.reason_code,
        "reason": row.reason,
        "replaced_by": row.replaced_by,
        "renewable_from": opens_on.isoformat(),
        "actions": licences.applicant_actions(row.status, opens_on, today),
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def _owner(body: Any, number: Any) -> View | None:
    """Enough to recognize the owner; the number is masked."""
    if not body or not number:
        return None
    return {"name": body["owner"]["name"], "id_number": mask_id(number)}


def explanation_view(decision: Any) -> View:
    """The contract's Explanation of a stored decision; empty before the first decision."""
    if not decision:
        nothing = dict.fromkeys(("rules", "outcome", "decided_at", "fee_total"))
        return {**nothing, "conditions": [], "fee": []}
    return {
        **{name: decision[name] for name in ("rules", "outcome", "decided_at")},
        "conditions": [explain_finding(one) for one in decision["findings"]],
        "fee": [fee_line_view(one) for one in decision["fee"]],
        "fee_total": riyals(sum(one["amount_halalas"] for one in decision["fee"])),
    }


def fee_line_view(line: View) -> View:
    """The contract's FeeLine."""
    names = ("code", "ar", "en", "because")
    return {**{name: line[name] for name in names}, "amount": riyals(line["amount_halalas"])}


def history_view(rows: Iterable[JournalEntry], remarks: Mapping[int, str]) -> View:
    """The contract's History; `remarks` by entry."""
    return {"items": [_entry(row, remarks.get(row.entry_id)) for row in rows]}


def _entry(row: JournalEntry, remark: str | None) -> View:
    title = action_title(row.action, is_of_licence=row.aggregate_type == Licence.aggregate_type)
    shown = {"at": rfc3339(row.at), "action_title": title, **row.record()}
    return {**shown, "note": row.note or remark}


def form_view(row: Application) -> View:
    """The contract's ApplicationForm. Raises NotFound once the personal data were emptied."""
    if row.body is None:
        raise NotFound
    return {
        "application_id": row.application_id,
        "application_no": row.application_no,
        "request": row.request,
        "version": row.version,
        "form": form_of(row.body),
        "reason": row.body.get("reason"),
    }


def inspection_view(row: Inspection, application: Application | None) -> View:
    """The contract's Inspection: with the way to the place, and whom to call there."""
    names = ("inspection_id", "application_id", "municipality", "stage", "inspector", "result")
    body = application.body if application is not None else None
    owner = body["owner"] if body else {}
    view = {
        **{name: getattr(row, name) for name in (*names, "note")},
        "application_no": application.application_no if application else None,
        "licence_no": application.licence_no if application else None,
        "trade_name": ((body or {}).get("establishment") or {}).get("trade_name"),
        "activities": application.activities if application else [],
        "area_m2": str(application.area_m2) if application else None,
        "place": _place(body),
        "contact": {"name": owner["name"], "mobile": owner["mobile"]} if owner else None,
        "ordered_at": rfc3339(row.ordered_at),
        "due_on": row.due_on.isoformat(),
        "inspected_on": row.inspected_on.isoformat() if row.inspected_on else None,
    }
    return with_hijri(view, DAYS)


def _place(body: Mapping[str, Any] | None) -> View | None:
    if not body:
        return None
    names = ("town", "district", "street", "plan", "plot", "latitude", "longitude")
    return {name: body["place"].get(name) for name in names}


_VIOLATION_DAYS = frozenset(
    ("correct_until", "seen_again_from", "object_until", "decide_until", "observed_on")
)
_PLAIN = (
    *("violation_id", "violation_no", "municipality", "town", "district", "latitude", "longitude"),
    *("status", "establishment", "size", "licence_no", "note", "findings", "repetition", "final"),
    *("court_case", "judgment_reasons", "bill", "seal_number", "version"),
)


def item_view(item: Item) -> View:
    """The contract's ViolationItem."""
    return {
        "code": item.code,
        "group": item.group,
        **item.words.pair(),
        "grave": item.grave,
        "warning_days": item.warning_days,
        "may_close": item.closes,
    }


def views_of_violations(session: Session, rows: Sequence[Violation]) -> list[View]:
    """Returns the contract's Violations, with objections and refunds, by two statements for all of them."""
    objections, refunds = objections_of(session, rows), refunds_of(session, rows)
    return [
        _violation_view(row, objections.get(row.violation_id), refunds[row.violation_id])
        for row in rows
    ]


def _violation_view(
    row: Violation, objection: Objection | None, refunds: Iterable[FineInvoice]
) -> View:
    view = {
        **{name: getattr(row, name) for name in _PLAIN},
        "item": item_view(violation_table().items[row.item]),
        "status_title": violation_title(row.status),
        "offender": _offender(row),
        "fine": fine_view(fine_of(row)),
        "observed_at": rfc3339(row.observed_at),
        "correct_until": _day_text(row.correct_until),
        "seen_again_from": _day_text(row.seen_again_from),
        "object_until": _day_text(row.until),
        "objection": _objection(objection),
        "refunds": [_refund(one) for one in refunds],
    }
    for name in ("confirmed_at", "notified_at", "paid_at", "place_closed_at"):
        view[name] = _moment_text(getattr(row, name))
    return with_hijri(view, _VIOLATION_DAYS)


_REFUNDS: Mapping[str, tuple[str, str]] = {
    InvoiceStatus.REFUND_REQUESTED: ("طُلب رده", "asked for"),
    InvoiceStatus.REFUNDING: ("تقرر رده", "agreed to"),
    InvoiceStatus.REFUNDED: ("رُد", "sent back"),
}


def _refund(row: FineInvoice) -> View:
    arabic, english = _REFUNDS[row.status]
    return {
        "amount": riyals(row.amount_halalas),
        "bill": row.bill,
        "status": row.status,
        "status_title": {"ar": arabic, "en": english},
    }


def violation_title(status: str) -> View:
    """The title of a violation's status."""
    words = state("violation", status).words
    return {"ar": words.ar, "en": words.en}


def fine_view(fine: Fine | None) -> View | None:
    """The contract's Fine."""
    if fine is None:
        return None
    return {
        "base": riyals(fine.base),
        "size_percent": fine.size_percent,
        "factor": fine.factor,
        "reduced_to_percent": fine.reduced_to,
        "amount": riyals(fine.amount),
        "because": fine.because().pair(),
    }


def _offender(row: Violation) -> View | None:
    if row.offender is None:
        return None
    number = row.offender["id_number"]
    is_establishment = row.offender["id_type"] == IdType.UNIFIED_NUMBER
    return {
        "kind": row.offender_kind,
        "name": row.offender["name"],
        "id_number": number if is_establishment else mask_id(number),
        "has_mobile": bool(row.offender.get("mobile")),
    }


def _objection(row: Objection | None) -> View | None:
    if row is None:
        return None
    return {
        "channel": row.channel,
        "reasons": row.reasons,
        "filed_at": rfc3339(row.filed_at),
        "decide_until": row.decide_until.isoformat(),
        "overdue": row.overdue,
        "outcome": row.outcome,
        "decision_reasons": row.decision_reasons,
        "decided_at": _moment_text(row.decided_at),
    }


def violation_history_view(rows: Iterable[JournalEntry]) -> View:
    """The contract's ViolationHistory."""
    return {"items": [_violation_entry(one) for one in rows]}


def _violation_entry(one: JournalEntry) -> View:
    arabic, english = TITLES.get(one.action, (one.action, one.action))
    return {
        "at": rfc3339(one.at),
        "action": one.action,
        "title": {"ar": arabic, "en": english},
        "version": one.version,
        "details": one.details,
        "subject": one.subject,
        "name": one.name,
    }


def upload_view(row: Attachment) -> View:
    """The contract's FileUpload."""
    return {**_file(row), "name": row.name}


def violation_files_view(rows: Iterable[Attachment]) -> View:
    """The contract's ViolationFiles."""
    return {"items": [{**_file(one), "of": one.owner_type} for one in rows]}


def _file(row: Attachment) -> View:
    return {name: getattr(row, name) for name in ("attachment_id", "media_type", "size")}


def violation_inquiry_view(row: Violation) -> View:
    """The contract's InquiredViolation: no offender, no inspector, no text that people wrote, and no fine of which the
    offender wasn't notified."""
    words, fine = state("violation", row.status), fine_of(row) if row.notified_at else None
    view = {
        "violation_no": row.violation_no,
        "item": violation_table().items[row.item].words.pair(),
        "status": row.status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "next": {"ar": words.next.ar, "en": words.next.en},
        "municipality": row.municipality,
        "amount": riyals(fine.amount) if fine else None,
        "because": fine.because().pair() if fine else None,
        "observed_on": legal_day(row.observed_at).isoformat(),
        "correct_until": _day_text(row.correct_until),
        "object_until": _day_text(row.until),
        "bill": row.bill,
        "paid": row.paid_at is not None,
    }
    return with_hijri(view, _VIOLATION_DAYS)


def items_view(fines: Mapping[str, tuple[str, str]]) -> View:
    """The contract's ViolationItemList; `fines`: the least and the most of each item in riyals."""
    table = violation_table()
    return {
        "items": [
            {
                **item_view(table.items[code]),
                "group_title": table.groups[table.items[code].group].pair(),
                "fine_from": least,
                "fine_to": most,
            }
            for code, (least, most) in fines.items()
        ]
    }


def _day_text(day: Any) -> str | None:
    return day.isoformat() if day else None


def _moment_text(moment: Any) -> str | None:
    return rfc3339(moment) if moment else None
