"""Rows as the contract shows them: published state, with titles, and with values computed
today."""

from datetime import date

from chassis.core import times
from chassis.data.paging import Page
from permits import catalogue, events
from permits.api.edge import View
from permits.api.flags import with_flag_titles
from permits.api.request_papers import missing_warnings, papers_view
from permits.api.warnings import warning_view
from permits.commands import looking
from permits.commands.fees import Fee
from permits.commands.people import Findings
from permits.context import Call
from permits.domain import (
    appeals,
    certificates,
    occupancy,
    permits,
    releases,
    requests,
)
from permits.domain.fees import total
from permits.domain.insulation import ODDITY_TITLES, Oddity
from permits.domain.people import LOOK_TITLES, Look
from permits.domain.permits import KINDS, Kind
from permits.domain.retention import shown_inspector
from permits.models import (
    AmountProposal,
    Appeal,
    Certificate,
    Invoice,
    Permit,
    PermitRequest,
    PersonSearch,
    Release,
)
from saudi.branches import GOVERNORATE
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.ids import mask_id
from saudi.mobiles import mask_mobile
from saudi.money import riyals

OTHERS = ("contractor", "supervising_office")


def _title(pair: tuple[str, str]) -> View:
    return {"ar": pair[0], "en": pair[1]}


def _kind_title(kind: str) -> View:
    rule = KINDS[Kind(kind)]
    return _title((rule.ar, rule.en))


def request_view(row: PermitRequest, fee: Fee | None) -> View:
    """The contract's PermitRequest."""
    issued = row.status == requests.Status.ISSUED
    application = row.application()
    return {
        **application,
        "owners": [_masked(owner) for owner in application["owners"]],
        **_unpublished(application),
        "request_id": row.request_id,
        "request_number": row.request_number,
        "transaction_number": row.transaction_number,
        "kind_title": _kind_title(row.kind),
        **papers_view(row),
        "municipality": row.municipality,
        "status": row.status,
        "status_title": _title(requests.STATUS_TITLES[requests.Status(row.status)]),
        "warnings": [*map(warning_view, row.warnings), *missing_warnings(row)],
        "submitted_at": times.shown(row.submitted_at),
        "notes": row.notes,
        "reason": row.reason,
        "reason_code": row.reason_code,
        "next_step": requests.next_step(requests.Status(row.status)),
        "fee": _fee(fee) if fee else None,
        "invoice": _invoice(row.invoice) if row.invoice else None,
        "payment": _payment(row.invoice) if row.invoice else None,
        "permit_id": row.permit.permit_id if issued and row.permit else None,
        "version": row.version,
    }


def _unpublished(record: View) -> View:
    """What isn't published, or not whole, with its days in both calendars."""
    names = ("land", "site", "clearances", "remarks")
    agent = record["representative"] and {"authorised_on": None, **record["representative"]}
    shown = {**{name: record[name] for name in names}, "representative": agent}
    return with_hijri(shown, events.DAYS)


def owners_view(row: PermitRequest) -> View:
    """The contract's RevealedOwners."""
    return {"owners": [owner.record() for owner in row.owners]}


def _masked(owner: View) -> View:
    """An owner with masked numbers: recognisable, not readable."""
    number, mobile = owner["id_number"], owner["mobile"]
    return {
        **owner,
        "id_number": mask_id(number) if number else None,
        "mobile": mask_mobile(mobile) if mobile else None,
    }


def _fee(fee: Fee) -> View:
    lines = [{**line, "amount": riyals(line["amount_halalas"])} for line in fee.lines]
    for line in lines:
        del line["amount_halalas"]
    proposal = _proposal(fee.proposal) if fee.proposal else None
    return {"amount": riyals(total(fee.lines)), "lines": lines, "proposal": proposal}


def _proposal(row: AmountProposal) -> View:
    return {
        "amount": riyals(row.amount_halalas),
        "reason": row.reason,
        "status": row.status,
        "proposed_by": row.proposed_by,
        "proposed_at": times.shown(row.proposed_at),
        "decided_by": row.decided_by,
        "decided_at": times.shown(row.decided_at) if row.decided_at else None,
    }


def _invoice(row: Invoice) -> View:
    shown = {
        "invoice_id": row.invoice_id,
        "bill_number": row.bill_number,
        "biller_code": row.biller_code,
        "amount": riyals(row.amount_halalas),
        "due_on": row.due_on.isoformat(),
        "status": row.status,
    }
    return with_hijri(shown, events.DAYS)


def _payment(row: Invoice) -> View | None:
    if row.paid_at is None:
        return None
    payment = {
        "payment_id": row.payment_id,
        "receipt_number": row.receipt_number,
        "amount": riyals(row.amount_halalas),
        "paid_at": times.shown(row.paid_at),
    }
    return with_hijri(payment, events.DAYS)


def request_page(page: Page[PermitRequest]) -> View:
    """The contract's PermitRequestPage."""
    return {"items": [_request_row(row) for row in page.rows], "next_cursor": page.next_cursor}


def _request_row(row: PermitRequest) -> View:
    return {
        "request_id": row.request_id,
        "request_number": row.request_number,
        "kind": row.kind,
        "kind_title": _kind_title(row.kind),
        "municipality": row.municipality,
        "status": row.status,
        "status_title": _title(requests.STATUS_TITLES[requests.Status(row.status)]),
        "owner_name": row.owners[0].name,
        "owners_count": len(row.owners),
        "plan_number": row.land["plan_number"],
        "town": row.land["town"],
        "district": row.land["district"],
        "submitted_at": times.shown(row.submitted_at),
    }


def permit_view(row: Permit, today: date) -> View:
    """The contract's Permit, as of today."""
    record = row.record()
    return {
        **with_flag_titles(events.permit_state(record)),
        **_standing(row, today),
        "kind_title": _kind_title(row.kind),
        "owners": [_masked(owner) for owner in record["owners"]],
        **{name: record[name] for name in ("engineering_office", *OTHERS)},
        **_unpublished(record),
        "request_id": row.request_id,
        "source": row.source,
        "version": row.version,
    }


def warned_view(call: Call, permit: Permit) -> View:
    """A permit, with what's odd about it today."""
    odd = looking.of_permit(call.session, permit)
    return {**permit_view(permit, legal_day(call.now)), "warnings": [*map(warning_view, odd)]}


def _standing(row: Permit, today: date) -> View:
    effective = permits.effective_status(row.status, row.expires_on, today)
    title = permits.STATUS_TITLES[effective]
    return {"effective_status": effective, "status_title": _title(title)}


def permit_page(page: Page[Permit], today: date) -> View:
    """The contract's PermitPage."""
    items = [_permit_row(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def findings_view(found: Findings, today: date) -> View:
    """The contract's PersonFindings."""
    return {
        "permits": [_permit_row(row, today) for row in found.permits],
        "requests": [_request_row(row) for row in found.requests],
        "more": found.more,
    }


def look_page(page: Page[PersonSearch]) -> View:
    """The contract's LookPage."""
    own = ("search_id", "subject", "name", "client_id", "found")
    items = [{**_told(row), **{name: getattr(row, name) for name in own}} for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def told_page(page: Page[PersonSearch]) -> View:
    """The contract's ToldLookPage: not who it was."""
    return {"items": [_told(row) for row in page.rows], "next_cursor": page.next_cursor}


def _told(row: PersonSearch) -> View:
    return {
        "at": times.shown(row.at),
        "municipality": row.municipality or GOVERNORATE,
        "kind": row.kind,
        "kind_title": _title(LOOK_TITLES[Look(row.kind)]),
        "reason": row.reason,
    }


def _permit_row(row: Permit, today: date) -> View:
    shown = {
        "permit_id": row.permit_id,
        "permit_number": row.permit_number,
        "municipality": row.municipality,
        "kind": row.kind,
        "kind_title": _kind_title(row.kind),
        **_standing(row, today),
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


def _certificate_status(row: Certificate) -> tuple[str, str]:
    if row.status == certificates.Status.VOIDED and row.issued_on is None:
        return certificates.VOIDED_BEFORE_ISSUE
    return certificates.STATUS_TITLES[certificates.Status(row.status)]


def _visit(record: View) -> View:
    """A visit with the words of what's odd about it."""
    odd = [(code, ODDITY_TITLES[Oddity(code)]) for code in record["warnings"]]
    return {
        **record,
        "inspector": shown_inspector(record["inspector"]),
        "warnings": [{"code": code, **_title(title)} for code, title in odd],
    }


def certificate_view(row: Certificate) -> View:
    """The contract's Certificate."""
    record = row.record()
    visits = [{**visit.record(), "warnings": []} for visit in row.inspections]
    shown = {
        "stages": [_visit(one) for one in record["stages"]],
        "visits": [_visit(one) for one in visits],
    }
    return {
        **with_flag_titles(events.certificate_state(record)),
        **with_hijri(shown, events.DAYS),
        "status_title": _title(_certificate_status(row)),
        "occupancy": _occupancy(row),
        "inspector": row.inspector,
        "opened_at": times.shown(row.opened_at),
        "version": row.version,
    }


def _occupancy(row: Certificate) -> View | None:
    """What only an occupancy certificate has, with who signed it; the owner's address is on the paper only."""
    part = row.occupancy
    if part is None:
        return None
    shown = {name: value for name, value in part.items() if name != "signatory"}
    titled = {**shown, "kind_title": _title(occupancy.KIND_TITLES[occupancy.Kind(part["kind"])])}
    return {**with_hijri(titled, events.DAYS), "signatory": part.get("signatory")}


def certificate_page(page: Page[Certificate]) -> View:
    """The contract's CertificatePage."""
    items = [certificate_view(row) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}


def release_view(row: Release) -> View:
    """The contract's Release."""
    title = releases.STATUS_TITLES[releases.Status(row.status)]
    return {
        **with_flag_titles(events.release_state(row.record())),
        "status_title": _title(title),
        "version": row.version,
    }


def release_page(page: Page[Release]) -> View:
    """The contract's ReleasePage."""
    return {"items": [release_view(row) for row in page.rows], "next_cursor": page.next_cursor}


def appeal_view(row: Appeal, today: date) -> View:
    """The contract's Appeal, as of today."""
    return {
        **events.appeal_state(row.record()),
        "against_title": catalogue.appeal_titles()[row.against],
        "status_title": _title(appeals.STATUS_TITLES[appeals.Status(row.status)]),
        "overdue": appeals.is_overdue(row.status, row.decide_by, today),
        "appealed_at": times.shown(row.appealed_at),
        **{name: getattr(row, name) for name in ("appealed_by", "appellant", "grounds")},
        **{name: getattr(row, name) for name in ("documents", "reason", "ended_by", "version")},
    }


def appeal_page(page: Page[Appeal], today: date) -> View:
    """The contract's AppealPage."""
    items = [appeal_view(row, today) for row in page.rows]
    return {"items": items, "next_cursor": page.next_cursor}
