"""Rows as the contract shows them. The result of an examination, and why a request ended, are in one view alone
(`examination_view`), behind `domain.readers`."""

from collections.abc import Iterable
from datetime import date

from chassis.core.states import state
from chassis.core.times import rfc3339
from chassis.files.attachments import Attachment
from health_certs import catalogue
from health_certs.api.edge import View
from health_certs.domain import validity
from health_certs.domain.inquiry import CERTIFICATE, TRANSACTION, next_step
from health_certs.domain.readers import Reader
from health_certs.models import Certificate, Invoice, Request
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.mobiles import mask_mobile
from saudi.money import riyals

DAYS = frozenset(("submitted_on", "due_on", "ended_on", "issued_on", "valid_until"))


def request_view(row: Request) -> View:
    """The contract's Request."""
    words = state(TRANSACTION, row.status)
    view = {
        "request_id": row.request_id,
        "request_no": row.request_no,
        "kind": row.kind,
        "renews": row.renews,
        "municipality": row.municipality,
        "status": row.status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "next": {"ar": words.next.ar, "en": words.next.en},
        "next_step": next_step(row.status),
        "profession": _profession(row.profession),
        "establishment": _establishment(row),
        "applied_by": row.applied_by,
        "worker": _worker(row.worker),
        "centre": _centre(row.centre),
        "certificate_no": row.certificate_no,
        "fee_returned": row.fee_returned,
        "submitted_on": legal_day(row.submitted_at).isoformat(),
        "due_on": legal_day(row.examined_until).isoformat(),
        "ended_on": legal_day(row.ended_at).isoformat() if row.ended_at else None,
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def certificate_view(row: Certificate, today: date, *, reader: Reader) -> View:
    """The contract's Certificate; its status may be `expired`. Why it was revoked isn't told to an establishment."""
    status = validity.effective(row.status, row.valid_until, today)
    words = state(CERTIFICATE, status)
    view = {
        "certificate_no": row.certificate_no,
        "request_id": row.request_id,
        "municipality": row.municipality,
        "status": status,
        "status_title": {"ar": words.words.ar, "en": words.words.en},
        "profession": _profession(row.profession),
        "seasonal": row.season is not None,
        "establishment": _establishment(row),
        "worker": _worker(row.worker),
        "issued_on": row.issued_on.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "ending": validity.is_ending(row.status, row.valid_until, today),
        "replaced_by": row.replaced_by,
        "revocation_reason": _reason(row) if reader is not Reader.ESTABLISHMENT else None,
        "version": row.version,
    }
    return with_hijri(view, DAYS)


def bill_view(row: Invoice) -> View:
    """The contract's Bill: with the number under which it's paid, once the bill system has given one."""
    names = ("code", "ar", "en", "because")
    view = {
        "status": row.status,
        "amount": riyals(row.amount_halalas),
        "lines": [
            {**{name: one[name] for name in names}, "amount": riyals(one["amount_halalas"])}
            for one in row.lines
        ],
        "due_on": row.due_on.isoformat(),
        "biller_code": row.biller_code,
        "bill_number": row.bill_number,
        "paid_at": rfc3339(row.paid_at) if row.paid_at else None,
    }
    return with_hijri(view, frozenset(("due_on",)))


def photo_view(row: Attachment) -> View:
    """The contract's Photo."""
    return {name: getattr(row, name) for name in ("attachment_id", "media_type", "size", "name")}


def conditions_view(found: Iterable[View]) -> View:
    """The contract's Conditions."""
    return {"items": list(found)}


def _profession(code: str) -> View:
    return {"code": code, **catalogue.professions().by_code[code].words.pair()}


def _centre(code: str) -> View:
    return {"organisation": code, **catalogue.centres()[code].words.pair()}


def _reason(row: Certificate) -> View | None:
    found = validity.opened_reason(row.reason)
    return {"code": found.value, **validity.REASONS[found].pair()} if found else None


def _establishment(row: Request | Certificate) -> View | None:
    names = ("licence_no", "application_no", "trade_name")
    if row.establishment is None and row.licence_no is None and row.application_no is None:
        return None
    return {"unified_number": row.establishment, **{name: getattr(row, name) for name in names}}


def _worker(worker: View | None) -> View | None:
    """Numbers are masked: enough to recognise one that the reader has."""
    if worker is None:
        return None
    names = ("name", "id_type", "nationality", "birth_date", "sex", "residence_permit_until")
    return {
        **{name: worker[name] for name in names},
        "id_number": mask_id(worker["id_number"]),
        "mobile": mask_mobile(worker["mobile"]),
    }
