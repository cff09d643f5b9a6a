"""The operations of officers on tenders."""

from typing import Any

from chassis.call import page_of
from chassis.http.if_match import in_version_read
from tenders import queries
from tenders.api.views import (
    Body,
    Created,
    View,
    bid_view,
    list_view,
    offering_view,
    question_view,
)
from tenders.commands import awards, bids, publishing, questions
from tenders.context import Call
from tenders.domain.offerings import OfferingChanged
from tenders.models import Tender
from tenders.queries import Search

_in_version_read = in_version_read(OfferingChanged)


def list_tenders(call: Call, limit: int, cursor: str | None = None, **search: Any) -> View:
    page = queries.list_offerings(
        call.session, Tender, call.actor, Search(**search), page_of(call, limit, cursor)
    )
    return list_view(call.session, page)


def draft_tender(call: Call, body: Body) -> Created:
    return offering_view(call, publishing.draft_offering(call.work, Tender, body)), 201


def get_tender(call: Call, tender_id: str) -> View:
    row = queries.get_offering(call.session, Tender, call.actor, tender_id)
    return offering_view(call, row)


@_in_version_read
def edit_tender(call: Call, tender_id: str, body: Body) -> View:
    return offering_view(call, publishing.edit_offering(call.work, Tender, tender_id, body))


@_in_version_read
def publish_tender(call: Call, tender_id: str) -> View:
    ocid_prefix = call.settings.ocid_prefix
    row = publishing.publish_offering(call.work, Tender, tender_id, ocid_prefix=ocid_prefix)
    return offering_view(call, row)


@_in_version_read
def amend_tender(call: Call, tender_id: str, body: Body) -> View:
    row = publishing.amend_offering(call.work, Tender, tender_id, body)
    return offering_view(call, row)


def record_tender_bid(call: Call, tender_id: str, body: Body) -> Created:
    bid = bids.receive_bid(
        call.work,
        Tender,
        tender_id,
        receipt_number=body["receipt_number"],
        source=body["source"],
    )
    return bid_view(bid), 201


def withdraw_tender_receipt(call: Call, tender_id: str, body: Body) -> View:
    return bid_view(bids.withdraw_receipt(call.work, Tender, tender_id, body))


def open_tender(call: Call, tender_id: str, body: Body) -> View:
    row = bids.open_bids(call.work, Tender, tender_id, body)
    return offering_view(call, row)


def award_tender(call: Call, tender_id: str, body: Body) -> View:
    days = call.settings.silent_days
    row = awards.award_offering(call.work, Tender, tender_id, body, silent_days=days)
    return offering_view(call, row)


def contract_tender(call: Call, tender_id: str, body: Body) -> View:
    row = awards.sign_contract(
        call.work, Tender, tender_id, number=body["contract_number"], signed_on=body["signed_on"]
    )
    return offering_view(call, row)


def cancel_tender(call: Call, tender_id: str, body: Body) -> View:
    row = awards.cancel_offering(call.work, Tender, tender_id, body)
    return offering_view(call, row)


def list_tender_questions(call: Call, tender_id: str) -> View:
    row = queries.get_offering(call.session, Tender, call.actor, tender_id)
    found = queries.questions_of(call.session, row.aggregate_id)
    return {"items": [question_view(one) for one in found]}


def answer_tender_question(call: Call, tender_id: str, question_id: str, body: Body) -> View:
    texts = (body["question"], body["answer"])
    question = questions.answer(call.work, Tender, tender_id, question_id, texts=texts)
    return question_view(question)


def dismiss_tender_question(call: Call, tender_id: str, question_id: str, body: Body) -> View:
    question = questions.dismiss(call.work, Tender, tender_id, question_id, reason=body["reason"])
    return question_view(question)
