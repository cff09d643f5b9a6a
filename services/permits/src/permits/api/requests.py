"""Operations on permit requests, and the answers that show requests."""

from typing import Any

from chassis.call import page_of
from chassis.core import times
from chassis.data.paging import Page
from permits import catalogue, events, queries
from permits.api.if_match import in_version_read
from permits.api.permits import warned_view
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
)
from permits.commands import attach_files, bill, fees, issue, review, submit_request
from permits.commands.attach_files import HandedInPaper
from permits.commands.bill import PaymentRequest
from permits.commands.fees import Fee
from permits.commands.review import missing_papers
from permits.context import Call
from permits.domain import offered_actions, requests
from permits.domain.fees import total
from permits.domain.files import PAPER_MISSING
from permits.domain.requests import ENDS, Status
from permits.domain.searches import RequestSearch
from permits.models import AmountProposal, Invoice, PermitRequest, RequestPaper
from saudi.days import legal_day
from saudi.formats import with_hijri
from saudi.money import riyals


def _request_answer(call: Call, row: PermitRequest) -> View:
    return request_view(row, fees.shown_fee(call.session, row, on=legal_day(call.now)))


def submit_permit_request(call: Call, body: Body) -> Created:
    row = submit_request.submit(call.work, body)
    return _request_answer(call, row), 201


def list_permit_requests(
    call: Call, limit: int, cursor: str | None = None, with_counts: bool = False, **search: Any
) -> View:
    asked = (call.session, call.actor, RequestSearch(**search))
    page = queries.list_requests(*asked, page_of(call, limit, cursor))
    counts = {"counts": queries.count_requests(*asked)} if with_counts else {}
    return {**request_page(page), **counts}


def get_permit_request(call: Call, request_id: str) -> View:
    return _request_answer(call, queries.get_request(call.session, call.actor, request_id))


def get_permit_request_history(call: Call, request_id: str) -> View:
    return history_view(queries.history_of_request(call.session, call.actor, request_id))


@in_version_read
def send_permit_request_to_office(call: Call, request_id: str, body: Body | None = None) -> View:
    row = review.send_to_office(call.work, request_id, note=note_of(body))
    return _request_answer(call, row)


@in_version_read
def send_permit_request_to_technical_review(
    call: Call, request_id: str, body: Body | None = None
) -> View:
    row = review.send_to_technical_review(call.work, request_id, note=note_of(body))
    return _request_answer(call, row)


@in_version_read
def pass_technical_review(call: Call, request_id: str, body: Body | None = None) -> View:
    row = review.pass_technical_review(call.work, request_id, note=note_of(body))
    return _request_answer(call, row)


@in_version_read
def return_permit_request(call: Call, request_id: str, body: Body) -> View:
    row = review.return_request(call.work, request_id, notes=body["notes"])
    return _request_answer(call, row)


def edit_permit_request(call: Call, request_id: str, body: Body) -> View:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = submit_request.edit(call.work, request_id, changes, note=note_of(body))
    return _request_answer(call, row)


def correct_permit_request_owners(call: Call, request_id: str, body: Body) -> View:
    row = submit_request.correct_owners(call.work, request_id, body, note=note_of(body))
    return _request_answer(call, row)


@in_version_read
def resubmit_permit_request(call: Call, request_id: str, body: Body) -> View:
    changes = {name: part for name, part in body.items() if name != "note"}
    row = submit_request.resubmit(call.work, request_id, changes, note=note_of(body))
    return _request_answer(call, row)


@in_version_read
def approve_permit_request(call: Call, request_id: str, body: Body | None = None) -> View:
    named = body.get("despite", ()) if body else ()
    row = review.approve(call.work, request_id, note=note_of(body), despite=named)
    return _request_answer(call, row)


def reveal_permit_request_owners(call: Call, request_id: str, body: Body) -> View:
    row = review.reveal_owners(call.work, request_id, reason=body["reason"])
    return owners_view(row)


def hand_in_paper(call: Call, request_id: str, body: Body) -> View:
    brought = HandedInPaper(
        code=body["code"], reference=body["reference"], on=body.get("handed_in_on")
    )
    row = attach_files.hand_in(call.work, request_id, brought)
    return _request_answer(call, row)


def take_back_paper(call: Call, request_id: str, body: Body) -> View:
    row = attach_files.take_back(call.work, request_id, code=body["code"], reason=body["reason"])
    return _request_answer(call, row)


@in_version_read
def request_payment(call: Call, request_id: str, body: Body) -> View:
    """Asks for the payment. Reads the contract's format `riyals` as halalas and `date` as a day."""
    wanted = PaymentRequest(
        seen_halalas=body.get("amount"),
        due_on=body.get("due_on"),
        payer=body.get("payer"),
        note=note_of(body),
    )
    row = bill.request_payment(call.work, request_id, wanted)
    return _request_answer(call, row)


@in_version_read
def withdraw_payment(call: Call, request_id: str, body: Body) -> View:
    row = bill.withdraw_payment(call.work, request_id, reason=body["reason"])
    return _request_answer(call, row)


def propose_amount(call: Call, request_id: str, body: Body) -> View:
    """Proposes an amount. Reads the contract's format `riyals` as halalas."""
    row = fees.propose_amount(
        call.work, request_id, amount_halalas=body["amount"], reason=body["reason"]
    )
    return _request_answer(call, row)


def agree_to_amount(call: Call, request_id: str, body: Body | None = None) -> View:
    row = fees.agree_to_amount(
        call.work,
        request_id,
        note=note_of(body),
        seen_halalas=body.get("amount") if body else None,
    )
    return _request_answer(call, row)


def refuse_amount(call: Call, request_id: str, body: Body) -> View:
    row = fees.refuse_amount(
        call.work, request_id, reason=body["reason"], seen_halalas=body.get("amount")
    )
    return _request_answer(call, row)


@in_version_read
def issue_permit(call: Call, request_id: str, body: Body | None = None) -> Created:
    permit = issue.issue_permit(
        call.work,
        request_id,
        note=note_of(body),
        validity_years=call.settings.permit_validity_years,
        insulation_years=call.settings.insulation_validity_years,
    )
    return warned_view(call.work, permit), 201


@in_version_read
def reject_permit_request(call: Call, request_id: str, body: Body) -> View:
    row = review.reject(call.work, request_id, reason=body["reason"])
    return _request_answer(call, row)


@in_version_read
def cancel_permit_request(call: Call, request_id: str, body: Body | None = None) -> View:
    row = review.cancel_request(call.work, request_id, note=note_of(body))
    return _request_answer(call, row)


@in_version_read
def expire_unpaid_permit_request(call: Call, request_id: str, body: Body | None = None) -> View:
    row = review.expire_unpaid(call.work, request_id, note=note_of(body))
    return _request_answer(call, row)


def request_view(row: PermitRequest, fee: Fee | None) -> View:
    """Returns the contract's PermitRequest."""
    issued = row.status == requests.Status.ISSUED
    application = row.application()
    return {
        **application,
        "owners": [masked_owner(owner) for owner in application["owners"]],
        **unpublished_view(application),
        "request_id": row.request_id,
        "request_number": row.request_number,
        "transaction_number": row.transaction_number,
        "kind_title": kind_title(row.kind),
        **papers_view(row),
        "municipality": row.municipality,
        "municipality_title": branch_title(row.municipality),
        "status": row.status,
        "status_title": title_view(requests.STATUS_TITLES[requests.Status(row.status)]),
        "warnings": [*map(warning_view, row.warnings), *missing_warnings(row)],
        "submitted_at": times.shown(row.submitted_at),
        "notes": row.notes,
        "reason": row.reason,
        "reason_code": row.reason_code,
        "use_class_title": use_class_title(row.use_class),
        "next_step": requests.next_step(requests.Status(row.status)),
        "next_step_title": _next_step_title(requests.Status(row.status)),
        "fee": _fee_view(fee) if fee else None,
        "invoice": _invoice_view(row.invoice) if row.invoice else None,
        "payment": _payment_view(row.invoice) if row.invoice else None,
        "permit_id": row.permit.permit_id if issued and row.permit else None,
        "actions": offered_actions.actions_of_request(row.status),
        "version": row.version,
    }


_NEXT_STEPS = {
    "none": ("لا إجراء", "Nobody"),
    "applicant": ("صاحب الطلب", "The applicant"),
    "municipality": ("البلدية", "The municipality"),
    "payment": ("السداد", "Payment"),
}
_OFFICE_ACTS = ("المكتب الهندسي لصاحب الطلب", "The applicant's engineering office")


def _next_step_title(status: Status) -> View:
    """Returns who acts next, in words. The office acts for the applicant, and has the same code."""
    if status is Status.WITH_OFFICE:
        return title_view(_OFFICE_ACTS)
    return title_view(_NEXT_STEPS[requests.next_step(status)])


def owners_view(row: PermitRequest) -> View:
    """Returns the contract's RevealedOwners."""
    return {"owners": [owner.record() for owner in row.owners]}


def _fee_view(fee: Fee) -> View:
    lines = [{**line, "amount": riyals(line["amount_halalas"])} for line in fee.lines]
    for line in lines:
        del line["amount_halalas"]
    proposal = _proposal_view(fee.proposal) if fee.proposal else None
    return {"amount": riyals(total(fee.lines)), "lines": lines, "proposal": proposal}


def _proposal_view(row: AmountProposal) -> View:
    return {
        "amount": riyals(row.amount_halalas),
        "reason": row.reason,
        "status": row.status,
        "proposed_by": row.proposed_by,
        "proposed_at": times.shown(row.proposed_at),
        "decided_by": row.decided_by,
        "decided_at": times.shown(row.decided_at) if row.decided_at else None,
    }


def _invoice_view(row: Invoice) -> View:
    shown = {
        "invoice_id": row.invoice_id,
        "bill_number": row.bill_number,
        "biller_code": row.biller_code,
        "amount": riyals(row.amount_halalas),
        "due_on": row.due_on.isoformat(),
        "status": row.status,
    }
    return with_hijri(shown, events.DAYS)


def _payment_view(row: Invoice) -> View | None:
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
    """Returns the contract's PermitRequestPage."""
    return {"items": [request_row(row) for row in page.rows], "next_cursor": page.next_cursor}


def request_row(row: PermitRequest) -> View:
    return {
        "request_id": row.request_id,
        "request_number": row.request_number,
        "kind": row.kind,
        "kind_title": kind_title(row.kind),
        "municipality": row.municipality,
        "municipality_title": branch_title(row.municipality),
        "status": row.status,
        "status_title": title_view(requests.STATUS_TITLES[requests.Status(row.status)]),
        "owner_name": row.owners[0].name,
        "owners_count": len(row.owners),
        "plan_number": row.land["plan_number"],
        "town": row.land["town"],
        "district": row.land["district"],
        "submitted_at": times.shown(row.submitted_at),
    }


def papers_view(row: PermitRequest) -> View:
    """Returns `documents_needed` and `papers` of the contract's PermitRequest."""
    needed, without = catalogue.papers_of(row.kind), missing_papers(row)
    return {
        "documents_needed": [{**paper, "handed_in": paper not in without} for paper in needed],
        "papers": [_paper_view(paper) for paper in row.papers],
    }


def _paper_view(row: RequestPaper) -> View:
    shown = {
        "code": row.code,
        "title": catalogue.paper_title(row.code),
        "reference": row.reference,
        "handed_in_on": row.handed_in_on.isoformat(),
        "recorded_by": row.recorded_by,
        "recorded_at": times.shown(row.recorded_at),
    }
    return with_hijri(shown, events.DAYS)


def missing_warnings(row: PermitRequest) -> list[View]:
    """Returns one warning for each paper that nobody recorded, until the request has ended."""
    if Status(row.status) in ENDS:
        return []
    return [
        {
            "field": f"papers.{paper['code']}",
            "code": PAPER_MISSING,
            "title": {
                "ar": f"لم يُسجَّل تسليم المستند: {paper['ar']}",
                "en": f"Not handed in: {paper['en']}",
            },
        }
        for paper in missing_papers(row)
    ]
